"""Journeys that ask for more messages than a person may get: over a cap within its window, or several at one instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.engine.functions import duration_text
from rtj.ir import journey as irj
from rtj.lang import syntax as s
from rtj.lint.facts import Facts, JourneyFacts
from rtj.lint.pressure_days import picks_days
from rtj.lint.pressure_graph import any_at_once
from rtj.lint.pressure_search import Cap, Mark, WayBack, shortest, ways_back
from rtj.lint.pressure_time import Quiet, quiet_of, window_ms
from rtj.lint.pressure_truth import judge
from rtj.lint.pressure_ways import Ways
from rtj.lint.sends import Sent, counts, is_held, marketing, sends_of

LABELS_MAX = 4  # messages of a timeline that are pointed at
SHOWN_MAX = 6  # messages of a timeline that are told
SECOND = 1_000


def over_cap(facts: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W408: the shortest timeline on which this journey asks for more than a cap allows."""
    if journey.machine is None or not facts.project.caps:
        return
    reach = marketing(facts)
    sends = [sent for sent in sends_of(facts, journey) if sent.sells(sent.first, reach)]
    if not sends:
        return
    ways = Ways(journey.machine, judge(facts))
    for cap in facts.project.caps:
        counted = {sent.id: sent for sent in sends if counts(cap, sent, sent.first)}
        if counted and cap.of == "messages" and cap.at_most.count.value >= 1:
            found = _timeline(facts, ways, cap, counted)
            if found is not None:
                yield _told(journey, cap, counted, found)


def _timeline(facts: Facts, ways: Ways, cap: s.CapDecl, counted: dict[str, Sent]) -> tuple[Mark, ...] | None:
    """Within one passage if there is one; else over several of the same person."""
    sends = frozenset(counted)
    asked = Cap(cap.at_most, sends)
    hours = facts.project.quiet_hours
    quiet = quiet_of(hours) if hours is not None and all(is_held(hours, sent) for sent in counted.values()) else None
    window = window_ms(cap.at_most)
    entries = ways.journey.entries
    backs = tuple(
        back
        for back in ways_back(ways.journey)
        if (back.restart or max(back.gap, back.least) < window) and not picks_days(facts, entries[back.number])
    )
    found = None
    if ways.visits(sends) > asked.count:
        found = _shortest(ways, asked, quiet)
    return found or (_shortest(ways, asked, quiet, backs) if backs else None)


def _shortest(ways: Ways, cap: Cap, quiet: Quiet | None, backs: tuple[WayBack, ...] = ()) -> tuple[Mark, ...] | None:
    """First without quiet hours, which is less work: holding messages hardly ever brings them nearer to each other."""
    found = shortest(ways, cap, backs)
    return found if found is None or quiet is None else shortest(ways, replace(cap, quiet=quiet), backs)


def _told(journey: JourneyFacts, cap: s.CapDecl, sends: dict[str, Sent], marks: tuple[Mark, ...]) -> Diagnostic:
    last = marks[-1]
    within = f"within {_length(last.ms)}" if last.ms >= SECOND else "at one instant"
    allowed = f"{cap.at_most.count.value} {limit_text(cap.at_most)}"
    asked = sum(1 for mark in marks if mark.send)
    message = f"`{cap.name.text}` allows {allowed}; this journey can ask for {asked} {within}: {_shown(journey, marks)}"
    labels = list(_labels(sends, marks))
    back = next((mark for mark in marks if mark.back is not None), None)
    if back is not None and back.back is not None:
        labels.append(_way_back(journey, back.back, restarted=back.restarted))
    labels.append(Label(cap.at_most.span, "the cap"))
    return Diagnostic("W408", message, sends[last.send].tree.message.span, _way_out(cap, back), tuple(labels), "warning")


def _way_out(cap: s.CapDecl, back: Mark | None) -> str:
    window = limit_text(cap.at_most).removeprefix("per ")
    if back is None:
        return "the last one is blocked and takes its `else`, if it has one: a longer wait, one message less, or a wider cap"
    if back.restarted:
        return "`while_inside: restart` begins anew without regard to `again`; `while_inside: ignore` lets the first passage end"
    if cap.at_most.unit is not None:
        window = f"1 {window}"
    return f"`again: after {window}` keeps entries that far apart"


def _way_back(journey: JourneyFacts, back: WayBack, *, restarted: bool) -> Label:
    entry = journey.tree.entries[back.number]
    if restarted:
        return Label(entry.span, "begins anew for who is inside")
    if entry.again is not None:
        return Label(entry.again.span, "lets the same person in again")
    return Label(entry.span, "lets the same person in again after 5m, as nothing else is said")


def _labels(sends: dict[str, Sent], marks: tuple[Mark, ...]) -> Iterator[Label]:
    """The messages before the last one, each with its times."""
    times: dict[str, list[str]] = {}
    for mark in marks[:-1]:
        if mark.send:
            times.setdefault(mark.send, []).append(f"+{_length(mark.ms)}")
    for send, at in list(times.items())[:LABELS_MAX]:
        told = ", ".join(at[:LABELS_MAX]) + (f" and {len(at) - LABELS_MAX} more" if len(at) > LABELS_MAX else "")
        yield Label(sends[send].tree.message.span, told)


def _shown(journey: JourneyFacts, marks: tuple[Mark, ...]) -> str:
    """`+0s welcome, on login +2h tips, entered again +5m welcome`."""
    told: list[str] = []
    before = ""
    for mark in marks:
        if mark.back is not None:
            before += "restarted " if mark.restarted else "entered again "
        elif mark.left:
            before += "left and "
        elif mark.waiting:
            before += f"on {_event(journey, mark)} "
        else:
            told.append(f"{before}+{_length(mark.ms)} `{mark.send}`")
            before = ""
    if len(told) > SHOWN_MAX:
        told = [*told[: SHOWN_MAX - 2], f"{len(told) - SHOWN_MAX + 1} more", told[-1]]
    return ", ".join(told)


def _event(journey: JourneyFacts, mark: Mark) -> str:
    nodes = journey.machine.nodes if journey.machine is not None else ()
    cases = next((node.cases for node in nodes if isinstance(node, irj.WaitFor) and node.id == mark.waiting), ())
    step = cases[mark.case].step if mark.case < len(cases) else None
    return " or ".join(step.events) if step is not None else "an event"


def limit_text(limit: s.AtMost) -> str:
    """`per 24h`, `per day`."""
    if limit.unit is not None:
        return f"per {limit.unit}"
    return f"per {limit.length.span.text}" if limit.length is not None else "in total"


def _length(ms: int) -> str:
    return duration_text(ms // SECOND * SECOND)


# ---- one instant


def burst(facts: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W420: two messages by one channel with nothing between them."""
    if journey.machine is None:
        return
    reach = marketing(facts)
    sends = [sent for sent in sends_of(facts, journey) if sent.sells(sent.first, reach)]
    ways: Ways | None = None
    by_channel: dict[str, dict[str, Sent]] = {}
    for sent in sends:
        by_channel.setdefault(sent.first, {})[sent.id] = sent
    for channel, by_id in by_channel.items():
        if not any_at_once(journey.machine, by_id):
            continue
        ways = ways or Ways(journey.machine, judge(facts))
        found = shortest(ways, Cap(_at_once(journey.tree.span), frozenset(by_id)))
        if found is None or found[0].send == found[-1].send:
            continue
        first, second = by_id[found[0].send], by_id[found[-1].send]
        message = f"`{second.tree.message.text}` can go out by `{channel}` at the same instant as `{first.tree.message.text}`"
        labels = (Label(first.tree.message.span, "no time need pass between them"),)
        hint = "a `wait` between them, or one message that says both"
        yield Diagnostic("W420", message, second.tree.message.span, hint, labels, "warning")


def _at_once(span: Span) -> s.AtMost:
    """One per millisecond."""
    return s.AtMost(span, s.Number(span, 1), length=s.Length(span, 1))
