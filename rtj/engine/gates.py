"""The gates of a message, compiled for each way of each `send`: address, suppression, consent, holdout, quiet hours, caps (S7.1).

What a program does not declare is not there: a way without gates asks nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import TYPE_CHECKING, Literal, TypeAlias

from rtj.engine.calendar import DAY_MS, find_zone
from rtj.engine.caps import CapMachine
from rtj.engine.consent import ANY, Consent, ConsentSource, consent_sources, of_channel, of_subscription
from rtj.engine.functions import chance
from rtj.engine.mail import RECEIPTS
from rtj.engine.quiet import is_quiet, release
from rtj.engine.state import Profile
from rtj.ir.addresses import address_hash
from rtj.ir.journey import Send
from rtj.ir.program import Channel, Message, QuietHours

if TYPE_CHECKING:
    from rtj.engine.machine import Machine

HELD_MAX_MS = 7 * DAY_MS  # from the first try to the last release
WHOLE = 1_000_000

Address: TypeAlias = Callable[[Profile, int], str | None]
Zone: TypeAlias = Callable[[Profile], tzinfo]


class Blocked:
    """A gate is shut: which, and by which rule."""

    __slots__ = ("gate", "rule")

    def __init__(self, gate: str, rule: str) -> None:
        self.gate = gate
        self.rule = rule


Verdict: TypeAlias = Blocked | int | None  # shut, held until that instant, open
Gate: TypeAlias = Callable[[Profile, int, int], Verdict]  # profile, now, instant of the first try
MISSING = Blocked("address", "missing")
BY_LIST = Blocked("suppression", "list")
BY_PROFILE = Blocked("suppression", "profile")
DROPPED = Blocked("quiet_hours", "drop")
TOO_LONG = Blocked("quiet_hours", "7d")


class Way:
    """One channel of a send. `address` is None where nobody needs one; `listed` finds an address among those suppressed;
    `sources` are those whose withdrawal concerns it; `gates` come after these; `asks_consent`: consent is the first of them;
    `caps` has the bits of the caps that count it."""

    __slots__ = ("address", "asks_consent", "caps", "channel", "gates", "listed", "sources")

    def __init__(self, channel: str, address: Address | None, listed: Callable[[str], bool] | None) -> None:
        self.channel = channel
        self.address = address
        self.listed = listed
        self.asks_consent = False
        self.sources: tuple[ConsentSource, ...] = ()
        self.gates: tuple[Gate, ...] = ()
        self.caps = 0

    @property
    def is_open(self) -> bool:
        """Does it let everybody through of whom nothing is remembered?"""
        return self.address is None and self.listed is None and not self.gates

    def judge(self, book: GateBook, p: Profile, at: int, first: int) -> Verdict:
        """Pass the gates in their order."""
        address = ""
        if self.address is not None:
            found = self.address(p, at)
            if found is None or not found.strip():
                return MISSING
            address = found
        if self.listed is not None and self.listed(address):
            return BY_LIST
        mail = p.mail
        if mail is not None:
            if mail.suppressed and (self.channel, book.hashed(address)) in mail.suppressed:
                return BY_PROFILE
            if mail.withdrawn and not self.asks_consent:
                for source in self.sources:
                    if source.says(p, at) is False:
                        return Blocked("consent", source.level)
        for gate in self.gates:
            verdict = gate(p, at, first)
            if verdict is not None:
                return verdict
        return None


class GateBook:
    """The gates of a program. `mails`: something is sent, so that receipts mean something; `keep_ms`: no cap looks further
    back."""

    def __init__(self, machine: Machine) -> None:
        program = machine.program
        self.machine = machine
        self.mails = any(isinstance(node, Send) for journey in program.journeys for node in journey.nodes)
        self.receipts = RECEIPTS if self.mails else frozenset[str]()
        self.sources = consent_sources(machine)
        self.declared = tuple(self.sources.values())
        self.channels = {channel.name: channel for channel in program.channels}
        self.messages = {message.name: message for message in program.messages}
        self.caps = tuple(CapMachine(cap, number, self._zone(cap.zone)) for number, cap in enumerate(program.caps))
        self.keep_ms = max((cap.keep_ms for cap in self.caps), default=0)
        self.addresses = {channel.name: self._address(channel) for channel in program.channels}
        self._suppressed = frozenset(program.suppressed)
        self._holdout: dict[str, bool] = {}
        self._entry_caps: dict[str, tuple[CapMachine, ...]] = {}

    def hashed(self, address: str) -> str:
        """The hash under which an address is suppressed."""
        return address_hash(self.machine.program.secret, address)

    def entry_caps(self, journey: str) -> tuple[CapMachine, ...]:
        """The caps that count entries of a journey."""
        found = self._entry_caps.get(journey)
        if found is None:
            found = self._entry_caps[journey] = tuple(cap for cap in self.caps if cap.covers_entries(journey))
        return found

    # ---- the ways of a send

    def ways(self, journey: str, send: Send) -> tuple[Way, ...]:
        """The channels of a send in their order, each with its gates."""
        message = self.messages.get(send.message) or Message(send.message)
        return tuple(self._way(journey, message, name, hours=True) for name in send.channels or ("",))

    def reach(self, channel: str, purpose: Literal["marketing", "transactional"]) -> Way:
        """The way of a message that belongs to no journey, category and subscription. Quiet hours are not among its gates: they
        are over soon."""
        return self._way("", Message("", purpose), channel, hours=False)

    def places_of(self, journey: str, message: str, channel: str) -> int:
        """The caps, as bits, in which a message takes a place; none where it answers an act of the person."""
        return self._way(journey, self.messages.get(message) or Message(message), channel, hours=False).caps

    def _way(self, journey: str, message: Message, channel_name: str, *, hours: bool) -> Way:
        channel = self.channels.get(channel_name) or Channel(channel_name)
        way = Way(channel_name, self.addresses.get(channel_name), self._list(channel_name))
        purpose = message.purpose or channel.purpose
        if purpose != "transactional":  # such a message passes by the caps, and takes no place in them either (S7.2)
            covering = tuple(cap for cap in self.caps if cap.covers(channel_name, journey, message.category))
            way.caps = sum(cap.bit for cap in covering)
            names = [ANY, of_channel(channel_name), *([of_subscription(message.subscription)] if message.subscription else [])]
            way.sources = tuple(self.sources.get(source) or ConsentSource(source, None, ()) for source in names)
            quiet = self._hours(channel_name) if hours else ()
            way.gates = (*self._consent(channel, way, purpose), *self._people(), *quiet, *map(_cap, covering))
        return way

    def _address(self, channel: Channel) -> Address | None:
        if channel.identifier:
            names = [namespace.name for namespace in self.machine.program.ranked]
            if channel.identifier not in names:
                return None
            place = names.index(channel.identifier)
            return lambda p, _: min((value for space, value in p.identifiers if space == place), default=None)
        if channel.address is None:
            return None
        value = self.machine.value(channel.address)

        def found(p: Profile, at: int) -> str | None:
            text = value(p, at, None, None)
            return text if text is None or isinstance(text, str) else str(text)

        return found

    def _list(self, channel: str) -> Callable[[str], bool] | None:
        if not any(name in ("", channel) for name, _ in self._suppressed):
            return None

        def listed(address: str) -> bool:
            hashed = self.hashed(address)
            return (channel, hashed) in self._suppressed or ("", hashed) in self._suppressed

        return listed

    def _consent(self, channel: Channel, way: Way, purpose: str) -> tuple[Gate, ...]:
        """Asked where the purpose is marketing, or where somebody says how consent is known."""
        known = channel.confirmed is not None or any(source.value is not None for source in way.sources)
        if not known and (purpose != "marketing" or channel.granted):
            return ()
        way.asks_consent = True
        confirmed = self.machine.function(channel.confirmed)
        return (_consent(Consent(way.sources, confirmed, granted=channel.granted)),)

    def _people(self) -> tuple[Gate, ...]:
        """The holdout: sticky, by a hash of (salt, origin)."""
        holdout = self.machine.program.holdout
        if holdout is None:
            return ()
        share, salt, shut = holdout.share, holdout.salt, Blocked("holdout", holdout.salt)
        return (lambda p, _, __: shut if chance(salt, p.origin) * WHOLE < share else None,)

    def _hours(self, channel: str) -> tuple[Gate, ...]:
        quiet = self.machine.program.quiet_hours
        if quiet is None or (quiet.channels and channel not in quiet.channels):
            return ()
        return (_quiet(quiet, self._zone(quiet.zone)),)

    def _zone(self, name: str | None) -> Zone:
        """The named zone, else the profile's."""
        if name is None:
            return self.machine.zone
        named = find_zone(name) or self.machine.project_zone
        return lambda _: named


def _consent(consent: Consent) -> Gate:
    def gate(p: Profile, at: int, _: int) -> Verdict:
        rule = consent.rule(p, at)
        return None if rule is None else Blocked("consent", rule)

    return gate


def _quiet(quiet: QuietHours, zone_of: Zone) -> Gate:
    def gate(p: Profile, at: int, first: int) -> Verdict:
        zone = zone_of(p)
        if not is_quiet(quiet, at, zone):
            return None
        if quiet.then == "drop":
            return DROPPED
        until = release(quiet, at, zone)
        return TOO_LONG if until > first + HELD_MAX_MS else until

    return gate


def _cap(cap: CapMachine) -> Gate:
    shut = Blocked("cap", cap.name)

    def gate(p: Profile, at: int, _: int) -> Verdict:
        return shut if p.mail is not None and cap.is_full(p, p.mail, at) else None

    return gate
