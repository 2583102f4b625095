"""Records of a request as lines of the log, checked as the run will check them, so that the sender hears what is wrong.

A stream has one format in the log. Where the project declares one for the source, records go in as they came. Else each becomes
a line of our own format. What can be no event either way is told to the sender and handed over as refused, so that it becomes a
dead letter; a line that is broken in our own format goes in as it is, and the run buries it by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from hashlib import blake2b
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote

import msgspec

from rtj.connect.envelope import MisfitError, Shape, Shaped
from rtj.connect.faults import why
from rtj.connect.formats import SNIFF_MAX, Format, choose, declared_source, shape_of, sniff
from rtj.connect.inbox import Refused
from rtj.connect.intake import Door, Feed, Intake
from rtj.connect.kinds import Reads
from rtj.connect.letters import TEXT_MAX, DeadLetter, Letters, Reason
from rtj.connect.shapes import SEGMENT_TYPES
from rtj.ir.program import Namespace, Program
from rtj.live.http_bodies import BROKEN, RECORD_MAX, Kind, Records, RefusalError, split

TOLD_MAX = 100  # rejected records that the answer names; all are counted
NEAR_MAX = 256  # unknown types of which it is remembered what they are near to
NAME_MAX = 200  # characters of a type that are compared
LINKED = "rtj.linked"  # the type of a line that only says who else somebody is
_ENVELOPE = frozenset(("id", "type", "ts", "properties", "channel", "received_at"))

Call: TypeAlias = Literal["track", "identify", "page", "screen", "group", "alias"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that is no event: its place in the request, from 0."""

    index: int
    reason: str
    detail: str


@dataclass(slots=True)
class Sorted:
    """A request as it goes in. `text`: lines; `rejected`: what is told of, `broken` counts all such records, `good` the others;
    `refused`: those of them that are no line; `unknown`: how many events have types that nobody declared, by type."""

    text: bytes
    good: int
    broken: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    refused: tuple[Refused, ...] = ()
    unknown: dict[str, int] = field(default_factory=dict)


class Clerk:
    """Reads the requests of one source by one program. For one thread."""

    def __init__(self, source: str, program: Program, reads: Reads) -> None:
        """Raises UsageError when the project's mapping of the source cannot be used."""
        declared = declared_source(program, source, None)
        self.fixed: Format | None = None
        if declared is not None and (declared.map or declared.sequence or declared.format not in ("auto", "custom", "rtj")):
            self.fixed = choose(program, program.ranked, source, source, ())
        self._spaces = program.ranked
        self._shapes: dict[str, Shape | None] = {}
        self._bad: dict[int, DeadLetter] = {}
        self._events, self._near = program.events, dict[str, str]()
        door, feed = Door(program, reads, 0), Feed(0, self.fixed.shape if self.fixed is not None else None)
        self._intake = Intake(door, feed, Letters(self._keep, -1))

    @property
    def pinned(self) -> str:
        """What the stream is opened with: the format that its lines have in the log."""
        return "rtj" if self.fixed is None else self.fixed.name.removeprefix("sources.")

    def _keep(self, letter: DeadLetter) -> None:
        self._bad.setdefault(letter.line, letter)

    def read(self, body: bytes, kind: Kind, received_ms: int, *, call: Call | None = None) -> Sorted:
        """Bring a body to lines. `call`: it is that call of Segment's API, whose path says the type. Raises RefusalError when it
        holds no records at all."""
        records = split(body, kind)
        name = self._format(kind, records.raws, call)
        shape = None if self.fixed is not None else self._shape(name)
        drawn = _Drawn()
        for index, raw in enumerate(records.raws):
            if len(raw) > RECORD_MAX:
                drawn.refuse(index, "too_long", f"longer than {RECORD_MAX:,} bytes", raw)
                continue
            try:
                whole = _completed(raw, records, call, received_ms) if name == "segment" else raw
                if shape is None:
                    drawn.line(index, whole)
                else:
                    drawn.lines(index, lines_of(shape(_object(whole)), self._spaces))
            except MisfitError as misfit:
                drawn.refuse(index, misfit.reason, misfit.detail, raw)
            except BROKEN as error:
                drawn.refuse(index, *why(error), raw)
        return self._checked(drawn, len(records.raws), received_ms)

    def binary(self, body: bytes, headers: Mapping[str, str], received_ms: int) -> Sorted:
        """A CloudEvent in binary mode: attributes in `ce-` headers, the data as the body."""
        record: dict[str, Any] = {
            name.removeprefix("ce-"): unquote(value) for name, value in headers.items() if name.startswith("ce-")
        }
        try:
            record["data"] = msgspec.json.decode(body) if body.strip() else None
        except BROKEN as error:
            raise RefusalError(400, "json", f"the data is no JSON: {why(error)[1]}") from error
        return self.read(msgspec.json.encode(record), "cloudevent", received_ms)

    def _format(self, kind: Kind, raws: Sequence[bytes], call: Call | None) -> str:
        said = "cloudevents" if kind in ("cloudevent", "cloudevents") else "segment" if call is not None else None
        if self.fixed is None:
            return said or sniff(raws[:SNIFF_MAX])[0]
        if said is not None and said != self.fixed.name:
            raise RefusalError(415, "format", f"this source has the format {self.fixed.name.removeprefix('sources.')}")
        return self.fixed.name

    def _shape(self, name: str) -> Shape | None:
        if name not in self._shapes:
            self._shapes[name] = shape_of(name, self._spaces)
        return self._shapes[name]

    def _checked(self, drawn: _Drawn, records: int, received_ms: int) -> Sorted:
        """What the run will say of these lines."""
        text = b"\n".join(drawn.found) + b"\n" if drawn.found else b""
        if text:
            self._bad.clear()
            intake = self._intake
            intake.lines = 0
            intake.unknown = {}
            intake.receive(received_ms)
            intake.take(text)
            for line, letter in self._bad.items():
                drawn.told.setdefault(drawn.owners[line - 1], (letter.reason, letter.detail))
        told = sorted(drawn.told.items())
        rejected = [Rejected(index, reason, detail) for index, (reason, detail) in told[:TOLD_MAX]]
        unknown = {name: number for name, number in self._intake.unknown.items() if name != LINKED} if text else {}
        return Sorted(text, records - len(told), len(told), rejected, tuple(drawn.refused), unknown)

    def near(self, unknown: str) -> str:
        """The declared type of which an unknown one may be a slip; "" for none."""
        if len(self._near) >= NEAR_MAX:
            self._near.clear()
        if unknown not in self._near:
            known = [event.name for event in self._events]
            self._near[unknown] = next(iter(get_close_matches(unknown[:NAME_MAX], known, 1)), "")
        return self._near[unknown]


class _Drawn:
    """Lines as they are found, each with the record that it belongs to; what is wrong, by record."""

    def __init__(self) -> None:
        self.found: list[bytes] = []
        self.owners: list[int] = []
        self.told: dict[int, tuple[str, str]] = {}
        self.refused: list[Refused] = []

    def line(self, index: int, line: bytes) -> None:
        self.found.append(line)
        self.owners.append(index)

    def lines(self, index: int, lines: list[bytes]) -> None:
        for line in lines:
            self.line(index, line)

    def refuse(self, index: int, reason: Reason, detail: str, raw: bytes) -> None:
        self.told[index] = (reason, detail)
        self.refused.append(Refused(reason, detail, raw[: TEXT_MAX * 4]))


def _object(raw: bytes) -> dict[str, Any]:
    record = msgspec.json.decode(raw)
    if not isinstance(record, dict):
        raise MisfitError("format", "expected a JSON object")
    return record


def lines_of(shaped: Shaped, spaces: tuple[Namespace, ...]) -> list[bytes]:
    """An event of another format in our own. Ours has one value of each namespace: further ones stand in lines behind it, each
    beside an identifier of another namespace. Raises MisfitError where there is none, for who is meant would be lost."""
    event: dict[str, Any] = {"id": shaped.id, "type": shaped.type, "ts": shaped.ts}
    named: dict[str, Any] = {}
    further: list[tuple[str, Any]] = []
    for place, value in shaped.identifiers:
        name = spaces[place].name
        if value is None or name in _ENVELOPE:
            continue
        if named.setdefault(name, value) != value:
            further.append((name, value))
    event |= named
    if shaped.channel is not None:
        event["channel"] = shaped.channel
    if shaped.received_at is not None:
        event["received_at"] = shaped.received_at
    event["properties"] = shaped.properties
    found = [msgspec.json.encode(event)]
    for number, (name, value) in enumerate(further, 1):
        other = next((known for known in named if known != name), None)
        if other is None:
            raise MisfitError("identifier", f"several values of {name} and no other identifier; declare the format of the source")
        line = {"id": f"{shaped.id}#{number}", "type": LINKED, "ts": shaped.ts, other: named[other], name: value}
        found.append(msgspec.json.encode(line))
    return found


def _completed(raw: bytes, records: Records, call: Call | None, received_ms: int) -> bytes:
    """A Segment record with what the service itself would put in: the type of its path, an id (of its content, so that the same
    again has the same), an instant."""
    record = _object(raw)
    if "type" not in record and call is not None:
        record["type"] = call
    if record.get("type") not in SEGMENT_TYPES:
        return raw
    added = dict(record)
    if record.get("messageId") is None:
        added["messageId"] = "hash-" + blake2b(msgspec.json.encode(record, order="sorted"), digest_size=16).hexdigest()
    if all(record.get(name) is None for name in ("timestamp", "originalTimestamp", "sentAt")):
        sent = records.sent_at
        now = datetime.fromtimestamp(received_ms / 1000, UTC).isoformat(timespec="milliseconds")
        added["timestamp"] = sent if isinstance(sent, str) else now
    return msgspec.json.encode(added)
