"""What guardrails measure of a run, and when one trips.

Windows go by the clock of the people (S1.3), in which each message and each passage has its instant: what is read late, after a
standstill, counts where it happened, and a catch-up looks no busier than the day that it catches up with. What is measured is
committed with what it was measured of, so that a kill loses and doubles nothing of it; what was worked once is never measured
again. Only of messages that had gone out before a restart, and not come back, nobody knows any more which version they were of:
what becomes of their delivery is not measured. All of it begins anew when a deployment changes who enters a version, and while a
journey is paused.

Nothing of this is in the log: what follows from a trip is, as a deployment like any other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from rtj.engine.calendar import INFINITY
from rtj.engine.noting import Noted
from rtj.ir.entries import Deployed, Entry, Paused, Resumed
from rtj.ir.environments import Guardrail
from rtj.ir.journey import Journey, Version, known_as
from rtj.ir.outgoing import OutgoingMessage
from rtj.ir.program import Program, fingerprint
from rtj.run.following import Follower
from rtj.store.port import Outcome

KEPT = "guard/"  # of what is measured, in the store: one row for each guardrail and version
GRAINS = 15  # steps in which a window moves
AWAITED_MAX = 200_000  # messages whose delivery is awaited; beyond, that of the oldest is not measured
WHOLE = 1_000_000  # of shares
Remedy: TypeAlias = Literal["ramp", "pause", "tell"]

_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Measured:
    """`bad` of `of`; of messages `of` is 0."""

    bad: int
    of: int


@dataclass(frozen=True, slots=True)
class Trip:
    """A guardrail was broken by the newest version of a journey, which `remedy` helps. `before`: the same of the version that
    the others enter, None where there is none."""

    guardrail: Guardrail
    journey: str
    remedy: Remedy
    measured: Measured
    before: Measured | None = None

    @property
    def words(self) -> str:
        """`complaints: 4.1 % opt-outs (13 of 312 messages in 30m), more than 2 %; in the version before 0.4 % (21 of 5120)`."""
        guard = self.guardrail
        over = _length(guard.over_ms)
        if guard.measure == "messages":
            return f"{guard.name}: {self.measured.bad} messages in {over}, more than {guard.above}"
        what, whole = WORDS[guard.measure]
        told = f"{_share(self.measured)} {what} ({self.measured.bad} of {self.measured.of} {whole} in {over})"
        before = self.before
        other = f"; in the version before {_share(before)} ({before.bad} of {before.of})" if before and before.of else ""
        return f"{guard.name}: {told}, more than {guard.above / 10_000:g} %{other}"


WORDS = {
    "opt_outs": ("opt-outs", "messages"),
    "failures": ("failed", "deliveries"),
    "errors": ("ended in an error", "passages"),
}


def _share(measured: Measured) -> str:
    return f"{100 * measured.bad / measured.of:.1f} %"


def _length(ms: int) -> str:
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if ms % size == 0:
            return f"{ms // size}{unit}"
    return f"{ms}ms"


class WindowState(msgspec.Struct, frozen=True, array_like=True):
    """A window as it is kept. `who`: what it measures of which version, and who is let into that; `begin`: since when;
    `grains`: (step, bad, of); `told`: it was told that it is broken."""

    who: str
    begin: int
    grains: tuple[tuple[int, int, int], ...] = ()
    told: bool = False


_states = msgspec.msgpack.Decoder(WindowState)


def key_of(guard: Guardrail, version: Journey) -> str:
    """The name of a window in the store."""
    return f"{KEPT}{guard.name}/{version.name}"


class Window:
    """What one guardrail measures of one version of a journey, by its name in the program."""

    __slots__ = ("begin", "grain_ms", "grains", "guard", "key", "told", "version", "who")

    def __init__(self, guard: Guardrail, version: Journey, who: str, begin: int) -> None:
        self.guard, self.version, self.who, self.begin = guard, version, who, begin
        self.key = key_of(guard, version)
        self.grain_ms = max(1, guard.over_ms // GRAINS)
        self.grains: dict[int, list[int]] = {}
        self.told = False

    def restore(self, state: WindowState) -> None:
        """Go on as it was."""
        self.begin, self.told = state.begin, state.told
        self.grains = {step: [bad, of] for step, bad, of in state.grains}

    def state(self) -> WindowState:
        """What is kept."""
        grains = tuple([(step, counts[0], counts[1]) for step, counts in sorted(self.grains.items())])
        return WindowState(self.who, self.begin, grains, self.told)

    def add(self, at: int, bad: int, of: int) -> None:
        """Count at an instant."""
        step = at // self.grain_ms
        counts = self.grains.get(step)
        if counts is None:
            counts = self.grains[step] = [0, 0]
            if len(self.grains) > 2 * GRAINS:
                self._let_go(max(self.grains) * self.grain_ms)
        counts[0] += bad
        counts[1] += of

    def measured(self, now: int) -> Measured:
        """What is within the window that ends now."""
        self._let_go(now)
        return Measured(sum(bad for bad, _ in self.grains.values()), sum(of for _, of in self.grains.values()))

    def is_broken(self, measured: Measured) -> bool:
        """Is it more than it may be?"""
        guard = self.guard
        if guard.measure == "messages":
            return measured.bad > guard.above
        return measured.of >= guard.at_least and measured.bad * WHOLE > guard.above * measured.of

    def _let_go(self, now: int) -> None:
        first = (now - self.guard.over_ms) // self.grain_ms
        for step in [step for step in self.grains if step <= first]:
            del self.grains[step]


class Guard:
    """Measures what guardrails ask for, of one session. `kept`: what the last one has committed, by name."""

    def __init__(self, guardrails: Sequence[Guardrail], kept: Mapping[str, bytes]) -> None:
        self._guardrails = tuple(guardrails)
        self._kept = dict(kept)
        self._windows: dict[str, Window] = {}
        self._by_version: dict[str, list[Window]] = {}  # name of a version -> what is measured of it
        self._by_who: dict[str, list[Window]] = {}  # a version -> its deliveries
        self._versions: dict[str, str] = {}  # name of a version -> which it is
        self._awaited: dict[int, tuple[str, int]] = {}  # row of the outbox -> version, instant
        self._changed: set[str] = set(kept)
        self._touched: set[str] = set()
        self.unmeasured = 0  # deliveries that were too many to be awaited

    # ---- what is measured

    def take_over(self, follower: Follower) -> None:
        """Measure a world from now on: of what is as it was, what was measured goes on."""
        now, before = max(follower.clock, -INFINITY), self._windows
        self._windows, self._by_version, self._by_who = {}, defaultdict(list), defaultdict(list)
        self._versions = dict(_versions(follower.program)) if self._guardrails else {}
        for guard in self._guardrails:
            for version in follower.program.journeys:
                name = known_as(version)
                if guard.journeys and name not in guard.journeys:
                    continue
                self._window(guard, version, before, now)
                if name in follower.kernel.paused:
                    self._anew(name, now)
        self._changed |= before.keys() | self._windows.keys()
        self._touched = set(self._windows)
        self._note(follower)

    def _window(self, guard: Guardrail, version: Journey, before: Mapping[str, Window], now: int) -> None:
        which = self._versions[version.name]
        admits = version.admits if isinstance(version, Version) else None
        who = fingerprint((guard.measure, guard.over_ms, which, admits))
        key = key_of(guard, version)
        window = self._windows[key] = Window(guard, version, who, now)
        state = before[key].state() if key in before else _states.decode(self._kept[key]) if key in self._kept else None
        if state is not None and state.who == who:
            window.restore(state)
        self._by_version[version.name].append(window)
        if guard.measure == "failures":
            self._by_who[which].append(window)

    def _note(self, follower: Follower) -> None:
        if self._windows and follower.kernel.noted is None:
            follower.kernel.noted = []

    def take(self, follower: Follower, entry: Entry, first: int) -> None:
        """What an entry has come to. `first`: the number in the outbox of what went out first."""
        if isinstance(entry, Deployed):
            self.take_over(follower)
            return
        if isinstance(entry, (Paused, Resumed)):
            self._anew(entry.journey, follower.clock)
        noted = follower.kernel.noted
        if not noted:
            return
        self._await(noted, follower, first)
        for one in noted:
            for window in self._by_version.get(one.version, ()):
                self._count(window, one)
        noted.clear()

    def _await(self, noted: Iterable[Noted], follower: Follower, first: int) -> None:
        """Messages went out, in the order in which they were noted."""
        if not self._by_who:
            return
        versions = iter([one.version for one in noted if one.kind == "sent"])
        for number, out in enumerate(follower.kernel.outgoing, first):
            if not isinstance(out, OutgoingMessage):
                continue
            which = self._versions.get(next(versions, ""))
            if which not in self._by_who:
                continue
            if len(self._awaited) >= AWAITED_MAX:
                del self._awaited[next(iter(self._awaited))]
                self.unmeasured += 1
            self._awaited[number] = which, out.at

    def _count(self, window: Window, one: Noted) -> None:
        match window.guard.measure, one.kind:
            case "messages", "sent":
                counts = 1, 0
            case "opt_outs", "sent":
                counts = 0, 1
            case "opt_outs", "opt_out":
                earliest = max(window.begin, one.at - window.guard.over_ms)
                if one.since < earliest or (one.sure != -INFINITY and one.sure < window.begin):
                    return
                counts = 1, 0
            case "errors", "left":
                counts = 0, 1
            case "errors", "failed":
                counts = 1, 1
            case _:
                return
        self._add(window, one.at, counts)

    def delivered(self, outcome: Outcome, follower: Follower | None) -> None:
        """What became of a row of the outbox; it counts now."""
        if outcome.state == "waiting" or outcome.number not in self._awaited or follower is None:
            return
        which, sent = self._awaited.pop(outcome.number)
        for window in self._by_who.get(which, ()) if outcome.state in ("done", "failed") else ():
            if sent >= window.begin:
                self._add(window, follower.clock, (int(outcome.state == "failed"), 1))

    def _add(self, window: Window, at: int, counts: tuple[int, int]) -> None:
        window.add(at, *counts)
        self._changed.add(window.key)
        self._touched.add(window.key)

    def _anew(self, journey: str, now: int) -> None:
        for key, window in self._windows.items():
            if known_as(window.version) == journey:
                window.begin, window.grains, window.told = now, {}, False
                self._changed.add(key)

    # ---- what is kept

    def changes(self) -> dict[str, bytes | None]:
        """What is to be committed: of each that has changed what is measured now, None: nothing any more."""
        found = {key: _encode(self._windows[key].state()) if key in self._windows else None for key in sorted(self._changed)}
        self._changed.clear()
        return found

    # ---- what follows

    def tripped(self, follower: Follower) -> Trip | None:
        """A guardrail that is broken and was not followed yet; the same again until it is."""
        for key in sorted(self._touched):
            window = self._windows.get(key)
            if window is not None and (trip := self._trip(window, follower)) is not None:
                return trip
            self._touched.discard(key)
        return None

    @property
    def watched(self) -> list[tuple[str, str]]:
        """The name of each guardrail, with each journey that it watches."""
        windows = self._windows.values()
        return [(one.guard.name, one.version.name) for one in windows if known_as(one.version) == one.version.name]

    def standing(self, now: int) -> dict[tuple[str, str], tuple[float, float]]:
        """What is measured of each newest version at this instant, and its bound, as `Vitals.guarded` has it."""
        found = {}
        for one in self._windows.values():
            if known_as(one.version) == one.version.name:
                found[one.guard.name, one.version.name] = _in_numbers(one.guard, one.measured(now))
        return found

    def told(self, trip: Trip) -> None:
        """It is known: where somebody is told and nothing else follows, they are not told again."""
        for key, window in self._windows.items():
            if window.guard == trip.guardrail and window.version.name == trip.journey:
                window.told = True
                self._changed.add(key)

    def _trip(self, window: Window, follower: Follower) -> Trip | None:
        version, journey = window.version, known_as(window.version)
        if version.name != journey or window.told:
            return None  # an old version, which nobody would go back from
        measured = window.measured(follower.clock)
        remedy = _remedy(window, follower) if window.is_broken(measured) else None
        if remedy is None:
            return None
        return Trip(window.guard, journey, remedy, measured, self._before(window, follower))

    def _before(self, window: Window, follower: Follower) -> Measured | None:
        """What is measured of the version that those enter who do not enter the newest."""
        for other in self._windows.values():
            one = other.version
            if other.guard != window.guard or not isinstance(one, Version) or one.name == one.of:
                continue
            if one.of == window.version.name and one.admits[0] < one.admits[1]:
                return other.measured(follower.clock)
        return None


def _in_numbers(guard: Guardrail, measured: Measured) -> tuple[float, float]:
    if guard.measure == "messages":
        return measured.bad, guard.above
    return (measured.bad / measured.of if measured.of else 0.0), guard.above / WHOLE


def _remedy(window: Window, follower: Follower) -> Remedy | None:
    """What follows; None: what would follow is so already."""
    version, then = window.version, window.guard.then
    if then == "tell":
        return "tell"
    if known_as(version) in follower.kernel.paused:
        return None
    if then == "halt" and isinstance(version, Version):
        return "ramp" if version.admits[0] < version.admits[1] else None
    return "pause"


def _versions(program: Program) -> Iterator[tuple[str, str]]:
    """Which version each journey of a program is."""
    for one in program.journeys:
        yield one.name, one.version if isinstance(one, Version) else fingerprint(one)
