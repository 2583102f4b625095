"""The schemas themselves: draft-07, complete, explained everywhere, and the published files are what the code makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator

from rtj.base.places import grammar_file
from rtj.lang.load import load_project, load_text
from rtj.schema.names import Names, names_of
from rtj.schema.parts import DEFINITIONS, REFERENCE
from rtj.schema.schemas import KINDS, as_json, file_name, kind_of, modeline, schema
from tests.conftest import ROOT

FOLDER = "schemas"
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
ALIKE = set(".*+?()[]{}|^$\\sStrn")  # what a backslash may stand before, with one meaning in JavaScript and Python


def shop() -> Names:
    loaded = load_project((), ROOT / "examples" / "shop")
    return names_of(loaded.project, loaded.journeys)


def parts(found: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping in a schema, with its place; bodies of snippets are no schemas."""
    if isinstance(found, dict):
        yield place, found
        for key, value in found.items():
            if key not in ("defaultSnippets", "enum"):
                yield from parts(value, f"{place}/{key}")
    elif isinstance(found, list):
        for number, value in enumerate(found):
            yield from parts(value, f"{place}/{number}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("names", [Names(), shop()], ids=["generic", "of a project"])
def test_they_are_draft_07(kind: str, names: Names) -> None:
    Draft7Validator.check_schema(schema(kind, names))


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_files_are_these(kind: str, request: pytest.FixtureRequest) -> None:
    file = grammar_file(FOLDER) / file_name(kind)
    if request.config.getoption("--update-golden"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(as_json(schema(kind)), encoding="utf-8", newline="")

    assert file.read_bytes().decode() == as_json(schema(kind)), "pytest --update-golden writes it"


def test_nothing_else_is_published() -> None:
    answers = {
        f"{name}.schema.json" for name in ("diff", "plan", "status", "history", "drift")
    }  # of what commands answer: held to that where they are tested
    assert {file.name for file in grammar_file(FOLDER).iterdir()} == {file_name(kind) for kind in KINDS} | answers


@pytest.mark.parametrize("kind", KINDS)
def test_every_reference_leads_somewhere(kind: str) -> None:
    root = schema(kind)
    for place, part in parts(root):
        if "$ref" in part:
            target: Any = root["definitions"]
            for step in part["$ref"].removeprefix(DEFINITIONS).split("/"):
                assert step in target, f"{place} -> {part['$ref']}"
                target = target[step]


def resolved(root: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """What a property is, with what the definitions say of it."""
    if "$ref" not in part:
        return part
    target: Any = root["definitions"]
    for step in part["$ref"].removeprefix(DEFINITIONS).split("/"):
        target = target[step]
    return {**resolved(root, target), **part}


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_explained_and_says_where_more_stands(kind: str) -> None:
    root = schema(kind)
    closed = [(place, part) for place, part in parts(root) if part.get("additionalProperties") is False]
    keys = [(f"{place}/{key}", resolved(root, value)) for place, part in closed for key, value in part["properties"].items()]

    assert len(keys) > 30
    assert [place for place, key in keys if not REFERENCE.search(key.get("markdownDescription", ""))] == []
    assert [place for place, key in keys if re.search(r"[`*]", key["description"])] == []


def test_sections_that_are_cited_stand_in_the_reference() -> None:
    page = grammar_file("README.md").read_text(encoding="utf-8")
    headings = {heading.replace("`", "") for heading in re.findall(r"^#+ (.+)$", page, re.MULTILINE)}
    cited = {
        section
        for kind in KINDS
        for _, part in parts(schema(kind))
        if isinstance(part.get("markdownDescription"), str)
        for section in re.findall(r"\*([^*]+)\*$", part["markdownDescription"])
    }

    assert len(cited) > 10
    assert cited <= headings


def test_rules_that_are_cited_stand_in_the_page_of_rules() -> None:
    page = grammar_file("semantics.md").read_text(encoding="utf-8")
    known = {
        f"{chapter[1]}.{number}"
        for chapter in re.finditer(r"^## (S\d+) .*\n((?:(?!^## ).*\n)*)", page, re.MULTILINE)
        for number in re.findall(r"^(\d+)\. ", chapter[2], re.MULTILINE)
    }
    cited = {rule for kind in KINDS for rule in re.findall(r"\bS\d+\.\d+\b", as_json(schema(kind)))}

    assert "S5.3" in cited
    assert cited <= known


@pytest.mark.parametrize("kind", KINDS)
def test_choices_and_patterns_are_explained(kind: str) -> None:
    for place, part in parts(schema(kind)):
        if "enum" in part and isinstance(part["enum"], list) and all(isinstance(word, str) for word in part["enum"]):
            assert part.get("errorMessage"), place
            assert len(part["enum"]) == 1 or len(part["enumDescriptions"]) == len(part["enum"]), place
        if isinstance(part.get("pattern"), str) and "/if" not in place and "/not" not in place:
            assert part.get("patternErrorMessage"), place


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_mean_the_same_in_every_editor(kind: str) -> None:
    patterns = {part["pattern"] for _, part in parts(schema(kind)) if isinstance(part.get("pattern"), str)}
    patterns |= {key for _, part in parts(schema(kind)) for key in part.get("patternProperties", ())}

    for pattern in patterns:
        re.compile(pattern)
        assert set(ESCAPED.findall(pattern)) <= ALIKE, pattern
        assert re.findall(r"\(\?(?![:=!])", pattern) == [], pattern


def unproposed(found: Any) -> Any:
    """A schema without what is only proposed."""
    if isinstance(found, dict):
        return {key: unproposed(value) for key, value in found.items() if key not in ("defaultSnippets", "properties")}
    return [unproposed(value) for value in found] if isinstance(found, list) else found


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_a_project_are_proposed_and_never_demanded(kind: str) -> None:
    ours, everybodys = schema(kind, shop()), schema(kind)

    assert ours != everybodys
    assert unproposed(ours) == unproposed(everybodys)


def test_what_is_proposed() -> None:
    names = shop()

    assert {"email", "push"} <= set(names.channels)
    assert "purchase.total" in names.fields
    proposed = schema("journey", names)["definitions"]
    labels = {name: [one["label"] for one in proposed[name].get("defaultSnippets", ())] for name in proposed}
    assert labels["channels"] == list(names.channels)
    assert {"purchase", "clicked", "joining " + names.audiences[0]} <= set(labels["pattern"])
    assert labels["event"] == list(names.events)


def test_only_what_is_entered_by_start_is_proposed_to_start() -> None:
    loaded = load_text("project: a\n", "journey: one\nenter: {by: start}\n", "journey: two\nenter: {on: login}\n")

    names = names_of(loaded.project, loaded.journeys)

    assert (names.journeys, names.startable) == (("one", "two"), ("one",))


def test_a_project_that_cannot_be_read_proposes_what_its_journeys_name() -> None:
    loaded = load_project((), ROOT / "examples" / "shop")

    names = names_of(None, loaded.journeys)

    assert names.messages == shop().messages
    assert names.events == {}


def test_what_needs_quotes_is_left_to_the_author() -> None:
    fields = (
        "{'${1:x}': string, 'Product Name': string, größe: number, k: {one_of: ['a}b', plain]}, l: {one_of: ['$']}, m: number?}"
    )
    loaded = load_text(f"project: a\nevents: {{e: {fields}}}\n")

    names = names_of(loaded.project, loaded.journeys)

    body = {"Product Name": "${2:Product Name}", "größe": "${3:1}", "k": "${4:plain}", "l": "${5:l}"}
    assert schema("test", names)["definitions"]["given"]["defaultSnippets"][0]["body"] == {"+${1:20m} e": body}
    assert names.fields == ("e.k", "e.l", "e.m")


def test_names_that_are_none_are_not_proposed() -> None:
    """A journey or message with a bad name is reported; nobody is to choose it."""
    loaded = load_text("project: a\n", "journey: my journey\nenter: {on: login}\ndo: [{send: hello there}, {send: good}]\n")

    names = names_of(loaded.project, loaded.journeys)

    assert (names.journeys, names.messages) == ((), ("good",))


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("rtj.yaml", "# yaml-language-server: $schema=.rtj/project.schema.json"),
        ("welcome.journey.yaml", "# yaml-language-server: $schema=.rtj/journey.schema.json"),
        ("journeys/spring/a.test.yml", "# yaml-language-server: $schema=../../.rtj/test.schema.json"),
    ],
)
def test_the_comment_that_names_a_schema(place: str, line: str) -> None:
    assert modeline(kind_of(place) or "", place) == line


def test_other_files_have_no_kind() -> None:
    assert kind_of("events.yaml") is None
    assert kind_of("rtj.yaml.txt") is None


def test_the_page_shows_the_comments_and_names_every_schema() -> None:
    page = grammar_file("README.md").read_text(encoding="utf-8")
    section = page.partition("\n## Editors\n")[2].partition("\n## ")[0]

    assert set(re.findall(r"^# yaml-language-server.*$", section, re.MULTILINE)) == {
        modeline("journey", "journeys/a.journey.yaml")
    }
    assert set(re.findall(r"^\| `(\S+)` \|", section, re.MULTILINE)) == {file_name(kind) for kind in KINDS}
