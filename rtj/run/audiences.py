"""What became of audiences over recorded events: their size as time goes by, who came and went, who is in them at the end.

The replay is that of every simulation, with a kernel that tells of audiences alone; what it tells is read back in the order of
time, so that nothing is kept of a person longer than needed. Names of members are sorted on disk when they are many.
"""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import msgspec

from rtj.ir.courses import Course, Span, Stay, Survey
from rtj.ir.expr import Const, Member
from rtj.ir.journey import Emit, SetAttributes
from rtj.ir.program import EVERYONE, Audience, Program
from rtj.ir.walk import walk
from rtj.run.ledger import Ledger, merged_lines
from rtj.run.meter import OnProgress
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate

CHUNK_BYTES = 1 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

Edges = Callable[[int, int], Sequence[int]]
"""(first instant, last instant) -> instants at which one stretch of time ends and the next begins."""


class _Told(msgspec.Struct):
    """A record of the census."""

    what: str
    at: datetime | None = None
    audience: str = ""
    identifier: str = ""
    since: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which audiences (empty: all), into which stretches time is divided, how many members of a single one are at hand."""

    names: tuple[str, ...]
    edges: Edges
    members: int = 0


@contextmanager
def survey(
    program: Program, options: SimulateOptions, wanted: Wanted, on_progress: OnProgress | None = None
) -> Iterator[tuple[Survey, Iterator[Stay]]]:
    """Replay recorded events and look at audiences. The members of a single audience come sorted by name; the iterator goes on
    behind those that the survey holds, as long as the context is open. Raises what `simulate` raises."""
    narrowed = only_audiences(program, wanted.names)
    with tempfile.TemporaryDirectory(prefix="rtj-") as folder:
        told = Path(folder) / "told.jsonl"
        result = simulate(narrowed, replace(options, census=True), on_progress, Outputs(trace=str(told)))
        names = wanted.names or tuple(sorted(a.name for a in narrowed.audiences))
        edges: Sequence[int] = ()
        if result.first_ts is not None and result.end is not None:
            edges = wanted.edges(min(result.first_ts, result.end), result.end)
        tallies = {name: _Tally(name, edges) for name in names}
        ledger = Ledger(Path(folder), "members")
        for record in _records(told):
            tally = tallies.get(record.audience)
            if tally is None or record.at is None:
                continue
            tally.take(record, (record.at - _EPOCH) // _MS)
            if record.what == "member" and len(names) == 1:
                line = msgspec.json.encode([record.identifier, record.since]) + b"\n"
                ledger.add([(0, record.identifier, record.since, line)])
        members = _stays(ledger)
        first = tuple(islice(members, wanted.members))
        yield Survey(result, tuple(tally.course() for tally in tallies.values()), first), members


def only_audiences(program: Program, names: Sequence[str] = ()) -> Program:
    """The program without what cannot matter to audiences: journeys, unless some write attributes or emit events; with names,
    also without audiences that these do not read."""
    if EVERYONE in names and all(a.name != EVERYONE for a in program.audiences):
        everyone = Audience(EVERYONE, Const(True, "bool"))
        program = msgspec.structs.replace(program, audiences=(everyone, *program.audiences))
    if any(isinstance(node, SetAttributes | Emit) for journey in program.journeys for node in journey.nodes):
        return program
    kept = program.audiences
    if names:
        needed = set(names)
        for audience in reversed(kept):  # what is read stands before its reader
            if audience.name in needed and audience.condition is not None:
                needed |= {part.audience for part in walk(audience.condition) if isinstance(part, Member)}
        trackers = [t.condition for t in program.trackers]
        needed |= {part.audience for condition in trackers for part in walk(condition) if isinstance(part, Member)}
        kept = tuple(a for a in kept if a.name in needed or any(a.name in b.needs for b in kept if b.name in needed))
    return msgspec.structs.replace(program, journeys=(), audiences=kept)


@dataclass(slots=True)
class _Tally:
    """Counts one audience while records come in the order of time."""

    name: str
    edges: Sequence[int]
    size: int = 0
    joined: int = 0
    left: int = 0
    fused: int = 0
    peak: int = 0
    peak_at: int | None = None
    stayed_ms: int = 0
    longest: Stay | None = None
    at: int | None = None
    spans: list[Span] = field(default_factory=list)
    _in: list[int] = field(default_factory=lambda: [0, 0, 0])  # joined, left, peak of the present stretch

    def take(self, record: _Told, at: int) -> None:
        """One record."""
        if at != self.at:
            self._close_instant()
            self._turn_to(at)
            self.at = at
        match record.what:
            case "joined":
                self.size += 1
                self.joined += 1
                self._in[0] += 1
            case "left":
                self.size -= 1
                self.left += 1
                self._in[1] += 1
                self.stayed_ms += at - record.since
            case "fused":
                self.size -= 1
                self.fused += 1
            case "member":
                if self.longest is None or (record.since, record.identifier) < (self.longest.since, self.longest.name):
                    self.longest = Stay(record.identifier, record.since)
            case _:
                raise AssertionError(record)

    def _close_instant(self) -> None:
        if self.at is not None and self.size > self.peak:
            self.peak, self.peak_at = self.size, self.at
        self._in[2] = max(self._in[2], self.size)

    def _turn_to(self, at: int) -> None:
        """Finish the stretches that ended before this instant."""
        while len(self.spans) < bisect_right(self.edges, at) - 1:
            self._finish_span()

    def _finish_span(self) -> None:
        place = len(self.spans)
        joined, left, peak = self._in
        self.spans.append(Span(self.edges[place], self.edges[place + 1], self.size, peak, joined, left))
        self._in = [0, 0, self.size]

    def course(self) -> Course:
        """What came of it."""
        self._close_instant()
        while len(self.spans) < len(self.edges) - 1:
            self._finish_span()
        return Course(
            self.name, self.size, self.joined, self.left, self.fused, self.peak, self.peak_at,
            tuple(self.spans), self.longest, self.stayed_ms,
        )  # fmt: skip


def _records(path: Path) -> Iterator[_Told]:
    """The lines of a file, in chunks."""
    decode = msgspec.json.Decoder(_Told).decode_lines
    with path.open("rb") as file:
        while lines := file.readlines(CHUNK_BYTES):
            yield from decode(b"".join(lines))


def _stays(ledger: Ledger) -> Iterator[Stay]:
    """Members by name."""
    decode = msgspec.json.Decoder(list[tuple[str, int]]).decode
    for lines in merged_lines([ledger]):
        if lines:
            for name, since in decode(b"[" + b",".join(lines.splitlines()) + b"]"):
                yield Stay(name, since)
