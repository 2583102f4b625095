"""Answers to questions about people: a portrait with the messages that the store keeps, as JSON."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rtj.connect.instants import instant_text
from rtj.deliver.rows import call_body
from rtj.engine.portrait import Painter, find
from rtj.ir.masking import Masker
from rtj.ir.portraits import Message, Portrait, masked
from rtj.ir.records import Day, Instant
from rtj.live.session import Session
from rtj.live.vitals import Answer, Question
from rtj.store.port import OutboxRow, Outcome, StateStore

MESSAGES_MAX = 50  # the newest that a portrait shows


class _Line(msgspec.Struct, frozen=True, gc=False):
    """What is shown of the body of a message, and of that of a call."""

    journey: str
    node: str
    template: str = ""


_line = msgspec.json.Decoder(_Line)


def _plain(value: object) -> str:
    if isinstance(value, Instant):
        return instant_text(value)
    if isinstance(value, Day):
        return instant_text(value * 86_400_000)[:10]
    raise NotImplementedError(type(value))


encode = msgspec.json.Encoder(enc_hook=_plain).encode


def portray(session: Session, question: Question) -> Answer:
    """Everything about one person of a run, between two batches."""
    follower = session.follower
    if follower is None:
        return None
    machine = follower.world.machine
    p = find(follower.world.identities.owners, machine.program, question.id)
    if p is None:
        return None
    found = Painter(machine, max(0, follower.clock - 1)).portrait(p)
    found = with_messages(found, session.store)
    return encode(masked(found, Masker(machine.program, show=question.whole)))


def with_messages(portrait: Portrait, store: StateStore) -> Portrait:
    """The portrait with the newest messages of the person."""
    return msgspec.structs.replace(portrait, messages=tuple(messages(store.sent_to(portrait.profile, MESSAGES_MAX))))


def messages(rows: Iterable[tuple[OutboxRow, Outcome]]) -> Iterable[Message]:
    """What the outbox holds of a person. Addresses and variables stay inside."""
    for row, outcome in rows:
        call = row.kind == "call"
        line = _line.decode(call_body(row.body).post if call else row.body)
        yield Message(
            at=Instant(row.at),
            channel=row.channel,
            journey=line.journey,
            node=line.node,
            template=line.template,
            key=row.key,
            state=outcome.state,
            tries=outcome.tries,
            error=outcome.error,
            call=call,
        )
