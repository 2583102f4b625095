"""Ignore comments: what they cover, what is said of those that cover nothing, and that texts which look like them are texts."""

from __future__ import annotations

import datetime
import random

import pytest

from rtj.base.finding import Finding
from rtj.base.span import Source
from rtj.lang import yaml_nodes as y
from rtj.lang.load import load_text
from rtj.lint.ground import Ground
from rtj.lint.ignores import COMMENTS_MAX, CommentReader
from rtj.lint.lint import Linted, lint
from rtj.lint.rulebook import Rulebook
from rtj.lint.settings import LintOptions
from tests.lang.told import told
from tests.lint.cases import PROJECT, journey

TODAY = datetime.date(2026, 3, 1)
RULES = (
    PROJECT
    + "rules:\n  own: {each: send, require: false, message: sends}\n  short: {each: wait, require: false, message: waits}\n"
)


def linted(text: str, project: str = RULES, options: LintOptions = LintOptions(today=TODAY)) -> Linted:  # noqa: B008
    return lint(load_text(project, text), options)


def codes(nodes: str, project: str = RULES) -> list[str]:
    """The codes in the journey, with their lines, but for those of other rules."""
    found = linted(journey(nodes), project).findings
    mine = ("own", "short", "W90", "E")
    return [f"{f.diagnostic.span.line} {f.diagnostic.code}" for f in found if _is_of_interest(f, mine)]


def _is_of_interest(finding: Finding, mine: tuple[str, ...]) -> bool:
    d = finding.diagnostic
    return d.code.startswith(mine) and d.span.source.path != "rtj.yaml"


SEND = "  - {id: a, send: m, by: sms}\n"
LONG = "  - id: a{}\n    send: m\n    by: sms\n"
TURNED = "  - id: a\n    # rtj: ignore[own] -- x\n    by: sms\n    send: m\n"
TREE = "{}  - id: r\n    repeat: 2\n{}    do:\n{}      - {{id: a, send: m, by: sms}}\n      - {{id: w, wait: 2h}}\n"
BOTH = "# rtj: ignore[own, short] -- x\n"
SET = "  - {set: profile.tier = 'gold'}\n"
BLOCK = "    with: |\n      x = '# rtj: ignore[own] -- x',\n      # rtj: ignore[own] -- y\n      y = 1\n"


@pytest.mark.parametrize(
    ("nodes", "left"),
    [
        pytest.param(SEND, ["4 own"], id="no comment"),
        pytest.param(f"  # rtj: ignore[own] -- x\n{SEND}", [], id="above an item"),
        pytest.param(f"  # rtj: ignore[own] -- x\n{SEND}  - {{id: b, send: m, by: sms}}\n", ["6 own"], id="not the next item"),
        pytest.param(f"  # rtj: ignore[own] -- x\n\n  # more words\n{SEND}", [], id="over blank lines and comments"),
        pytest.param("  - {id: a, send: m, by: sms}   # rtj: ignore[own] -- x\n", [], id="behind"),
        pytest.param(LONG.format("   # rtj: ignore[own] -- x"), ["4 W901", "5 own"], id="behind another line"),
        pytest.param("  - id: a\n    # rtj: ignore[own] -- x\n    send: m\n    by: sms\n", [], id="above a key"),
        pytest.param(TURNED, ["5 W901", "7 own"], id="above another key"),
        pytest.param(TREE.format("  # rtj: ignore[own] -- x\n", "", ""), ["9 short"], id="a whole tree"),
        pytest.param(TREE.format("", f"    {BOTH}", ""), [], id="a list behind a key"),
        pytest.param(TREE.format("", "", f"      {BOTH}"), ["7 W901", "9 short"], id="the first of a list"),
        pytest.param(LONG.format("") + "  # rtj: ignore[own] -- x\n", ["5 own", "7 W901"], id="nothing follows"),
        pytest.param(f"# rtj: file-ignore[own] -- x\n{SEND}", [], id="the file"),
        pytest.param(f"{SEND}# rtj: file-ignore[own] -- x\n", [], id="the file, from below"),
        pytest.param(f"  # rtj: file-ignore[own] -- x\n{SEND}", ["4 W904", "5 own"], id="the file, indented"),
        pytest.param(f"  # rtj: ignore[own, short] -- x\n{SEND}", ["4 W901"], id="one of two"),
        pytest.param(f"  # rtj: ignore[own]\n{SEND}", ["4 W902"], id="no reason"),
        pytest.param(f"  # rtj: ignore[own] --\n{SEND}", ["4 W902"], id="an empty reason"),
        pytest.param(f"  # rtj: ignore[own] until=2026-03-01 -- x\n{SEND}", [], id="the last day"),
        pytest.param(f"  # rtj: ignore[own] until=2026-02-28 -- x\n{SEND}", ["4 W903", "5 own"], id="the day after"),
        pytest.param(f"  # rtj: ignore[own] until=2026-02-28 -- x\n{SET}", ["4 W901"], id="expired and unused"),
        pytest.param(f"  # rtj: ignore[own] until=2026-02-30 -- x\n{SEND}", ["4 W904"], id="no such day"),
        pytest.param(f"  # rtj: ignore[own] untill=2027-01-01 -- x\n{SEND}", ["4 W902", "4 W904"], id="a word that is not read"),
        pytest.param(f"  # rtj: ignore\n{SEND}", ["4 W904", "5 own"], id="nothing named"),
        pytest.param(f"  # rtj: ignore[]\n{SEND}", ["4 W904", "5 own"], id="empty brackets"),
        pytest.param(f"  # rtj: ignore[own -- x\n{SEND}", ["4 W904", "5 own"], id="not closed"),
        pytest.param(f"  # rtj: ignroe[own] -- x\n{SEND}", ["4 W904", "5 own"], id="misspelt word"),
        pytest.param(f"  # rtj: ignore[onw] -- x\n{SEND}", ["4 W904", "5 own"], id="misspelt rule"),
        pytest.param(f"  # rtj: ignore[W9] -- x\n{SEND}", ["4 W904", "5 own"], id="a prefix"),
        pytest.param(f"  # rtj: ignore[w204] -- x\n{SEND}", ["4 W904", "5 own"], id="lower case"),
        pytest.param(f"  # rtj: ignore[E311] -- x\n{SEND}", ["4 E105", "5 own"], id="what cannot be ignored"),
        pytest.param("  # rtj: ignore[E327] -- x\n" + SEND.replace("sms", "smss"), ["4 E105", "5 E327"], id="an error stays"),
        pytest.param(f"  # rtj: see the handbook\n{SEND}", ["5 own"], id="prose"),
        pytest.param(f"  # write # rtj: ignore[own] -- x to hide it\n{SEND}", ["5 own"], id="within prose"),
        pytest.param(f"  #rtj:ignore[own]-- x\n{SEND}", [], id="without blanks"),
        pytest.param(f"  # rtj: ignore[ own ,short ] -- x\n{SEND}", ["4 W901"], id="blanks in the brackets"),
        pytest.param('  - {id: a, send: m, by: sms, with: "x = \'# rtj: ignore[own] -- x\'"}\n', ["4 own"], id="a quoted text"),
        pytest.param(LONG.format("") + BLOCK, ["5 own"], id="a block of text"),
    ],
)  # fmt: skip
def test_what_is_covered(nodes: str, left: list[str]) -> None:
    assert codes(nodes) == left


def test_a_comment_behind_the_sign_of_a_block_covers_the_text() -> None:
    plain = "  - id: a\n    send: m\n    by: sms\n    with: |{}\n      x =\n        profile.birthday\n"

    assert [f.diagnostic.code for f in linted(journey(plain.format(""))).findings if f.diagnostic.code == "W410"] == ["W410"]
    assert "W410" not in [f.diagnostic.code for f in linted(journey(plain.format(" # rtj: ignore[W410] -- old"))).findings]


def test_names_and_codes_mean_the_same() -> None:
    node = "  - id: a\n    send: m\n    by: sms\n    with: x = profile.birthday  # rtj: ignore[message-may-miss] -- known\n"

    assert "W410" not in [f.diagnostic.code for f in linted(journey(node)).findings]


def test_what_is_ignored_is_still_known() -> None:
    done = linted(journey(f"  # rtj: ignore[own] -- x\n{SEND}"))

    assert [f.diagnostic.code for f in done.ignored] == ["own"]


def test_an_audit_tells_everything() -> None:
    text = journey(f"  # rtj: ignore[own]\n{SEND}")

    found = linted(text, options=LintOptions(comments=False)).findings

    assert {f.diagnostic.code for f in found} >= {"own"}
    assert not any(f.diagnostic.code.startswith("W90") for f in found)


def test_reasons_need_not_be_given_where_a_project_says_so() -> None:
    assert codes(f"  # rtj: ignore[own]\n{SEND}", RULES + "lint: {require_reason: false}\n") == []


def test_comments_of_a_project_with_mistakes_are_not_called_unused() -> None:
    nodes = f"  # rtj: ignore[short] -- x\n{SEND}  - {{send: x, by: smss}}\n"

    assert codes(nodes) == ["6 E327"]


def test_comments_for_a_rule_with_a_mistake_are_not_called_unused() -> None:
    project = PROJECT + "rules:\n  own: {each: send, require: send.x, message: sends}\n"

    assert codes(f"  # rtj: ignore[own] -- x\n{SEND}", project) == []


def test_the_project_file_has_comments_too() -> None:
    project = PROJECT.replace("  login: {}", "  # rtj: ignore[mine] -- x\n  login: {}")
    project += "rules:\n  mine: {each: event, when: event.fields is empty, message: '{event.name}'}\n"

    assert "mine" not in [f.diagnostic.code for f in lint(load_text(project)).findings]


def test_windows_lines_cjk_and_emoji() -> None:
    text = journey(f"  # 日本語 🎉\n  # rtj: ignore[own] -- 歓迎 🎉\n{SEND}").replace("\n", "\r\n")

    assert "own" not in [f.diagnostic.code for f in linted(text).findings]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"  # rtj: ignore[short] -- x\n{SEND}", SEND),
        (f"  # rtj: ignore[short, own] -- x\n{SEND}", f"  # rtj: ignore[own] -- x\n{SEND}"),
        (f"  # rtj: ignore[own,short] until=2099-01-01 -- x\n{SEND}", f"  # rtj: ignore[own] until=2099-01-01 -- x\n{SEND}"),
        ("  - {id: a, send: m, by: sms}   # rtj: ignore[short] -- x\n", SEND),
        (f"{SEND}# rtj: file-ignore[short] -- x", SEND),
        (f"  # rtj: ignore[short] -- x\u2028{SEND}", f"\u2028{SEND}"),
    ],
)
def test_the_way_to_mend_an_unused_comment(before: str, after: str) -> None:
    for line_end in ("\n", "\r\n"):
        text = journey(before).replace("\n", line_end)
        fixes = [f.diagnostic.fix for f in linted(text).findings if f.diagnostic.code == "W901"]
        assert len(fixes) == 1
        assert fixes[0] is not None
        assert fixes[0].safe
        (edit,) = fixes[0].edits
        assert text[: edit.start] + edit.text + text[edit.end :] == journey(after).replace("\n", line_end)


def test_words_about_comments() -> None:
    nodes = (
        f"  # rtj: ignore[onw] -- x\n{SEND}  # rtj: ignore[W2] until=2020-13-01 -- x\n  - {{id: b, set: profile.tier = 'gold'}}\n"
    )

    found = [f.diagnostic for f in linted(journey(nodes)).findings if f.diagnostic.code == "W904"]

    assert told(found) == (
        "1.journey.yaml:4:17 W904 ['onw'] `onw` is no code and no name of a rule -- did you mean `own`?\n"
        "1.journey.yaml:6:17 W904 ['W2'] `W2` is the beginning of 10 codes; a comment names each\n"
        "1.journey.yaml:6:27 W904 ['2020-13-01'] `2020-13-01` is no date, so this never expires"
        " -- expected a date such as 2027-01-31\n"
    ).replace("10 codes", found[1].message.split("beginning of ")[1].split(";")[0])


def test_thousands_of_comments_cost_little_and_have_a_bound() -> None:
    text = "# rtj: ignore[W204] -- x\n" * (COMMENTS_MAX + 2) + "a: b\n"
    source = Source("x", text)
    reader = CommentReader(Ground(source, y.read_documents(source, [])), Rulebook())

    assert len(reader.comments()) == COMMENTS_MAX
    assert [d.code for d in reader.found] == ["W904"]


def test_the_finder_agrees_with_a_slow_one() -> None:
    """Random YAML with signs of comments in keys, texts of every style, and real comments: exactly the real ones are found."""
    dice = random.Random(7)
    sign = "# rtj: ignore[W204] -- x"
    for _ in range(300):
        lines: list[str] = []
        real: list[int] = []
        for number in range(dice.randint(1, 12)):
            kind = dice.randint(0, 8)
            if kind == 0:
                real.append(len(lines))
                lines.append(" " * dice.choice((0, 2)) + sign)
            elif kind == 1:
                lines.append(f"k{number}: 'a {sign} b'")
            elif kind == 2:
                lines += [f"k{number}: |", f"    x {sign}", f"    {sign}"]
            elif kind == 3:
                real.append(len(lines))
                lines.append(f"k{number}: v {sign}")
            elif kind == 4:
                lines += [f'k{number}: "a', f"  {sign}", '  b"']
            elif kind == 5:
                real.append(len(lines))
                lines += [f"k{number}: >-  {sign}", "    folded", f"    {sign}"]
            elif kind == 6:
                lines.append(f"'k{number} {sign}': v")
            elif kind == 7:
                real.append(len(lines))
                lines.append(f"k{number}: 'a {sign} b' {sign} {sign}")
            else:
                lines.append(f"k{number}: v#{sign.replace(' ', '')}")
        source = Source("x", "\n".join([*lines, "end: x", ""]))
        reader = CommentReader(Ground(source, y.read_documents(source, [])), Rulebook())
        assert [comment.span.line - 1 for comment in reader.comments()] == real, source.text
