"""`rtj test`: what failed and why, how many passed, exit codes, JUnit."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.cli.main import app
from rtj.cli.verdicts import ROWS_MAX
from tests.package.readme import plain

GOOD = """\
journey: welcome
start: 2026-03-01T10:00
tests:
  - name: somebody new is greeted after an hour
    events:
      - +0s signed_up: {plan: pro}
    expect:
      messages: [{at: +1h, message: hello, channel: email, with: {plan: pro}}]
  - name: who buys at once is not
    events:
      - +0s signed_up: {plan: pro}
      - +10m bought: {total: 20}
    expect:
      messages: []
      left: [{at: +10m, reason: goal}]
"""
BAD = """\
journey: [welcome, big_spenders]
tests:
  - name: 桜 is greeted & thanked
    person: 桜
    events:
      - +0s signed_up: {plan: "<pro>"}
      - {at: +30m, type: bought, properties: {total: 120}, user_id: bob, email: Bob@Example.org}
    expect:
      messages:
        - {at: +30m, message: thanks, person: bob@example.org}
        - {at: +2h, message: hello, with: {plan: free}}
      left: []
"""


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ("test", *arguments))
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def tests(tiny: Path) -> Path:
    (tiny / "tests").mkdir()
    (tiny / "tests" / "good.test.yaml").write_text(GOOD, encoding="utf-8")
    return tiny / "tests"


def test_good_tests_pass(tests: Path) -> None:
    code, out, err = call()
    assert (code, out) == (0, "")
    assert err.startswith("2 passed (")
    assert call("--quiet") == (0, "", "")


def test_what_passed_is_named_when_asked(tests: Path) -> None:
    assert call("-v")[1] == "ok welcome: somebody new is greeted after an hour\nok welcome: who buys at once is not\n"


def test_failures_are_told_with_place_and_timeline(tests: Path, golden: Callable[[str, str], None]) -> None:
    (tests / "bad.test.yaml").write_text(BAD, encoding="utf-8")
    code, out, err = call()
    assert code == 1
    assert err.startswith("2 passed, 1 failed (")
    golden("cli/test_failed.out", out)


def test_concise_is_one_line_for_each(tests: Path) -> None:
    (tests / "bad.test.yaml").write_text(BAD, encoding="utf-8")
    code, out, _ = call("--format", "concise")
    assert code == 1
    rows = out.splitlines()
    assert len(rows) == 2
    assert rows[0].startswith("tests/bad.test.yaml:11:11: error[unmet] 桜 is greeted & thanked: ")


def test_mistakes_in_test_files_are_told_and_others_still_run(tests: Path) -> None:
    (tests / "odd.test.yaml").write_text(GOOD.replace("message: hello", "message: helo"), encoding="utf-8")
    code, out, err = call()
    assert code == 1
    assert "error[E601] test-names-nothing: nothing sends `helo`" in out
    assert "did you mean `hello`?" in out
    assert err.startswith("2 passed, 2 not run; 1 error in test files (")


def test_a_project_with_mistakes_is_not_played(tests: Path, break_journey: Callable[[str, str], None]) -> None:
    break_journey("start.plan", "start.paln")
    code, out, err = call()
    assert (code, out) == (1, "")
    assert "E311" in err


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        ((), 2),
        (("tests",), 2),
        (("tests/good.test.yaml",), 2),
        (("-k", "AT ONCE"), 1),
        (("-k", "good.*hour"), 1),
        (("-k", "^tests"), 2),
    ],
)
def test_some_tests(tests: Path, arguments: tuple[str, ...], number: int) -> None:
    code, _, err = call(*arguments)
    assert code == 0
    assert err.startswith(f"{number} passed (")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "nowhere: no such file or folder"),
        (("rtj.yaml",), "rtj.yaml: not a test file; they end in .test.yaml"),
        (("journeys",), "no *.test.yaml in journeys"),
        (("-k", "nothing like it"), "no test matches 'nothing like it'"),
        (("-k", "("), "is no regular expression"),
        (("--project", "nowhere"), "nowhere"),
        (("--junit", "tests/good.test.yaml"), "would be overwritten"),
        (("--junit", "journeys/new.journey.yaml"), "would be overwritten"),
    ],
)
def test_a_wrong_call(tests: Path, arguments: tuple[str, ...], words: str) -> None:
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_no_test_at_all_is_no_success(tiny: Path) -> None:
    code, _, err = call()
    assert code == 2
    assert "no *.test.yaml in" in err
    (tiny / "empty.test.yaml").write_text("journey: welcome\ntests: []\n", encoding="utf-8")
    code, out, _ = call()
    assert code == 1
    assert "`tests` is empty" in out


def test_junit(tests: Path) -> None:
    (tests / "bad.test.yaml").write_text(BAD, encoding="utf-8")
    (tests / "odd.test.yaml").write_text(GOOD.replace("journey: welcome", "journey: welcom"), encoding="utf-8")
    code, _, _ = call("--junit", "out.xml")
    assert code == 1
    root = ET.parse("out.xml").getroot()
    assert (root.tag, root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("testsuites", "4", "1", "1")
    assert [suite.attrib["name"] for suite in root] == ["tests/bad.test.yaml", "tests/good.test.yaml", "tests/odd.test.yaml"]
    failed = root.find(".//failure/..")
    assert failed is not None
    assert failed.attrib["name"] == "桜 is greeted & thanked"
    assert (failed.attrib["classname"], failed.attrib["line"]) == ("welcome big_spenders", "3")
    assert "what happened" in (failed.findtext("failure") or "")
    error = root.find(".//error")
    assert error is not None
    assert error.attrib["message"].startswith("E601 there is no journey `welcom`")
    assert sum(float(suite.attrib["time"]) for suite in root) == pytest.approx(float(root.attrib["time"]), abs=1e-5)


def test_junit_to_stdout_and_nowhere(tests: Path) -> None:
    code, out, _ = call("--junit", "-")
    assert code == 0
    assert ET.fromstring(out).attrib["tests"] == "2"
    code, _, err = call("--junit", "missing/out.xml")
    assert code == 4
    assert err.startswith("error: missing/out.xml: no such file")


def test_what_xml_cannot_hold_does_not_spoil_it(tests: Path) -> None:
    text = GOOD.replace("after an hour", "\\x01 after \\uFFFE an hour").replace("name: somebody", 'name: "somebody')
    text = text.replace("an hour\n", 'an hour"\n', 1).replace("plan: pro}}]", "plan: free}}]")
    (tests / "good.test.yaml").write_text(text, encoding="utf-8")
    code, out, _ = call("--junit", "-", "-k", "hour", "--format", "concise")
    assert code == 1
    assert ET.fromstring(out[out.index("<?xml") :]).attrib["failures"] == "1"


def test_a_long_timeline_is_cut(tests: Path) -> None:
    events = "".join(f"      - +{minute}m bought: {{total: 1}}\n" for minute in range(1, 60))
    text = GOOD.replace("      - +10m bought: {total: 20}\n", events).replace("messages: []", "messages: [hello]")
    (tests / "good.test.yaml").write_text(text, encoding="utf-8")
    _, out, _ = call()
    story = plain(out).split("what happened")[1].splitlines()
    assert len(story) <= ROWS_MAX + 3
    assert any(" more" in row for row in story)


def test_hundreds_of_tests_a_second(tests: Path) -> None:
    """A file of 600 tests takes a second or two where one takes a tenth; the bound is far above that of any machine in use."""
    head, one = GOOD.split("tests:\n")
    many = "".join(one.replace("new is", f"new {n} is").replace("at once", f"at once {n}") for n in range(300))
    (tests / "good.test.yaml").write_text(f"{head}tests:\n{many}", encoding="utf-8")
    began = time.perf_counter()
    code, _, err = call()
    assert code == 0
    assert err.startswith("600 passed (")
    assert time.perf_counter() - began < 6
