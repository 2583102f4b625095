"""The nodes of a journey that go on at once or act: branch, split, repeat, send, call, set, emit, start, exit (S6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rtj.engine.calendar import INFINITY
from rtj.engine.codegen import Evaluate
from rtj.engine.functions import chance
from rtj.engine.gates import Blocked, Way
from rtj.engine.mail import SentMail, mail_of
from rtj.engine.nodes import REST, NodeMachine, _Rest
from rtj.engine.pausing import STOPPED
from rtj.engine.state import Instance, Profile
from rtj.engine.values import plain
from rtj.ir.expr import Type
from rtj.ir.journey import Branch, CallWebhook, Emit, Exit, Pair, Repeat, Send, SetAttributes, Split, StartJourney
from rtj.ir.records import Event, attr_name

if TYPE_CHECKING:
    from rtj.engine.kernel import Kernel

WHOLE = 1_000_000  # the shares of a split add up to it


class Sent(msgspec.Struct, frozen=True):
    """What `as` on a send names."""

    channel: str
    key: str


class PairMachines:
    """`name = expr, …`: computed together."""

    def __init__(self, pairs: tuple[Pair, ...], compute: tuple[Evaluate, ...]) -> None:
        self.names = tuple(pair.name for pair in pairs)
        self.types: tuple[Type, ...] = tuple(pair.type for pair in pairs)
        self.compute = compute

    def values(self, p: Profile, inst: Instance, at: int) -> list[Any]:
        return [f(p, at, None, inst.names) for f in self.compute]

    def printed(self, p: Profile, inst: Instance, at: int) -> dict[str, Any]:
        """As JSON shows them: instants and dates as texts."""
        values = self.values(p, inst, at)
        return {name: plain(value, kind) for name, value, kind in zip(self.names, values, self.types, strict=True)}


class BranchMachine(NodeMachine):
    def __init__(self, index: int, spec: Branch, tests: tuple[Evaluate, ...]) -> None:
        super().__init__(index, spec.id)
        self.tests = tests
        self.bodies: tuple[NodeMachine | None, ...] = ()
        self.otherwise: NodeMachine | None = None

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        for place, test in enumerate(self.tests):
            if test(p, at, None, inst.names):
                k.goes(p, inst, at, self.id, f"arm {place + 1}")
                return self.bodies[place]
        k.goes(p, inst, at, self.id, "else")
        return self.otherwise


class SplitMachine(NodeMachine):
    """Chance is a hash of (salt, origin): sticky; `per entry` of (salt, instance id) (S9.1)."""

    def __init__(self, index: int, spec: Split) -> None:
        super().__init__(index, spec.id)
        self.spec = spec
        self.bodies: tuple[NodeMachine | None, ...] = ()

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        drawn = chance(self.spec.salt, k.id_of(p, inst) if self.spec.per_entry else p.origin) * WHOLE
        upper = 0
        place = len(self.spec.arms) - 1
        for number, arm in enumerate(self.spec.arms):
            upper += arm.share
            if drawn < upper:
                place = number
                break
        name = self.spec.arms[place].name
        k.goes(p, inst, at, self.id, name)
        if name == "holdout":
            k.leave(p, inst, at, "holdout", self.id)
            return REST
        return self.bodies[place]


class RepeatMachine(NodeMachine):
    def __init__(self, index: int, spec: Repeat, until: Evaluate | None) -> None:
        super().__init__(index, spec.id)
        self.spec = spec
        self.until = until
        self.body: NodeMachine | None = None

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        rounds = inst.rounds
        if rounds is None:
            rounds = inst.rounds = {}
        done = rounds.get(self.index, 0)
        if done >= self.spec.times or (self.until is not None and self.until(p, at, None, inst.names)):
            rounds.pop(self.index, None)
            k.goes(p, inst, at, self.id, "done")
            return self.next
        rounds[self.index] = done + 1
        k.goes(p, inst, at, self.id, f"round {done + 1}")
        return self.body


class SendMachine(NodeMachine):
    """Rests until the sends of this instant are decided (S1.4), or while its message is held (S7.4), then goes on."""

    def __init__(self, index: int, spec: Send, pairs: PairMachines, ways: tuple[Way, ...]) -> None:
        super().__init__(index, spec.id)
        self.spec = spec
        self.pairs = pairs
        self.ways = ways
        self.is_open = ways[0].is_open
        self.otherwise: NodeMachine | None = None

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        self.visit(inst)
        k.ask(p, inst)
        inst.node = self
        return REST

    def decide(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        """Try the channels of the list in their order (S7.1)."""
        mail = p.mail
        if self.is_open and (mail is None or mail.lets_through):
            return self._send(k, p, inst, at, self.ways[0])
        hold = mail.release(inst) if mail is not None else None
        first = at if hold is None else hold[0]
        for way in self.ways:
            verdict = way.judge(k.machine.gates, p, at, first)
            if verdict is None:
                return self._send(k, p, inst, at, way)
            if not isinstance(verdict, Blocked):
                mail_of(p).hold(inst, (first, way.channel))
                k.held(p, inst, self, way.channel, at, verdict)
                return self.rest(k, p, inst, verdict)
            k.blocked(p, inst, self, way.channel, at, verdict)
        if self.spec.bind is not None:
            inst.names[self.spec.bind] = None
        if not self.spec.has_otherwise:
            return self.next
        k.goes(p, inst, at, self.id, "else")
        return self.otherwise

    def _send(self, k: Kernel, p: Profile, inst: Instance, at: int, way: Way) -> NodeMachine | _Rest | None:
        channel = way.channel
        k.sent(p, inst, self, channel, at)
        if way.caps or k.expects_receipts():
            sent_mail = SentMail(at, inst, self, channel)
            sent_mail.caps = way.caps
            sent_mail.address = (way.address(p, at) or "") if way.address is not None else ""
            if not mail_of(p).remember(sent_mail, k.machine.gates.keep_ms):
                k.count("history_full")
        if self.spec.bind is not None:
            sent = Sent(channel=channel, key=k.key_of(p, inst, self.id, (inst.visits or {}).get(self.index, 1)))
            inst.names[self.spec.bind] = Event(at, 0, 0, "sent", sent.key, at, (), sent)
        return self.next

    def timeout(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        """The message is released, or a pause is over: all gates are passed again."""
        inst.case = UNANSWERED
        inst.due = INFINITY
        k.ask(p, inst)
        return REST


UNANSWERED, ANSWERED, FAILED, MISFIT = -1, 0, 1, 2  # what became of a call: `case` of the instance that rests there


class CallMachine(NodeMachine):
    """A simulation calls nobody: it goes on with no answer (S6.5). A kernel that calls is asked like for a send, and the instance
    rests until the answer or the deadline."""

    def __init__(self, index: int, spec: CallWebhook, pairs: PairMachines) -> None:
        super().__init__(index, spec.id)
        self.spec = spec
        self.pairs = pairs
        self.otherwise: NodeMachine | None = None

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        if k.calls or inst.journey.name in k.paused:
            self.visit(inst)
            k.ask(p, inst)
            inst.node, inst.case = self, UNANSWERED
            return REST
        return self._skip(k, p, inst, at)

    def _skip(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        k.called(p, inst, at, self.id, self.spec.webhook)
        if self.spec.bind is not None:
            inst.names[self.spec.bind] = None
        return self.next

    def decide(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        """Call, and rest until the answer."""
        if not k.calls:
            return self._skip(k, p, inst, at)
        if self.spec.bind is not None:
            inst.names[self.spec.bind] = None
        return self.rest(k, p, inst, k.call(p, inst, self, at))

    def timeout(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        """The answer is there, or nobody waits for it any more."""
        if inst.case == STOPPED:
            inst.case = UNANSWERED
            k.ask(p, inst)
            return REST
        k.answered(p, inst, self, at)
        if inst.case == ANSWERED:
            return self.next
        if not self.spec.has_otherwise:
            k.leave(p, inst, at, "error", self.id)
            return REST
        k.goes(p, inst, at, self.id, "else")
        return self.otherwise


class SetMachine(NodeMachine):
    """All values are computed first, then written; what hangs on them is looked at at once."""

    def __init__(self, index: int, spec: SetAttributes, pairs: PairMachines) -> None:
        super().__init__(index, spec.id)
        self.pairs = pairs

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        if k.is_runaway(p, at):
            k.leave(p, inst, at, "runaway", self.id)
            return REST
        values = self.pairs.values(p, inst, at)
        k.write(p, at, self.pairs.names, values)
        if k.tracing:
            shown = {n: plain(v, t) for n, v, t in zip(self.pairs.names, values, self.pairs.types, strict=True)}
            k.report(p, at, what="set", **k.place(p, inst, self.id), attributes=shown)
        k.look(p, at, k.items_reading(self.pairs.names))
        return self.next


class EmitMachine(NodeMachine):
    """An event about the same profile, worked after the one that caused it (S6.2)."""

    def __init__(self, index: int, spec: Emit, pairs: PairMachines, record: type[msgspec.Struct]) -> None:
        super().__init__(index, spec.id)
        self.spec, self.pairs, self.record = spec, pairs, record

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        values = self.pairs.values(p, inst, at)
        props = {attr_name(name): value for name, value in zip(self.pairs.names, values, strict=True)}
        if k.tracing:
            k.report(p, at, what="emitted", **k.place(p, inst, self.id), event=self.spec.event)
        _, source, place = k.next_stamp(p, at)
        name = k.key_of(p, inst, self.id, self.visit(inst))
        event = Event(at, source, place, self.spec.event, name, at, (), self.record(**props))
        return k.cause(p, inst, at, self, ("event", event))


class StartMachine(NodeMachine):
    """Offers the profile to another journey's entry, then goes on."""

    def __init__(self, index: int, spec: StartJourney, pairs: PairMachines, record: Any) -> None:
        super().__init__(index, spec.id)
        self.spec, self.pairs, self.record = spec, pairs, record

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        values = self.pairs.values(p, inst, at)
        props = {attr_name(name): value for name, value in zip(self.pairs.names, values, strict=True)}
        if k.tracing:
            k.report(p, at, what="started", **k.place(p, inst, self.id), other=self.spec.journey)
        event = Event(at, 0, 0, "start", "start", at, (), self.record(**props))
        return k.cause(p, inst, at, self, ("start", self.spec.journey, event))


class ExitMachine(NodeMachine):
    def __init__(self, index: int, spec: Exit) -> None:
        super().__init__(index, spec.id)
        self.reason = spec.reason

    def enter(self, k: Kernel, p: Profile, inst: Instance, at: int) -> NodeMachine | _Rest | None:
        k.leave(p, inst, at, self.reason, self.id)
        return REST
