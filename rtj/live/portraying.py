"""Answers to questions about people: a portrait with the messages that the store keeps, as JSON."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rtj.connect.instants import json_text
from rtj.deliver.rows import call_body
from rtj.engine.machine import Machine
from rtj.engine.portrait import Painter, find
from rtj.ir.masking import Masker
from rtj.ir.portraits import Message, Portrait, masked
from rtj.ir.records import Instant
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


encode = msgspec.json.Encoder(enc_hook=json_text).encode


class Portrayer:
    """Answers for one session, whose main thread alone calls it. What a program needs for it is made once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._painter: tuple[Machine, Painter] | None = None
        self._maskers: dict[bool, Masker] = {}

    def answer(self, question: Question) -> Answer:
        """Everything about one person, between two batches; None: nobody is called so."""
        follower = self._session.follower
        if follower is None:
            return None
        machine = follower.world.machine
        p = find(follower.world.identities.owners, machine.program, question.id)
        if p is None:
            return None
        if self._painter is None or self._painter[0] is not machine:
            self._painter = (machine, Painter(machine, 0))
            self._maskers = {whole: Masker(machine.program, show=whole) for whole in (False, True)}
        painter = self._painter[1]
        painter.move(max(0, follower.clock - 1))
        found = with_messages(painter.portrait(p), self._session.store)
        return encode(masked(found, self._maskers[question.whole]))


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
