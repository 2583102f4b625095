"""Fixes mend and never harm: what was broken in a known way is whole again to the byte, what compiled compiles, and any text is
brought to an end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rtj.base.diagnostic import Edit
from rtj.base.places import grammar_file, journeys_dir
from rtj.base.span import Source
from rtj.ir.program import fingerprint
from rtj.lang import yaml_nodes as y
from rtj.lang.mending import Change
from rtj.lang.mending import mended as change_value
from rtj.lang.read_nodes import CLAUSES
from rtj.lang.scalar_map import locate
from rtj.lang.yaml_fixes import PHRASES
from rtj.lint import fixing
from rtj.lint.fixing import apply_edits
from rtj.lint.lint import Linted
from rtj.lint.pages import pages
from tests.lang.blocks import FENCE
from tests.lang.blocks import texts as reference
from tests.lang.test_broken_texts import PIECES
from tests.lang.test_positions import scalars
from tests.lint.cases import PROJECT
from tests.lint.mends import after, looked_at, mended, named

KINDS = ("yaml project", "yaml project-fragment", "yaml journey", "yaml entry", "yaml nodes", "conditions", "values")
CORPUS = Path(__file__).parent.parent / "lang" / "corpus"
EXAMPLES = Path(__file__).parent.parent.parent / "examples"
SHIPPED = [
    path.parent
    for folder in (journeys_dir(), EXAMPLES)
    for path in sorted(folder.glob("*/rtj.yaml"))
    if path.parent.name != "broken"
]


@cache
def valid() -> dict[str, dict[str, str]]:
    """Projects in which nothing is wrong and nothing is to be mended: examples of the reference, and what ships."""
    page = grammar_file("README.md").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = {}
    for match in FENCE.finditer(page):
        if match[1] in KINDS:
            found[f"line {page.count(chr(10), 0, match.start()) + 1}"] = named(*reference(match[1], match[2]))
    for rule in pages():
        for number, example in enumerate(rule.good):
            if example.info in KINDS:
                found[f"{rule.code} {number}"] = named(*reference(example.info, example.body))
    for folder in SHIPPED:
        journeys = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.journey.yaml"))]
        found[folder.name] = named((folder / "rtj.yaml").read_text(encoding="utf-8"), *journeys)
    return {name: files for name, files in found.items() if whole(looked_at(files))}


def whole(linted: Linted) -> bool:
    return linted.analysis.compiled.program is not None and all(f.diagnostic.fix is None for f in linted.findings)


NAMES = st.deferred(lambda: st.sampled_from(sorted(valid())))
PLACES = st.integers(0, 10**6)


def program_print(files: dict[str, str]) -> str | None:
    program = looked_at(files).analysis.compiled.program
    return None if program is None else fingerprint(program)


def test_there_is_something_to_break() -> None:
    assert len(valid()) > 40
    for how, least in ((slips, 100), (misspelt_keys, 300), (misspelt_names, 100)):
        assert sum(1 for files in valid().values() for text in list(files.values())[1:] for _ in how(text)) > least


# ---- ways to break a text, each with the places where it can be done


def pairs(text: str) -> Iterator[tuple[y.Scalar, y.Scalar]]:
    """Keys with a text as value."""
    todo: list[y.YamlNode] = list(y.read_documents(Source("f", text), []))
    while todo:
        node = todo.pop()
        if isinstance(node, y.Sequence):
            todo += node.items
        elif isinstance(node, y.Mapping):
            todo += [pair.value for pair in node.pairs]
            yield from ((pair.key, pair.value) for pair in node.pairs if isinstance(pair.value, y.Scalar))


def slips(text: str) -> Iterator[str]:
    """The text with one phrase written as people of other languages would."""
    source = Source("f", text)
    for key, value in pairs(text):
        if key.value not in PHRASES:
            continue
        for pattern, write in SLIPS:
            if "=" in write and key.value in ("with", "set"):
                continue
            for match in re.finditer(pattern, value.value):
                outside = value.value[: match.start()].count("'") % 2 == 0
                place = locate(source, value.span, value.value, value.style, properties=value.properties)
                edits = change_value(place, [Change(match.start(), match.end(), match.expand(write))]) if outside else None
                if edits is not None and len(edits[0].text) < 40:
                    yield apply_edits(text, edits)


SLIPS = (
    (r"(?<= )==(?= )", "="),
    (r"(?<= )==(?= )", "==="),
    (r"(?<= )!=(?= )", "<>"),
    (r"(?<= )>=(?= )", "=>"),
    (r"(?<= )and(?= )", "&&"),
    (r"(?<= )and(?= )", "AND"),
    (r"(?<= )or(?= \w)", "||"),
    (r"(?<=\w )then(?= )", "THEN"),
    (r"\b(\d+)h\b", r"\1 hours"),
    (r"\b(\d+)m\b", r"\1 minutes"),
    (r"'(\w+)'", r"“\1”"),
    (r"\b0(\d:\d\d)\b", r"\1"),
)


def misspelt_keys(text: str) -> Iterator[str]:
    """The text with two letters of a word changed round, of which a node must have one."""
    for scalar in (s for d in y.read_documents(Source("f", text), []) for s in scalars(d)):
        if scalar.value in ("journey", *CLAUSES) and scalar.style == "" and text[scalar.span.end : scalar.span.end + 1] == ":":
            for i in range(len(scalar.value) - 1):
                word = scalar.value[:i] + scalar.value[i + 1] + scalar.value[i] + scalar.value[i + 2 :]
                if word not in CLAUSES and word != scalar.value:
                    yield text[: scalar.span.start] + word + text[scalar.span.end :]


def misspelt_names(text: str) -> Iterator[str]:
    """The text with two letters of a name within a phrase changed round."""
    for _, value in pairs(text):
        if value.style == "" and value.span.text == value.value:
            for match in re.finditer(r"(?<=\.)[a-z_]{5,}\b", value.value):
                at = value.span.start + match.start() + 2
                if text[at] != text[at + 1]:
                    yield text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def broken(files: dict[str, str], how: Callable[[str], Iterator[str]], place: int) -> dict[str, str]:
    """The files with one journey broken in one of the places where it can be."""
    ways = [(path, text) for path in files if path != "rtj.yaml" for text in how(files[path])]
    assume(ways)
    path, text = ways[place % len(ways)]
    return {**files, path: text}


def with_line_ends(files: dict[str, str], line_end: str) -> dict[str, str]:
    return {path: text.replace("\n", line_end) for path, text in files.items()}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(NAMES, PLACES, st.sampled_from(["\n", "\r\n"]))
def test_slips_are_mended_to_the_byte(name: str, place: int, line_end: str) -> None:
    files = with_line_ends(valid()[name], line_end)
    wrong = broken(files, slips, place)
    done = mended(wrong)
    if done.texts and {**wrong, **done.texts} != files:  # what was a 'text' may have been mended in other quotes
        assert program_print({**wrong, **done.texts}) == program_print(files)
    else:
        assert {**wrong, **done.texts} == files
    assert done.stable
    assert done.withdrawn == ()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(NAMES, PLACES, st.sampled_from(["\n", "\r\n"]))
def test_misspelt_words_of_nodes_are_mended_to_the_byte(name: str, place: int, line_end: str) -> None:
    files = with_line_ends(valid()[name], line_end)
    wrong = broken(files, misspelt_keys, place)
    for unsafe in (False, True):
        done = mended(wrong, unsafe=unsafe)
        if unsafe or done.texts:
            assert {**wrong, **done.texts} == files


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(NAMES, PLACES)
def test_misspelt_names_are_mended_only_if_asked(name: str, place: int) -> None:
    files = valid()[name]
    wrong = broken(files, misspelt_names, place)
    assert mended(wrong).texts == {}
    if looked_at(wrong).analysis.compiled.program is None:
        assert after(wrong, unsafe=True) == files


# ---- whatever the text


def check_no_harm(files: dict[str, str]) -> None:
    """Nothing raises, it ends, what compiled compiles, safe fixes change no program, and there are no more errors to see than
    there are mistakes that had hidden others."""
    compiled = program_print(files)
    for unsafe in (False, True):
        done = mended(files, unsafe=unsafe)
        result = {**files, **done.texts}
        assert done.stable or len(done.fixed) >= fixing.ROUNDS_MAX
        assert bool(done.fixed) == bool(done.texts)
        if compiled is not None:
            assert program_print(result) is not None
            assert unsafe or program_print(result) == compiled
        again = mended(result, unsafe=unsafe)
        assert again.texts == {} or not done.stable
        assert all(set(text) - set(files[path]) <= set(ALPHABET) for path, text in done.texts.items())


ALPHABET = "".join(map(chr, range(32, 127)))  # all that fixes write that did not stand there
TEXTS = {p.name: p.read_text(encoding="utf-8") for p in sorted(CORPUS.glob("*.yaml"))}
EDITS = st.lists(st.tuples(PLACES, st.integers(0, 8), PIECES), min_size=1, max_size=4)


def mutated(text: str, edits: list[tuple[int, int, str]]) -> str:
    for place, cut, piece in edits:
        at = place % (len(text) + 1)
        text = text[:at] + piece + text[at + cut :]
    return text


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(NAMES, EDITS, PLACES)
def test_mutated_projects_are_never_made_worse(name: str, edits: list[tuple[int, int, str]], which: int) -> None:
    files = dict(valid()[name])
    path = sorted(files)[which % len(files)]
    files[path] = mutated(files[path], edits)
    check_no_harm(files)


@pytest.mark.long
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(NAMES, EDITS, PLACES)
def test_many_mutated_projects_are_never_made_worse(name: str, edits: list[tuple[int, int, str]], which: int) -> None:
    files = dict(valid()[name])
    path = sorted(files)[which % len(files)]
    files[path] = mutated(files[path], edits)
    check_no_harm(files)


@pytest.mark.long
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(TEXTS)), EDITS)
def test_broken_files_are_never_made_worse(name: str, edits: list[tuple[int, int, str]]) -> None:
    text = mutated(TEXTS[name], edits)
    files = named(text) if name in ("rtj.yaml", "broken_project.yaml") else named(TEXTS["rtj.yaml"], text)
    check_no_harm(files)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_brought_to_an_end(text: str) -> None:
    done = mended(named(PROJECT, text), unsafe=True)
    assert done.stable


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), st.text(max_size=5)), max_size=5))
def test_edits_touch_nothing_else(text: str, parts: list[tuple[int, int, str]]) -> None:
    edits: list[Edit] = []
    kept: list[str] = []
    at = 0
    for start, size, new in sorted(parts):
        if at < start <= len(text) and start + size <= len(text):
            kept.append(text[at:start])
            edits.append(Edit(start, start + size, new))
            at = start + size
    kept.append(text[at:])
    expected = "".join(k + e.text for k, e in zip(kept, [*edits, Edit(0, 0, "")], strict=True))
    assert apply_edits(text, reversed(edits)) == expected
