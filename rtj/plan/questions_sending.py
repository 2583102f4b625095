"""What must be asked of each instance about messages that are ahead of it: who could not be sent to, whose places are taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from rtj.engine.calendar import find_zone
from rtj.engine.caps import covers, window_of
from rtj.ir import journey as j
from rtj.ir.program import Cap, Channel, Message, Program
from rtj.ir.standing import Reach, Recent, Shut, StandingInstance, StandingProfile
from rtj.plan.questions import Answer, Clock, many


def purpose_of(program: Program, name: str, channel: str) -> str:
    """What a message is for: its own purpose, else the channel's; "" where nobody says."""
    message = next((one for one in program.messages if one.name == name), Message(name))
    return message.purpose or next((one for one in program.channels if one.name == channel), Channel(channel)).purpose


def asks_nobody(program: Program, channel: str) -> bool:
    """Does no source say whether messages by a channel are wanted?"""
    found = next((one for one in program.channels if one.name == channel), Channel(channel))
    return found.consent is None and found.confirmed is None and program.consents.any is None


@dataclass(frozen=True, slots=True)
class Way:
    """One channel of a send: for what, and whether anybody is asked for consent."""

    channel: str
    purpose: str
    asks: bool

    def shut(self, reach: Reach) -> Shut | None:
        """What stops it now."""
        if self.purpose == "transactional":
            return reach.transactional
        shut = reach.marketing
        return None if shut is not None and shut.gate == "consent" and not self.asks else shut


class Sending:
    """A send of one version."""

    def __init__(self, program: Program, send: j.Send) -> None:
        self.channels = send.channels
        purposes = ((channel, purpose_of(program, send.message, channel)) for channel in send.channels)
        self._ways = tuple(Way(name, purpose, bool(purpose) or not asks_nobody(program, name)) for name, purpose in purposes)

    def shut(self, profile: StandingProfile) -> Shut | None:
        """What stops it at its first channel, when it is stopped at all of them. Raises KeyError for a channel of which the
        snapshot does not tell."""
        first: Shut | None = None
        for way in self._ways:
            shut = way.shut(profile.reach[way.channel])
            if shut is None:
                return None
            first = first or shut
        return first


@dataclass(slots=True)
class Channels:
    """A message goes another way, or is for something else: who could not be sent to by it?"""

    old: Sending
    new: Sending
    gates: Counter[str] = field(default_factory=Counter)
    newly: int = 0
    unknown: int = 0

    def ask(self, profile: StandingProfile, instance: StandingInstance) -> None:
        """Somebody who has the message ahead."""
        try:
            shut = self.new.shut(profile)
        except KeyError:
            self.unknown += 1
            return
        if shut is None:
            return
        self.gates[shut.gate] += 1
        try:
            self.newly += self.old.shut(profile) is None
        except KeyError:
            self.newly += 1

    def answer(self) -> Answer:
        """How many, by the gate that stops them."""
        blocked = tuple(sorted(self.gates.items(), key=lambda item: (-item[1], item[0])))
        told = []
        ways = " else ".join(f"`{name}`" for name in self.new.channels)
        if blocked:
            by = ", ".join(f"{gate.replace('_', ' ')} {number:,}" for gate, number in blocked)
            told.append(f"{self.gates.total():,} of them could not be sent to by {ways} now ({by})")
            told.append(
                f"{self.newly:,} of these can be sent to as it was" if self.newly else "none of these can be sent to as it was"
            )
        if self.unknown:
            told.append(f"of {self.unknown:,} it is not known whether they can be sent to by {ways}")
        return Answer(tuple(told), blocked=blocked)


@dataclass(slots=True)
class Places:
    """A cap is new or another: for whom is it full already? `old` is the cap as it was; `renamed`: new names of journeys."""

    new: Cap
    old: Cap | None
    renamed: dict[str, str]
    clock: Clock
    last: StandingProfile | None = None
    profiles: int = 0
    full: int = 0
    newly: int = 0

    def ask(self, profile: StandingProfile, instance: StandingInstance) -> None:
        """Somebody who has a message ahead that it covers."""
        if profile is self.last:
            return
        self.last = profile
        self.profiles += 1
        if self._is_full(self.new, profile, lambda one: self.renamed.get(one.journey, one.journey)):
            self.full += 1
            self.newly += self.old is None or not self._is_full(self.old, profile, lambda one: one.journey)

    def _is_full(self, cap: Cap, profile: StandingProfile, journey_of: Callable[[Recent], str]) -> bool:
        zone = find_zone(cap.zone) if cap.zone is not None else None
        within = window_of(cap, self.clock.at, zone or self.clock.zone_of(profile))
        taken = (covers(cap, one.channel, journey_of(one), one.category) and within(one.at) for one in profile.recent)
        return sum(taken) >= cap.at_most

    def answer(self) -> Answer:
        """How many profiles."""
        if not self.profiles:
            return Answer(("nobody inside has a message ahead that it covers",))
        told = [f"{many(self.profiles, 'profile')} inside have a message ahead that it covers"]
        if self.full:
            told.append(f"for {self.full:,} of them it would be full now, for {self.newly:,} it is not full today")
        return Answer(tuple(told), blocked=(("cap", self.newly),) if self.newly else ())
