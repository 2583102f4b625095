"""The log of a running environment (S11.5): all that the world decided, in the order in which it was taken.

Whatever is not in it did not happen: a replay of the entries, one after the other, gives the trace of the live run byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from rtj.ir.crossing import Crossing

Struct = msgspec.Struct


class Opened(Struct, frozen=True, gc=False, tag_field="is", tag="opened"):
    """A stream of events begins: a file, a pipe, what one door takes in, one partition of a topic. From now on it holds the clock
    back (S1.3). `name` is that of the source, with the partition behind it (`orders[3]`); `format`: what it is pinned to, None:
    it is found out from its first lines."""

    stream: int
    name: str
    format: str | None = None


class Erasure(Struct, frozen=True, gc=False, array_like=True):
    """What an erasure has left behind, none of which can be read (S10.1). `asked`: the hash by which its event is known again;
    `nobody`: what the record calls who was erased, "" where nobody was; `seen`: (hash of an identifier, how many profiles were
    born with it); `suppressed`: (channel, hash of an address) and `withdrawn`: (source of consent, place in the order of work)
    bind whoever brings one of these identifiers again."""

    asked: str
    nobody: str = ""
    seen: tuple[tuple[str, int], ...] = ()
    suppressed: tuple[tuple[str, str], ...] = ()
    withdrawn: tuple[tuple[str, tuple[int, int, int]], ...] = ()


class Hole(Struct, frozen=True, gc=False, array_like=True):
    """What stands in the place of an event whose person was erased: what the clock, copies and counts need to know of it. `place`
    is its place among the events of its entry, from 0; `pos` that in the order of work; `id` and `best`: keyed hashes of its id
    and its best identifier; `erasure`: it was the event that erased."""

    place: int
    type: str
    ts: int
    pos: int
    id: bytes
    best: bytes
    erasure: Erasure | None = None


class Lines(Struct, frozen=True, gc=False, tag_field="is", tag="lines", omit_defaults=True):
    """Whole lines of a stream, one event a line, as they came. `received_ms`: when events without `received_at` were received
    (S1.10). Lines of who was erased since are blank: `holes` are what is left of their events; `lost`: of lines that were none,
    the place among the lines, from 0, and the reason; `form`: the format that the stream was found to have by its first lines."""

    stream: int
    received_ms: int
    text: bytes
    holes: tuple[Hole, ...] = ()
    lost: tuple[tuple[int, str], ...] = ()
    form: str | None = None


class Refused(Struct, frozen=True, gc=False, tag_field="is", tag="refused"):
    """A line of a stream that its source could not take for one, such as one that is too long: a dead letter (S1.9). `start`: its
    first bytes."""

    stream: int
    reason: str
    detail: str
    start: bytes


class Tick(Struct, frozen=True, gc=False, tag_field="is", tag="tick"):
    """A stream is idle: nothing older than `at` is expected of it any more. What comes nevertheless is late (S1.7)."""

    stream: int
    at: int


class Closed(Struct, frozen=True, gc=False, tag_field="is", tag="closed"):
    """A stream has ended, or somebody else reads it now: it holds the clock back no more. It may be opened again."""

    stream: int


class Deployed(Struct, frozen=True, gc=False, tag_field="is", tag="deployed"):
    """A program takes over, at the instant of the clock: everybody goes over by `crossing` (S12.3). `program`: the fingerprint of
    what runs from now on; `serial`: that of the deployment. `filled`: attributes and audiences, new in this version, that are
    filled from the retained log (S12.4), which began with the entry `since` then."""

    serial: int
    program: str
    crossing: Crossing
    filled: tuple[str, ...] = ()
    since: int = 0


class Paused(Struct, frozen=True, gc=False, tag_field="is", tag="paused"):
    """A journey admits nobody, and people stop before their next `send` or `call` (S6.6)."""

    serial: int
    journey: str


class Resumed(Struct, frozen=True, gc=False, tag_field="is", tag="resumed"):
    """A journey goes on: those who stopped go on, spread over `over_ms` by a hash, or leave."""

    serial: int
    journey: str
    then: Literal["go", "leave"] = "go"
    over_ms: int = 0


class Answered(Struct, frozen=True, gc=False, tag_field="is", tag="answered"):
    """What a webhook answered to a `call` (S6.5). `key` is that of the call, as of a message; `profile` an origin; `ok`: false
    after all retries failed; `body`: the JSON of the answer; `names`: the identifiers that the person had when it was made."""

    key: str
    profile: str
    ok: bool
    body: bytes = b"null"
    names: tuple[str, ...] = ()


Entry: TypeAlias = Opened | Lines | Refused | Tick | Closed | Deployed | Paused | Resumed | Answered
"""One entry of the log."""

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Entry)
_several = msgspec.msgpack.Decoder(list[Entry])


def encode_entry(entry: Entry) -> bytes:
    """An entry as bytes."""
    return _encode(entry)


def decode_entry(data: bytes) -> Entry:
    """What `encode_entry` wrote. Raises msgspec.MsgspecError when it is none."""
    found: Any = _decoder.decode(data)
    return found  # type: ignore[no-any-return]


def encode_entries(entries: Sequence[Entry]) -> bytes:
    """Entries that are taken one after the other, such as those of a deployment, as bytes."""
    return _encode(list(entries))


def decode_entries(data: bytes) -> tuple[Entry, ...]:
    """What `encode_entries` wrote. Raises msgspec.MsgspecError when it is none."""
    found: Any = _several.decode(data)
    return tuple(found)
