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
from rtj.connect.instants import instant_text
from rtj.ir.masking import Masker
from rtj.ir.program import Program, fingerprint
from rtj.ir.records import Day, Instant
from rtj.run.ledger import Ledger, Row
from rtj.run.options import Outputs

Record = tuple[int, str, int, dict[str, object]]


def _plain(value: object) -> str:
    if isinstance(value, Instant):
        return instant_text(value)
    if isinstance(value, Day):
        return instant_text(value * 86_400_000)[:10]
    raise NotImplementedError(type(value))


_encode = msgspec.json.Encoder(enc_hook=_plain).encode


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
class Sinks:
    """The open outputs; None where nothing is wanted."""

    messages: Sink | None
    trace: Sink | None
    dead_letters: Sink | None


@contextmanager
def opened(out: Outputs) -> Iterator[Sinks]:
    """Open the outputs before any work is done, and close them whatever happens."""
    made: list[Sink] = []
    try:
        sinks = []
        for path in (out.messages, out.trace, out.dead_letters):
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


def encode_line(record: dict[str, Any]) -> bytes:
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


class Books:
    """What is written of a run: messages and trace, each in a ledger of its own if wanted. `masker` masks the trace; messages are
    deliveries and stay whole."""

    def __init__(self, folder: Path, name: str, messages: bool, trace: bool, masker: Masker | None = None) -> None:
        self._masker = masker if masker is not None and masker.active else None
        self.messages = Ledger(folder, f"{name}-messages") if messages else None
        self.trace = Ledger(folder, f"{name}-trace") if trace else None

    def enter(self, records: list[Record]) -> None:
        """Take over finished records."""
        if self.messages is not None:
            self.messages.add(message_rows(records))
        if self.trace is not None:
            self.trace.add(trace_rows(records, self._masker))

    def names(self, origins: frozenset[str]) -> frozenset[str]:
        """Origins, and what is printed for them."""
        return origins if self._masker is None else origins.union(map(self._masker.identifier, origins))

    def pairs(self, sinks: Sinks) -> Iterator[tuple[Sink, Ledger]]:
        """Every ledger with the sink it is for."""
        if self.messages is not None and sinks.messages is not None:
            yield sinks.messages, self.messages
        if self.trace is not None and sinks.trace is not None:
            yield sinks.trace, self.trace
