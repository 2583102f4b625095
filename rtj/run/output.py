"""Records as JSON lines, and the files or pipes they go to."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

import rtj
from rtj.base.errors import OutputError
from rtj.connect.instants import instant_text, json_text
from rtj.engine.machine import ZONE_ATTRIBUTE
from rtj.ir.masking import Masker
from rtj.ir.program import Program, fingerprint
from rtj.ir.records import Instant
from rtj.ir.standing import Standing, StandingHeader, StandingInstance, StandingProfile
from rtj.run.ledger import Ledger, Row
from rtj.run.options import Outputs

Record = tuple[int, str, int, dict[str, object]]


_encode = msgspec.json.Encoder(enc_hook=json_text).encode


class Sink:
    """A file, or stdout for "-". A closed stdout pipe raises BrokenPipeError, anything else OutputError."""

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._file: BinaryIO = sys.stdout.buffer if path == "-" else open(path, "wb")  # noqa: SIM115
        except OSError as error:
            raise self._failed(error) from error

    def write(self, lines: bytes, flush: bool = False) -> None:
        """Write whole lines; `flush` makes them visible at once."""
        try:
            self._file.write(lines)
            if flush:
                self._file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Flush, and close what is not stdout."""
        try:
            if self._path == "-":
                self._file.flush()
            else:
                self._file.close()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> OutputError:
        name = "stdout" if self._path == "-" else self._path
        return OutputError(f"{name}: {(error.strerror or str(error)).lower()}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines of a run are wanted."""

    messages: bool = False
    trace: bool = False
    instances: bool = False


@dataclass(frozen=True, slots=True)
class Sinks:
    """The open outputs; None where nothing is wanted."""

    messages: Sink | None
    trace: Sink | None
    dead_letters: Sink | None
    instances: Sink | None = None

    @property
    def wanted(self) -> Wanted:
        """Which lines of a run there is an output for."""
        return Wanted(self.messages is not None, self.trace is not None, self.instances is not None)


@contextmanager
def opened(out: Outputs) -> Iterator[Sinks]:
    """Open the outputs before any work is done, and close them whatever happens."""
    made: list[Sink] = []
    try:
        sinks = []
        for path in (out.messages, out.trace, out.dead_letters, out.instances):
            sink = None if path is None else Sink(path)
            sinks.append(sink)
            if sink is not None:
                made.append(sink)
        yield Sinks(*sinks)
    except BaseException:
        for sink in made:
            with suppress(OSError, OutputError):  # the first failure is the one to tell
                sink.close()
        raise
    for sink in made:
        sink.close()


def encode_line(record: object) -> bytes:
    """One JSON line."""
    return _encode(record) + b"\n"


def header_line(program: Program, now_ms: int) -> bytes:
    """The first line of a trace: what ran, and which world it knew."""
    from tzdata import IANA_VERSION  # type: ignore[import-untyped]

    head = {"what": "header", "rtj": rtj.__version__, "program": fingerprint(program)}
    return _encode({**head, "now": instant_text(now_ms), "tzdata": IANA_VERSION}) + b"\n"


def trace_rows(records: Iterable[Record], masker: Masker | None = None) -> Iterator[Row]:
    """Trace lines with the keys by which they are sorted. Masked, people stand in the order of what is printed for them."""
    at_text, last = "", None
    if masker is not None:
        records = ((at, masker.identifier(origin), number, masker.record(payload)) for at, origin, number, payload in records)
    for at, origin, number, payload in records:
        if at != last:
            at_text, last = instant_text(at), at
        yield at, origin, number, _encode({"at": at_text, "profile": origin, "n": number, **payload}) + b"\n"


def message_rows(records: Iterable[Record]) -> Iterator[Row]:
    """Message lines, made from the records of what was sent."""
    for at, origin, number, sent in records:
        if sent["what"] == "sent":
            line: dict[str, Any] = {"ts": instant_text(at), "key": sent["key"], "profile": origin}
            for name in ("journey", "node", "channel", "template"):
                line[name] = sent[name]
            line["status"] = "sent"
            line["vars"] = sent.get("vars", {})
            yield at, origin, number, _encode(line) + b"\n"


def snapshot_header(program: Program, at: int | None, *, interrupted: bool) -> bytes:
    """The first line of a snapshot of instances: what ran, and as of which instant it tells of them."""
    when = None if at is None else Instant(at)
    return _encode(StandingHeader(rtj.__version__, fingerprint(program), when, interrupted=interrupted)) + b"\n"


def standing_rows(standings: Iterable[Standing], masker: Masker | None = None) -> Iterator[Row]:
    """Lines of a snapshot: for each profile, in the order of what is printed for it, its own and those of its instances."""
    for standing in standings:
        profile, instances = standing.profile, standing.instances
        if masker is not None:
            profile, instances = _masked(masker, profile), tuple(_masked_instance(masker, one) for one in instances)
        yield 0, profile.profile, 0, _encode(profile) + b"\n"
        for number, instance in enumerate(instances, 1):
            yield 0, profile.profile, number, _encode(instance) + b"\n"


def _masked(masker: Masker, one: StandingProfile) -> StandingProfile:
    zone = one.zone if masker.value(ZONE_ATTRIBUTE, one.zone) == one.zone else ""
    return msgspec.structs.replace(one, profile=masker.identifier(one.profile), zone=zone)


def _masked_instance(masker: Masker, one: StandingInstance) -> StandingInstance:
    key = None if one.key is None else masker.key(one.journey, one.key)
    return msgspec.structs.replace(one, profile=masker.identifier(one.profile), key=key)


class Books:
    """What is written of a run: messages, trace and instances, each in a ledger of its own if wanted. `masker` masks what is
    not messages, which are deliveries and stay whole."""

    def __init__(self, folder: Path, name: str, wanted: Wanted, masker: Masker | None = None) -> None:
        self._masker = masker if masker is not None and masker.active else None
        self.messages = Ledger(folder, f"{name}-messages") if wanted.messages else None
        self.trace = Ledger(folder, f"{name}-trace") if wanted.trace else None
        self.instances = Ledger(folder, f"{name}-instances") if wanted.instances else None

    def enter(self, records: list[Record]) -> None:
        """Take over finished records."""
        if self.messages is not None:
            self.messages.add(message_rows(records))
        if self.trace is not None:
            self.trace.add(trace_rows(records, self._masker))

    def stand(self, standings: Iterable[Standing]) -> None:
        """Take over who stands where at the end."""
        if self.instances is not None:
            self.instances.add(standing_rows(standings, self._masker))

    def names(self, origins: frozenset[str]) -> frozenset[str]:
        """Origins, and what is printed for them."""
        return origins if self._masker is None else origins.union(map(self._masker.identifier, origins))

    def timely(self, sinks: Sinks) -> Iterator[tuple[Sink, Ledger]]:
        """The ledgers of what can be told as the run goes on, with the sinks they are for."""
        if self.messages is not None and sinks.messages is not None:
            yield sinks.messages, self.messages
        if self.trace is not None and sinks.trace is not None:
            yield sinks.trace, self.trace

    def pairs(self, sinks: Sinks) -> Iterator[tuple[Sink, Ledger]]:
        """Every ledger with the sink it is for."""
        yield from self.timely(sinks)
        if self.instances is not None and sinks.instances is not None:
            yield sinks.instances, self.instances
