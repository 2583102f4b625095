"""What happened, with its reason: records, counts, minted ids (S5.7, S7.5)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import msgspec

from rtj.engine.calendar import iso
from rtj.engine.record import Level, Recorder
from rtj.engine.state import Instance, Profile
from rtj.ir.addresses import hash_key
from rtj.ir.records import Event

if TYPE_CHECKING:
    from rtj.engine.actions import SendMachine
    from rtj.engine.gates import Blocked
    from rtj.engine.mail import SentMail


def canonical_text(value: object) -> bytes:
    """The text that ids are hashes of: canonical JSON."""
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, TypeError):  # half of a surrogate pair, as broken sources send it; instants from a field
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def instance_id(journey: str, origin: str, key: str | None, entered: int, trigger: str) -> str:
    """The same whenever the same person enters the same journey by the same trigger; no version in it (S7.5)."""
    return hashlib.blake2b(canonical_text([journey, origin, key, entered, trigger]), digest_size=8).hexdigest()


def message_key(secret: str, instance: str, node: str, visit: int) -> str:
    """A sink that sees a key twice sends once."""
    return hashlib.blake2b(canonical_text([instance, node, visit]), digest_size=12, key=hash_key(secret)).hexdigest()


class Reporter:
    """Writes records of the wanted level."""

    def __init__(self, recorder: Recorder, level: Level, secret: str) -> None:
        self.recorder = recorder
        self.counts = recorder.counts
        self.tracing = level >= Level.TRACE
        self.messages = level >= Level.MESSAGES
        self.secret = secret

    def count(self, *key: str) -> None:
        """Count one more of `key`."""
        self.counts[key] += 1

    def report(self, p: Profile, at: int, **payload: Any) -> None:
        """One record: at this instant, about this profile, the next number."""
        if p.n_at != at:
            p.n_at = at
            p.n = 0
        p.n += 1
        self.recorder.records.append((at, p.origin, p.n, payload))

    def id_of(self, p: Profile, inst: Instance) -> str:
        """The instance's id. It was minted with the origin of the profile that entered, which a merge may have ended."""
        if inst.id is None:
            inst.id = instance_id(inst.journey.name, inst.origin, inst.key, inst.entered, inst.trigger)
        return inst.id

    def place(self, p: Profile, inst: Instance, node: str) -> dict[str, Any]:
        """Journey, instance and node of a record."""
        return {"journey": inst.journey.name, "instance": self.id_of(p, inst), "node": node}

    def entered(self, p: Profile, inst: Instance, at: int, cause: str) -> None:
        """Somebody has entered a journey."""
        self.counts[inst.journey.count_entered] += 1
        if self.tracing:
            keyed = {} if inst.key is None else {"key": inst.key}
            self.report(p, at, what="entered", journey=inst.journey.name, **keyed, instance=self.id_of(p, inst), cause=cause)

    def left(self, p: Profile, inst: Instance, at: int, reason: str, node: str | None) -> None:
        """A passage has ended; `node` is where it stood."""
        self.count("left", inst.journey.name, reason)
        if self.tracing:
            keyed = {} if inst.key is None else {"key": inst.key}
            stood = {} if node is None else {"node": node}
            name = inst.journey.name
            self.report(p, at, what="left", journey=name, **keyed, instance=self.id_of(p, inst), reason=reason, **stood)

    def opted_out(self, p: Profile, sent: SentMail | None, at: int) -> None:
        """Somebody wants no more of it: of the message `sent`, None: of none in particular."""

    def reached(self, p: Profile, inst: Instance, at: int, cause: str) -> None:
        """A goal was reached."""
        self.count("goal", inst.journey.name)
        if self.tracing:
            self.report(p, at, what="goal", journey=inst.journey.name, instance=self.id_of(p, inst), cause=cause)

    def called(self, p: Profile, inst: Instance, at: int, node: str, webhook: str) -> None:
        """A webhook would be called; in a simulation nobody answers."""
        self.count("called_without_answer", webhook)
        if self.tracing:
            self.report(p, at, what="called", **self.place(p, inst, node), webhook=webhook)

    def goes(self, p: Profile, inst: Instance, at: int, node: str, to: str) -> None:
        """A choice was made."""
        if self.tracing:
            self.report(p, at, what="goes", **self.place(p, inst, node), to=to)

    def key_of(self, p: Profile, inst: Instance, node: str, visit: int) -> str:
        return message_key(self.secret, self.id_of(p, inst), node, visit)

    def sent(self, p: Profile, inst: Instance, node: SendMachine, channel: str, at: int) -> None:
        """A message was sent."""
        self.count("sent", inst.journey.name, channel)
        if self.messages:
            visit = (inst.visits or {}).get(node.index, 1)
            self.report(
                p,
                at,
                what="sent",
                **self.place(p, inst, node.id),
                channel=channel,
                template=node.spec.message,
                key=self.key_of(p, inst, node.id, visit),
                vars=node.pairs.printed(p, inst, at),
            )

    def blocked(self, p: Profile, inst: Instance, node: SendMachine, channel: str, at: int, by: Blocked) -> None:
        """A gate is shut (S7.1)."""
        self.count("blocked", inst.journey.name, channel, by.gate)
        if self.tracing:
            where = self.place(p, inst, node.id)
            told = {"channel": channel, "template": node.spec.message, "gate": by.gate, "rule": by.rule}
            self.report(p, at, what="blocked", **where, **told)

    def held(self, p: Profile, inst: Instance, node: SendMachine, channel: str, at: int, until: int) -> None:
        """A message waits for the end of quiet hours (S7.4)."""
        self.count("held", inst.journey.name, channel)
        if self.tracing:
            self.report(p, at, what="held", **self.place(p, inst, node.id), channel=channel, until=iso(until))

    def withdraw(self, p: Profile, inst: Instance, at: int) -> None:
        """An instance that ends withdraws the message that it holds."""
        hold = p.mail.release(inst) if p.mail is not None else None
        if hold is not None and self.tracing and inst.node is not None:
            self.report(p, at, what="withdrawn", **self.place(p, inst, inst.node.id), channel=hold[1])

    def is_receipt(self, p: Profile, inst: Instance, node_id: str, event: Event) -> bool:
        """Does the event answer a message of that node of this very instance (S7.7)? Under an earlier id of the node too: its
        messages have keys with that one (S12.5)."""
        message = getattr(event.props, "message", None)
        if message is None:
            return False
        for node in inst.journey.nodes:
            if node.id == node_id:
                visits = (inst.visits or {}).get(node.index, 1)
                ids = (node_id, *(move.old for move in inst.journey.spec.moved if move.new == node_id))
                return any(self.key_of(p, inst, name, visit) == message for visit in range(visits, 0, -1) for name in ids)
        return False

    def refuse(self, p: Profile, at: int, journey: str, key: str | None, reason: str, **more: str) -> None:
        """A trigger fired, but nobody enters (S5.7)."""
        self.count("refused", journey, reason)
        if self.tracing:
            keyed = {} if key is None else {"key": key}
            self.report(p, at, what="refused", journey=journey, **keyed, reason=reason, **more)

    def report_folds(self, p: Profile, at: int, folds: list[str]) -> None:
        """Windows that were full have folded their oldest hour (S3.3)."""
        for name in folds:
            self.count("folded", name)
            if self.tracing:
                self.report(p, at, what="folded", attribute=name)
        folds.clear()

    def late(self, p: Profile, event: Event) -> None:
        self.count("late")
        if self.tracing:
            self.report(p, event.at, what="late", event=event.id, ts=iso(event.ts))
