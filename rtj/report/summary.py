"""The summary of a simulation: from counts to a sentence, facts, and a row per journey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

from rtj.ir.journey import Journey
from rtj.ir.program import Program
from rtj.ir.result import SimulateResult
from rtj.report.moments import counted, length_words, moment_words, period_words, wall_clock

_HOUR_MS = 3_600_000
NAMED_MAX = 6  # unknown types, quiet journeys: so many are named, the rest is counted

# What a refusal is called in a trace, and how a person would say it (S5.3).
REFUSED = {
    "inside": "already inside",
    "again": "entered before",
    "already": "goal or exit already met",
    "full": "ten at once",
    "no_key": "without key",
    "not_running": "outside its dates",
    "draining": "while draining",
    "paused": "paused",
    "capped": "over a cap of entries",
}

# Which gate kept a message back, and how a person would say it (S7.1).
GATES = {
    "address": "no address",
    "suppression": "suppressed address",
    "consent": "no consent",
    "holdout": "in the holdout",
    "quiet_hours": "in quiet hours",
    "cap": "over a cap",
}

# Why a line is no usable event (S1.9), after a number.
DEAD = {
    "json": "not JSON",
    "encoding": "not UTF-8",
    "fields": "with a wrong or missing field",
    "ts": "without a time",
    "ahead": "ahead of the clock",
    "identifier": "about nobody",
    "properties": "against their schema",
    "too_long": "too long",
    "format": "not of the format",
    "internal": "at which rtj itself failed",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about the whole run: its name, its value, and remarks on it."""

    name: str
    value: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JourneyRow:
    """What became of one journey. Pairs are (words, how often), the most frequent first; `left` adds up to what entered and
    is no longer inside; `goals` is None for a journey that has none; `blocked` counts what a channel did not send, and by which
    gate; `held` what waited for the end of quiet hours."""

    name: str
    title: str
    entered: int
    inside: int
    goals: int | None
    sent: tuple[tuple[str, int], ...]
    left: tuple[tuple[str, int], ...]
    refused: tuple[tuple[str, int], ...]
    blocked: tuple[tuple[str, int], ...] = ()
    held: tuple[tuple[str, int], ...] = ()

    @property
    def goal_share(self) -> float:
        """Goals per entry, from 0 to 1 (more than 1 when one entry meets several goals)."""
        return (self.goals or 0) / self.entered if self.entered else 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """`quiet` are the journeys that nobody entered or tried to; `warnings` what a reader must know before trusting the rest."""

    headline: str
    facts: tuple[Fact, ...]
    journeys: tuple[JourneyRow, ...]
    quiet: tuple[str, ...]
    warnings: tuple[str, ...]


def summarize(result: SimulateResult, program: Program, zone: tzinfo) -> Summary:
    """Put a result into words. `zone` is the one in which times are told. Pure."""
    rows = [_row(journey, result.counts) for journey in program.journeys]
    met = [row for row in rows if row.entered or row.inside or row.refused]
    return Summary(
        headline=_headline(result, met, zone),
        facts=_facts(result, zone),
        journeys=tuple(sorted(met, key=lambda row: (-row.entered, row.name))),
        quiet=tuple(row.name for row in rows if row not in met),
        warnings=tuple(_warnings(result)),
    )


def most_first(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The pairs that are not zero, the most frequent first, then by name."""
    return tuple(sorted(((name, n) for name, n in counts.items() if n), key=lambda pair: (-pair[1], pair[0])))


def name_some(names: tuple[str, ...]) -> str:
    """`a, b, c and 4 more`."""
    shown = ", ".join(names[:NAMED_MAX])
    return shown if len(names) <= NAMED_MAX else f"{shown} and {len(names) - NAMED_MAX:,} more"


def _third(counts: Mapping[tuple[str, ...], int], what: str, second: str | None = None) -> dict[str, int]:
    """The last part of every key (`what`, `second`, last) with its count; without `second` of every (`what`, last)."""
    size = 2 if second is None else 3
    return {
        key[-1]: n for key, n in counts.items() if len(key) == size and key[0] == what and (second is None or key[1] == second)
    }


def _row(journey: Journey, counts: Mapping[tuple[str, ...], int]) -> JourneyRow:
    name = journey.name
    refused = _third(counts, "refused", name)
    left = _third(counts, "left", name)
    return JourneyRow(
        name=name,
        title=journey.title,
        entered=counts.get(("entered", name), 0),
        inside=counts.get(("inside", name), 0),
        goals=counts.get(("goal", name), 0) if journey.goals else None,
        sent=most_first(_third(counts, "sent", name)),
        left=most_first({reason.replace("max_duration", "max duration"): n for reason, n in left.items()}),
        refused=most_first({REFUSED.get(reason, reason): n for reason, n in refused.items()}),
        blocked=most_first(_blocked(name, counts)),
        held=most_first(_third(counts, "held", name)),
    )


def _blocked(journey: str, counts: Mapping[tuple[str, ...], int]) -> dict[str, int]:
    return {
        f"{key[2]}, {GATES.get(key[3], key[3])}": n
        for key, n in counts.items()
        if len(key) == 4 and key[0] == "blocked" and key[1] == journey
    }


def _headline(result: SimulateResult, rows: list[JourneyRow], zone: tzinfo) -> str:
    if not result.read:
        return "Interrupted before an event was read." if result.interrupted else "No events: there was nothing to read."
    if result.first_ts is None or result.last_ts is None:
        return f"{counted(result.read, 'line')} read, and none of them is an event."
    first, last = wall_clock(result.first_ts, zone), wall_clock(result.last_ts, zone)
    begin = "Interrupted; so far " if result.interrupted else ""
    about = f"{counted(result.read, 'event')} of {counted(result.profiles, 'person', 'people')} {period_words(first, last)}"
    entered = sum(row.entered for row in rows)
    if not entered:
        return f"{begin}{about}: nobody entered a journey."
    journeys = sum(1 for row in rows if row.entered)
    goals = sum(row.goals or 0 for row in rows)
    sent = sum(n for row in rows for _, n in row.sent)
    into = "one journey" if journeys == 1 else f"{journeys:,} journeys"
    entries = counted(entered, "entry", "entries")
    return f"{begin}{about}: {entries} into {into}, {counted(goals, 'goal')} reached, {counted(sent, 'message')} sent."


def _facts(result: SimulateResult, zone: tzinfo) -> tuple[Fact, ...]:
    facts = [Fact("events read", f"{result.read:,}", _rate(result))]
    if result.first_ts is not None and result.last_ts is not None:
        facts.append(_period(result.first_ts, result.last_ts, result.end, zone))
    counts = result.counts
    facts.append(Fact("out of order", f"{result.out_of_order:,}"))
    facts.append(Fact("late", f"{result.late:,}", _some(counts.get(("late_rejected",), 0), "rejected")))
    facts.append(Fact("duplicates", f"{result.duplicates:,}"))
    dead = most_first(result.dead)
    facts.append(
        Fact("dead letters", f"{sum(result.dead.values()):,}", tuple(f"{n:,} {DEAD.get(reason, reason)}" for reason, n in dead))
    )
    if result.unknown_types:
        kinds = most_first(result.unknown_types)
        named = tuple(f"{n:,} {name}" for name, n in kinds[:NAMED_MAX])
        more = (f"and {len(kinds) - NAMED_MAX:,} more types",) if len(kinds) > NAMED_MAX else ()
        facts.append(Fact("unknown types", f"{sum(result.unknown_types.values()):,}", named + more))
    if result.unread:
        facts.append(Fact("of no interest", f"{result.unread:,}", ("no journey, attribute or audience reads them",)))
    largest = (f"at most {result.component:,} connected by identifiers",) if result.component > 1 else ()
    merged = _some(counts.get(("merged",), 0), "merged")
    erased = _some(counts.get(("erased",), 0), "erased")
    facts.append(Fact("people", f"{result.profiles:,}", merged + erased + largest))
    return tuple(facts)


def _some(number: int, words: str) -> tuple[str, ...]:
    return (f"{number:,} {words}",) if number else ()


def _rate(result: SimulateResult) -> tuple[str, ...]:
    if not result.read or result.seconds <= 0:
        return ()
    rate = result.read / result.seconds
    shown = f"{rate:,.0f}" if rate < 10_000 else f"{round(rate, -3):,.0f}"
    took = f"{result.seconds:.1f} s" if result.seconds < 100 else length_words(round(result.seconds * 1000))
    workers = (counted(result.workers, "worker"),) if result.workers > 1 else ()
    return (f"{took}, {shown} a second", *workers)


def _period(first: int, last: int, end: int | None, zone: tzinfo) -> Fact:
    """From the first event to the last, to the minute where they are hours apart."""
    remarks = [length_words(last - first)] if last > first else []
    if end is not None and end != last:
        remarks.append(f"worked until {moment_words(wall_clock(end, zone))}")
    moments = [wall_clock(ms, zone) for ms in (first, last)]
    if last - first >= _HOUR_MS:
        moments = [moment.replace(second=0, microsecond=0) for moment in moments]
    ends = [moment_words(moment) for moment in moments]
    return Fact("time", ends[0] if ends[0] == ends[1] else " to ".join(ends), tuple(remarks))


def _warnings(result: SimulateResult) -> list[str]:
    counts = result.counts
    found: list[str] = []
    calls = most_first(_third(counts, "called_without_answer"))
    if calls:
        total = sum(n for _, n in calls)
        names = name_some(tuple(name for name, _ in calls))
        found.append(
            f"{counted(total, 'call')} got no answer, for a simulation calls nobody: {names}; paths that need one saw null"
        )
    runaway = sum(n for key, n in counts.items() if key[0] == "left" and key[-1] == "runaway")
    if runaway:
        found.append(f"{counted(runaway, 'passage')} ended as runaway: 1,000 nodes or consequences at one instant")
    if result.id_reused:
        found.append(f"{counted(result.id_reused, 'event')} with the id of an earlier event about somebody else: kept")
    if counts.get(("link_refused",)):
        found.append(f"{counted(counts['link_refused',], 'link')} refused: an identifier stayed with the person who had it first")
    for name, n in most_first(_third(counts, "junk")):
        found.append(f"{counted(n, 'identifier')} of {name} seen with more than 50 people: junk from then on")
    if counts.get(("only_junk",)):
        found.append(f"{counted(counts['only_junk',], 'event')} dropped: nothing but identifiers found out to be junk")
    for name, n in most_first(_third(counts, "let_go")):
        found.append(f"{counted(n, 'identifier')} of {name} let go by profiles of more than 50")
    for name, n in most_first(_third(counts, "bad_value")):
        found.append(f"{counted(n, 'value')} of profile.{name} not in its list, ignored")
    for name, n in most_first(_third(counts, "folded")):
        found.append(f"{counted(n, 'window')} of {name} overflowed: of more than 10,000 entries the oldest hour became one")
    for name, n in most_first(_third(counts, "table_full")):
        found.append(f"{counted(n, 'event')} with new keys for table {name}, which holds 1,000,000: they got no row")
    if counts.get(("bad_zone",)):
        found.append(f"{counted(counts['bad_zone',], 'use')} of a time zone that nobody knows: the project's was taken")
    if counts.get(("receipt_unknown",)):
        unknown = counts["receipt_unknown",]
        found.append(f"{counted(unknown, 'receipt')} about a message that this run did not send to that person: ignored")
    if counts.get(("history_full",)):
        full = counts["history_full",]
        found.append(f"{counted(full, 'message')} of people with more than 10,000 no longer count in caps")
    if result.spilled:
        found.append("the events did not fit into memory and went through files on disk")
    return found
