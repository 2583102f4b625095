"""A kernel that also collects what must go out, and whose calls are calls: whoever comes to one rests until its answer (S6.5).

What it records is what every kernel records, but for calls. A call is asked for like a message, in phase 3 of an instant (S1.4),
so that an exit of that instant stops both. Its answer is an input of its own; it goes on as a timer of the instant at which the
answer is taken, behind all events of that instant.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from rtj.engine.actions import ANSWERED, FAILED, MISFIT, UNANSWERED, CallMachine
from rtj.engine.calendar import INFINITY, iso, to_day
from rtj.engine.containing import Mishap
from rtj.engine.machine import Machine
from rtj.engine.noting import Noted, NotingKernel
from rtj.engine.record import Level, Recorder
from rtj.engine.state import Instance, Profile
from rtj.ir.entries import Answered
from rtj.ir.outgoing import Outgoing, OutgoingCall, OutgoingMessage, answer_ms
from rtj.ir.records import Day, Event, Instant

if TYPE_CHECKING:
    from rtj.engine.actions import SendMachine
    from rtj.engine.erasing import Departed


class OutgoingKernel(NotingKernel):
    """`outgoing`: what must go out, in the order in which it was decided; whoever drives the kernel takes it away."""

    calls = True

    def __init__(self, machine: Machine, recorder: Recorder, level: Level) -> None:
        super().__init__(machine, recorder, level)
        self.outgoing: list[Outgoing] = []
        self.mishaps: list[Mishap] = []
        self.forgotten: list[Departed] = []  # who was erased; whoever drives the kernel takes them away
        self._spaces = [space.name for space in machine.program.ranked]
        self._webhooks = {webhook.name: webhook for webhook in machine.program.webhooks}
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {}

    def sent(self, p: Profile, inst: Instance, node: SendMachine, channel: str, at: int) -> None:
        """And it must go out."""
        super().sent(p, inst, node, channel, at)
        if self.messages:  # it was just recorded: what costs something is not computed twice
            told = self.recorder.records[-1][3]
            key, values = told["key"], told["vars"]
        else:
            key = self.key_of(p, inst, node.id, (inst.visits or {}).get(node.index, 1))
            values = node.pairs.printed(p, inst, at)
        way = next(way for way in node.ways if way.channel == channel)
        to = (way.address(p, at) or "") if way.address is not None else ""
        names = self._names(p)
        best = names[0] if names else ""
        where = inst.journey.name, node.id, channel, node.spec.message
        message = OutgoingMessage(str(key), at, p.origin, best, to, *where, values, inst.journey.spec.priority)  # type: ignore[arg-type]
        self.outgoing.append(message)
        if self.noted is not None:
            self.noted.append(Noted("sent", inst.journey.spec.name, at))

    def departed(self, gone: Departed) -> None:
        """What was to go out to them must not, and what is kept of them elsewhere is to be swept."""
        self.forgotten.append(gone)

    def call(self, p: Profile, inst: Instance, node: CallMachine, at: int) -> int:
        """Have a webhook called. Returns until when its answer is waited for."""
        webhook = node.spec.webhook
        until = at + answer_ms(self._webhooks[webhook])
        key = self.key_of(p, inst, node.id, (inst.visits or {}).get(node.index, 1))
        args = node.pairs.printed(p, inst, at)
        journey = inst.journey
        where = journey.name, node.id, webhook
        self.outgoing.append(OutgoingCall(key, at, p.origin, self._names(p), *where, args, journey.spec.priority, until))
        self.count("called", webhook)
        if self.tracing:
            self.report(p, at, what="called", **self.place(p, inst, node.id), webhook=webhook, key=key, until=iso(until))
        return until

    def answered(self, p: Profile, inst: Instance, node: CallMachine, at: int) -> None:
        """Somebody goes on from a call: with its answer, or without one."""
        webhook, why = node.spec.webhook, _WHY[inst.case]
        if why is None:
            self.count("answered", webhook)
            if self.tracing:
                self.report(p, at, what="answered", **self.place(p, inst, node.id), webhook=webhook)
            return
        self.count("unanswered", webhook, why)
        if self.tracing:
            self.report(p, at, what="unanswered", **self.place(p, inst, node.id), webhook=webhook, reason=why)

    # ---- answers

    def waits_for(self, p: Profile, key: str) -> Instance | None:
        """The instance of a profile that rests at the call with this key."""
        for inst in p.instances.values():
            node = inst.node
            if not isinstance(node, CallMachine) or inst.due == INFINITY:
                continue
            visit = (inst.visits or {}).get(node.index, 1)
            ids = (node.id, *(move.old for move in inst.journey.spec.moved if move.new == node.id))
            if any(self.key_of(p, inst, name, visit) == key for name in ids):
                return inst
        return None

    def take_answer(self, p: Profile, inst: Instance, answered: Answered, at: int) -> bool:
        """Note what was answered to an instance that rests at a call: it goes on at this instant. False when it was noted before:
        the first answer counts."""
        node = inst.node
        assert isinstance(node, CallMachine)
        if inst.case != UNANSWERED:
            return False
        record = self._read(node.spec.webhook, answered.body) if answered.ok else None
        inst.case = FAILED if not answered.ok else MISFIT if record is None else ANSWERED
        if record is not None and node.spec.bind is not None:
            inst.names[node.spec.bind] = Event(at, 0, 0, f"answer {node.spec.webhook}", answered.key, at, (), record)
        inst.due = at
        if at < p.due:
            p.due = at
        return True

    def _read(self, webhook: str, body: bytes) -> Any:
        """The answer as a record; None when it is not what the webhook `returns`."""
        record = self.machine.answer_record(webhook)
        if not record.__struct_fields__:  # nothing of it is used, so that it may be any text
            return record()
        decoder = self._decoders.get(webhook)
        if decoder is None:
            decoder = self._decoders[webhook] = msgspec.json.Decoder(record, dec_hook=_field)
        try:
            return decoder.decode(b"{}" if body.strip() in (b"", b"null") else body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    def _names(self, p: Profile) -> tuple[str, ...]:
        spaces = self._spaces
        return tuple(f"{spaces[space]}:{value}" for space, value in sorted(p.identifiers))


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)
EARLIEST_MS = -62_135_596_800_000  # 0001-01-01T00:00:00Z
LATEST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
_WHY = {ANSWERED: None, FAILED: "failed", MISFIT: "misfit", UNANSWERED: "late"}


def _field(kind: type, value: Any) -> Any:
    """msgspec's `dec_hook`: instants with their zone and dates are texts in JSON."""
    if kind is Instant and type(value) is int and EARLIEST_MS <= value <= LATEST_MS:
        return Instant(value)
    if kind is Instant and isinstance(value, str):
        read = datetime.fromisoformat(value)
        if read.tzinfo is None:
            raise ValueError("an instant without a zone")
        return Instant((read - EPOCH) // MS)
    if kind is Day and isinstance(value, str):
        return Day(to_day(date.fromisoformat(value)))
    raise ValueError(f"expected {kind.__name__}")
