"""The same finding has the same line and column in every format; every format says what its readers need, for any text."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rtj
from rtj.base.diagnostic import Diagnostic, Severity
from rtj.base.finding import Finding
from rtj.base.span import Source, Span
from rtj.cli.diagnostics import concise, full
from rtj.cli.outputs import FORMATS
from rtj.cli.screen import paint
from rtj.report.findings import Examined, fails, fixable
from rtj.report.findings_ci import as_github, as_gitlab, first_commands
from rtj.report.findings_formats import WRITERS
from rtj.report.findings_json import as_json_lines
from rtj.report.findings_review import OPEN_ROWS, as_markdown, as_rdjson, summary
from rtj.report.findings_xml import as_checkstyle, as_junit
from rtj.report.workflow_commands import ANNOTATIONS_MAX
from tests.report.findings_cases import BLOCK, EXAMINED, GREEN, READERS, TABS, WIDE, commands, findings, spot


def written(name: str, found: list[Finding], examined: Examined = EXAMINED) -> str:
    match name:
        case "full":
            return paint(full(found), color=False)
        case "concise":
            return paint(concise(found), color=False)
        case _:
            return WRITERS[name](found, examined)


def many(number: int, severity: Severity = "error") -> list[Finding]:
    source = Source("f.yaml", "a\n" * number)
    return [Finding(Diagnostic("E102", f"no {i}", Span(source, 2 * i, 2 * i), severity=severity)) for i in range(number)]


@pytest.mark.parametrize("name", FORMATS)
def test_a_finding_has_one_place_in_all_formats(name: str) -> None:
    """In a block scalar, behind CJK, emoji and tabs, in CRLF, over several lines, at nothing, in a file with odd letters."""
    found = findings()
    assert sorted(READERS[name](written(name, found))) == sorted(map(spot, found))


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_format_looks_like(name: str, golden: Callable[[str, str], None]) -> None:
    text = written(name, findings())
    if name == "sarif":
        text = json.dumps(json.loads(text), indent=1, ensure_ascii=False).replace(rtj.__version__, "VERSION") + "\n"
    golden(f"findings/{name}.out", text)


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_found_is_well_formed_too(name: str) -> None:
    text = written(name, [])
    assert READERS[name](text) == []
    assert text in ("", "[]\n") or name in ("sarif", "junit", "checkstyle", "rdjson", "markdown")


def test_every_format_is_there_and_no_other() -> None:
    assert set(FORMATS) == set(READERS) == {"full", "concise", *WRITERS}
    assert FORMATS[2:] == tuple(WRITERS)


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text(), st.text(min_size=1), st.data())
def test_any_text_can_be_written_and_read(message: str, hint: str, text: str, data: st.DataObject) -> None:
    """Texts of authors hold anything: controls, halves of pairs, brackets, markup; a path is any bytes."""
    path = data.draw(
        st.sampled_from(["a|b`c.yaml", "ü\udcff.yaml", "::error::.yaml", "a,b:c%0A.yaml", "<x>&'\".yaml", "a\nb.yaml"])
    )
    span = Span(Source(path, text), data.draw(st.integers(0, len(text))), len(text))
    found = [Finding(Diagnostic("E105", message, span, hint), "j\ud800", "/a~1b/0", "f")]
    for name in FORMATS:
        content = written(name, found).encode("utf-8").decode("utf-8")
        if name in ("json", "sarif", "gitlab", "rdjson"):
            assert json.loads(content)
        elif name in ("junit", "checkstyle"):
            assert len(list(ET.fromstring(content).iter("failure" if name == "junit" else "error"))) == 1
        elif name in ("json-lines", "github", "concise"):
            assert len(content.splitlines()) == 1
            assert name != "github" or commands(content)[0][0] == "error"
        elif name == "markdown":
            rows = content.splitlines()
            assert len(rows) == 5
            assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", re.sub(r"\\\|", "", rows[4]))) == 5


def test_json_keeps_texts_as_they_are() -> None:
    span = Span(Source("a\u2028.yaml", "x"), 0, 1)
    line = as_json_lines([Finding(Diagnostic("E105", "a\n\x1b[31m\u2028 \ud800", span))])
    assert line.count("\n") == 1
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == "a\n\x1b[31m\u2028 \ufffd"


def test_github_commands_are_escaped_as_the_runner_reads_them() -> None:
    source = Source("a,b:c%.yaml", "x")
    text = as_github([Finding(Diagnostic("E105", "50% :: a, b\r\n`c`", Span(source, 0, 1), "see\nthere"))], Examined())
    assert text == (
        "::error title=rtj E105 (bad-value),file=a%2Cb%3Ac%25.yaml,line=1,col=1,endLine=1,endColumn=2"
        "::a,b:c%25.yaml:1:1: E105 50%25 :: a, b `c`%0Ahelp: see there\n"
    )
    assert [name for name, _, _ in commands(as_github(findings(), EXAMINED))] == ["error"] * 7 + ["warning"] * 3 + ["notice"]


def test_only_what_github_shows_is_annotated_and_the_rest_is_told() -> None:
    found = [*many(12, "warning"), *many(25), *many(2, "info")]
    shown, rest = first_commands(found, Examined())
    kinds = [name for name, _, _ in commands("\n".join(shown))]
    assert kinds == ["error"] * ANNOTATIONS_MAX + ["warning"] * ANNOTATIONS_MAX + ["notice"] * 2
    assert rest == "15 more errors, 2 more warnings without an annotation: GitHub shows 10 of each"
    assert first_commands(many(3), Examined())[1] == ""


def test_gitlab_issues_have_unique_fingerprints_and_known_grades() -> None:
    issues = json.loads(as_gitlab(findings(), EXAMINED))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert {issue["severity"] for issue in issues} == {"major", "minor", "info"}


@pytest.mark.parametrize(("fail_on", "failed"), [("error", 4), ("warning", 4), ("info", 4)])
def test_junit_has_a_test_for_each_file(fail_on: Severity, failed: int) -> None:
    suite = ET.fromstring(as_junit(findings(), replace(EXAMINED, fail_on=fail_on)))
    cases = {str(case.get("name")): case for case in suite.iter("testcase")}
    assert tuple(cases) == EXAMINED.files
    assert list(cases[GREEN]) == []
    failures = [case for case in cases.values() if case.find("failure") is not None]
    assert suite.get("failures") == str(len(failures))
    assert (cases[WIDE.path].find("failure") is not None) == (fail_on != "error")
    assert (cases[WIDE.path].find("system-out") is not None) == (fail_on != "info")
    assert all(len(case.findall("failure")) <= 1 for case in cases.values())


def test_checkstyle_names_every_file() -> None:
    assert [file.get("name") for file in ET.fromstring(as_checkstyle(findings(), EXAMINED)).iter("file")] == list(EXAMINED.files)


def test_rdjson_suggests_the_whole_fix_at_once() -> None:
    by_code = {one["code"]["value"]: one for one in json.loads(as_rdjson(findings()))["diagnostics"]}
    (suggestion,) = by_code["E327"]["suggestions"]
    row = WIDE.text.splitlines()[2].encode()
    start, end = (suggestion["range"][name]["column"] - 1 for name in ("start", "end"))
    mended = row[:start] + suggestion["text"].encode() + row[end:]
    assert mended.decode() == WIDE.text.splitlines()[2].replace("nmae", "name").replace("顧客", "x顧客")


def test_markdown_folds_what_is_long() -> None:
    assert "<details>" not in as_markdown(many(OPEN_ROWS), Examined())
    text = as_markdown(many(OPEN_ROWS + 7), Examined())
    assert "<details><summary>7 more</summary>\n\n|" in text
    assert text.startswith(f"**rtj validate**: {OPEN_ROWS + 7} errors in 1 of 1 file.\n")
    assert text.count("`E102`") == OPEN_ROWS + 7


def test_a_summary_fits_into_its_room() -> None:
    found = many(500)
    whole = as_markdown(found, Examined())
    assert summary(found, Examined(), len(whole)) == whole
    for room in (10_000, 2_000, 400):
        text = summary(found, Examined(), room)
        assert len(text.encode()) <= room
        assert text.count("`E102`") + int(re.findall(r"(\d+) more findings without room", text)[0]) == 500
    assert "500 more findings" in summary(found, Examined(), 0)


def test_paths_are_told_from_the_root_of_the_repository() -> None:
    assert EXAMINED.from_root("a.yaml") == "crm/a.yaml"
    assert EXAMINED.from_root("/shop/rtj.yaml") == "rtj.yaml"
    assert EXAMINED.from_root("/shopping/rtj.yaml") == "/shopping/rtj.yaml"
    assert Examined().from_root("a.yaml") == "a.yaml"
    windows = Examined(folder="C:/shop", root="C:/")
    assert windows.from_root("C:/shop/a.yaml") == windows.from_root("a.yaml") == "shop/a.yaml"


def test_fixable_counts_by_safety() -> None:
    unsafe, safe = (next(f for f in findings() if f.diagnostic.code == code) for code in ("E314", "E105"))
    assert fixable(findings()) == "1 fixable with --fix, 2 more with --unsafe-fixes"
    assert fixable([safe]) == "1 fixable with --fix"
    assert fixable([unsafe]) == "1 fixable with --fix --unsafe-fixes"
    assert fixable(many(1)) == ""


def test_what_fails_is_as_bad_or_worse() -> None:
    levels: tuple[Severity, ...] = ("error", "warning", "info")
    table = {fail_on: [fails(many(1, severity)[0], fail_on) for severity in levels] for fail_on in levels}
    assert table == {"error": [True, False, False], "warning": [True, True, False], "info": [True, True, True]}


def test_a_severity_that_is_not_the_codes_own_is_said() -> None:
    rows = written("concise", findings()).splitlines()
    assert rows[0].startswith(f"{BLOCK.path}:7:23: E314 [~] unknown attribute of profile `contry`; did you mean `country`? (")
    assert rows[2].startswith(f"{WIDE.path}:3:28: warning[E310] unknown name")
    assert rows[5] == f"{TABS.path}:1:1: W206 nobody comes here (out-of-time)"
    assert rows[7].endswith(":5:12: warning[no-emoji] a rule of the project")
