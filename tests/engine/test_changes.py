"""Membership changes at the exact instant at which its condition does, through time alone (S4.1, S4.2).

After any event, and at any instant in between, what the engine holds equals the condition evaluated there and then.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.compile import compile_text
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.world import World
from rtj.ir.records import Event

PROJECT = """
project: t
timezone: Europe/Berlin
identity: {u: {kind: person, priority: 1}}
events:
  buy: {total: number, at: instant, tier: string}
profile:
  tier: {from: buy.tier, type: string}
  at: {from: buy.at, type: instant}
  last: last(any.ts)
  spend: sum(buy.total) over 2h
  days: count(buy) over 2 days
  month: count(buy) over this month
audiences:
  a: CONDITION
"""
CONDITIONS = (
    "profile.spend > 5",
    "profile.spend > 3 and profile.days < 4",
    "profile.month == 2",
    "profile.last >= now() - 90m",
    "profile.at - 1h <= now() and now() < profile.at",
    "profile.last < now() - 1 month",
    "profile.tier has been 'gold' for 3h",
    "weekday(now()) in ['saturday', 'sunday']",
    "anniversary(date(profile.at)) == today()",
    "days_between(profile.last, now()) >= 1 and today() <= date(profile.at) + 1 day",
    "hour(now()) == 9 or today() == 2026-03-29",
    "count(buy where event.total > 2) over 1h >= 2",
)
START = int(datetime(2026, 3, 28, 7, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000
steps = st.lists(
    st.tuples(st.integers(0, 40 * HOUR), st.integers(0, 4), st.integers(0, 30 * HOUR), st.booleans()), min_size=1, max_size=8
)


@pytest.mark.parametrize("condition", CONDITIONS)
@settings(max_examples=20, deadline=None)
@given(stream=steps, looks=st.lists(st.integers(0, 80 * HOUR), max_size=12))
def test_membership_follows_its_condition(condition: str, stream: list[tuple[int, int, int, bool]], looks: list[int]) -> None:
    compiled = compile_text(PROJECT.replace("CONDITION", condition))
    assert compiled.program is not None, compiled.diagnostics
    machine = Machine(compiled.program, Level.TRACE)
    recorder = Recorder()
    world = World(machine, recorder)
    buy = machine.record("buy")
    item = next(i for i in machine.items if i.name == "a")
    assert item.condition is not None
    events = [
        (
            START + at,
            Event(
                START + at,
                0,
                pos,
                "buy",
                str(pos),
                START + at,
                ((0, "x"),),
                buy(total=n, at=START + later, tier="gold" if gold else "tin"),
            ),
        )
        for pos, (at, n, later, gold) in enumerate(sorted(stream))
    ]
    changes = [at + d for at, _ in events for d in (90 * 60_000, 2 * HOUR, HOUR, 3 * HOUR)]
    for at, event in sorted(
        [*events, *((START + t, None) for t in looks), *((t + d, None) for t in changes for d in (-1, 0, 1))], key=lambda x: x[0]
    ):
        world.advance(at)
        if event is not None:
            world.feed(event)
        world.close(at)
        for p in world.profiles:
            assert bool(p.members >> item.slot & 1) == bool(item.condition(p, at, None, None)), (condition, at)

    kinds = [r[3]["what"] for r in sorted(recorder.records, key=lambda r: r[:3]) if r[3].get("audience") == "a"]
    assert kinds == ["joined", "left_audience"] * (len(kinds) // 2) + ["joined"] * (len(kinds) % 2)
