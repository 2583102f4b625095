"""Places in time: moments of `until`, occurrences of schedules, and the instants at which time alone may change something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rtj.ir import expr as x
from rtj.ir.expr import Length
from rtj.ir.journey import Moment, OnSchedule
from rtj.ir.program import Program
from rtj.ir.records import Event, Instant
from tests.oracle.calendar import DAY, HOUR, at_clock, from_day_number, local_date, shift, step_date, zone_named
from tests.oracle.state import Profile
from tests.oracle.values import Sight, value, zone_of

DAYS_SEARCHED = 800  # schedules of the random cases come round within two years


def moment(m: Moment, s: Sight) -> int | None:
    """When it is, seen from now (S6.1, S1.1); None when a part of it is missing."""
    zone = zone_of(s.program, s.profile)
    if m.zone is not None:
        zone = zone_named(value(m.zone, s), str(zone))
    if m.at is not None:
        at = value(m.at, s)
        if at is None:
            return None
        return at_clock(from_day_number(at), 0, zone) if m.at_is_date else int(at)
    today = local_date(s.now, zone)
    if m.on is not None:
        on = value(m.on, s)
        if on is None:
            return None
        days = [from_day_number(on) if m.on_is_date else local_date(on, zone)]
    else:
        days = [today + timedelta(days=n) for n in range(1 if m.next else -1, 15)]
        days = [d for d in days if not m.days or d.weekday() in m.days]
    clock = m.clock or 0
    for day in days:
        begins = at_clock(day, clock, zone)
        if m.to is not None and begins <= s.now < at_clock(day if m.to > clock else day + timedelta(days=1), m.to, zone):
            return s.now  # inside the window, which may run over midnight
        if m.on is not None or begins >= s.now:
            return begins
    raise AssertionError("two weeks hold every weekday")


def is_on(schedule: OnSchedule, day: date) -> bool:
    """Does the schedule mean that date?"""
    anchor = date.fromisoformat(schedule.starting) if schedule.starting else date(1970, 1, 1)
    if schedule.starting and day < anchor:
        return False
    match schedule.unit:
        case "once":
            return day.isoformat() == schedule.date
        case "day":
            return (day - anchor).days % schedule.every == 0
        case "week":
            weeks = (day - timedelta(days=day.weekday()) - (anchor - timedelta(days=anchor.weekday()))).days // 7
            return weeks % schedule.every == 0 and day.weekday() in (schedule.days or (anchor.weekday(),))
        case "month":
            months = (day.year - anchor.year) * 12 + day.month - anchor.month
            return months % schedule.every == 0 and in_month(schedule, day, anchor)
        case "year":
            years = day.year - anchor.year
            return years % schedule.every == 0 and day == step_date(anchor, Length(months=12 * years))
    raise AssertionError(schedule.unit)


def in_month(schedule: OnSchedule, day: date, anchor: date) -> bool:
    is_last = (day + timedelta(days=1)).month != day.month
    if not schedule.dates and not schedule.nth:
        return day.day == anchor.day or (is_last and day.day < anchor.day)
    if day.day in schedule.dates or (is_last and -1 in schedule.dates):
        return True
    ordinals = {(day.day - 1) // 7 + 1}
    if (day + timedelta(days=7)).month != day.month:
        ordinals.add(-1)
    return any((o, day.weekday()) in schedule.nth for o in ordinals)


def occurrence(schedule: OnSchedule, now: int, zone: ZoneInfo, fired: set[Any]) -> int | None:
    """The first one from now on, on a local date (of an exact period: at an instant) that has not fired yet (D13)."""
    if schedule.unit == "exact":
        start = at_clock(date.fromisoformat(schedule.starting), schedule.clock, zone) if schedule.starting else 0
        due = max(start, start + -(-(now - start) // schedule.ms) * schedule.ms)
        return due + schedule.ms if due in fired else due
    today = local_date(now, zone)
    first = date.fromisoformat(schedule.date) if schedule.date else today - timedelta(days=1)
    for day in (first + timedelta(days=n) for n in range(1 if schedule.date else DAYS_SEARCHED)):
        if day not in fired and is_on(schedule, day) and at_clock(day, schedule.clock, zone) >= now:
            return at_clock(day, schedule.clock, zone)
    return None


# ---- brute force: when may something change by time alone?


def parts(node: Any) -> Iterator[Any]:
    """Everything inside an expression or a program."""
    yield node
    if isinstance(node, msgspec.Struct):
        for name in node.__struct_fields__:
            yield from parts(getattr(node, name))
    elif isinstance(node, tuple):
        for inner in node:
            yield from parts(inner)


class Clockwork:
    """The lengths and constants of a program through which time can change a value."""

    def __init__(self, program: Program) -> None:
        inside = list(parts((program.audiences, program.trackers, program.journeys, program.aggregates)))
        conditions = list(parts((program.audiences, program.trackers, tuple(j.goals + j.exits for j in program.journeys))))
        conditions += list(parts(tuple(e.trigger for j in program.journeys for e in j.entries)))
        conditions += [n for j in program.journeys for n in parts(j.nodes)]
        self.windows = {a.window.over for a in program.aggregates if a.window.over is not None}
        self.held = {e.length for e in inside if isinstance(e, x.Held)}
        self.goals = {w.within for j in program.journeys for w in j.goals if w.within is not None}
        self.now = any(isinstance(e, x.Now) for e in conditions)
        self.lengths = {int(e.value or 0) for e in inside if isinstance(e, x.Const) and e.type == "duration"} | {0}
        self.instants = {int(e.value or 0) for e in inside if isinstance(e, x.Const) and e.type == "instant"}
        calls = {e.function for e in inside if isinstance(e, x.Call)}
        self.days = any(a.window.this is not None for a in program.aggregates) or bool(
            calls & {"today", "date", "days_between", "weekday", "day", "month", "year", "anniversary", "age"}
        )
        self.hours = "hour" in calls
        self.shifts = {e.length for e in inside if isinstance(e, x.Shift)}
        self.fields = {(k.name, f.name) for k in program.events for f in k.fields if "instant" in repr(f.type)}

    def next_change(self, program: Program, p: Profile, now: int) -> int | None:
        """The first instant after now at which it is worth looking again."""
        zone = zone_of(program, p)
        found: set[int] = set()
        for stamp, _ in p.history:
            found |= {shift(stamp[0], length, zone) for length in self.windows}
        for since in p.since.values():
            found |= {shift(since, length, zone) for length in self.held}
        if self.now:
            sums = self.lengths | {a + b for a in self.lengths for b in self.lengths if a and b}
            for v in self.instants | known_instants(p):
                found |= {v + sign * d + one for d in sums for sign in (1, -1) for one in (0, 1)}
            for v in (self.instants | known_instants(p)) if self.shifts else ():
                found |= {
                    one for length in self.shifts for sign in (1, -1) for one in near(shift(v, length, zone, sign), length, now)
                }
        found |= {since for table in program.tables for _, _, since in table.rows if since is not None}
        if self.hours:
            found |= {now // HOUR * HOUR + HOUR}
        if self.days:
            today = local_date(now, zone)
            found |= {at_clock(today + timedelta(days=n), 0, zone) for n in (0, 1, 2)}
        later = [at for at in found if at > now]
        return min(later) if later else None


def near(ms: int, length: Length, now: int) -> set[int]:
    """The instant and its neighbours: months end early, clocks are changed."""
    days = range(-3, 4) if length.months else range(1)
    if not -5 * DAY < ms - now < 5 * DAY:
        return {ms - 4 * DAY}
    return {ms + day * DAY + hour * HOUR + one for day in days for hour in (-1, 0, 1) for one in (0, 1)}


def known_instants(p: Profile) -> set[int]:
    """Every instant that a condition might compare with the clock."""
    found: set[int] = {v for _, v in p.attributes.values() if isinstance(v, Instant)}
    found |= {i.entered for i in p.instances}
    events: list[Event] = [e for _, e in p.history]
    for instance in p.instances:
        events += [n for n in instance.names.values() if isinstance(n, Event)]
    for event in events:
        found.add(event.ts)
        if event.props is not None:
            found |= {v for v in msgspec.structs.astuple(event.props) if isinstance(v, Instant)}
    return found
