"""What a window says about when its value may fall below a limit by time alone: never too late, for counts exactly."""

from __future__ import annotations

from random import Random

from rtj.engine.calendar import INFINITY
from rtj.engine.sliding import Sliding
from rtj.engine.state import Profile
from rtj.ir.expr import Length
from rtj.ir.program import Aggregate, Window

SPAN = 100


def window(function: str, entries: list[tuple[int, float]]) -> tuple[Sliding, Profile]:
    made = Sliding(Aggregate("it", function, ("sale",), "number", window=Window(over=Length(ms=SPAN))), 0, None, None)
    p = Profile("user:1", (0, True, 0, 0), 0, 1)
    for number, (ts, value) in enumerate(entries):
        made._put(p, ((ts, 0, number), value if function != "count" else None, 1, None), ts)
    return made, p


def test_it_is_never_too_late() -> None:
    random = Random(3)
    for _ in range(600):
        function = random.choice(("count", "sum", "min", "max", "avg"))
        values = (0, 1, 5, 2.5) if random.random() < 0.7 else (-3, -0.5, 0, 4)
        kind = random.choice((int, float))
        entries = [(random.randrange(90), kind(random.choice(values))) for _ in range(random.randrange(1, 9))]
        entries.sort()
        limit, over = random.choice((-1, 0, 0.5, 1, 3, 6)), random.random() < 0.5
        at = max(ts for ts, _ in entries)
        made, p = window(function, entries)
        due = made.falls(limit, over=over)(p, at, None)
        assert due > at

        def holds(when: int) -> bool | None:
            made, p = window(function, entries)  # noqa: B023 — called at once
            value = made.value(p, when)
            return None if value is None else value > limit if over else value >= limit  # noqa: B023

        assert {holds(when) for when in range(at, min(due, 300))} == {holds(at)}


def test_a_count_changes_at_the_entry_that_decides() -> None:
    made, p = window("count", [(0, 1), (10, 1), (20, 1), (30, 1)])

    assert made.falls(3, over=False)(p, 30, None) == 10 + SPAN  # three are left until then
    assert made.falls(3, over=True)(p, 30, None) == 0 + SPAN
    assert made.falls(2.5, over=True)(p, 30, None) == 10 + SPAN
    assert made.falls(5, over=False)(p, 30, None) == INFINITY  # too few already
    assert made.falls(0, over=False)(p, 30, None) == INFINITY  # nothing is enough


def test_a_sum_without_negative_entries_stays_below() -> None:
    made, p = window("sum", [(0, 5.5), (10, 2.0)])
    assert made.falls(8, over=False)(p, 10, None) == INFINITY
    assert made.falls(7.5, over=False)(p, 10, None) == SPAN

    made, p = window("sum", [(0, -5.5), (10, 2.0)])
    assert made.falls(1, over=False)(p, 10, None) == SPAN
