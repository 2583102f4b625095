"""Phrases: what they mean, where their parts stand, and words for those the grammar does not take.

Modules: phrase_build, phrase_forms, phrase_errors, syntax_phrases.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source, Span
from rtj.lang import syntax as s
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.phrases import MAX_DEPTH, parse_phrase
from rtj.lang.scalar_map import Located
from tests.lang.told import told

BUILD: dict[str, Any] = {
    "expr": FormBuilder.expr, "length": FormBuilder.length, "date": FormBuilder.date, "clock": FormBuilder.clock,
    "pattern": FormBuilder.pattern, "collecting": FormBuilder.collecting, "moment": FormBuilder.moment,
    "schedule": FormBuilder.schedule, "once": FormBuilder.once, "wait": FormBuilder.wait, "times": FormBuilder.times,
    "channels": FormBuilder.channels, "pairs": FormBuilder.pairs, "assigns": FormBuilder.assigns, "again": FormBuilder.again,
    "runs": FormBuilder.runs, "valid": FormBuilder.valid, "at_most": FormBuilder.at_most, "table_rows": FormBuilder.table_rows,
    "path": FormBuilder.path, "days": FormBuilder.days,
}  # fmt: skip


def parse(text: str, start: str = "expr") -> tuple[Any, list[Diagnostic]]:
    source, found = Source("f", text), list[Diagnostic]()
    return parse_phrase(Located(text, Span(source, 0, len(text))), start, BUILD[start], found), found


def good(text: str, start: str = "expr") -> Any:
    result, found = parse(text, start)
    assert told(found) == "\n"
    return result


def shape(e: Any) -> str:
    """An expression with all its brackets."""
    match e:
        case s.Binary():
            return f"({shape(e.left)} {e.op} {shape(e.right)})"
        case s.Unary():
            return f"({e.op} {shape(e.of)})"
        case s.Is():
            return f"({shape(e.of)} is {'not ' if e.negated else ''}{e.what})"
        case s.Choose():
            return f"(if {shape(e.test)} then {shape(e.then)} else {shape(e.otherwise)})"
        case s.Field():
            return f"{shape(e.base)}.{e.name.text}"
        case s.Index():
            return f"{shape(e.base)}[{shape(e.index)}]"
        case s.HasBeen():
            return f"({shape(e.of)} has been {shape(e.value)} for {e.length.ms})"
        case s.Items():
            return f"[{', '.join(map(shape, e.items))}]"
        case s.Call():
            return f"{e.function.text}({', '.join(map(argument, e.args))})" + (f" {e.window.span.text}" if e.window else "")
        case s.Name():
            return e.text
        case s.Null():
            return "null"
        case s.Length():
            return f"{e.ms}ms" if e.exact else f"{e.days} days {e.months} months"
        case _:
            return repr(e.value)


def argument(a: s.Arg) -> str:
    text = shape(a.value)
    if a.item is not None:
        text += f" for {a.item.text} in {shape(a.over)}"
    return text + (f" where {shape(a.where)}" if a.where else "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a ?? 0 + b ?? 0 > 3", "(((a ?? 0) + (b ?? 0)) > 3)"),
        ("a or b and not c == d", "(a or (b and (not (c == d))))"),
        ("-a * -b - c / d", "(((- a) * (- b)) - (c / d))"),
        ("x not in ['a', \"b\"] and y in z", "((x not in ['a', 'b']) and (y in z))"),
        ("a.b['c d'].e[0] is not missing", "(a.b['c d'].e[0] is not missing)"),
        ("a is empty or a is missing", "((a is empty) or (a is missing))"),
        ("if a then b else if c then d else e", "(if a then b else (if c then d else e))"),
        ("count(purchase where event.total > 50) over 30d > 1", "(count(purchase where (event.total > 50)) over 30d > 1)"),
        ("count(login) since entry", "count(login) since entry"),
        ("sum(purchase.total) over this week", "sum(purchase.total) over this week"),
        ("avg(a.b) over 1 month", "avg(a.b) over 1 month"),
        ("any(i.sku == x and i.qty > 1 for i in event.items)", "any(((i.sku == x) and (i.qty > 1)) for i in event.items)"),
        ("sum(v.d for v in views where v.d > 1)", "sum(v.d for v in views where (v.d > 1))"),
        ("profile.tier has been 'gold' for 7d and a", "((profile.tier has been 'gold' for 604800000) and a)"),
        ("now() - 30d", "(now() - 2592000000ms)"),
        ("r.starts_at - 1 day", "(r.starts_at - 1 days 0 months)"),
        ("x + 2 quarters", "(x + 0 days 6 months)"),
        ("1h30m", "5400000ms"),
        ("[true, false, null, 1, 2.5]", "[True, False, null, 1, 2.5]"),
        ("[]", "[]"),
        ("'it\\'s \\\\ \\n\\t' + \"q\"", "(\"it's \\\\ \\n\\t\" + 'q')"),
        ("profile.monday == month.day", "(profile.monday == month.day)"),
        ("if_x or android and notable", "(if_x or (android and notable))"),
        ("anniversary(profile.birthday) == today()", "(anniversary(profile.birthday) == today())"),
        ("a # a comment\n and b", "(a and b)"),
    ],
)
def test_expressions(text: str, expected: str) -> None:
    assert shape(good(text)) == expected


def test_dates_and_instants() -> None:
    assert good("2026-03-01").value == datetime.date(2026, 3, 1)
    assert good("2026-03-01T09:30").value == datetime.datetime(2026, 3, 1, 9, 30)  # noqa: DTZ001 - naive means local here
    assert good("2026-03-01T09:30:15Z").value.utcoffset() == datetime.timedelta(0)
    assert good("2026-03-01T09:30+02:00").value.utcoffset() == datetime.timedelta(hours=2)


def test_whole_numbers_stay_exact() -> None:
    assert good("9007199254740993").value == 9007199254740993
    assert isinstance(good("1.0").value, float)


@pytest.mark.parametrize(
    ("text", "piece", "pick"),
    [
        ("a + (b + c) * d", "(b + c) * d", lambda e: e.right),
        ("a + (b + c) * d", "*", lambda e: Span(e.right.op_span.source, e.right.op_span.start, e.right.op_span.end)),
        ("x  not   in y", "not   in", lambda e: e.op_span),
        ("f(a, b.c where d) over 30d", "b.c where d", lambda e: e.args[1]),
        ("f(a) over 30d", "over 30d", lambda e: e.window),
        ("a.b.c", "a.b", lambda e: e.base),
        ("a.b.c", "c", lambda e: e.name),
        ("not (a)", "not (a)", lambda e: e),
    ],
)
def test_places_of_parts(text: str, piece: str, pick: Callable[[Any], Any]) -> None:
    part = pick(good(text))
    assert (part if isinstance(part, Span) else part.span).text == piece


def test_patterns() -> None:
    pattern = good(
        "3 consecutive a or nudge.clicked where event.x > 15 same event.item within 1h for vip as v then not b within 2d",
        "pattern",
    )
    first, second = pattern.steps
    assert (first.count.value, first.count.consecutive) == (3, True)
    assert [(e.of and e.of.text, e.name.text) for e in first.events] == [(None, "a"), ("nudge", "clicked")]
    assert (shape(first.where), shape(first.same), first.within.ms) == ("(event.x > 15)", "event.item", 3_600_000)
    assert (first.audience.text, first.bind.text, first.absent) == ("vip", "v", False)
    assert (second.absent, second.within.ms, second.bind) == (True, 172_800_000, None)
    assert good("joining platinum", "pattern").steps[0].events[0].kind == "joining"
    assert good("login since entry as x", "pattern").steps[0].since_entry
    assert good("a then (b or c) then d", "pattern").steps[1].events[1].name.text == "c"


def test_moments() -> None:
    assert good("09:00", "moment") == s.ClockMoment(None, s.Clock(None, 540))  # type: ignore[arg-type]
    eve = good("10:00 on r.starts_at - 1 day zone r.zone", "moment")
    assert (eve.clock.minutes, shape(eve.on), shape(eve.zone)) == (600, "(r.starts_at - 1 days 0 months)", "r.zone")
    day = good("next saturday at 15:15", "moment")
    assert (day.days, day.clock.minutes, day.next) == ((5,), 915, True)
    window = good("weekday at 08:00 to 10:00 zone 'Europe/Paris'", "moment")
    assert (window.days, window.clock.minutes, window.clock.to, window.zone.value) == ((0, 1, 2, 3, 4), 480, 600, "Europe/Paris")
    assert shape(good("r.ends_at ?? (r.starts_at + 3h)", "moment").at) == "(r.ends_at ?? (r.starts_at + 10800000ms))"
    assert isinstance(good("until monday at 09:00", "wait"), s.DayMoment)
    assert good("2 weeks", "wait").days == 14


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("day at 09:00", {"unit": "day"}),
        ("monday at 09:00", {"unit": "week", "days": (0,)}),
        ("monday, friday at 09:00", {"unit": "week", "days": (0, 4)}),
        ("2 weeks on thursday at 09:00 starting 2026-01-08", {"unit": "week", "every": 2, "days": (3,)}),
        ("month on 15, 1 at 09:00", {"unit": "month", "dates": (1, 15)}),
        ("month on last day at 09:00", {"unit": "month", "dates": (-1,)}),
        ("month on first monday, last friday at 09:00", {"unit": "month", "nth": ((-1, 4), (1, 0))}),
        ("quarter at 09:00", {"unit": "month", "every": 3}),
        ("6h", {"unit": "exact", "ms": 21_600_000}),
        ("day at 09:00 zone 'Europe/Paris'", {"unit": "day"}),
    ],
)
def test_schedules(text: str, expected: dict[str, object]) -> None:
    schedule = good(text, "schedule")
    shown = {k: getattr(schedule, k) for k in ("unit", "every", "days", "dates", "nth", "ms")}
    assert shown == {"every": 1, "days": (), "dates": (), "nth": (), "ms": 0, **expected}


def test_small_phrases() -> None:
    once = good("2026-12-31 08:00 zone 'Europe/Paris'", "once")
    assert (once.date.value.day, once.clock.minutes) == (31, 480)
    assert [n.text for n in good("push else email else sms", "channels")] == ["push", "email", "sms"]
    assert [(p.name.text, shape(p.value)) for p in good("a = 1, b = f(x, y)", "pairs")] == [("a", "1"), ("b", "f(x, y)")]
    (assign,) = good("profile.tags = append(profile.tags, 'vip')", "assigns")
    assert [n.text for n in assign.path] == ["profile", "tags"]
    assert [good(t, "again").rule for t in ("never", "always", "after 7d", "after exit")] == ["never", "always", "after", "exit"]
    period = good("from 2026-01-01 to 2026-12-31", "runs")
    assert (period.start.value.month, period.end.value.month) == (1, 12)
    assert good("to 2026-12-31", "runs").start is None
    assert good("2 per 24h", "at_most").length.ms == 86_400_000
    assert good("2 per week", "at_most").unit == "week"
    assert (good("500 in total", "at_most").length, good("500 in total", "at_most").unit) == (None, None)
    assert good("3 times", "times").value == 3
    assert good("weekend", "days") == (5, 6)


def test_errors(golden: Callable[[str, str], None]) -> None:
    """One line in, one report out: see the golden file beside the corpus."""
    lines = (Path(__file__).parent / "corpus" / "phrase_errors.txt").read_text(encoding="utf-8").splitlines()
    out = []
    for line in lines:
        start, text = line.split(": ", 1)
        _, found = parse(text, start)
        assert len(found) == 1, line
        out.append(f"{line}\n    {told(found)[2:]}")
    golden("lang/phrase_errors.out", "".join(out))


@pytest.mark.parametrize(
    "text", ["+".join("a" * (MAX_DEPTH + 50)), "not " * 5000 + "a", "a" + ".b" * 5000, "[" * 5000 + "]" * 5000]
)
def test_depth_is_bounded(text: str) -> None:
    result, found = parse(text)
    assert result is None
    assert [d.code for d in found] == ["E302"]


def test_brackets_are_not_depth_and_the_limit_is_usable() -> None:
    good("(" * 5000 + "a" + ")" * 5000)
    good("+".join("a" * MAX_DEPTH))
    good("not " * (MAX_DEPTH - 1) + "a")


def test_time_is_linear() -> None:
    began = time.monotonic()
    good("[" + ", ".join("'x'" for _ in range(5000)) + "]")
    assert time.monotonic() - began < 3
