"""What must go out, as rows of the outbox."""

from __future__ import annotations

from typing import Any

import msgspec

from rtj.connect.instants import instant_text, json_text
from rtj.ir.outgoing import Outgoing, OutgoingCall, OutgoingMessage
from rtj.store.port import OutboxRow

_encode = msgspec.json.Encoder(enc_hook=json_text).encode


class CallBody(msgspec.Struct, frozen=True):
    """The body of a call in the outbox: what is posted, and by which names its answer finds the person. What is posted names
    nobody but by what the author wrote: policies hold for that (S3.5)."""

    post: msgspec.Raw
    names: tuple[str, ...]


_call = msgspec.json.Decoder(CallBody)


def outbox_row(number: int, outgoing: Outgoing) -> OutboxRow:
    """A row of the outbox. The body of a message is its line as `rtj simulate` prints it, with the address and the person."""
    one = outgoing
    match one:
        case OutgoingMessage():
            line: dict[str, Any] = {"ts": instant_text(one.at), "key": one.key, "profile": one.profile, "journey": one.journey}
            line |= {"node": one.node, "channel": one.channel, "template": one.template, "status": "sent", "vars": one.vars}
            line |= {"to": one.to, "identifier": one.identifier}
            return OutboxRow(number, one.key, "message", one.profile, one.channel, one.priority, one.at, _encode(line))
        case OutgoingCall():
            post = {"key": one.key, "ts": instant_text(one.at), "journey": one.journey, "node": one.node, "args": one.args}
            body = _encode(CallBody(msgspec.Raw(_encode(post)), one.names))
            return OutboxRow(number, one.key, "call", one.profile, one.webhook, one.priority, one.at, body)


def call_body(body: bytes) -> CallBody:
    """The body of a call. Raises msgspec.MsgspecError when it is none."""
    return _call.decode(body)
