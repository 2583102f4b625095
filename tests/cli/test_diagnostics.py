"""The caret stands under the culprit, in every script; nothing an author wrote is lost, wrapped or obeyed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtj.base.diagnostic import Diagnostic, Edit, Fix, Label
from rtj.base.finding import Finding
from rtj.base.span import Source, Span
from rtj.cli.diagnostics import CELLS_MAX, SHOWN_MAX, concise, footer, full
from rtj.cli.screen import paint, width

JOURNEY = """\
journey: cart_abandonment
enter: {on: add_to_cart, as: cart}
do:
  - id: nudge
    wait_for:
      - when: >-
          event.amount > 10
          and profile.contry == 'NO'
"""


def at(text: str, culprit: str, path: str = "journeys/cart.journey.yaml", nth: int = 1) -> Span:
    start = -1
    for _ in range(nth):
        start = text.index(culprit, start + 1)
    return Span(Source(path, text), start, start + len(culprit))


def bare(found: Iterable[Diagnostic]) -> list[Finding]:
    """Findings of which nobody said where in the structure they are."""
    return [Finding(diagnostic) for diagnostic in found]


def shown(*found: Diagnostic) -> str:
    return paint(full(bare(found)), color=False)


def test_full_shows_the_lines_the_culprit_and_the_help(golden: Callable[[str, str], None]) -> None:
    schema = Source("rtj.yaml", "project: shop\nprofile:\n  country: {type: string?}\n")
    found = [
        Diagnostic(
            "E999",
            "`profile` has no attribute `contry`",
            at(JOURNEY, "contry"),
            "did you mean `country`?",
            (Label(Span(schema, 25, 32), "similar attribute declared here"),),
        ),
        Diagnostic("E002", "`do` stands twice", at(JOURNEY, "do:"), severity="warning"),
        Diagnostic("E105", "two lines", at(JOURNEY, "event.amount > 10\n          and profile.contry == 'NO'")),
        Diagnostic("E102", "`project` is missing", Span(Source("rtj.yaml", ""), 0, 0)),
        Diagnostic("E301", "unexpected end", Span(Source("a.journey.yaml", "do: ["), 5, 5), "close the list with `]`"),
    ]
    golden("cli/diagnostics_full.out", shown(*found) + paint([footer(bare(found), 3, "3 files")], color=False))


def test_colours_change_no_character(golden: Callable[[str, str], None]) -> None:
    found = [Diagnostic("E999", "`profile` has no attribute `contry`", at(JOURNEY, "contry"), "did you mean `country`?")]
    painted = paint(full(bare(found)), color=True)
    golden("cli/diagnostics_color.out", painted)
    plain = painted
    for code in ("0", "1", "2", "1;31", "1;33", "32", "1;36", "34"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == shown(*found)


def underlined(text: str, start: int, end: int) -> tuple[str, str]:
    """The shown line of a one-line text and the line below it."""
    rows = shown(Diagnostic("E999", "x", Span(Source("f", text), start, end))).split("\n")
    return rows[3], rows[4]


@pytest.mark.parametrize("before", ["", "when: ", "\t\t", "お客様: ", "👨‍👩‍👧 ", "e\u0301e\u0301 ", "❤️ ", "\u202e ", "\x1b[31m"])
@pytest.mark.parametrize("culprit", ["contry", "国", "名前", "👍🏽", "\t"])
def test_the_underline_has_the_place_and_size_of_the_culprit(before: str, culprit: str) -> None:
    text = before + culprit + " == 'NO'"
    above, below = underlined(text, len(before), len(before) + len(culprit))
    assert "\x1b" not in above
    assert "\u202e" not in above
    left = below.index("^")
    assert width(above[: above.rindex(" == 'NO'")]) == left + below.count("^")


@given(
    st.text(
        st.characters(exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", exclude_categories=["Cs"]), max_size=300
    ),
    st.data(),
)
def test_any_text_gives_an_underline_inside_the_shown_line(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    above, below = underlined(text, start, end)
    assert "^" in below
    assert width(below) <= max(width(above), width(above.rstrip()) + 1, below.index("^") + 1)
    assert width(above) <= CELLS_MAX + len("1 | ")


def test_a_very_long_line_is_cut_around_the_culprit(golden: Callable[[str, str], None]) -> None:
    text = "when: " + "profile.spend > 1 and " * 40 + "profile.contry == 'NO'" + " and 顧客" * 40
    start = text.index("contry")
    found = [
        Diagnostic("E999", "in the middle", Span(Source("f.yaml", text), start, start + 6)),
        Diagnostic("E999", "at the start", Span(Source("f.yaml", text), 0, 4)),
        Diagnostic("E999", "all of it", Span(Source("f.yaml", text), 0, len(text))),
    ]
    golden("cli/diagnostics_long.out", shown(*found))
    assert all(width(row) <= CELLS_MAX + len("1 | ") for row in shown(*found).splitlines())
    middle = Diagnostic("E999", "long in the middle", Span(Source("f.yaml", text), 400, 800))
    narrow = paint(full(bare([*found, middle]), columns=60), color=False)
    assert all(width(row) <= 60 for row in narrow.splitlines())


def test_concise_is_one_physical_line_each() -> None:
    found = [
        Diagnostic("E002", "a key\nstands [bold]twice[/bold] :no: " + "x" * 300, at(JOURNEY, "do:"), "drop\tit"),
        Diagnostic("E999", "\x1b[2J\u202etext", at(JOURNEY, "cart", nth=3), severity="warning"),
    ]
    rows = paint(concise(bare(found)), color=False).splitlines()
    assert len(rows) == 2
    assert rows[0] == (
        "journeys/cart.journey.yaml:3:1: E002 a key stands [bold]twice[/bold] :no: " + "x" * 300 + "; drop it (duplicate-key)"
    )
    assert rows[1] == "journeys/cart.journey.yaml:2:30: warning[E999] ?[2J?text"


def test_full_is_capped_for_each_file_and_says_so() -> None:
    source = Source("f.yaml", "a\n" * 200)
    found = [Diagnostic("E999", "wrong", Span(source, 2 * i, 2 * i + 1)) for i in range(SHOWN_MAX + 7)]
    assert shown(*found).count("error[E999]") == SHOWN_MAX
    assert "f.yaml: 7 more; --format concise shows all" in shown(*found)
    assert len(concise(bare(found))) == SHOWN_MAX + 7


def test_the_footer_counts() -> None:
    error, warning, info = (
        Finding(Diagnostic("E999", severity, at(JOURNEY, "do:"), severity=severity)) for severity in ("error", "warning", "info")
    )
    elsewhere = Finding(Diagnostic("E999", "x", at(JOURNEY, "do:", "rtj.yaml")))
    cases = ([], [error], [warning, error, warning], [info, info], [error, elsewhere])
    assert [paint([footer(found, 2, "1 journey in 2 files")], color=False) for found in cases] == [
        "no errors in 1 journey in 2 files\n",
        "1 error in 1 of 2 files\n",
        "1 error, 2 warnings in 1 of 2 files\n",
        "2 infos in 1 of 2 files\n",
        "2 errors in 2 of 2 files\n",
    ]


def notes(finding: Finding) -> list[str]:
    return [row.partition(" = ")[2] for row in paint(full([finding]), color=False).splitlines() if " = " in row]


def test_below_the_excerpt_stands_where_it_is_what_helps_and_where_to_read_more() -> None:
    span = at(JOURNEY, "contry")
    fix = Fix("write `country`", (Edit(span.start, span.end, "country"),))
    finding = Finding(Diagnostic("E314", "x", span, "did you mean\n`country`?", fix=fix), "cart", "/do/0/wait_for/1/when")
    assert notes(finding) == [
        "at: cart / do[0].wait_for[1].when",
        "help: did you mean `country`?  [unsafe: rtj validate --fix --unsafe-fixes]",
        "more: rtj rule E314",
    ]
    project = Finding(Diagnostic("no-sms", "x", span, fix=replace(fix, safe=True)), "", "/events/a b~1c/0\x1b")
    assert notes(project) == ['at: events."a b/c"."0?"', "fix: write `country`  [rtj validate --fix]"]
    both = Finding(Diagnostic("E314", "x", span, "countries have two letters", fix=fix))
    assert notes(both)[:2] == [
        "help: countries have two letters",
        "fix: write `country`  [unsafe: rtj validate --fix --unsafe-fixes]",
    ]


def test_a_page_is_pointed_at_once() -> None:
    found = [Finding(Diagnostic(code, "x", at(JOURNEY, "do:"))) for code in ("E314", "E105", "E314")]
    assert paint(full(found), color=False).count("more: rtj rule E314") == 1
    assert paint(full(found), color=False).count("more: rtj rule E105") == 1


def test_concise_marks_what_a_program_can_mend() -> None:
    edits = (Edit(0, 1, "x"),)
    fixes = (None, Fix("a", edits, safe=True), Fix("b", edits))
    rows = paint(concise(bare(Diagnostic("E314", "x", at(JOURNEY, "do:"), fix=fix) for fix in fixes)), color=False).splitlines()
    assert [row.partition(": ")[2] for row in rows] == [
        "E314 x (unknown-attribute)",
        "E314 [*] x (unknown-attribute)",
        "E314 [~] x (unknown-attribute)",
    ]
