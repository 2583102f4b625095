"""A person is erased at a place in the order of work (S10.1): an event of type `erase` with the person's identifiers.

The profile that owns its best identifier, with all that merged into it, is forgotten: facts, windows, history, identifiers,
patterns, schedules, passages, messages asked for or held. Only a no outlives it, under keyed hashes of the identifiers that were
the person's: suppressed addresses and withdrawn consent bind whoever brings one of them again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rtj.engine.calendar import iso
from rtj.engine.mail import Mail, mail_of
from rtj.engine.state import Profile, Stamp
from rtj.ir.addresses import address_hash, hash_key
from rtj.ir.entries import Erasure
from rtj.ir.masking import HASH_BYTES, SIGN
from rtj.ir.records import ERASE, Event

if TYPE_CHECKING:
    from rtj.engine.kernel import Kernel
    from rtj.engine.machine import Machine

__all__ = ["ERASE", "Departed", "Erased", "forget", "is_over", "nobody"]


@dataclass(frozen=True, slots=True)
class Departed:
    """An event that erases was worked. `left`: what it has left behind; `names`: the identifiers that the person had then,
    or, where it erased nobody, its own; `origins`: under which something of the person may be kept elsewhere."""

    event: Event
    left: Erasure
    names: tuple[tuple[int, str], ...] = ()
    origins: tuple[str, ...] = ()


def nobody(secret: str, origin: str) -> str:
    """What a record calls somebody who was erased: a keyed hash of the origin."""
    plain = origin.encode("utf-8", "surrogatepass")
    return SIGN + hashlib.blake2b(plain, digest_size=HASH_BYTES, key=hash_key(secret)).hexdigest()


def forget(k: Kernel, p: Profile, event: Event) -> None:
    """Let go of all that is known of a profile, which has closed every instant before the event. Its passages leave as `erased`,
    in the order of entry; one record tells that somebody was erased, and does not say who."""
    at = event.at
    for inst in sorted(p.instances.values(), key=lambda inst: inst.order):
        k.leave(p, inst, at, "erased")
    k.erased(p, at)
    members, p.members = p.members, 0
    if k.fanout is not None:
        for item in k.machine.items:
            if item.is_audience and members >> item.slot & 1:
                k.fanout.member(p, item.slot)
    k.count("erased")
    if k.tracing:
        k.recorder.records.append((at, nobody(k.machine.program.secret, p.origin), 1, _told(event)))
    p.partials = p.schedules = p.sends = p.mail = None
    p.identifiers = ()
    p.gone = True


def is_over(k: Kernel, erased: Erased, event: Event) -> bool:
    """Is nobody to be erased by an event, for it was worked before, or only what it left behind is known?"""
    if event.props is not None:
        _again(k, erased, event.props, event)
    elif erased.is_repeated(event):
        k.count("erase_repeated")
        k.departed(Departed(event, erased.asks(event)))
    else:
        return False
    return True


def _again(k: Kernel, erased: Erased, left: Erasure, event: Event) -> None:
    """An erasure is followed again: nobody has anything any more that was swept."""
    known = left.asked in erased.asked
    erased.take_back(left)
    if known and event.ts < event.at - k.machine.program.dedupe_ms:
        k.count("erase_repeated")
    elif not left.nobody:
        k.count("erase_unknown")
    else:
        k.count("erased")
        if k.tracing:
            k.recorder.records.append((event.at, left.nobody, 1, _told(event)))


def _told(event: Event) -> dict[str, object]:
    """The payload of the record that somebody was erased."""
    return {"what": "erased", **({"ts": iso(event.ts)} if event.ts < event.at else {})}  # it came late: when it was asked for


class Erased:
    """What remains of those who were erased in one world, by the keyed hashes of their identifiers: `kept`, what they refused;
    `seen`, how many profiles were born with one, so that the next one is another; `asked`, by hashes too, the events that were
    worked. Nothing in it can be read."""

    def __init__(self, machine: Machine) -> None:
        self._secret = machine.program.secret
        self._machine = machine
        self.kept: dict[str, Mail] = {}
        self.seen: dict[str, int] = {}
        self.asked: set[str] = set()
        self._just_kept: Mail | None = None  # of who was erased last
        self._horizon = machine.program.dedupe_ms

    def follow(self, machine: Machine) -> None:
        """Another program runs from now on: it says what people refuse, and with which secret they are hashed."""
        self._secret, self._machine, self._horizon = machine.program.secret, machine, machine.program.dedupe_ms

    def is_repeated(self, event: Event) -> bool:
        """Note an event that erases. Is it so old that nothing else can tell it from a copy (S1.8), and was it noted before?
        Whoever came back since the first must not be erased by a second delivery of an old file."""
        key = self.asks(event).asked
        known = key in self.asked
        self.asked.add(key)
        return known and event.ts < event.at - self._horizon

    def asks(self, event: Event) -> Erasure:
        """What is left of an event that erases nobody."""
        return Erasure(address_hash(self._secret, f"{event.ids[0]} {event.id}"))

    def left(self, p: Profile, event: Event, names: Iterable[str]) -> Erasure:
        """What the erasure of a profile, which had these identifiers (`namespace:value`), has left behind."""
        hashes = [address_hash(self._secret, name) for name in names]
        mail = self._just_kept or Mail()
        return Erasure(
            self.asks(event).asked,
            nobody(self._secret, p.origin),
            tuple((one, self.seen[one]) for one in hashes),
            tuple(sorted(mail.suppressed)),
            tuple(sorted(mail.withdrawn.items())),
        )

    def take_back(self, left: Erasure) -> None:
        """Remember what an erasure has left behind."""
        self.asked.add(left.asked)
        mail = Mail()
        mail.suppressed, mail.withdrawn = frozenset(left.suppressed), dict(left.withdrawn)
        for hashed, births in left.seen:
            self.seen[hashed] = max(births, self.seen.get(hashed, 0))
            if left.suppressed or left.withdrawn:
                self.kept[hashed] = mail

    def note(self, name: str, births: int) -> None:
        """An identifier (`namespace:value`) that is let go by an erasure, and how many profiles were born with it."""
        hashed = address_hash(self._secret, name)
        self.seen[hashed] = max(births, self.seen.get(hashed, 0))

    def knew(self, name: str) -> bool:
        """Did somebody have this identifier who was erased?"""
        return address_hash(self._secret, name) in self.seen

    def births(self, name: str) -> int:
        """How many profiles were born with this identifier, 0 if nobody who was erased had it."""
        return self.seen.get(address_hash(self._secret, name), 0) if self.seen else 0

    def born_again(self, name: str) -> int:
        """A profile is born with this identifier: how many now were, 0 if nobody who was erased had it."""
        if not self.seen:
            return 0
        hashed = address_hash(self._secret, name)
        if hashed not in self.seen:
            return 0
        self.seen[hashed] += 1
        return self.seen[hashed]

    def keep(self, p: Profile, event: Event, names: tuple[str, ...]) -> None:
        """Remember what the profile had refused, under each of its identifiers (`namespace:value`)."""
        mail = self._just_kept = self._refusals(p, event)
        if mail is None:
            return
        for name in names:
            self.kept[address_hash(self._secret, name)] = mail

    def _refusals(self, p: Profile, event: Event) -> Mail | None:
        found = Mail()
        if p.mail is not None:
            found.suppressed |= p.mail.suppressed
        place: Stamp = (event.at, event.source, event.pos)
        for name, source in self._machine.gates.sources.items():
            if source.says(p, event.at) is False:
                found.withdrawn[name] = place
        return found if found.suppressed or found.withdrawn else None

    def bind(self, p: Profile, name: str) -> None:
        """A profile has come to own an identifier (`namespace:value`): what its former owner refused is refused again, until a
        grant that is newer than the erasure."""
        kept = self.kept.get(address_hash(self._secret, name))
        if kept is None:
            return
        mail = mail_of(p)
        mail.suppressed |= kept.suppressed
        for source, place in kept.withdrawn.items():
            mail.withdrawn[source] = max(place, mail.withdrawn.get(source, place))
