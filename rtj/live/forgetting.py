"""Orders to erase somebody (S10.1): left in the store by whoever asks, and taken by the run as an event of a stream of its own,
behind all that was read so far. Where nobody runs, whoever asks takes them, and sweeps.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import msgspec

from rtj.base.errors import UsageError
from rtj.connect.instants import instant_text
from rtj.connect.intake import NEVER
from rtj.engine.erasing import ERASE, nobody
from rtj.ir.entries import Closed, Lines, Tick
from rtj.ir.program import Program
from rtj.live.session import Session
from rtj.store.port import Store

ASKED = "asked/"  # begins the names of orders
STREAM = "rtj privacy"  # with a blank, which no name of a source has
RESERVED = frozenset({"id", "type", "ts", "properties", "channel", "received_at"})


class Asked(msgspec.Struct, frozen=True):
    """Somebody is to be erased who has this identifier. `id` is that of the event."""

    id: str
    space: str
    value: str


_encode = msgspec.msgpack.Encoder().encode
_asked = msgspec.msgpack.Decoder(Asked)


def ask(store: Store, program: Program, named: tuple[str, str, str], who: str, now_ms: int) -> str:
    """Order that somebody be erased: (origin, namespace, value). Returns what the audit log calls them. Raises UsageError for an
    identifier that no event can carry."""
    origin, space, value = named
    if space in RESERVED:
        raise UsageError(f"{space}: events of rtj cannot carry an identifier of this name; erase by another one of the person")
    called = nobody(program.secret, origin)
    asked = Asked(f"erase-{called[1:]}-{now_ms}-{secrets.token_hex(4)}", space, value)
    note = (who, "erase", msgspec.json.encode({"person": called}), now_ms)
    store.ask(f"{ASKED}{asked.id}", _encode(asked), note)
    return called


def waiting(store: Store) -> int:
    """How many orders nobody has taken yet."""
    return sum(1 for _ in store.leftovers(ASKED))


def take_asked(session: Session) -> int:
    """Take all orders, to be committed together with what they do. Returns how many they were."""
    orders = list(_orders(session.store))
    if orders and session.follower is not None:
        number = session.open_stream(STREAM, "rtj")
        at = max(_behind(session), 0)
        events = [{"id": one.id, "type": ERASE, "ts": instant_text(at), one.space: one.value} for _, one in orders]
        text = b"".join(msgspec.json.encode(event) + b"\n" for event in events)
        session.take(Lines(number, max(session.options.now_ms(), at), text))
        session.take(Tick(number, at + 1))
        session.take(Closed(number))
        session.note({name: None for name, _ in orders})
    return len(orders)


def _orders(store: Store) -> Iterator[tuple[str, Asked]]:
    for name, row in store.leftovers(ASKED):
        yield name, _asked.decode(row)


def _behind(session: Session) -> int:
    """The first instant behind everything that was read."""
    follower = session.follower
    assert follower is not None
    streams = (*(one.state() for one in follower.streams.values()), *follower.ended.values())
    newest = max((one.newest for one in streams), default=-NEVER)
    return max(newest + 1, follower.clock) if newest > -NEVER else max(follower.clock, session.options.now_ms())
