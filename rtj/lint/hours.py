"""Local hours: quiet hours that outlast what waits through them, zones that nobody knows, dates on which everybody is served."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.engine.functions import duration_text
from rtj.ir import journey as irj
from rtj.ir.program import EVERYONE
from rtj.lang import syntax as s
from rtj.lang.node_ids import statements
from rtj.lint.facts import Facts, JourneyFacts
from rtj.lint.pressure_graph import reached_at_once
from rtj.lint.pressure_search import arrivals
from rtj.lint.pressure_time import Quiet, length_ms, quiet_of
from rtj.lint.pressure_truth import judge
from rtj.lint.pressure_ways import Ways
from rtj.lint.sends import Sent, is_held, sends_of

ZONES = frozenset({"tz", "zone", "timezone", "timezonename", "timezoneid", "tzname", "usertimezone", "usertz", "localtimezone"})


# ---- quiet hours


def quiet_outlasts(facts: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W405: a goal's `within` or `max_duration` that can run out while a message is held, for it counts from the entry."""
    hours = facts.project.quiet_hours
    quiet = quiet_of(hours)
    if journey.machine is None or hours is None or quiet is None or not quiet.holds:
        return
    limits = list(_limits(journey.tree, journey.machine))
    if not limits:
        return
    sends = {sent.id: sent for sent in sends_of(facts, journey) if is_held(hours, sent)}
    reached = sorted(arrivals(Ways(journey.machine, judge(facts)), frozenset(sends)), key=lambda r: (r.since, r.send, r.at or 0))
    for span, ms, what in limits:
        held = next((r for r in reached if r.since < ms <= r.since + _longest_hold(quiet, r.at)), None)
        if held is None:
            continue
        sent = sends[held.send]
        message = (
            f"quiet hours last {duration_text(quiet.ms)}: they can hold `{sent.tree.message.text}` past the {span.text} of {what}"
        )
        hint = "it counts from the entry, not from the message: make it longer, or send at an hour that is not quiet"
        labels = (Label(sent.tree.message.span, "held here"), Label(hours.span, "the quiet hours"))
        yield Diagnostic("W405", message, span, hint, labels, "warning")


def _limits(tree: s.Journey, machine: irj.Journey) -> Iterator[tuple[Span, int, str]]:
    """What runs out, counted from the entry: where it is written, how long it is, what it is."""
    for watch, goal in zip(machine.goals, tree.goals, strict=True):
        within = watch.within
        span = goal.within.span if goal.within is not None else None
        if isinstance(goal.trigger, s.OnPattern) and goal.trigger.pattern.steps[0].within is not None:
            span = goal.trigger.pattern.steps[0].within.span
        if within is None and isinstance(watch.trigger, irj.OnEvents):
            within = watch.trigger.steps[0].within
        if within is not None and span is not None:
            yield span, length_ms(within), "this goal"
    if tree.max_duration is not None:
        yield tree.max_duration.span, length_ms(machine.max_duration), "`max_duration`"


def _longest_hold(quiet: Quiet, at: int | None) -> int:
    return quiet.ms if at is None else quiet.held(at)


# ---- zones


def zone_may_miss(facts: Facts) -> Iterator[Diagnostic]:
    """W412: quiet hours by the zone of a profile that has none; a zone kept under a name that nobody looks at."""
    project = facts.project
    attributes = {decl.name.text: decl for decl in project.profile}
    if not project.whole or "timezone" in attributes:
        return
    hours = project.quiet_hours
    zone = f"`{project.timezone.value}`" if project.timezone is not None else "UTC"
    if hours is not None and hours.of_profile is not None:
        message = f"the project has no attribute `timezone`: the quiet hours are those of {zone} for everybody"
        hint = "`timezone: {from: signed_up.timezone, type: string?}` under `profile:` says where people are"
        yield Diagnostic("W412", message, hours.of_profile, hint, (), "warning")
    nearly = [decl for name, decl in attributes.items() if re.sub(r"[^a-z]", "", name.lower()) in ZONES]
    if not nearly or not facts.complete or _reads(facts, nearly[0].name.text):
        return
    clock = next(iter(_local_clocks(facts)), None)
    if clock is not None:
        name = nearly[0].name
        message = f"`{name.text}` is not looked at for the zone of a person: an attribute called `timezone` is"
        label = Label(clock, f"by the clock of {zone} for everybody")
        yield Diagnostic(
            "W412", message, name.span, f"call it `timezone`, or write `zone profile.{name.text}`", (label,), "warning"
        )


def _local_clocks(facts: Facts) -> Iterator[Span]:
    """Where a clock of the person is asked for."""
    for journey in facts.journeys:
        for entry in journey.tree.entries:
            schedule = entry.trigger.schedule if isinstance(entry.trigger, s.OnSchedule) else None
            if schedule is not None and schedule.zone is None and (isinstance(schedule, s.Once) or schedule.unit != "exact"):
                yield schedule.span
        for node in statements(journey.tree.nodes):
            yield from (m.span for m in moments(node) if not isinstance(m, s.ExprMoment) and m.zone is None)
    hours = facts.project.quiet_hours
    if hours is not None and hours.zone is None and hours.of_profile is None:
        yield hours.span


def _reads(facts: Facts, attribute: str) -> bool:
    """Does a moment name the attribute as its zone?"""
    every = (m for j in facts.journeys for node in statements(j.tree.nodes) for m in moments(node))
    return any(not isinstance(m, s.ExprMoment) and m.zone is not None and attribute in m.zone.span.text for m in every)


def moments(node: s.Node) -> tuple[s.Moment, ...]:
    """The moments that a node waits for."""
    match node:
        case s.WaitUntil(moment=moment):
            return (moment,)
        case s.WaitFor(cases=cases):
            return tuple(case.moment for case in cases if isinstance(case, s.UntilCase))
        case s.Collect(until=moment) if moment is not None:
            return (moment,)
        case _:
            return ()


# ---- everybody at once


def surge(facts: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W421: a schedule for everyone, or a wait for a date of the calendar, with a message at that instant."""
    if journey.machine is None:
        return
    sends = {sent.id: sent for sent in sends_of(facts, journey)}
    nodes = {node.id: node for node in journey.machine.nodes}
    rated = {decl.name.text for decl in facts.project.channels if decl.rate is not None}
    sends = {name: sent for name, sent in sends.items() if sent.first not in rated}
    for entry in journey.tree.entries:
        trigger = entry.trigger
        if isinstance(trigger, s.OnSchedule) and trigger.audience.text == EVERYONE and entry.when is None:
            send = reached_at_once(nodes, journey.machine.first, sends)
            if send is not None:
                yield _surge(sends[send], trigger.audience.span, "everyone is sent")
    for tree in statements(journey.tree.nodes):
        constant = next((m for m in moments(tree) if _is_constant(m)), None)
        if constant is None:
            continue
        send = reached_at_once(nodes, _after(nodes[journey.ids[id(tree)]]), sends)
        if send is not None:
            yield _surge(sends[send], constant.span, "everybody who waits here is sent")


def _surge(sent: Sent, span: Span, who: str) -> Diagnostic:
    message = f"{who} `{sent.tree.message.text}` by `{sent.first}` at one instant"
    hint = f"`rate: 100 per 1s` on the channel `{sent.first}` spreads the delivery; an audience says who it is for"
    return Diagnostic("W421", message, span, hint, (Label(sent.tree.message.span, "sent at that instant"),), "warning")


def _is_constant(moment: s.Moment) -> bool:
    match moment:
        case s.ExprMoment(at=s.DateLiteral() | s.InstantLiteral()) | s.ClockMoment(on=s.DateLiteral() | s.InstantLiteral()):
            return True
        case _:
            return False


def _after(node: irj.Node) -> str | None:
    """Where the moment leads."""
    match node:
        case irj.WaitUntil(block=block, body=body, next=following):
            return (body or following) if block else following
        case irj.WaitFor(cases=cases, next=following):
            return next((case.body or following for case in cases if case.until is not None), None)
        case irj.Collect(next=following):
            return following
        case _:
            return None
