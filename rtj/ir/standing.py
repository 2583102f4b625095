"""Who stands where at one instant, as a file: what `rtj simulate --instances` writes, and what a difference is weighed by.

JSON lines: a header, then for each profile that is inside some journey a line about it, and one for each of its instances.
A line that is none is left out, counted, and named with its number and the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import msgspec

from rtj.base.errors import InputError
from rtj.ir.records import Instant

Struct = msgspec.Struct

FORMAT = 1  # of the lines; raised when their meaning changes
BAD_MAX = 100  # bad lines that are named; further ones are only counted
OF_PROFILE_MAX = 10_000  # instances; ten at once are allowed of a journey
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


class StandingHeader(Struct, frozen=True, gc=False, tag_field="what", tag="header"):
    """`program`: the fingerprint of what ran; `at`: the instant as of which everything is told, None when there was no event.
    `interrupted`: the run was broken off, so that not everybody had come as far."""

    rtj: str
    program: str
    at: Instant | None
    format: int = FORMAT
    interrupted: bool = False


class Shut(Struct, frozen=True, gc=False):
    """The gate that stops a message, and the rule by which it does, in the words of the trace."""

    gate: str
    rule: str


class Reach(Struct, frozen=True, gc=False, omit_defaults=True):
    """Could a message go out by a channel now? What stops it by its purpose; None: nothing does. Quiet hours are not asked, since
    they end, nor what concerns only some journeys, categories or subscriptions."""

    marketing: Shut | None = None
    transactional: Shut | None = None


class Recent(Struct, frozen=True, gc=False, array_like=True):
    """A message that took a place in a cap."""

    at: Instant
    channel: str
    category: str
    journey: str


class StandingProfile(Struct, frozen=True, gc=False, tag_field="what", tag="profile"):
    """A profile that is inside some journey. `profile`: its origin, masked as in the trace. `zone`: its time zone, "" where that
    is masked. `reach` by channel; `recent`: the messages counted by caps that are still remembered, the oldest first."""

    profile: str
    zone: str = ""
    reach: Mapping[str, Reach] = {}
    recent: tuple[Recent, ...] = ()


class Tally(Struct, frozen=True, gc=False):
    """So many `people` stand at a node of a version of a journey; the first of them entered at `oldest` (ms since the epoch)."""

    journey: str
    version: str
    node: str
    people: int
    oldest: int


LOOKED_US, HANDED_US = 20, 150  # of one person, by `tests.bench.taking_over`


class Takeover(Struct, frozen=True, gc=False):
    """What it takes until another program runs: of so many `people` so many are looked at, and so many handed over and written
    anew. All others are brought up to date when they are next read."""

    people: int
    looked_at: int
    handed: int

    @property
    def still_s(self) -> int:
        """Seconds for which a run stands still, about; 0: not noticeably."""
        return (self.looked_at * LOOKED_US + self.handed * HANDED_US) // 1_000_000


class Held(Struct, frozen=True, gc=False):
    """A message that waits for the end of quiet hours."""

    channel: str
    until: Instant


class StandingInstance(Struct, frozen=True, gc=False, tag_field="what", tag="instance", omit_defaults=True):
    """One passage. `version`: the fingerprint of the journey; `id`: that of the trace; `node`: where it rests, `since` when;
    `due`: its deadline there, which stands for that `case` of a wait_for (the first is 1, 0: for none); `expires`: the end of its
    longest stay. `names`: what it carries beside the event of its entry. `rounds`: of each repeat, the round it is in."""

    profile: str
    journey: str
    version: str
    id: str
    node: str
    entered: Instant
    since: Instant | None = None
    due: Instant | None = None
    case: int = 0
    expires: Instant | None = None
    key: str | None = None
    held: Held | None = None
    names: tuple[str, ...] = ()
    rounds: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Standing:
    """A profile with all of its instances that are told of."""

    profile: StandingProfile
    instances: tuple[StandingInstance, ...]


Line: TypeAlias = StandingHeader | StandingProfile | StandingInstance


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for a line that could not be read at all."""

    reason: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was left out: its number, from 1, and why."""

    line: int
    reason: str


def _read(_kind: type, value: Any) -> Any:
    """The only kind of its own in these lines is an instant."""
    try:
        return Instant((datetime.fromisoformat(value) - _EPOCH) // _MS)
    except (TypeError, ValueError, OverflowError) as error:  # no text, no instant, or one without a zone
        raise ValueError("expected an instant such as 2026-03-31T09:00:00Z") from error


_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decoder = msgspec.json.Decoder(Line, dec_hook=_read)


@dataclass(slots=True)
class Snapshot:
    """A snapshot as it is read: `lines` in their order, whole ones. `header` is there from the start; the rest is read as one
    iterates, once, and never more of it is held than one profile. `bad` names the first lines that were left out, `bad_count`
    counts them all; `instances` counts those read.

    Raises InputError when the first line is no header of a snapshot that this version of rtj can read."""

    lines: Iterator[bytes | Unreadable]
    name: str = "the snapshot"
    header: StandingHeader = field(init=False)
    bad: list[BadLine] = field(default_factory=list)
    bad_count: int = 0
    instances: int = 0
    _number: int = 0

    def __post_init__(self) -> None:
        self.header = self._header()

    def __iter__(self) -> Iterator[Standing]:
        profile: StandingProfile | None = None
        found: list[StandingInstance] = []
        for line in self._told():
            if isinstance(line, StandingInstance):
                if profile is None or line.profile != profile.profile:
                    yield from _standing(profile, found)
                    profile, found = StandingProfile(line.profile), []
                if len(found) == OF_PROFILE_MAX:
                    self._refuse(f"more than {OF_PROFILE_MAX:,} instances of one profile")
                    continue
                found.append(line)
                self.instances += 1
            else:
                yield from _standing(profile, found)
                profile, found = line, []
        yield from _standing(profile, found)

    def _header(self) -> StandingHeader:
        wrong = f"{self.name}: no snapshot of instances; `rtj simulate --instances FILE` writes one"
        for text in self.lines:
            self._number += 1
            if isinstance(text, Unreadable) or text.strip():
                break
        else:
            raise InputError(wrong)
        if isinstance(text, Unreadable):
            raise InputError(wrong)
        try:
            header = _decoder.decode(text)
        except _BROKEN as error:
            raise InputError(wrong) from error
        if not isinstance(header, StandingHeader):
            raise InputError(f"{self.name}: the first line is no header, which says of which instant the snapshot is")
        if header.format != FORMAT:
            raise InputError(f"{self.name}: a snapshot of format {header.format}; this rtj reads format {FORMAT}")
        return header

    def _told(self) -> Iterator[StandingProfile | StandingInstance]:
        for text in self.lines:
            self._number += 1
            if isinstance(text, Unreadable):
                self._refuse(text.reason)
                continue
            try:
                line = _decoder.decode(text)
            except _BROKEN as error:
                if text.strip():
                    self._refuse(str(error))
                continue
            if isinstance(line, StandingHeader):
                self._refuse("a second header: what follows is of another snapshot")
                continue
            yield line

    def _refuse(self, reason: str) -> None:
        self.bad_count += 1
        if len(self.bad) < BAD_MAX:
            self.bad.append(BadLine(self._number, reason))


def _standing(profile: StandingProfile | None, instances: Iterable[StandingInstance]) -> Iterator[Standing]:
    found = tuple(instances)
    if profile is not None and found:
        yield Standing(profile, found)
