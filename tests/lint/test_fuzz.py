"""Whatever an author's files look like, `rtj validate` answers: always the same, in order, within the text, in every format."""

from __future__ import annotations

import json
import re
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rtj.base.diagnostic import sort_diagnostics
from rtj.base.finding import Finding
from rtj.base.places import grammar_file
from rtj.base.span import Source
from rtj.cli.diagnostics import concise, full
from rtj.cli.screen import paint
from rtj.lang import yaml_nodes as y
from rtj.lang.load import load_text
from rtj.lint.ground import Ground
from rtj.lint.ignores import CommentReader
from rtj.lint.lint import lint
from rtj.lint.rulebook import Rulebook
from rtj.report.findings import Examined
from rtj.report.findings_formats import WRITERS
from rtj.scenario.read import read_suites
from tests.conftest import GOLDEN, ROOT
from tests.lang.blocks import FENCE, files
from tests.lang.blocks import texts as reference

SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck))
SECONDS_MAX = 5.0
KINDS = ("yaml project", "yaml project-fragment", "yaml journey", "yaml entry", "yaml nodes", "conditions", "values")
PIECES = (
    "", " ", "\n", "\t", ": ", "- ", "[", "]", "{", "}", "'", '"', "|\n", ">", " #", "&a ", "*a", "!x ", "!%", "%", "@", "`",
    ",", "? ",
    "\\", "\r\n", "\r", "---\n", "<<: ", "null", "(", "not ", "9:00", "😀", "日本", "e\u0301", "\u202e", "\u2028", "\x85",
    "\ufeff", "\0", "\ud800", " then ", " where ", " or ", "over 30d", "{{ x }}", "# rtj: ignore[W204] -- x\n", "\x1b[31m",
    "profile.", "1.5", "0", "-1",
)  # fmt: skip
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@cache
def corpus() -> dict[str, tuple[str, ...]]:
    """Projects as texts: examples of the reference, wrong and good ones of the corpus, what ships."""
    page = grammar_file("README.md").read_text(encoding="utf-8")
    found = {f"reference {n}": reference(m[1], m[2]) for n, m in enumerate(FENCE.finditer(page)) if m[1] in KINDS}
    for number, block in enumerate(FENCE.finditer(page)):
        if block[1] == "yaml files":  # tables, privacy
            written = {name: content.decode() for name, content in files(block[1], block[2]).items()}
            journeys = [text for name, text in written.items() if name.endswith(".journey.yaml")]
            found[f"reference {number}"] = (written["rtj.yaml"], *journeys)
    for folder in (GOLDEN / "err", GOLDEN / "ok"):
        project = (folder / "rtj.yaml").read_text(encoding="utf-8")
        for path in sorted(folder.glob("*.journey.yaml")):
            found[f"{folder.name} {path.name}"] = (project, path.read_text(encoding="utf-8"))
    for project in sorted([*ROOT.glob("journeys/*/rtj.yaml"), *ROOT.glob("examples/*/rtj.yaml"), *GOLDEN.glob("*/*/rtj.yaml")]):
        journeys = [path.read_text(encoding="utf-8") for path in sorted(project.parent.rglob("*.journey.yaml"))]
        found[f"project {project.parent.name}"] = (project.read_text(encoding="utf-8"), *journeys)
    return found


def mutated(text: str, dice: Random, times: int) -> str:
    """Letters, words and lines of it left out, doubled, changed round, or something put between."""
    for _ in range(times):
        match dice.randrange(7):
            case 0 | 1:
                at = dice.randrange(len(text) + 1)
                text = text[:at] + dice.choice(PIECES) + text[at + dice.choice((0, 0, 1, 3)) :]
            case 2:
                lines = text.splitlines(keepends=True) or [""]
                at, to = dice.randrange(len(lines)), dice.randrange(len(lines))
                lines[at], lines[to] = lines[to], lines[at]
                text = "".join(lines)
            case 3:
                lines = text.splitlines(keepends=True) or [""]
                at = dice.randrange(len(lines))
                text = "".join([*lines[: at + 1], *lines[at : at + dice.randrange(4)], *lines[at + 1 :]])
            case 4:
                lines = text.splitlines(keepends=True) or [""]
                at = dice.randrange(len(lines))
                text = "".join([*lines[:at], " " * dice.randrange(5) + lines[at].lstrip(" "), *lines[at + 1 :]])
            case 5:
                words = re.split(r"(\W+)", text)
                words[dice.randrange(len(words))] = words[dice.randrange(len(words))]
                text = "".join(words)
            case _:
                at = dice.randrange(len(text) + 1)
                text = text[:at] + text[at + dice.randrange(30) :]
    return text


def checked(project: str, *journeys: str) -> tuple[Finding, ...]:
    """What is found, having held it to what must be so of any text."""
    began = time.process_time()
    findings = lint(load_text(project, *journeys)).findings
    assert time.process_time() - began < SECONDS_MAX
    diagnostics = [finding.diagnostic for finding in findings]
    assert diagnostics == sort_diagnostics(diagnostics)
    for d in diagnostics:
        for span in (d.span, *(label.span for label in d.labels)):
            assert 0 <= span.start <= span.end <= len(span.source.text)
            assert span.line >= 1
            assert span.column >= 1
        assert d.message
        for edit in d.fix.edits if d.fix is not None else ():
            assert 0 <= edit.start <= edit.end <= len(d.span.source.text)
    errors = [d for d in diagnostics if d.severity == "error"]
    assert len({(d.span.source.path, d.span.start, d.span.end, d.code, d.message) for d in errors}) == len(errors)
    assert findings == lint(load_text(project, *journeys)).findings
    return findings


def check_formats(findings: tuple[Finding, ...]) -> None:
    """Every format can be read by those who read it, and moves nobody's cursor."""
    examined = Examined(files=("rtj.yaml", "1.journey.yaml"))
    for name, write in WRITERS.items():
        text = write(findings, examined)
        text.encode("utf-8")
        READERS.get(name, str)(text)
        assert CONTROL.search(text) is None, name
    lines = paint(concise(findings), color=False)
    assert len(lines.splitlines()) == len(findings)
    assert CONTROL.search(lines + paint(full(findings, 100), color=False)) is None


READERS: Mapping[str, Callable[[str], object]] = {
    "json": json.loads,
    "json-lines": lambda text: [json.loads(line) for line in text.splitlines()],
    "sarif": json.loads,
    "gitlab": json.loads,
    "rdjson": json.loads,
    "junit": ET.fromstring,
    "checkstyle": ET.fromstring,
}
DICE = st.integers(0, 2**32).map(Random)
NAMES = st.deferred(lambda: st.sampled_from(sorted(corpus())))


def check_mutated(name: str, times: int, dice: Random) -> None:
    texts = list(corpus()[name])
    which = dice.randrange(len(texts))
    texts[which] = mutated(texts[which], dice, times)
    check_formats(checked(*texts))


@settings(SLOW, max_examples=60)
@given(NAMES, st.integers(1, 6), DICE)
def test_mutated_projects_are_answered(name: str, times: int, dice: Random) -> None:
    check_mutated(name, times, dice)


@pytest.mark.long
@settings(SLOW, max_examples=300)
@given(NAMES, st.integers(1, 12), DICE)
def test_many_mutated_projects_are_answered(name: str, times: int, dice: Random) -> None:
    check_mutated(name, times, dice)


@settings(SLOW, max_examples=60)
@given(st.text(max_size=80))
def test_any_text_is_answered(text: str) -> None:
    check_formats(checked("project: p\nevents: {login: {}}\n", text))
    check_formats(checked(text, "journey: j\nenter: {on: login}\n"))


@settings(SLOW, max_examples=100)
@given(st.binary(max_size=60))
@example(b"\t")  # nothing but an indentation
def test_any_bytes_are_answered(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    from rtj.lang.load import load_project

    folder = tmp_path_factory.mktemp("bytes")
    (folder / "rtj.yaml").write_text("project: p\nevents: {login: {}}\n", encoding="utf-8")
    for name in ("a.journey.yaml", "a.test.yaml"):
        (folder / name).write_bytes(content)

    check_formats(lint(load_project((), folder)).findings)


PHRASES = st.text("abc profile.event()[]'\"<>=!+-*/?, 0123456789:orndwithecsv😀日\n\t#&|\\", max_size=60)


@settings(SLOW, max_examples=150)
@given(st.sampled_from(("when", "key", "with", "on", "wait", "set", "by", "again", "every")), PHRASES)
def test_any_phrase_is_answered(key: str, phrase: str) -> None:
    value = json.dumps(phrase)
    entry = f"enter: {{on: login, {key}: {value}}}\n"
    checked("project: p\nevents: {login: {a: string}}\n", f"journey: j\n{entry}do:\n  - {{send: m, {key}: {value}}}\n")


# ---- comments


LINES = (
    "# rtj: ignore[W204] -- why", "#rtj:ignore[W204]", "a: b # rtj: ignore[no-timeout]", "- x", "k:", "  v: |", "    text",
    "    # rtj: ignore[W1]", "'# rtj: ignore[W204]'", '"a # rtj: ignore[W204]"', "a#rtj: ignore[W204]", "",
    "  - {a: b, c: 'd # e'}", "日本: 😀 # rtj: ignore[W204] until=2027-01-31", ">",
    "# rtj: file-ignore[W204] -- x", "\t# rtj: ignore[W204]", "&a k: *a",
    "---", "? x", ": y # rtj: ignore[W204]",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(LINES), max_size=12)


@settings(SLOW, max_examples=300)
@given(TEXTS, st.sampled_from(("\n", "\r\n", "\r")))
def test_what_ignores_something_is_a_comment_for_yaml_too(lines: list[str], line_end: str) -> None:
    """Nothing within a text is taken for a comment: the YAML is the same with another in its place. (Without any, a line
    further right could become part of a text that the comment ends.)"""
    text = line_end.join(lines) + line_end
    source = Source("f", text)
    wrong: list[object] = []
    documents = y.read_documents(source, wrong)  # type: ignore[arg-type]
    reader = CommentReader(Ground(source, documents), Rulebook())

    for comment in reader.comments():
        other = text[: comment.span.start] + "# another" + text[comment.span.end :]
        if not wrong:
            assert _plain(other) == _plain(text)
        assert comment.span.text.startswith("#")
        assert "\n" not in comment.span.text


def _plain(text: str) -> list[object]:
    """What the YAML says, without places."""
    from rtj.lang.shape import to_json

    return [to_json(document) for document in y.read_documents(Source("f", text), [])]


# ---- tests of journeys


@settings(SLOW, max_examples=60)
@given(st.integers(1, 8), DICE)
def test_mutated_tests_are_answered(times: int, dice: Random) -> None:
    paths = sorted([*ROOT.glob("journeys/*/*.test.yaml"), *GOLDEN.glob("ok/**/*.test.yaml"), *GOLDEN.glob("err/**/*.test.yaml")])
    source = Source("a.test.yaml", mutated(dice.choice(paths).read_text(encoding="utf-8"), dice, times))
    found: list[object] = []

    read_suites(source, ("user_id",), found)  # type: ignore[arg-type]

    for d in sort_diagnostics(found):  # type: ignore[arg-type]
        assert 0 <= d.span.start <= d.span.end <= len(source.text)


def test_the_corpus_is_large() -> None:
    assert len(corpus()) > 200
    assert Path(ROOT / "journeys").is_dir()
