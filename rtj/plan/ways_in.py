"""What is different in how a journey is entered and left: entries, goals and exits, its dates, the rules of its headers."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.ir import journey as j
from rtj.ir.expr import Length
from rtj.ir.spelling import length_text
from rtj.plan.both import Told, compare_lengths
from rtj.plan.changes import Change, Concerns, Level
from rtj.plan.sides import Side
from rtj.plan.ways_in_base import Ways
from rtj.plan.ways_in_entries import entries
from rtj.plan.ways_in_watches import watches

EARLIEST, LATEST = "0000-00-00", "9999-99-99"
PRIORITY = "of several journeys that one event concerns, the one with the higher priority comes first"
RESUMED = "it counts only when a journey that was paused goes on"
DEPLOYED = {
    "migrate": "people who are inside go over to new versions at once",
    "pin": "people who are inside finish on the version that they entered",
    "boundary": "people who are inside go over to new versions when they come to the first node again",
}
TIMED = {
    "keep": "a wait that is under way keeps its date when its length changes",
    "rebase": "a wait that is under way is counted anew from when it began when its length changes",
    "restart": "a wait that is under way begins anew when its length changes",
}


def changes_of_ways_in(old_side: Side, new_side: Side, old: j.Journey, new: j.Journey) -> Iterator[Change]:
    """All changes of a journey outside its nodes, of two versions whose programs are aligned."""
    ways = Ways(old_side, new_side, old, new)
    yield from entries(ways)
    yield from watches(ways, "goal")
    yield from watches(ways, "exit")
    yield from _longest(ways)
    yield from _dates(ways)
    yield from _headers(ways)


def _longest(ways: Ways) -> Iterator[Change]:
    old, new = ways.old.max_duration, ways.new.max_duration
    match compare_lengths(old, new):
        case "same":
            return
        case "shorter":
            reason = "whoever has been inside for longer has to leave"
        case "longer":
            reason = "whoever would have had to leave may stay for longer"
        case "another":
            reason = "people have to leave at another time"
    told = Told("max_duration", length_text(old), length_text(new), "behaviour", reason, "inside")
    yield ways.change("D153", ("max_duration",), ("max_duration",), told)


def _dates(ways: Ways) -> Iterator[Change]:
    old, new = ((one.runs_from, one.runs_to) for one in (ways.old, ways.new))
    if old == new:
        return
    (was_from, was_to), (is_from, is_to) = ((start or EARLIEST, end or LATEST) for start, end in (old, new))
    if is_from <= was_from and is_to >= was_to:
        word = "wider"
    elif is_from >= was_from and is_to <= was_to:
        word = "narrower"
    else:
        word = "another"
    reason = "outside these dates nobody enters; those who are inside go on"
    told = Told(f"runs {word}", _span(*old), _span(*new), "behaviour", reason, "entrants")
    was, now = (("runs",) if any(dates) else None for dates in (old, new))
    yield ways.change("D151", was, now, told)


def _span(start: str | None, end: str | None) -> str:
    return " ".join(part for part in (f"from {start}" if start else "", f"to {end}" if end else "") if part)


def _headers(ways: Ways) -> Iterator[Change]:
    old, new = ways.old, ways.new
    told: tuple[tuple[str, str, str, str, Level, str, Concerns], ...] = (
        ("D162", "priority", str(old.priority), str(new.priority), "behaviour", PRIORITY, "entrants"),
        ("D001", "title", old.title, new.title, "safe", "a title changes nothing of what happens", "nobody"),
        ("D001", "on_resume", old.on_resume, new.on_resume, "safe", RESUMED, "nobody"),
        ("D001", "catch_up", _ms(old.catch_up_ms), _ms(new.catch_up_ms), "safe", RESUMED, "nobody"),
        ("D181", "on_deploy", old.on_deploy, new.on_deploy, "needs-migration", DEPLOYED[new.on_deploy], "inside"),
        ("D181", "timers", old.timers, new.timers, "needs-migration", TIMED[new.timers], "inside"),
    )
    for code, name, before, after, level, reason, concerns in told:
        if before != after:
            yield ways.change(code, (name,), (name,), Told(name, before, after, level, reason, concerns))


def _ms(ms: int) -> str:
    return length_text(Length(ms=ms))
