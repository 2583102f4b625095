"""Everything about one person in one look: what service staff see when somebody calls, as `rtj profile` and
`GET /v1/profiles/{id}` show it. The shape is stable; keys are only added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from rtj.ir.masking import Masker
from rtj.ir.records import Instant
from rtj.ir.standing import Reach, StandingInstance

Struct = msgspec.Struct

FORMAT = 1
ZONE = "timezone"  # the attribute whose value a zone is


class Known(Struct, frozen=True, gc=False, omit_defaults=True):
    """An attribute: its value, and since when; None: it is the default, which nobody has said."""

    value: Any
    since: Instant | None = None


class Membership(Struct, frozen=True, gc=False, omit_defaults=True):
    """An audience that the person is in; `since` where it is known."""

    name: str
    since: Instant | None = None


class Says(Struct, frozen=True, gc=False, omit_defaults=True):
    """What a source of consent says: `any`, `channel:email`, `subscription:news`. `withdrawn`: by a receipt, and nothing newer
    says yes."""

    source: str
    says: bool | None
    since: Instant | None = None
    withdrawn: bool = False


class Message(Struct, frozen=True, gc=False, omit_defaults=True):
    """A message of the outbox, or a call of a webhook. `state`: waiting, done, failed, withdrawn."""

    at: Instant
    channel: str
    journey: str
    node: str
    template: str
    key: str
    state: str
    tries: int = 0
    error: str = ""
    call: bool = False


class Refusal(Struct, frozen=True, gc=False, omit_defaults=True):
    """Something that did not happen, and why: an entry that was refused, a message that was blocked."""

    at: Instant
    journey: str
    reason: str
    channel: str = ""


class Portrait(Struct, frozen=True, kw_only=True):
    """One person as of `at`, before which everything was worked. `profile`: the origin, which never changes; `reach`: what would
    stop a message now, by channel and purpose; `inside`: where they stand; `messages` and `refused`: the newest first, as far as
    they are known."""

    format: int = FORMAT
    profile: str
    at: Instant
    identifiers: tuple[str, ...]
    zone: str
    attributes: Mapping[str, Known]
    computed: Mapping[str, Any]
    audiences: tuple[Membership, ...]
    consent: tuple[Says, ...]
    suppressed: tuple[str, ...]
    reach: Mapping[str, Reach]
    inside: tuple[StandingInstance, ...]
    messages: tuple[Message, ...] = ()
    refused: tuple[Refusal, ...] = ()


def masked(portrait: Portrait, masker: Masker) -> Portrait:
    """The same without what the project labels `pii`."""
    if not masker.active:
        return portrait
    named = masker.identifier
    return msgspec.structs.replace(
        portrait,
        profile=named(portrait.profile),
        identifiers=tuple(sorted(map(named, portrait.identifiers))),
        zone=masker.value(ZONE, portrait.zone),
        attributes={name: Known(masker.value(name, one.value), one.since) for name, one in portrait.attributes.items()},
        computed={name: masker.value(name, value) for name, value in portrait.computed.items()},
        inside=tuple(
            msgspec.structs.replace(
                one, profile=named(one.profile), key=None if one.key is None else masker.key(one.journey, one.key)
            )
            for one in portrait.inside
        ),
        messages=tuple(msgspec.structs.replace(one, error=masker.detail(one.error)) for one in portrait.messages),
    )
