"""Snippets: with their places filled as an editor does, each is a text that the schema takes and in which no error is found."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.compile import compile_text
from rtj.lang.load import load_project
from rtj.lint.lint import lint
from rtj.lint.settings import LintOptions
from rtj.scenario.check import check_suite
from rtj.scenario.known import known_of
from rtj.scenario.read import read_suites
from rtj.schema.beginnings import beginnings
from rtj.schema.names import happenings, names_of
from rtj.schema.schemas import KINDS, as_json, schema
from tests.conftest import ROOT
from tests.lang.blocks import texts, with_sections
from tests.schema.editor import refused

PLACE = re.compile(r"\$\{(\d+)(?::([^}]*)|\|([^|]*)\|)\}")
NEEDS_A_FILE = {"E352", "E353", "E354"}  # a list of people, a JSON Schema, a table
IN_JOURNEYS = {
    "journey": ("yaml journey", "{}"),
    "entry": ("yaml entry", "enter:\n{}"),
    "goal": ("yaml entry", "goal:\n{}"),
    "ending": ("yaml entry", "exit:\n{}"),
    "node": ("yaml nodes", "{}"),
    "case": ("yaml nodes", "  - id: n\n    wait_for:\n{}"),
    "arm": ("yaml nodes", "  - branch:\n{}"),
}
SNIPPETS = [pytest.param(place, one, id=f"{place}: {one['label']}") for place, all_ in beginnings().items() for one in all_]


def filled(text: str, choice: int) -> str:
    """A text with its places filled: with what stands there at first, or with that choice of several."""

    def fill(found: re.Match[str]) -> str:
        if found[3] is not None:
            words = found[3].split(",")
            return words[choice % len(words)]
        return found[2]

    return PLACE.sub(fill, text)


def rendered(body: Any, indent: str, choice: int) -> str:
    """The lines of a body as an editor inserts them: texts as they stand, without quotes."""
    lines = list(_lines(body, choice))
    return "".join(f"{indent}{line}\n" for line in lines)


def _lines(body: Any, choice: int) -> Iterator[str]:
    if isinstance(body, dict):
        for key, value in body.items():
            if isinstance(value, dict | list) and value:
                yield f"{filled(key, choice)}:"
                yield from (f"  {line}" for line in _lines(value, choice))
            else:
                shown = {"{}": "{}", "[]": "[]"}.get(repr(value)) or filled(str(value), choice)
                yield f"{filled(key, choice)}: {shown}"
    elif isinstance(body, list):
        for item in body:
            inner = list(_lines(item, choice)) if isinstance(item, dict | list) else [filled(item, choice)]
            yield from (f"{'- ' if number == 0 else '  '}{line}" for number, line in enumerate(inner))
    else:
        yield filled(str(body), choice)


def hosted(place: str, body: Any, choice: int) -> tuple[str, tuple[str, ...]]:
    """The kind of file where a snippet fits, and the project with it: the project file, then journeys or the test."""
    match place:
        case "journey" | "entry" | "goal" | "ending" | "node" | "case" | "arm":
            info, around = IN_JOURNEYS[place]
            if place == "journey":
                return "journey", texts(info, rendered(body, "", choice))
            shown = rendered([body], "      " if place in ("case", "arm") else "  ", choice)
            return "journey", texts(info, around.format(shown))
        case "share_arm":
            rest = "      - {arm: rest, share: %s}\n" % ("90%" if "holdout" in str(body) else "50%")
            nodes = f"  - id: n\n    split: s\n    arms:\n{rendered([body], '      ', choice)}{rest}"
            return "journey", texts("yaml nodes", nodes)
        case "test" | "one_test" | "given":
            journey = "journey: reference\nenter: {on: login}\ndo:\n  - {send: hello, by: email}\n  - {id: answer, wait: 3d}\n"
            tested = {"one_test": [body], "given": [{"name": "n", "events": [body], "expect": {"more": "true", "left": []}}]}
            suite = body if place == "test" else {"journey": "reference", "tests": tested[place]}
            return "test", (with_sections(""), journey, rendered(suite, "", choice))
        case "project":
            return "project", (rendered(body, "", choice),)
        case _:
            return "project", (with_sections(rendered({place: body}, "", choice)),)


def errors(kind: str, files: tuple[str, ...], folder: Path) -> list[str]:
    """What rtj says against a project with a snippet in it."""
    found: list[Diagnostic] = []
    if kind == "test":
        compiled = compile_text(*files[:-1])
        assert compiled.program is not None
        known = known_of(compiled.program)
        for suite in read_suites(Source("a.test.yaml", files[-1]), [space.name for space in known.spaces], found):
            check_suite(suite, known, found)
    else:
        for number, text in enumerate(files):
            (folder / (f"{number}.journey.yaml" if number else "rtj.yaml")).write_text(text, encoding="utf-8")
        found = [finding.diagnostic for finding in lint(load_project((), folder), LintOptions()).findings]
    return [f"{d.code} {d.message}" for d in found if d.severity == "error" and d.code not in NEEDS_A_FILE]


@pytest.mark.parametrize(("place", "snippet"), SNIPPETS)
def test_it_is_taken_as_it_stands(place: str, snippet: dict[str, Any], tmp_path: Path) -> None:
    choices = max([len(found[3].split(",")) for found in PLACE.finditer(str(snippet["body"])) if found[3]], default=1)
    for choice in range(choices):
        kind, files = hosted(place, snippet["body"], choice)
        text = files[-1] if kind == "test" or len(files) == 1 else files[1]

        assert refused(kind, text) == [], text
        assert errors(kind, files, tmp_path) == [], text


@pytest.mark.parametrize(("place", "snippet"), SNIPPETS)
def test_its_places_are_counted_from_one(place: str, snippet: dict[str, Any]) -> None:
    numbers = [int(found[1]) for found in PLACE.finditer(str(snippet["body"]))]

    assert numbers == list(range(1, len(numbers) + 1))
    assert "$" not in PLACE.sub("", str(snippet["body"]))


def test_every_place_has_its_snippets_in_a_schema() -> None:
    every = "".join(as_json(schema(kind)) for kind in KINDS)

    for one in itertools.chain.from_iterable(beginnings().values()):
        assert f'"label": "{one["label"]}"' in every


def test_labels_are_told_apart() -> None:
    for place, found in beginnings().items():
        assert len({one["label"] for one in found}) == len(found), place


def test_proposed_events_fit_their_types(tmp_path: Path) -> None:
    """What is proposed of a project's own events has all that each type needs."""
    loaded = load_project((), ROOT / "examples" / "shop")
    project = (ROOT / "examples" / "shop" / "rtj.yaml").read_text(encoding="utf-8")
    journey = "journey: any_of_them\nenter: {on: any}\n"
    proposed = happenings(names_of(loaded.project, loaded.journeys))
    assert len(proposed) > 5
    for label, _, body in proposed:
        suite = {"journey": "any_of_them", "tests": [{"name": label, "events": [body], "expect": {"more": "true", "left": []}}]}
        text = rendered(suite, "", 0)

        assert refused("test", text) == []
        assert errors("test", (project, journey, text), tmp_path) == []
