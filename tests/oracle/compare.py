"""Where two ways of running a case differ, in words for people."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest

import msgspec

from tests.oracle.calendar import rfc3339
from tests.oracle.drivers import ENGINE, RUNS
from tests.oracle.generate import Case
from tests.oracle.interpreter import Outcome

COUNTED = {"entered", "inside", "goal", "left", "refused", "sent", "called_without_answer"}
COUNTED |= {"blocked", "held", "receipt_unknown", "erased", "erase_unknown", "erase_repeated"}
COUNTED |= {"late", "link_refused", "merged", "bad_value", "junk", "only_junk", "let_go"}


def differences(case: Case) -> str | None:
    """The first difference between the oracle and some way to run the engine; None when there is none."""
    expected = run_by("oracle", case)
    return next((found for way in ENGINE if (found := difference(case, way, expected))), None)


def run_by(way: str, case: Case) -> Outcome:
    return RUNS[way](case.program, list(case.feeds), case.until, case.drain)


def difference(case: Case, way: str, expected: Outcome | None = None) -> str | None:
    """Where the engine differs from the oracle; None when it does not."""
    expected = expected or run_by("oracle", case)
    actual = run_by(way, case)
    pairs = zip_longest(expected.records, actual.records)
    place = next((n for n, (left, right) in enumerate(pairs) if left != right), None)
    if place is not None:
        return "\n".join([f"seed {case.seed}, {way}:", *around(expected, actual, place), *told(case)])
    left, right = counts(expected), counts(actual)
    if left != right:
        return f"seed {case.seed}, {way}: counts differ: the oracle has {left - right} more, {way} {right - left}"
    return None


def counts(outcome: Outcome) -> Counter[tuple[str, ...]]:
    return +Counter({k: n for k, n in outcome.counts.items() if k[0] in COUNTED})


def around(expected: Outcome, actual: Outcome, place: int) -> list[str]:
    """The last records that agree, and the first that do not."""
    lines = [f"  both      {shown(r)}" for r in expected.records[max(0, place - 6) : place]]
    lines += [f"  expected  {shown(r)}" for r in expected.records[place : place + 3]]
    return lines + [f"  actual    {shown(r)}" for r in actual.records[place : place + 3]]


def shown(record: tuple[int, str, int, dict[str, object]]) -> str:
    at, origin, n, payload = record
    return f"{rfc3339(at)} {origin} {n} " + " ".join(f"{k}={v}" for k, v in payload.items())


def told(case: Case) -> list[str]:
    """The program and its sources in short."""
    lines = [f"zone {case.program.timezone}, until {case.until and rfc3339(case.until)}, drain {case.drain}"]
    parts = (*case.program.aggregates, *case.program.trackers, *case.program.audiences)
    lines += [short(part) for part in parts]
    for journey in case.program.journeys:
        lines.append(f"journey {journey.name} priority {journey.priority} max {journey.max_duration} first {journey.first}")
        named = (("entry", journey.entries), ("goal", journey.goals), ("exit", journey.exits), ("node", journey.nodes))
        lines += [f"  {name} {short(part)}" for name, items in named for part in items]
    for feed in case.feeds:
        lines.append(f"source {feed.name}, lateness {feed.lateness}")
        for e in feed.events:
            props = msgspec.structs.asdict(e.props) if e.props is not None else {}
            fields = " ".join(f"{k}={v}" for k, v in props.items() if v is not msgspec.UNSET)
            ids = " ".join(f"{case.program.namespaces[i].name}:{v}" for i, v in e.ids)
            lines.append(f"  {rfc3339(e.ts)} {e.id} {e.type} {ids} {fields}")
    return lines


def short(part: msgspec.Struct) -> str:
    """A struct without what stands at its default."""
    words = []
    defaults = dict(zip(part.__struct_fields__[::-1], part.__struct_defaults__[::-1], strict=False))
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if name in defaults and value == defaults[name]:
            continue
        words.append(f"{name}={inner(value)}")
    return f"{type(part).__name__}({', '.join(words)})"


def inner(value: object) -> str:
    if isinstance(value, msgspec.Struct):
        return short(value)
    if isinstance(value, tuple):
        return "(" + ", ".join(inner(v) for v in value) + ")"
    return repr(value)
