"""What must be asked of each instance to weigh a change: how many timers are over, who could not be sent to, who must leave.

A question sees one instance after the other, those of a profile together, and keeps nothing but numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Protocol

from rtj.engine.calendar import find_zone, shift
from rtj.ir import journey as j
from rtj.ir.expr import Length
from rtj.ir.program import Program
from rtj.ir.standing import StandingInstance, StandingProfile
from rtj.plan.changes import Level


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one change. `level`: the least that it has by that."""

    told: tuple[str, ...] = ()
    overdue: int = 0
    blocked: tuple[tuple[str, int], ...] = ()
    level: Level = "none"


class Question(Protocol):
    """Asked of every instance that is concerned, then answered."""

    def ask(self, profile: StandingProfile, instance: StandingInstance) -> None: ...

    def answer(self) -> Answer: ...


def many(number: int, one: str, more: str = "") -> str:
    """`1 timer`, `1,204 timers`."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


@dataclass(frozen=True, slots=True)
class Clock:
    """As of when it is asked, and the zone of those who have none that is known."""

    at: int
    zone: tzinfo

    @staticmethod
    def of(program: Program, at: int) -> Clock:
        """That of a project."""
        return Clock(at, find_zone(program.timezone) or UTC)

    def zone_of(self, profile: StandingProfile) -> tzinfo:
        """The zone of a profile."""
        return find_zone(profile.zone) or self.zone if profile.zone else self.zone


@dataclass(slots=True)
class Timers:
    """A length at which people wait is another, there for the first time, or gone. `code` is that of the change; `old` and `new`:
    the node where they wait."""

    code: str
    old: j.Node
    new: j.Node
    policy: j.OnTimers
    clock: Clock
    here: int = 0
    dated: int = 0
    over: int = 0
    unknown: int = 0

    def ask(self, profile: StandingProfile, instance: StandingInstance) -> None:
        """Somebody who waits there."""
        self.here += 1
        self.dated += instance.due is not None
        due = self._rebased(profile, instance)
        if due is None:
            self.unknown += 1
        elif due < self.clock.at:
            self.over += 1

    def _rebased(self, profile: StandingProfile, instance: StandingInstance) -> int | None:
        """The deadline, counted anew from when they came; None: it cannot be known from here."""
        since, zone = instance.since, self.clock.zone_of(profile)
        if since is None:
            return None
        ends = [shift(since, length, 1, zone) for length in lengths_of(self.new)]
        if instance.due is not None and not self._waits_for_length(instance):
            ends.append(instance.due)
        return min(ends, default=None)

    def _waits_for_length(self, instance: StandingInstance) -> bool:
        """Does its date come from a length, and not from a moment that stays what it is?"""
        match self.old:
            case j.WaitFor(cases=cases):
                return 0 < instance.case <= len(cases) and cases[instance.case - 1].after is not None
            case j.Wait(length=length) | j.Collect(length=length):
                return length is not None
            case _:
                return False

    def answer(self) -> Answer:
        """What each policy does to those who wait, the one in force first."""
        if not self.here:
            return Answer()
        if self.code == "D124":
            return Answer((f"{self.dated:,} of those who wait here wait for a deadline",))
        order = sorted(("keep", "rebase", "restart"), key=lambda policy: policy != self.policy)
        told = [f"{self._under(policy)}{' (in force)' if policy == self.policy else ''}" for policy in order]
        if self.unknown:
            told.append(f"of {self.unknown:,} the date cannot be counted from here")
        overdue = self.over if self.policy == "rebase" else 0
        level: Level = "needs-migration" if overdue and self.code in ("D122", "D123") else "none"
        return Answer(tuple(told), overdue, level=level)

    def _under(self, policy: str) -> str:
        s = "s" if self.here == 1 else ""
        match policy:
            case "keep":
                kept = f"wait{s} on without a deadline" if self.code == "D123" else "keeps the date" if s else "keep their date"
                return f"`timers: keep`: {self.here:,} wait{s} here and {kept}"
            case "rebase":
                are = "is" if self.over == 1 else "are"
                return f"`timers: rebase`: {self.over:,} of {self.here:,} {are} overdue and would go on at once"
            case _:
                return f"`timers: restart`: {self.here:,} begin{s} to wait anew"


def lengths_of(node: j.Node) -> tuple[Length, ...]:
    """The lengths that end a wait, as far as they are written down."""
    match node:
        case j.Wait(length=length) | j.Collect(length=length):
            return () if length is None else (length,)
        case j.WaitFor(cases=cases):
            return tuple(case.after for case in cases if case.after is not None)
        case _:
            return ()


@dataclass(slots=True)
class Stay:
    """The longest stay is another: who has been inside for longer?"""

    length: Length
    clock: Clock
    over: int = 0

    def ask(self, profile: StandingProfile, instance: StandingInstance) -> None:
        """Somebody inside."""
        self.over += shift(instance.entered, self.length, 1, self.clock.zone_of(profile)) < self.clock.at

    def answer(self) -> Answer:
        """How many leave at once."""
        whom = f"{self.over:,} have" if self.over != 1 else "1 has"
        return Answer((f"{whom} been inside for longer and would leave at once",) if self.over else (), self.over)


@dataclass(slots=True)
class Several:
    """Instances are told apart by another key: which profiles are inside more than once?"""

    last: StandingProfile | None = None
    counted: bool = False
    profiles: int = 0

    def ask(self, profile: StandingProfile, instance: StandingInstance) -> None:
        """Somebody inside."""
        if profile is not self.last:
            self.last, self.counted = profile, False
        elif not self.counted:
            self.profiles += 1
            self.counted = True

    def answer(self) -> Answer:
        """How many profiles."""
        if not self.profiles:
            return Answer()
        return Answer((f"{many(self.profiles, 'profile is', 'profiles are')} inside more than once",), level="breaking")


@dataclass(slots=True)
class Holding:
    """Quiet hours are others: whose message is held by those of now?"""

    held: int = 0

    def ask(self, profile: StandingProfile, instance: StandingInstance) -> None:
        """Somebody inside."""
        self.held += instance.held is not None

    def answer(self) -> Answer:
        """How many messages."""
        if not self.held:
            return Answer()
        return Answer(
            (f"{many(self.held, 'message is', 'messages are')} held now and decided again when the old quiet hours end",)
        )
