"""From when on a fact is right that began anew: a window once it has gone by, a calendar unit with the next, what reads them with
the last of them, and what looks back for ever never surely."""

from __future__ import annotations

from rtj.ir import expr as x
from rtj.ir.program import Aggregate, Audience, Tracker, Window
from rtj.plan.retained import right_from
from tests.oracle.build import DAY, HOUR, NUMBER, event_type, program, that

SINCE = 1_772_359_200_000  # 2026-03-01T10:00Z, in Berlin 11:00


def counted(name: str, window: Window) -> Aggregate:
    return Aggregate(name, "count", ("buy",), NUMBER, window=window)


PROGRAM = program(
    (event_type("buy"),),
    timezone="Europe/Berlin",
    aggregates=(
        counted("week", Window(over=x.Length(ms=7 * DAY))),
        counted("month", Window(over=x.Length(months=1))),
        counted("today", Window(this="day")),
        counted("ever", Window()),
    ),
    trackers=(Tracker("t1", that(">", x.Attribute("today"), 0)),),
    audiences=(
        Audience("busy", that(">", x.Attribute("week"), 1)),
        Audience("loyal", that(">", x.Attribute("ever"), 1)),
        Audience("steady", x.Held("t1", x.Length(ms=HOUR))),
        Audience("both", x.Binary("and", x.Member("busy"), x.Member("steady")), ("busy", "steady")),
    ),
)
EVERY = ("week", "month", "today", "ever", "t1", "busy", "loyal", "steady", "both")


def test_each_is_right_once_all_that_it_looks_back_at_is_known() -> None:
    midnight = SINCE + 13 * HOUR  # of Berlin
    assert right_from(PROGRAM, EVERY, SINCE) == {
        "week": SINCE + 7 * DAY,
        "month": SINCE + 31 * DAY - HOUR,  # the clocks go forward on the 29th
        "today": midnight,
        "ever": None,
        "t1": midnight,
        "busy": SINCE + 7 * DAY,
        "loyal": None,
        "steady": midnight + HOUR,
        "both": SINCE + 7 * DAY,
    }


def test_what_was_there_before_is_right_already() -> None:
    assert right_from(PROGRAM, ("both",), SINCE) == {"both": SINCE}
    assert right_from(PROGRAM, ("loyal", "nobody"), SINCE) == {"loyal": SINCE}
