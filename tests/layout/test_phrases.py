"""Phrases as text: what was written comes back in one form, with the same meaning, and formed again it stays as it is."""

from __future__ import annotations

import random
from typing import Any

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source, Span
from rtj.lang import syntax as s
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.phrases import parse_phrase
from rtj.lang.scalar_map import Located
from rtj.layout import phrases as p

FORMS: dict[str, tuple[Any, Any]] = {
    "expr": (FormBuilder.expr, lambda tree: p.joined(p.parts(tree))),
    "length": (FormBuilder.length, p.length),
    "pattern": (FormBuilder.pattern, lambda tree: p.joined(p.pattern(tree))),
    "collecting": (FormBuilder.collecting, lambda tree: p.joined(p.collecting(tree))),
    "schedule": (FormBuilder.schedule, p.schedule),
    "once": (FormBuilder.once, p.once),
    "wait": (FormBuilder.wait, lambda tree: p.joined(p.wait(tree))),
    "channels": (FormBuilder.channels, p.channels),
    "pairs": (FormBuilder.pairs, lambda tree: p.joined(p.pairs(tree))),
    "assigns": (FormBuilder.assigns, lambda tree: p.joined(p.assigns(tree))),
    "again": (FormBuilder.again, p.again),
    "runs": (FormBuilder.runs, p.period),
}


def read(start: str, text: str) -> Any:
    found: list[Diagnostic] = []
    tree = parse_phrase(Located(text, Span(Source("f", text), 0, len(text))), start, FORMS[start][0], found)
    assert found == [], (text, found)
    return tree


def formed(start: str, text: str) -> str:
    """The one form of a phrase: it means the same and is its own form."""
    tree = read(start, text)
    told = FORMS[start][1](tree)
    again = read(start, told)
    assert again == tree, told
    assert FORMS[start][1](again) == told
    return str(told)


@pytest.mark.parametrize(
    ("written", "one_form"),
    [
        ("a+b*c", "a + b * c"),
        ("(a + b) * c", "(a + b) * c"),
        ("a - (b - c) - d", "a - (b - c) - d"),
        ("((a - b)) - c", "a - b - c"),
        ("a ?? 0 + b ?? 0 > 3", "(a ?? 0) + (b ?? 0) > 3"),
        ("a ?? (b ?? c)", "a ?? (b ?? c)"),
        ("-a ?? b", "-(a ?? b)"),
        ("not a ?? b and f(c ?? d)", "not (a ?? b) and f(c ?? d)"),
        ("(-a) ?? b", "(-a) ?? b"),
        ("- - 5", "--5"),
        ("not ((a) and b)", "not (a and b)"),
        ("not (a == b)", "not a == b"),
        ("(not a) == b", "(not a) == b"),
        ("(a or b) and c or d and e", "(a or b) and c or d and e"),
        ("a and (b and c)", "a and (b and c)"),
        ("if a then b else if c then d else e", "if a then b else if c then d else e"),
        ("(if a then b else c) + 1", "(if a then b else c) + 1"),
        ("(if a then b else c).x[(0)]", "(if a then b else c).x[0]"),
        ("x  not   in [1,2 , 'c']", "x not in [1, 2, 'c']"),
        ("(x is missing) == (y is not empty)", "(x is missing) == (y is not empty)"),
        ("profile.tier has been 'gold' for 7d", "profile.tier has been 'gold' for 7d"),
        ("count( purchase where (event.total > 50) ) over  30d", "count(purchase where event.total > 50) over 30d"),
        ("sum(a.b) over this weeks + max(c.d) since login", "sum(a.b) over this week + max(c.d) since login"),
        ("any(i.sku == 1 and i.qty > 1 for i in (event.items))", "any(i.sku == 1 and i.qty > 1 for i in event.items)"),
        ("count(i for i in (a ?? b) where i.x)", "count(i for i in (a ?? b) where i.x)"),
        ('"it\'s" + "plain" + "say \\"hi\\""', "\"it's\" + 'plain' + 'say \"hi\"'"),
        (r"""'both \' and "' + 'tab\t, line\n, back\\'""", r"""'both \' and "' + 'tab\t, line\n, back\\'"""),
        ("90m + 1h30m + 2   weeks + 1 day + 1 days", "90m + 1h30m + 2 weeks + 1 day + 1 days"),
        ("1.50 + 007 + 2026-03-01T09:00+02:00", "1.50 + 007 + 2026-03-01T09:00+02:00"),
        ("'桜' == event['Prénom']", "'桜' == event['Prénom']"),
        ("a # why\n and b", "a and b"),
    ],
)
def test_expressions(written: str, one_form: str) -> None:
    assert formed("expr", written) == one_form


@pytest.mark.parametrize(
    ("start", "written", "one_form"),
    [
        ("length", "90m", "90m"),
        ("length", "1\nquarter", "1 quarter"),
        ("pattern", "a  or b", "a or b"),
        ("pattern", "(a or b) then  not (c or d) within 30m", "a or b then not (c or d) within 30m"),
        ("pattern", "3 consecutive a where x within 1h as views", "3 consecutive a within 1h where x as views"),
        ("pattern", "2 (a or b) same event.x", "2 (a or b) same event.x"),
        ("pattern", "nudge.opened since entry", "nudge.opened since entry"),
        ("pattern", "joining gold or leaving silver", "joining gold or leaving silver"),
        ("pattern", "a as x then b where event.i == x.i as y", "a as x then b where event.i == x.i as y"),
        ("pattern", "restocked for those where event.a as n", "restocked for those where event.a as n"),
        ("collecting", "a or b where event.x", "a or b where event.x"),
        ("schedule", "monday,tuesday ,wednesday,thursday,friday at 09:00", "weekday at 09:00"),
        ("schedule", "sunday, saturday", "weekend"),
        ("schedule", "friday, monday at 09:00 zone 'Asia/Tokyo'", "monday, friday at 09:00 zone 'Asia/Tokyo'"),
        ("schedule", "1 weeks on thursday", "thursday"),
        ("schedule", "2 weeks on thursday at 09:00 starting 2026-01-08", "2 weeks on thursday at 09:00 starting 2026-01-08"),
        ("schedule", "quarter on 1", "quarter on 1"),
        ("schedule", "2 quarters on last day", "2 quarters on last day"),
        ("schedule", "3 months on 1", "3 months on 1"),
        ("schedule", "month on 15, 1", "month on 1, 15"),
        ("schedule", "month on last day, first monday", "month on last day, first monday"),
        ("schedule", "90m starting 2026-01-08", "90m starting 2026-01-08"),
        ("schedule", "1 day at 09:00", "day at 09:00"),
        ("once", "2026-12-31 08:00 zone 'UTC'", "2026-12-31 08:00 zone 'UTC'"),
        ("wait", "until  next saturday at 15:15", "until next saturday at 15:15"),
        ("wait", "until friday at 08:00 to 10:00", "until friday at 08:00 to 10:00"),
        ("wait", "until 10:00 on r.starts_at - 1 day zone r.zone", "until 10:00 on r.starts_at - 1 day zone r.zone"),
        ("wait", "until r.ends_at ?? (r.starts_at + 3h)", "until r.ends_at ?? (r.starts_at + 3h)"),
        ("wait", "if a then 1h else 4h", "if a then 1h else 4h"),
        ("channels", "push  else email", "push else email"),
        ("pairs", "a=1,b = (2)", "a = 1, b = 2"),
        ("assigns", "profile.a=1 , profile.b='x'", "profile.a = 1, profile.b = 'x'"),
        ("again", "after   7d", "after 7d"),
        ("again", "after exit", "after exit"),
        ("again", "never", "never"),
        ("runs", "from 2026-01-01  to 2026-12-31", "from 2026-01-01 to 2026-12-31"),
        ("runs", "to 2026-12-31", "to 2026-12-31"),
    ],
)
def test_other_phrases(start: str, written: str, one_form: str) -> None:
    assert formed(start, written) == one_form


def test_trees_that_nobody_wrote_have_plain_literals() -> None:
    nowhere = Span(Source("f", "elsewhere"), 0, 9)

    assert p.length(s.Length(nowhere, ms=5_400_000)) == "90m"
    assert p.length(s.Length(nowhere)) == "0s"
    assert p.length(s.Length(nowhere, days=1)) == "1 day"
    assert p.length(s.Length(nowhere, months=6)) == "6 months"
    assert p.number(s.Number(nowhere, 0.0000001)) == "0.0000001"
    assert p.number(s.Number(nowhere, 7)) == "7"


@pytest.mark.parametrize(
    ("millionths", "told"), [(450_000, "45%"), (333_333, "33.3333%"), (500, "0.05%"), (0, "0%"), (1_000_000, "100%")]
)
def test_shares(millionths: int, told: str) -> None:
    assert p.share(millionths) == told


def test_lines_may_be_broken_before_the_outermost_and_and_or() -> None:
    assert p.parts(read("expr", "a and b and (c or d)")) == ("a", "and b", "and (c or d)")
    assert p.parts(read("expr", "a and b or c")) == ("a and b", "or c")
    assert p.pairs(read("pairs", "a = 1, b = 2")) == ("a = 1,", "b = 2")


def test_brackets_of_random_expressions_are_those_that_are_needed() -> None:
    """A thousand trees, each written with brackets around everything: the one form reads back as the same tree."""
    chance = random.Random(7)
    operators = ["or", "and", "==", "<", "in", "not in", "+", "-", "*", "/", "??"]

    def grown(depth: int) -> str:
        if depth == 0:
            return chance.choice(
                ["a", "profile.x", "1", "'t'", "30d", "2 weeks", "null", "true", "2026-01-01", "f(a, b)", "[a, b]"]
            )
        one, other = grown(depth - 1), grown(chance.randrange(depth))
        match chance.randrange(9):
            case 0:
                return f"(not {one})"
            case 1:
                return f"(-{one})"
            case 2:
                return f"(if {one} then {other} else {one})"
            case 3:
                return f"({one} is not missing)"
            case 4:
                return f"({one} has been {other} for 7d)"
            case 5:
                return f"({one})[{other}].name"
            case 6:
                return f"sum({one} for i in {other} where {one}) over 7d"
            case _:
                return f"({one} {chance.choice(operators)} {other})"

    for _ in range(1000):
        formed("expr", grown(chance.randrange(5)))
