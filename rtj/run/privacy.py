"""`rtj privacy`: taking a person out of files, and events whose time is over (S10)."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from rtj.base.errors import InputError
from rtj.connect.instants import instant_text
from rtj.connect.intake import Door
from rtj.connect.streams import Packing, Source, TooLong, packing_of, source_lines
from rtj.engine.calendar import shift
from rtj.engine.consent import ANY, of_channel
from rtj.engine.erasing import ERASE, nobody
from rtj.engine.machine import Machine
from rtj.ir.addresses import address_hash
from rtj.ir.masking import Masker
from rtj.ir.program import Program
from rtj.run.rewriting import Rewriting
from rtj.run.sifting import Mentions, Sifted, sift
from rtj.run.sources import FileSource
from rtj.run.subject import Subject

PRIVATE = "erased"  # stands in the records of others where the person was named


@dataclass(frozen=True, slots=True)
class Beside:
    """Files beside the events from which a person is taken, and those to which something is added. None: not given."""

    trace: str | None = None
    messages: str | None = None
    dead_letters: str | None = None
    suppressions: str | None = None
    log: str | None = None


@dataclass(slots=True)
class Change:
    """What happens to one file: what it is, how much goes (or, if `adds`, comes), by kind."""

    path: str
    what: str
    counts: dict[str, int] = field(default_factory=dict)
    adds: bool = False

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def erase(
    program: Program, subject: Subject, sources: tuple[list[FileSource], Door], beside: Beside, now_ms: int
) -> tuple[list[Change], Rewriting]:
    """Make ready all files without the person. Nothing is changed until the rewriting is committed."""
    files, door = sources
    rewriting = Rewriting(folder_of(files))
    spaces = program.ranked
    spelled = {f"{spaces[index].name}:{value}" for index, value in subject.names}
    names = Mentions(value for index, value in subject.names if spaces[index].kind == "person")
    places: dict[int, set[int]] = {}
    for _, (number, place) in subject.events:
        places.setdefault(number, set()).add(place)
    changes: list[Change] = []
    broken: set[tuple[str, int]] = set()
    for file in files:
        mine, found = places.get(file.number, set()), Sifted()
        rewriting.write(file.path, file.packing, sift(file, door, lambda _, place, mine=mine: place in mine, names, found))  # type: ignore[misc]
        broken |= {(file.name, line) for line in found.broken_lines}
        counts = {**dict(sorted(found.events.items())), **({"no event": found.broken} if found.broken else {})}
        changes.append(_settled(rewriting, Change(file.name, "events", counts)))
    told = _Told(program, subject, spelled)
    for path, what, stays in (
        (beside.trace, "trace", told.trace),
        (beside.messages, "messages", told.message),
        (beside.dead_letters, "dead letters", lambda row: told.letter(row, names, broken)),
    ):
        if path is not None and os.path.exists(path):
            changes.append(_rewrite_records(rewriting, path, what, stays))
    if beside.suppressions is not None:
        changes.append(_suppress(rewriting, program, subject, beside.suppressions))
    if beside.log is not None and subject.events:
        changes.append(_append(rewriting, beside.log, _erase_event(program, subject, now_ms)))
    return changes, rewriting


def retain(program: Program, sources: tuple[list[FileSource], Door], now_ms: int) -> tuple[list[Change], Rewriting]:
    """Make ready the files without events that are older than their type is kept."""
    files, door = sources
    rewriting = Rewriting(folder_of(files))
    keep = {one.event: one.keep for one in program.retention}
    others, zone = keep.get("*"), Machine(program).project_zone
    changes = []
    for file in files:

        def is_over(event: Any, _: int) -> bool:
            length = keep.get(event.type, others)
            return length is not None and shift(event.ts, length, 1, zone) <= now_ms

        found = Sifted()
        rewriting.write(file.path, file.packing, sift(file, door, is_over, Mentions(()), found))
        changes.append(_settled(rewriting, Change(file.name, "events", dict(sorted(found.events.items())))))
    return changes, rewriting


def folder_of(files: list[FileSource]) -> Path:
    """Where the journal of a rewriting stands."""
    return Path(os.path.realpath(files[0].path)).parent


def _settled(rewriting: Rewriting, change: Change) -> Change:
    """A file from which nothing goes is left as it is."""
    if not change.total:
        rewriting.drop_last()
    return change


# ---- files of records


class _Told:
    """What records say of the person. Each method gives the record that stays, or None."""

    def __init__(self, program: Program, subject: Subject, spelled: set[str]) -> None:
        masker = Masker(program)
        people = set(subject.origins)
        self._people = people | set(map(masker.identifier, people)) | {nobody(program.secret, origin) for origin in people}
        self._names = self._people | spelled | set(map(masker.identifier, spelled))

    def trace(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """Of others' records the parts go that name the person."""
        if row.get("profile") in self._people:
            return None
        parts = {name: PRIVATE for name in ("identifier", "owner", "other", "from") if row.get(name) in self._names}
        return {**row, **parts} if parts else row

    def message(self, row: dict[str, Any]) -> dict[str, Any] | None:
        return None if row.get("profile") in self._people else row

    def letter(self, row: dict[str, Any], names: Mentions, broken: set[tuple[str, int]]) -> dict[str, Any] | None:
        """A line that names the person, or that was taken out of its file."""
        gone = (row.get("source"), row.get("line")) in broken
        return None if gone or names(f"{row.get('text', '')} {row.get('reason', '')}") else row


def _rewrite_records(rewriting: Rewriting, path: str, what: str, stays: Any) -> Change:
    change = Change(path, what)
    packing = _packing(path)

    def lines() -> Iterator[bytes]:
        for raw in _lines_of(path):
            try:
                row = msgspec.json.decode(raw)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                yield raw
                continue
            kept = stays(row) if isinstance(row, dict) else row
            if kept is None:
                change.counts["records"] = change.counts.get("records", 0) + 1
            elif kept is row:
                yield raw
            else:
                change.counts["names"] = change.counts.get("names", 0) + 1
                yield msgspec.json.encode(kept) + b"\n"

    rewriting.write(path, packing, lines())
    return _settled(rewriting, change)


def _packing(path: str) -> Packing:
    source = Source(path)
    try:
        return packing_of(source.start())
    finally:
        source.close()


def _lines_of(path: str) -> Iterator[bytes]:
    source = Source(path)
    try:
        for piece in source_lines(source):
            if isinstance(piece, TooLong):
                raise InputError(f"{path}: a line is too long; such a file cannot be rewritten")
            yield from io.BytesIO(piece)
    finally:
        source.close()


# ---- what is added


def refused_addresses(program: Program, subject: Subject) -> set[tuple[str, str]]:
    """Channel ("" for all) and keyed hash of every address that the person must not be written to: suppressed ones, and those of
    channels to which consent was withdrawn. A subscription alone has no address of its own and is not among them."""
    gates, found = subject.machine.gates, set[tuple[str, str]]()
    for p in subject.refusing:
        if p.gone:
            continue  # who was erased before is not known any more
        if p.mail is not None:
            found |= p.mail.suppressed
        for channel in program.channels:
            address_of = gates.addresses[channel.name]
            address = address_of(p, subject.end) if address_of is not None else None
            if not address:
                continue
            hashed = gates.hashed(address)
            if any(gates.sources[name].says(p, subject.end) is False for name in (ANY, of_channel(channel.name))):
                found.add((channel.name, hashed))
            if ("", hashed) in program.suppressed:
                found.add(("", hashed))
    return found - set(program.suppressed)


def _suppress(rewriting: Rewriting, program: Program, subject: Subject, path: str) -> Change:
    """The list with the refusals of the person. A list of addresses becomes one of hashes, for nobody must be read in it."""
    rows: dict[tuple[str, str], None] = {}
    if os.path.exists(path):
        rows |= dict.fromkeys(_suppressed(path, program.secret))
    fresh = sorted(refused_addresses(program, subject) - set(rows))
    change = Change(path, "suppressions", {"hashes": len(fresh)} if fresh else {}, adds=True)
    if fresh:
        lines = ["channel,hash", *(f"{channel},{hashed}" for channel, hashed in (*rows, *fresh))]
        rewriting.write(path, "plain", (f"{line}\n".encode() for line in lines))
    return change


def _suppressed(path: str, secret: str) -> Iterator[tuple[str, str]]:
    """Channel and hash of each row. A file that is no such list would not survive being written as one. Raises InputError."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, strict=True)
            names = set(table.fieldnames or ())
            if names and not names & {"address", "hash"}:
                raise InputError(f"{path}: no list of suppressed addresses: its first line is channel,address or channel,hash")
            for row in table:
                address, hashed = (row.get("address") or "").strip(), (row.get("hash") or "").strip().lower()
                if address or hashed:
                    yield (row.get("channel") or "").strip(), hashed or address_hash(secret, address)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a list of suppressed addresses: {error}") from error


def _erase_event(program: Program, subject: Subject, now_ms: int) -> bytes:
    ids: dict[str, str] = {}
    for index, value in sorted(subject.names):
        ids.setdefault(program.ranked[index].name, value)
    name = nobody(program.secret, "|".join(sorted(subject.origins)))
    event = {"id": f"erase-{name[1:]}-{now_ms}", "type": ERASE, "ts": instant_text(now_ms), **ids}
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _append(rewriting: Rewriting, path: str, event: bytes) -> Change:
    there = os.path.exists(path)
    packing: Packing = _packing(path) if there else "plain"

    def lines() -> Iterable[bytes]:
        last = b"\n"
        for raw in _lines_of(path) if there else ():
            last = raw
            yield raw
        if not last.endswith(b"\n"):
            yield b"\n"
        yield event

    rewriting.write(path, packing, lines())
    return Change(path, "log", {ERASE: 1}, adds=True)
