"""What each node does (S6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from rtj.ir import journey as j
from rtj.ir.expr import OneOf, Optional, Scalar, Type
from rtj.ir.records import Event, attr_name
from tests.oracle import gates
from tests.oracle.calendar import from_day_number, rfc3339, shift
from tests.oracle.moments import moment
from tests.oracle.patterns import matches
from tests.oracle.state import END, Instance, Sent
from tests.oracle.values import chance, holds, message_key, value, zone_of

if TYPE_CHECKING:
    from tests.oracle.interpreter import World

OVER = "over"  # the instance ended


def go(world: World, i: Instance, node_id: str | None) -> None:
    """Run until it rests or ends."""
    while True:
        i.due, i.due_case, i.tried = None, -1, None
        i.held = {h for h in i.held if h[0] != "case"}
        if node_id is None:
            i.node = None
            world.leave(i, "completed")
            return
        node = next(n for n in i.journey.nodes if n.id == node_id)
        if ran_away(world, i):
            world.leave(i, "runaway", node.id)
            return
        i.node = node
        i.visits[node.id] += 1
        i.visit += 1
        if isinstance(node, (j.Wait, j.WaitUntil, j.WaitFor, j.Collect, j.Send)):
            passed = rest(world, i, node)
            if passed is None:
                return
            node_id = passed[0]
        else:
            node_id = act(world, i, node)
            if node_id == OVER:
                return


def ran_away(world: World, i: Instance) -> bool:
    """Is this one node too many for an instant (S6.2)?"""
    i.steps = i.steps + 1 if i.steps_at == world.now else 1
    i.steps_at = world.now
    return i.steps > 1000


def note(world: World, i: Instance, what: str, **more: Any) -> None:
    assert i.node is not None
    world.say(i.profile, what, journey=i.journey.name, instance=i.id, node=i.node.id, **more)


def printed(v: Any, kind: Type) -> Any:
    """A value as it stands in a trace."""
    if isinstance(kind, Optional):
        kind = kind.of
    if v is None or isinstance(kind, OneOf):
        return v
    if isinstance(kind, Scalar) and kind.name == "instant":
        return rfc3339(v)
    if isinstance(kind, Scalar) and kind.name == "date":
        return from_day_number(v).isoformat()
    return list(v) if isinstance(v, tuple) else v


def later(world: World, i: Instance, length: Any, for_: Any) -> int | None:
    """Now and a length."""
    if length is not None:
        return shift(world.now, length, zone_of(world.program, i.profile))
    ms = value(for_, world.view(i))
    return None if ms is None else world.now + max(0, int(ms))


# ---- nodes that rest


def rest(world: World, i: Instance, node: Any) -> tuple[str | None] | None:
    """Begin to wait; the next node if there was nothing to wait for."""
    match node:
        case j.Send():
            return None
        case j.Wait():
            i.due = later(world, i, node.length, node.for_)
            if i.due is None:
                return (node.next,)
        case j.WaitUntil():
            due = moment(node.moment, world.view(i))
            if due is None or due < world.now:
                otherwise = node.has_otherwise and (node.block or due is None)
                note(world, i, "goes", to="else" if otherwise else "past")
                return (node.otherwise or node.next,) if otherwise else (node.next,)
            i.due = due
        case j.Collect():
            begin_collect(world, i, node)
        case j.WaitFor():
            if begin_wait_for(world, i, node):
                return (i.names.pop("\0next"),)
    note(world, i, "waits", until=None if i.due is None else rfc3339(i.due))
    return None


def begin_collect(world: World, i: Instance, node: j.Collect) -> None:
    i.collected = []
    due = moment(node.until, world.view(i)) if node.until is not None else later(world, i, node.length, None)
    i.due = world.now if due is None else max(due, world.now)
    entry = i.names.get("entry")
    if isinstance(entry, Event):
        collect(world, i, node, entry)


def collect(world: World, i: Instance, node: j.Collect, event: Event) -> None:
    if len(i.collected) < node.max and matches(node.step, event, world.view(i)):
        i.collected.append(event)


def begin_wait_for(world: World, i: Instance, node: j.WaitFor) -> bool:
    """D7: a condition that holds, or a remembered event, passes at once; else the first deadline."""
    for number, case in enumerate(node.cases):
        remembered = i.remembered.get((node.id, number))
        sight = world.view(i)
        if remembered is not None or (case.condition is not None and holds(case.condition, sight) and holds(case.when, sight)):
            i.names["\0next"] = choose(world, i, node, number, remembered)
            return True
    for number, case in enumerate(node.cases):
        if case.until is not None:
            due = moment(case.until, world.view(i))
        elif case.after is not None or case.for_ is not None:
            due = later(world, i, case.after, case.for_)
        else:
            continue
        if due is not None and (i.due is None or max(due, world.now) < i.due):
            i.due, i.due_case = max(due, world.now), number
    return False


def choose(world: World, i: Instance, node: j.WaitFor, number: int, event: Event | None) -> str | None:
    case = node.cases[number]
    note(world, i, "goes", to=f"case {number + 1}")
    if event is not None and case.step is not None and case.step.bind is not None:
        i.names[case.step.bind] = event
    return case.body or node.next


def take(world: World, i: Instance, node: Any, number: int, event: Event | None) -> None:
    """A case of a wait_for passes."""
    go(world, i, choose(world, i, node, number, event))


def ring(world: World, i: Instance) -> None:
    """The deadline of the node where it rests."""
    match i.node:
        case j.Wait():
            go(world, i, i.node.next)
        case j.WaitUntil():
            if i.node.block:
                note(world, i, "goes", to="block")
                go(world, i, i.node.body or i.node.next)
            else:
                go(world, i, i.node.next)
        case j.WaitFor():
            take(world, i, i.node, i.due_case, None)
        case j.Collect():
            i.names[i.node.bind] = tuple(i.collected)
            go(world, i, i.node.next)
        case _:
            raise AssertionError(i.node)


def send(world: World, i: Instance, node: j.Send) -> None:
    """The sends phase decides a message: the first channel with open gates takes it, or it rests (S7.1)."""
    i.due = None
    for channel in node.channels:
        found = gates.verdict(world, i, node, channel)
        if found is None:
            dispatch(world, i, node, channel)
            return
        if found.until is not None:
            i.tried = world.now if i.tried is None else i.tried
            gates.rest_until(world, i, found, channel)
            return
        world.counts["blocked", i.journey.name, channel, found.gate] += 1
        note(world, i, "blocked", channel=channel, template=node.message, gate=found.gate, rule=found.rule)
    if node.bind is not None:
        i.names[node.bind] = None
    if node.has_otherwise:
        note(world, i, "goes", to="else")
    go(world, i, (node.otherwise or node.next) if node.has_otherwise else node.next)


def dispatch(world: World, i: Instance, node: j.Send, channel: str) -> None:
    """The message goes out, and takes its place in all caps."""
    p, program = i.profile, world.program
    variables = {p.name: printed(value(p.value, world.view(i)), p.type) for p in node.pairs}
    world.counts["sent", i.journey.name, channel] += 1
    key = message_key(program, i, node.id, i.visits[node.id])
    note(world, i, "sent", channel=channel, template=node.message, key=key, vars=variables)
    address = gates.address_of(world, p, gates.channel_named(program, channel))
    assert address is not None
    message = gates.message_named(program, node.message)
    p.sent.append(Sent(world.now, key, channel, i.journey.name, message, gates.hashed(program, address)))
    go(world, i, node.next)


# ---- nodes that act and go on


def act(world: World, i: Instance, node: Any) -> str | None:
    """Do it; the id of the next node, or OVER."""
    p = i.profile
    if isinstance(node, (j.SetAttributes, j.Emit, j.StartJourney)) and p.worked_at == world.now and p.worked >= 1000:
        world.leave(i, "runaway", node.id)
        return OVER
    match node:
        case j.Branch():
            for number, arm in enumerate(node.arms):
                if holds(arm.when, world.view(i)):
                    note(world, i, "goes", to=f"arm {number + 1}")
                    return arm.body or node.next
            note(world, i, "goes", to="else")
            return node.otherwise or node.next
        case j.Split():
            return split(world, i, node)
        case j.Repeat():
            done = i.rounds.get(node.id, 0)
            if done >= node.times or (node.until is not None and holds(node.until, world.view(i))):
                i.rounds.pop(node.id, None)
                note(world, i, "goes", to="done")
                return node.next
            i.rounds[node.id] = done + 1
            note(world, i, "goes", to=f"round {done + 1}")
            return node.body or node.id
        case j.CallWebhook():
            world.counts["called_without_answer", node.webhook] += 1
            note(world, i, "called", webhook=node.webhook)
            if node.bind is not None:
                i.names[node.bind] = None
            return node.next
        case j.SetAttributes():
            return assign(world, i, node)
        case j.Emit():
            return emit(world, i, node)
        case j.StartJourney():
            note(world, i, "started", other=node.journey)
            record = {p.name: value(p.value, world.view(i)) for p in node.pairs}
            i.profile.queue.append(("start", node.journey, record))
            return node.next
        case j.Exit():
            world.leave(i, node.reason, node.id)
            return OVER
    assert_never(node)


def split(world: World, i: Instance, node: j.Split) -> str | None:
    """S9.1, D16."""
    drawn = chance(node.salt, i.id if node.per_entry else i.profile.origin)
    share = 0
    for arm in node.arms:
        share += arm.share
        if drawn < share / 1_000_000:
            break
    note(world, i, "goes", to=arm.name)
    if arm.name == "holdout":
        world.leave(i, "holdout", node.id)
        return OVER
    return arm.body or node.next


def assign(world: World, i: Instance, node: j.SetAttributes) -> str | None:
    """All values first, then the assignments, and everything is looked at again at once."""
    p = i.profile
    values = {pair.name: value(pair.value, world.view(i)) for pair in node.pairs}
    note(world, i, "set", attributes={pair.name: printed(values[pair.name], pair.type) for pair in node.pairs})
    stamp = (world.now, END, p.next_written())
    for name, new in values.items():
        p.attributes[name] = (stamp, new)
    world.look(p)
    return node.next


def emit(world: World, i: Instance, node: j.Emit) -> str | None:
    """An event about the same profile, worked after what is being worked (S6.2)."""
    p = i.profile
    values = {attr_name(pair.name): value(pair.value, world.view(i)) for pair in node.pairs}
    props = world.classes[node.event](**values)
    note(world, i, "emitted", event=node.event)
    event = Event(
        world.now,
        END,
        p.next_written(),
        node.event,
        message_key(world.program, i, node.id, i.visits[node.id]),
        world.now,
        (),
        props,
    )
    p.queue.append(("emitted", event))
    return node.next
