"""One stream of a log that is followed: its lines become events, and its watermark holds the clock back (S1.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import msgspec

from rtj.connect.formats import Format, choose, choose_again, declared_source
from rtj.connect.holes import take_around
from rtj.connect.intake import NEVER, Door, Feed, Intake
from rtj.connect.letters import DeadLetter, Letters, Reason
from rtj.ir.entries import Lines, Opened, Refused
from rtj.run.sources import first_lines


class StreamState(msgspec.Struct, frozen=True, array_like=True):
    """What a stream knows between two entries. `format`: None until its first lines; `newest`: the largest `ts` read; `floor`: no
    event before it is expected; `lines`, `position`, `exit_ts` as of the intake."""

    name: str
    pinned: str | None
    format: str | None
    newest: int
    floor: int
    lines: int
    position: int
    exit_ts: int


class Stream:
    """Reads the lines of one stream, under one program. `unknown` takes how many events there are of types not declared."""

    def __init__(self, opened: Opened, door: Door, keep: Callable[[DeadLetter], None], unknown: dict[str, int]) -> None:
        self.number, self.name, self._pinned = opened.stream, opened.name, opened.format
        self._door, self._letters, self._unknown = door, Letters(keep, NEVER), unknown
        declared = declared_source(door.program, self.source, None)
        self._declared_lateness = declared.lateness_ms if declared is not None else 0
        self.format: Format | None = None
        self.intake: Intake | None = None
        self.newest = self.floor = -NEVER
        self._former: StreamState | None = None

    @property
    def source(self) -> str:
        """The source that it is a part of."""
        return self.name.partition("[")[0]

    @property
    def lateness_ms(self) -> int:
        """How far behind its newest event one may come without being late."""
        return self.format.lateness_ms if self.format is not None else self._declared_lateness

    @property
    def watermark(self) -> int:
        """Up to which instant everything is believed to have been read."""
        return max(self.newest - self.lateness_ms, self.floor)

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many events were read since it was made, of which how many nobody reads, and how many went back in time."""
        intake = self.intake
        return (intake.read, intake.unread, intake.out_of_order) if intake is not None else (0, 0, 0)

    @property
    def span(self) -> tuple[int, int]:
        """The smallest and the largest instant read since it was made."""
        return (self.intake.first_ts, self.intake.last_ts) if self.intake is not None else (NEVER, -NEVER)

    def wait_no_longer(self, at: int) -> None:
        """Nothing before this instant is expected any more."""
        self.floor = max(self.floor, at)

    def take(self, entry: Lines) -> list[Any]:
        """The events of an entry, in their order; `newest` is then what lateness is judged by."""
        intake = self._intake(entry)
        self.newest = max(self.newest, self.floor + self.lateness_ms if self.floor > -NEVER else -NEVER)
        intake.receive(entry.received_ms)
        return intake.take(entry.text) if not (entry.holes or entry.lost) else take_around(intake, self.feed, entry)

    @property
    def feed(self) -> Feed:
        """What an intake needs to know of it, once its format is known."""
        assert self.format is not None
        return Feed(self.number, self.format.shape, self.format.sequenced)

    def refuse(self, entry: Refused) -> None:
        """A line that is none."""
        if self.intake is not None:
            self.intake.lines += 1
            line = self.intake.lines
        else:
            former = self.state()
            line = former.lines + 1
            self._former = msgspec.structs.replace(former, lines=line)
        self._letters.add(line, cast(Reason, entry.reason), entry.detail, entry.start)

    def _intake(self, entry: Lines) -> Intake:
        if self.intake is None:
            program = self._door.program
            if self.format is None:
                start = first_lines(iter([entry.text]))
                if entry.form is not None:
                    self.format = choose_again(program, program.ranked, self.source, entry.form)
                else:
                    self.format = choose(program, program.ranked, self.source, self._pinned, start)
            self.intake = Intake(self._door, self.feed, self._letters)
            self.intake.unknown = self._unknown
            former = self._former
            if former is not None:
                self.intake.lines, self.intake.exit_ts = former.lines, former.exit_ts
                if former.position >= 0:
                    self.intake.position = former.position
        return self.intake

    def state(self) -> StreamState:
        """What it knows now."""
        intake, former = self.intake, self._former
        name = self.format.name if self.format is not None else None
        if intake is not None:
            place = intake.lines, intake.position, intake.exit_ts
        elif former is not None:
            place = former.lines, former.position, former.exit_ts
        else:
            place = 0, -1, NEVER
        return StreamState(self.name, self._pinned, name, self.newest, self.floor, *place)

    def restore(self, state: StreamState) -> None:
        """Know what was known then."""
        self.newest, self.floor = state.newest, state.floor
        self.format = None
        if state.format is not None:
            program = self._door.program
            self.format = choose_again(program, program.ranked, self.source, state.format)
        self._former = state
        if self.intake is not None and state.position >= 0:
            self.intake.lines, self.intake.position, self.intake.exit_ts = state.lines, state.position, state.exit_ts
