"""A journey: its headers, its ways in, what ends it, then its nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rtj.ir import expr as ir
from rtj.ir import journey as irj
from rtj.ir.walk import renamed
from rtj.lang import syntax as s
from rtj.lang.bound_names import bound_names
from rtj.lang.check_base import Context, check_condition, exact_ms, ir_length, shorten
from rtj.lang.check_nodes import Inside, check_block
from rtj.lang.check_pattern import check_pattern, check_step
from rtj.lang.check_time import check_schedule
from rtj.lang.check_versions import with_versions
from rtj.lang.checked import CheckedJourney
from rtj.lang.node_ids import node_ids, statements
from rtj.lang.scope import Binding, Known, Scope, bind
from rtj.lang.types import UNKNOWN, is_optional, join, optional, show

PRIORITY_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class WayIn:
    """A checked entry: what it binds, and the event that it lets in (None: no event does)."""

    entry: irj.Entry
    names: dict[str, Binding]
    event: ir.EventOf | None


def check_journey(cx: Context, tree: s.Journey) -> CheckedJourney:
    """Check one journey; the result may be partial when something was reported."""
    ids = node_ids(cx.report, tree)
    sends = frozenset(ids[id(node)] for node in statements(tree.nodes) if isinstance(node, s.Send))
    elsewhere = bound_names(tree)
    ways = [_entry(cx, tree, entry, elsewhere) for entry in tree.entries]
    if not tree.entries:
        cx.report.error("E347", f"nobody can enter journey `{tree.name.text}`", tree.name.span, "give it `enter: {on: …}`")
    at_entry = replace(_known_inside(cx, ways, sends), elsewhere=elsewhere)
    goals = tuple(_watch(cx, at_entry.at("a goal"), watch, "goal") for watch in tree.goals)
    exits = tuple(_watch(cx, at_entry.at("an exit"), watch, "exit") for watch in tree.exits)
    inside = Inside(ids, at_entry)
    body = check_block(cx, inside, at_entry, tree.nodes)
    bare = irj.Journey(tree.name.text, tuple(w.entry for w in ways), (), None, goals=goals, exits=exits)
    frame = with_versions(cx, tree, ids, _with_headers(cx, tree, bare))
    return CheckedJourney(frame, body, ids)


# ---- headers


def _with_headers(cx: Context, tree: s.Journey, frame: irj.Journey) -> irj.Journey:
    """The journey with what its headers say."""
    priority = 0
    if tree.priority is not None:
        value = tree.priority.value
        if isinstance(value, int) and abs(value) <= PRIORITY_MAX:
            priority = value
        else:
            message = f"a priority is a whole number up to {PRIORITY_MAX:,}; got {shorten(tree.priority)}"
            cx.report.error("E348", message, tree.priority.span)
    start = end = None
    if tree.runs is not None:
        start, end = tree.runs.start, tree.runs.end
    longest = frame.max_duration
    if tree.max_duration is not None:
        longest = ir_length(tree.max_duration)
        if longest == ir.Length():
            cx.report.error("E348", "`max_duration` is longer than nothing", tree.max_duration.span)
    catch_up = exact_ms(cx, tree.catch_up, "`catch_up`", frame.catch_up_ms)
    return irj.Journey(
        name=frame.name,
        entries=frame.entries,
        nodes=(),
        first=None,
        title=tree.title.value if tree.title is not None else "",
        priority=priority,
        goals=frame.goals,
        exits=frame.exits,
        max_duration=longest,
        runs_from=start.value.isoformat() if start is not None else None,
        runs_to=end.value.isoformat() if end is not None else None,
        on_resume=tree.on_resume or "go",
        catch_up_ms=catch_up,
    )


# ---- entries


def _entry(cx: Context, tree: s.Journey, entry: s.Entry, elsewhere: Mapping[str, Known]) -> WayIn:
    outside = Scope(place="this pattern", no_entry="it is the event that lets one in", elsewhere=elsewhere)
    trigger: irj.Trigger
    inside, event, bound = outside, None, None
    match entry.trigger:
        case s.OnPattern(pattern=pattern):
            found = check_pattern(cx, outside, pattern)
            trigger, inside, event = irj.OnEvents(found.steps), found.scope, found.entry
        case s.OnCondition(condition=condition):
            watched = outside.watched().at("a condition of `enter`")
            trigger = irj.OnCondition(check_condition(cx, watched, condition))
        case s.OnSchedule() as schedule:
            trigger = check_schedule(cx, schedule)
        case s.OnStart(bind=name):
            trigger = irj.OnStart()
            if name is not None:
                kind = cx.world.starts.get(tree.name.text, ir.Record(()))
                inside = bind(cx.report, cx.world, outside, name.text, Binding(kind, name.span))
                bound = name.text
    _check_backfill(cx, entry, trigger)
    tested = inside.testing(event)
    when = check_condition(cx, tested.at("the `when` of this entry"), entry.when) if entry.when is not None else None
    key = cx.check(tested.at("`key`"), entry.key).expr if entry.key is not None else None
    made = irj.Entry(trigger, bound, when, key, _again(entry), entry.while_inside or "ignore", entry.backfill)
    return WayIn(made, dict(inside.names), event)


def _again(entry: s.Entry) -> irj.Again:
    if entry.again is None:
        return irj.Again()
    if entry.again.gap is None:
        return irj.Again(entry.again.rule, ir.Length())
    return irj.Again(entry.again.rule, ir_length(entry.again.gap))


def _check_backfill(cx: Context, entry: s.Entry, trigger: irj.Trigger) -> None:
    if not entry.backfill:
        return
    joins = isinstance(trigger, irj.OnEvents) and len(trigger.steps) == 1 and trigger.steps[0].events[0].startswith("joining ")
    if not joins:
        cx.report.error("E346", "`backfill` lets in who is in an audience already: it needs `on: joining …`", entry.span)


def _known_inside(cx: Context, ways: Sequence[WayIn], sends: frozenset[str]) -> Scope:
    """What nodes, goals and exits see: the names of all entries (missing after another one), and the entry event."""
    names: dict[str, Binding] = {}
    for way in ways:
        for name, binding in way.names.items():
            kind: ir.Type | None = binding.type
            if name in names:
                kind = join(names[name].type, binding.type)
                if kind is None:
                    message = f"`{name}` is {show(names[name].type)} and {show(binding.type)}: two entries bind it differently"
                    cx.report.error("E320", message, binding.span)
            shared = min(binding.least, names[name].least) if name in names else binding.least
            names[name] = Binding(UNKNOWN if kind is None else kind, binding.span, least=shared)
    for name, binding in names.items():
        if any(name not in way.names for way in ways) and not is_optional(binding.type):
            names[name] = Binding(optional(binding.type), binding.span)
    events = [way.event for way in ways]
    entry: ir.Type | None = None
    why = "nobody enters by an event"
    if events and all(event is not None for event in events):
        entry = ir.EventOf(tuple(sorted({t for event in events if event is not None for t in event.types})))
    elif any(event is not None for event in events):
        why = "some enter without an event; the name after `as` is missing for them"
    return Scope(names=names, entry=entry, no_entry=why, place="this node", journey=True, sends=sends)


# ---- goals and exits


def _watch(cx: Context, scope: Scope, watch: s.Watch, word: str) -> irj.Watch:
    within = watch.within
    trigger: irj.OnEvents | irj.OnCondition
    when: ir.Expr | None = None
    match watch.trigger:
        case s.OnCondition(condition=condition):
            trigger = irj.OnCondition(check_condition(cx, scope.watched(), condition))
        case s.OnPattern(pattern=pattern):
            if len(pattern.steps) > 1:
                message = f"{'an' if word == 'exit' else 'a'} {word} is one event: two in a row are a journey of their own"
                cx.report.error("E346", message, pattern.steps[1].span)
            first = pattern.steps[0]
            if first.since_entry:
                cx.report.error("E346", "`since entry` belongs to the cases of wait_for", first.span)
            within = first.within or within
            step, when, _ = check_step(cx, scope, replace(first, within=None, since_entry=False), watch.when)
            if step.bind is not None:
                when = None if when is None else renamed(when, step.bind, "event")
            trigger = irj.OnEvents((_unbound(step),))
    if within is not None and word == "exit":
        cx.report.error("E346", "an exit has no `within`", within.span, "`max_duration` ends what would stay for ever")
        within = None
    return irj.Watch(trigger, when, ir_length(within) if within is not None else None, watch.stay)


def _unbound(step: irj.Step) -> irj.Step:
    """A watched event has no name of its own: its `when` reads it as `event`."""
    if step.bind is None:
        return step
    return irj.Step(events=step.events, where=step.where, audience=step.audience, of_node=step.of_node)
