"""What must go out of a run: messages, and calls of webhooks. Once each, by their key (S7.5)."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from rtj.ir.program import Webhook

Struct = msgspec.Struct

FIRST_PAUSE_MS = 500  # before the second try; each further pause is twice the one before
PAUSE_MAX_MS = 60_000
SLACK_MS = 60_000  # beside its tries: a call waits its turn, its answer comes with the next commit, a run may be started again
ANSWER_MAX_MS = 86_400_000  # nobody rests longer at a call


class OutgoingMessage(Struct, frozen=True, tag_field="is", tag="message"):
    """A message that has passed its gates. `profile`: the origin; `identifier`: the best one the person has now
    (`namespace:value`); `to`: the address where it goes by this channel, as the gates found it, "" by a channel that declares
    none; `vars` as in a trace; `priority`: that of the journey."""

    key: str
    at: int
    profile: str
    identifier: str
    to: str
    journey: str
    node: str
    channel: str
    template: str
    vars: dict[str, Any]
    priority: int


class OutgoingCall(Struct, frozen=True, tag_field="is", tag="call"):
    """A webhook is to be called. `names`: all identifiers that the person has now, best first, by which the answer finds them;
    `until`: the instant after which nobody waits for the answer any more."""

    key: str
    at: int
    profile: str
    names: tuple[str, ...]
    journey: str
    node: str
    webhook: str
    args: dict[str, Any]
    priority: int
    until: int


Outgoing: TypeAlias = OutgoingMessage | OutgoingCall
"""One thing that must go out."""


def pause_ms(tries: int) -> int:
    """The longest pause after so many tries that failed (1 or more)."""
    return min(FIRST_PAUSE_MS << min(tries - 1, 30), PAUSE_MAX_MS)


def answer_ms(webhook: Webhook) -> int:
    """So long somebody rests at a call at most: all tries, the pauses between them, and some slack."""
    tries = min(webhook.retries, ANSWER_MAX_MS // FIRST_PAUSE_MS)
    pauses = sum(pause_ms(number) for number in range(1, min(tries, 30) + 1)) + PAUSE_MAX_MS * max(0, tries - 30)
    return min(webhook.timeout_ms * (tries + 1) + pauses + SLACK_MS, ANSWER_MAX_MS)
