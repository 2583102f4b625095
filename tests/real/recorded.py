"""Recorded streams: where they are, what a confirmation reads of them, and what a replay of rtj did with them.

A confirmation is a list of `Happening`: what the rules say must have happened, found without rtj. It is compared with the
trace (every entry, refusal, goal, leaving, message, with person and instant), with the counts and with the messages."""

from __future__ import annotations

import gzip
import json
import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import duckdb
import msgspec

from rtj.compile import compile_project
from rtj.ir.result import SimulateResult
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data"
SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOW_MS = 1_767_225_600_000  # 2026-01-01: the recorded events have long been received (S1.10)

People: TypeAlias = dict[str, list[tuple[Any, ...]]]
What = Literal["entered", "refused", "goal", "left", "sent"]
WHATS = get_args(What)
read_line = msgspec.json.Decoder(dict[str, Any]).decode


class Happening(NamedTuple):
    """One thing that happened in a journey. `detail`: the key of an entry, the reason of a refusal or of leaving, the template
    of a message; empty for a goal."""

    at: int
    person: str
    what: What
    detail: str = ""


def done(at: int, person: str, template: str) -> list[Happening]:
    """A last message, and with it the end."""
    return [Happening(at, person, "sent", template), Happening(at, person, "left", "completed")]


def at_once(at: int, person: str, template: str, key: str = "") -> list[Happening]:
    """Entry, the only message, and the end, all at one instant."""
    return [Happening(at, person, "entered", key), *done(at, person, template)]


@dataclass(frozen=True)
class Replay:
    """What one run of rtj answered."""

    result: SimulateResult
    trace_bytes: bytes
    message_bytes: bytes

    @cached_property
    def trace(self) -> list[dict[str, Any]]:
        """Every record but the header."""
        header, *lines = map(read_line, self.trace_bytes.splitlines())
        assert header["what"] == "header"
        return lines

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        return [read_line(line) for line in self.message_bytes.splitlines()]

    @cached_property
    def by_journey(self) -> dict[str, list[dict[str, Any]]]:
        grouped: dict[str, list[dict[str, Any]]] = {}
        for line in self.trace:
            if line["what"] in WHATS:
                grouped.setdefault(line["journey"], []).append(line)
        return grouped

    def happened(self, journey: str) -> Counter[Happening]:
        return Counter(
            Happening(instant(line["at"]), line["profile"], line["what"], _detail(line))
            for line in self.by_journey.get(journey, ())
        )

    def of_audience(self, audience: str) -> list[tuple[int, str, str]]:
        """(instant, person, joined | left_audience) of one audience."""
        return [(instant(line["at"]), line["profile"], line["what"]) for line in self.trace if line.get("audience") == audience]

    def vars_of(self, journey: str) -> list[tuple[int, str, dict[str, Any]]]:
        """(instant, person, what `with` gave) of each message of a journey, sorted by instant and person."""
        return sorted(
            ((instant(m["ts"]), m["profile"], m["vars"]) for m in self.messages if m["journey"] == journey),
            key=lambda m: (m[0], m[1], json.dumps(m[2], sort_keys=True)),
        )


def _detail(line: dict[str, Any]) -> str:
    match line["what"]:
        case "entered":
            return str(line.get("key", ""))
        case "refused" | "left":
            return str(line["reason"])
        case "sent":
            return str(line["template"])
        case _:
            return ""


@cache
def instant(text: str) -> int:
    """RFC 3339 to ms since the epoch."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def replay(project: str | Path, stream: str | Sequence[Path], folder: Path, **options: Any) -> Replay:
    """Run the project of this folder over a recorded stream, or over files of one's own, and keep everything that it wrote.
    `options`: what shall differ from one worker and the order of time."""
    compiled = compile_project((), HERE / project)
    assert compiled.program is not None, [str(d) for d in compiled.diagnostics]
    events = (str(DATA / stream),) if isinstance(stream, str) else tuple(map(str, stream))
    asked = replace(SimulateOptions(events=events, workers=1, now_ms=NOW_MS), **options)
    out = Outputs(messages=str(folder / "messages.jsonl"), trace=str(folder / "trace.jsonl"))
    result = simulate(compiled.program, asked, None, out)
    return Replay(result, (folder / "trace.jsonl").read_bytes(), (folder / "messages.jsonl").read_bytes())


def every_way(project: str, file: Path, folder: Path) -> Replay:
    """Grouped by person in one process, in two, and all in the order of time: one trace, one list of messages (S1.5)."""
    ways: list[dict[str, Any]] = [{"workers": 1}, {"workers": 2}, {"order": "arrival"}]
    one, *others = [replay(project, [file], folder, **way) for way in ways]
    for way, other in zip(ways[1:], others, strict=True):
        assert other.trace_bytes == one.trace_bytes, way
        assert other.message_bytes == one.message_bytes, way
        assert other.result.counts == one.result.counts, way
    return one


def part(stream: str, folder: Path, last: str) -> Path:
    """The events of the people whose identifier ends in one of these characters."""
    of_them = re.compile(rb'"(?:user|anonymous)_id":"[^"]*[' + last.encode() + rb']"')
    with gzip.open(DATA / stream) as recorded:
        lines = [line for line in recorded if of_them.search(line)]
    file = folder / stream.removesuffix(".gz")
    file.write_bytes(b"".join(lines))
    return file


def confirm(got: Replay, journey: str, expected: Iterable[Happening]) -> None:
    """The trace, the counts and the messages of a journey are exactly the expected ones."""
    want = Counter(expected)
    have = got.happened(journey)
    missing, extra = sorted((want - have).elements()), sorted((have - want).elements())
    assert (missing, extra) == ([], []), _difference(journey, missing, extra)
    counts: Counter[tuple[str, ...]] = Counter()
    for (_, _, what, detail), n in want.items():
        match what:
            case "entered" | "goal":
                counts[what, journey] += n
            case "refused" | "left":
                counts[what, journey, detail] += n
            case "sent":
                counts["templates", detail] += n
    left = sum(n for key, n in counts.items() if key[0] == "left")
    counts["inside", journey] = counts["entered", journey] - left
    sent = sum(n for key, n in counts.items() if key[0] == "templates")
    assert _of(got.result.counts, journey, ("entered", "goal", "left", "refused", "inside")) == {
        key: n for key, n in counts.items() if n and key[0] != "templates"
    }
    assert sum(n for key, n in got.result.counts.items() if key[:2] == ("sent", journey)) == sent
    wrote = Counter((instant(m["ts"]), m["profile"], m["template"]) for m in got.messages if m["journey"] == journey)
    assert wrote == Counter((h.at, h.person, h.detail) for h in want.elements() if h.what == "sent")
    assert want, f"nothing happened in {journey}: this confirms nothing"


def _of(counts: dict[tuple[str, ...], int], journey: str, kinds: tuple[str, ...]) -> dict[tuple[str, ...], int]:
    return {key: n for key, n in counts.items() if key[0] in kinds and key[1] == journey and n}


def _difference(journey: str, missing: list[Happening], extra: list[Happening]) -> str:
    lines = [f"{journey}: {len(missing)} missing, {len(extra)} unexpected"]
    lines += [f"  missing    {h}" for h in missing[:8]]
    lines += [f"  unexpected {h}" for h in extra[:8]]
    return "\n".join(lines)


class Stream:
    """A recorded stream in DuckDB: `events(pos, id, type, at, person, …)` in the order of work (these files are sorted by
    `ts`), with the properties named in `columns` (SQL types); `end` is the last `ts` (S1.6)."""

    def __init__(self, name: str, columns: dict[str, str]) -> None:
        self.db = duckdb.connect(config={"threads": 2})
        fields = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self.db.execute(
            f"""create table lines as select * from read_ndjson('{DATA / name}', columns = {{
                id: 'VARCHAR', type: 'VARCHAR', ts: 'VARCHAR', user_id: 'VARCHAR', anonymous_id: 'VARCHAR',
                properties: 'STRUCT({fields})'}})"""
        )
        picked = "".join(f", properties.{column} as {column}" for column in columns)
        self.db.execute(
            f"""create table events as
                select rowid as pos, id, type, epoch_ms(replace(ts, 'Z', '')::timestamp) as ms,
                       case when user_id is null then 'anonymous_id:' || anonymous_id else 'user_id:' || user_id end as person
                       {picked}
                from lines order by pos"""
        )
        self.db.execute("drop table lines")
        self.end: int = self.rows("select max(ms) from events")[0][0]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.db.execute(sql).fetchall()

    def happenings(self, sql: str) -> list[Happening]:
        """Rows of (at, person, what, detail)."""
        return [Happening(*row) for row in self.rows(sql)]

    def people(self, sql: str) -> People:
        """Rows whose first column is the person, grouped by it, in their order."""
        grouped: People = {}
        for person, *row in self.rows(sql):
            grouped.setdefault(person, []).append(tuple(row))
        return grouped


@dataclass(frozen=True, slots=True)
class Change:
    """An audience changed for a person: while the event `pos` was worked, or through time alone (`pos` None)."""

    at: int
    pos: int | None
    joined: bool


def membership(events: list[tuple[Any, ...]], window: int, least: float, end: int) -> list[Change]:
    """Changes of `sum(x) over window >= least` for one person, whose events are (at, pos, x or None): the definition, word by
    word. What lies exactly `window` back is out (S1.11); each event is looked at once (S5.4); the sum is the correctly rounded
    one (S3.3)."""
    changes: list[Change] = []
    inside = False
    entries: list[tuple[int, float]] = []

    def look(now: int, pos: int | None) -> None:
        nonlocal inside
        holds = math.fsum(x for at, x in entries if now - window < at <= now) >= least
        if holds != inside:
            inside = holds
            changes.append(Change(now, pos, holds))

    instants = [at for at, _, _ in events]
    falls = sorted({at + window for at, _, x in events if x is not None})
    done = 0
    for now in sorted({*instants, *falls}):
        if now > end:
            break
        entries = [entry for entry in entries if entry[0] > now - window]
        until = bisect_right(instants, now)
        for at, pos, x in events[done:until]:
            if x is not None:
                entries.append((at, x))
            look(now, pos)
        if done == until:
            look(now, None)
        done = until
    return changes
