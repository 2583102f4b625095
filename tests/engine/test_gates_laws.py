"""Laws of the gates on random streams: caps are never exceeded, quiet hours never broken, withdrawals survive every merge.

What is held against is brute force over the trace and the wall clock of zoneinfo. Modules: engine.caps, engine.quiet.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from rtj.engine.calendar import find_zone
from rtj.engine.quiet import is_quiet, release
from rtj.engine.record import Recorder
from rtj.ir.program import QuietHours
from tests.engine.gated import Call, compiled, key_of, run, told

HOUR = 3_600_000
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu")


def wall(ms: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + timedelta(milliseconds=ms)).astimezone(zone)


def quiet_by_hand(quiet: QuietHours, ms: int, zone: ZoneInfo) -> bool:
    """The rule in the plainest words."""
    now = wall(ms, zone)
    minute = now.hour * 60 + now.minute + now.second / 60
    if quiet.start < quiet.end:
        inside, begun = quiet.start <= minute < quiet.end, now.weekday()
    else:
        inside = minute >= quiet.start or minute < quiet.end
        begun = now.weekday() if minute >= quiet.start else (now.weekday() - 1) % 7
    return inside and (not quiet.days or begun in quiet.days)


def changes_of(name: str) -> list[int]:
    """The hours of 2026 in which the clock of a zone is changed."""
    zone = ZoneInfo(name)
    first = int((datetime(2026, 1, 1, tzinfo=UTC) - EPOCH).total_seconds() * 1000)
    hours = [first + n * HOUR for n in range(365 * 24)]
    return [a for a, b in pairwise(hours) if wall(a, zone).utcoffset() != wall(b, zone).utcoffset()]


@pytest.mark.parametrize("name", ZONES)
def test_quiet_hours_are_those_of_the_wall_clock_and_over_at_the_first_instant_outside(name: str) -> None:
    """Around each change of the clock (and one ordinary day), for stretches that begin, end or lie in the changed hour."""
    zone, machine_zone = ZoneInfo(name), find_zone(name)
    assert machine_zone is not None
    rng = random.Random(name)
    around = [*changes_of(name), int((datetime(2026, 6, 10, tzinfo=UTC) - EPOCH).total_seconds() * 1000)]
    stretches = [(22 * 60, 8 * 60), (90, 150), (120, 180), (150, 240), (165, 135), (0, 1439), (105, 120), (1380, 30)]
    for start, end in stretches:
        quiet = QuietHours(start, end, days=() if rng.random() < 0.7 else tuple(sorted(rng.sample(range(7), 4))))
        for moment in around:
            for _ in range(25):
                ms = moment + rng.randrange(-20 * 60, 20 * 60) * 60_000 + rng.choice((0, 0, 1, 59_999))
                assert is_quiet(quiet, ms, machine_zone) == quiet_by_hand(quiet, ms, zone)
                if not is_quiet(quiet, ms, machine_zone):
                    continue
                over = release(quiet, ms, machine_zone)
                assert not quiet_by_hand(quiet, over, zone)
                step = range(ms, over, 60_000)
                assert all(quiet_by_hand(quiet, t, zone) for t in (*step, over - 1)), (
                    start,
                    end,
                    wall(ms, zone),
                    wall(over, zone),
                )


# ---- caps over the trace

CAPS = """
channels: {email: {}, push: {}}
messages: {hello: {category: news}, more: {category: service}}
caps:
  a_day: {at_most: 2 per 24h}
  b_week: {at_most: 4 per week, zone: Europe/Berlin, channels: email}
  c_news: {at_most: 1, per: day, categories: news}
  d_month: {at_most: 9 per 1 month, journeys: [one]}
"""
ONE = "journey: one\npriority: 2\nenter: {on: go, again: always}\ndo: [{id: m, send: hello, by: email else push}]"
TWO = (
    "journey: two\nenter: {on: go, again: always}\ndo: [{id: m, send: more, by: push else email}, {id: n, send: hello, by: push}]"
)


def stream(seed: int) -> list[Call]:
    rng = random.Random(seed)
    calls: list[Call] = [("1 00:00", "say", "u1", {"timezone": rng.choice(ZONES)})]
    for _ in range(60):
        when = f"{rng.randint(1, 28)} {rng.randint(0, 23):02d}:{rng.choice((0, 30)):02d}"
        calls.append((when, "go", rng.choice(("u1", "u1", "dx", "dy")), {}))
    calls += [("14 00:00", "say", "u1 dx", {}), ("20 00:00", "say", "u1 dy", {})]
    return calls


def sends(done: Recorder, origin: str) -> list[tuple[int, dict[str, object]]]:
    return [(at, r) for at, who, _, r in done.records if r["what"] == "sent" and who == origin]


@pytest.mark.parametrize("seed", range(12))
def test_caps_are_never_exceeded_and_never_refuse_a_free_place(seed: int) -> None:
    """For every send and every refusal of one person, counted again over the trace of that person."""
    calls = [call for call in stream(seed) if "d" not in call[2]]
    zone = ZoneInfo(str(calls[0][3]["timezone"]))
    done = run(compiled(CAPS, ONE, TWO), *calls)
    sent = sends(done, "u:1")
    category = {"hello": "news", "more": "service"}

    def full(name: str, upto: list[tuple[int, dict[str, object]]], now: int) -> bool:
        match name:
            case "a_day":
                return sum(t > now - DAY for t, _ in upto) >= 2
            case "b_week":
                here = wall(now, ZoneInfo("Europe/Berlin"))
                week = [wall(t, ZoneInfo("Europe/Berlin")).isocalendar()[:2] for t, r in upto if r["channel"] == "email"]
                return week.count(here.isocalendar()[:2]) >= 4
            case "c_news":
                days = [wall(t, zone).date() for t, r in upto if category[str(r["template"])] == "news"]
                return days.count(wall(now, zone).date()) >= 1
            case _:
                month = [t for t, r in upto if r["journey"] == "one" and t > now - 28 * DAY]
                return len(month) >= 9

    covers = {
        "a_day": lambda r: True,
        "b_week": lambda r: r["channel"] == "email",
        "c_news": lambda r: category[str(r["template"])] == "news",
        "d_month": lambda r: r["journey"] == "one",
    }
    before: list[tuple[int, dict[str, object]]] = []
    for at, _, _, record in done.records:
        if record["what"] == "sent":
            assert not any(full(name, before, at) for name, rule in covers.items() if rule(record)), (at, record)
            before.append((at, record))
        elif record["what"] == "blocked":
            assert full(str(record["rule"]), before, at), (at, record)
    assert sent


@pytest.mark.parametrize("seed", range(6))
def test_people_who_turn_out_to_be_one_share_their_caps(seed: int) -> None:
    """From the second merge on nothing is sent that both histories together do not allow."""
    calls = stream(seed)
    done = run(compiled(CAPS, ONE, TWO), *calls)
    merged = max((at for at, _, _, r in done.records if r["what"] == "merged"), default=0)
    every = [(at, r) for at, _, _, r in done.records if r["what"] == "sent"]

    for at, _ in every:
        if at > merged:
            assert sum(at - DAY < t <= at for t, _ in every) <= max(2, sum(merged - DAY < t <= merged for t, _ in every))


# ---- withdrawals and merges


@pytest.mark.parametrize("seed", range(20))
def test_a_withdrawal_survives_every_merge_until_a_newer_grant(seed: int) -> None:
    """Three devices say yes, no and nothing, and unsubscribe, in any order before they are found to be one person."""
    rng = random.Random(seed)
    program = compiled("channels: {email: {purpose: marketing, consent: profile.ok}}\nconsents: {any: profile.any}")
    devices = ["dx", "dy", "dz"]
    calls: list[Call] = []
    refused = False
    for minute in range(10):
        device = rng.choice(devices)
        when = f"1 10:{minute:02d}"
        match rng.randrange(3):
            case 0:
                calls.append((when, "say", device, {"ok": True}))
            case 1:
                calls.append((when, "say", device, {"ok": False}))
            case _:
                calls.append((when, "unsubscribed", device, {}))
    last = {d: [c for c in calls if c[2] == d and c[1] == "say"][-1:] for d in devices}
    refused = any(c[1] == "unsubscribed" for c in calls) or any(c and c[0][3]["ok"] is False for c in last.values())
    rng.shuffle(devices)
    links: list[Call] = [(f"1 11:{n:02d}", "say", f"u1 {d}", {}) for n, d in enumerate(devices)]

    done = run(
        program,
        *calls,
        *links,
        ("1 12:00", "go", "u1", {}),
        ("1 13:00", "say", "u1", {"ok": True, "any": True}),
        ("1 14:00", "go", "u1", {}),
    )

    lines = [line for line in told(done) if "sent" in line.split() or "blocked" in line]
    if refused:
        assert "blocked email consent" in lines[0]
        assert not lines[0].endswith("unknown")
    assert lines[-1] == "1 14:00 sent email"


def test_one_message_has_one_key_whichever_device_was_first() -> None:
    """Two holds of one person become one message; its key is that of the instance that was first."""
    program = compiled(
        'channels: {email: {}}\nquiet_hours: {from: "22:00", to: "08:00"}',
        "journey: a\nenter: {on: go, again: never}\ndo: [{id: m, send: hello, by: email}]",
    )
    alone = run(program, ("1 23:00", "go", "dx", {}), end="3")
    both = run(
        program,
        ("1 23:00", "go", "dx", {}),
        ("1 23:10", "go", "dy", {}),
        ("2 00:10", "say", "u1 dy", {}),
        ("2 00:20", "say", "u1 dx", {}),
        end="3",
    )

    assert [line for line in told(both) if line.split()[2] == "sent"] == ["2 08:00 sent email"]
    assert key_of(both) == key_of(alone)
