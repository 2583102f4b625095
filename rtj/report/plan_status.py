"""Status, history and drift in words: rows of tables, before they have a width or a colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rtj.base.plain import one_line
from rtj.plan.status import DeployedRow, Runner, Status, VersionRow
from rtj.report.moments import counted, length_words
from rtj.report.plan_text import instant_words, short

Tone: TypeAlias = Literal["", "good", "warn", "bad", "dim", "strong"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A name with its value."""

    name: str
    value: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Headings, and rows of cells; each row has a tone for one of its cells (`toned`)."""

    headings: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], Tone], ...]
    toned: int = 1
    right: tuple[int, ...] = ()


STANDS_MS = 60_000  # so far behind a clock looks as if it stood still
PHASES: dict[str, Tone] = {
    "current": "good",
    "ramping": "warn",
    "admitting": "good",
    "draining": "warn",
    "drained": "dim",
    "paused": "bad",
}


def status_facts(status: Status) -> Iterator[Fact]:
    """What is true of the whole environment."""
    if not status.serial:
        yield Fact("deployed", "nothing yet; `rtj deploy` begins", "warn")
    else:
        ago = length_words(max(0, status.at_ms - status.deployed_ms))
        why = f": {one_line(status.message)}" if status.message else ""
        yield Fact("deployed", f"{status.serial} by {one_line(status.who)}, {ago} ago{why}", "strong")
        yield Fact("program", f"{short(status.project)}" + _linked(status))
    if status.begun is not None:
        serial, state = status.begun
        yield Fact("on its way", f"deployment {serial} is {state}; `rtj deploy --resume` goes on with it", "warn")
    yield Fact("clock", _clock(status))
    if status.committed_ms is not None:
        yield Fact("last entry", f"{length_words(max(0, status.at_ms - status.committed_ms))} ago")
    yield _run(status.run, status.at_ms, status.environment)
    yield Fact("outbox", f"{counted(status.waiting, 'message')} waiting" if status.waiting else "empty")
    if status.letters:
        told = counted(status.letters, "dead letter")
        yield Fact("not read", f"{told}: `rtj status {one_line(status.environment)} --dead-letters` shows them", "warn")
    if status.lock is not None:
        tone: Tone = "warn" if status.lock.alive else "bad"
        gone = "" if status.lock.alive else f", and is gone: `rtj unlock {status.lock.id}` frees it"
        said = f"{one_line(status.lock.who)} ({one_line(status.lock.operation)}){gone}; id {status.lock.id}"
        yield Fact("locked by", said, tone)
    for journey, serial in status.paused:
        yield Fact("paused", f"{one_line(journey)} (deployment {serial})", "warn")
    for journey, serial, words in status.halted:
        yield Fact("halted", f"{one_line(journey)} by a guardrail (deployment {serial}): {one_line(words)}", "bad")
    if status.unknown:
        yield Fact("people", one_line(status.unknown), "warn")


def _clock(status: Status) -> str:
    """That of the people. One that stands is no lag: where nobody has a date and nothing comes there is nothing to be done."""
    if status.clock is None:
        return "not yet begun"
    behind = status.at_ms - status.clock
    if behind < STANDS_MS:
        return instant_words(status.clock)
    return f"{instant_words(status.clock)}, {length_words(behind)} ago; the next event, or a date of somebody's, moves it on"


def _linked(status: Status) -> str:
    return f", with old versions that drain as {short(status.running)}" if status.running != status.project else ""


def _run(run: Runner | None, at_ms: int, environment: str) -> Fact:
    if run is None:
        return Fact("run", f"nobody runs it; `rtj run --env {one_line(environment)}` does", "dim")
    seen = length_words(max(0, at_ms - run.beat_ms))
    if run.alive:
        return Fact("run", f"{one_line(run.who)}, process {run.pid}, heard of {seen} ago", "good")
    gone = f"{one_line(run.who)}, process {run.pid}, is gone or hangs; last heard of {seen} ago (id {run.id})"
    return Fact("run", gone, "bad")


def version_table(status: Status) -> Table:
    """Versions of journeys, with who is inside."""
    now = status.at_ms if status.clock is None else status.clock  # people live by the clock of their events
    rows = tuple((_version(row, now, status.at_ms), PHASES[row.phase]) for row in status.versions)
    return Table(("journey", "state", "version", "inside", "oldest", "since"), rows, 1, (3,))


def _rounded(ms: int) -> int:
    """An estimate, as exact as it is: to days, hours or minutes."""
    unit = next((one for one in (86_400_000, 3_600_000, 60_000) if ms >= 3 * one), 60_000)
    return max(unit, round(ms / unit) * unit)


def _version(row: VersionRow, at_ms: int, now_ms: int) -> tuple[str, ...]:
    share = f" {row.percent:g} %" if row.phase in ("ramping", "admitting") else ""
    oldest = f"{length_words(max(0, at_ms - row.oldest))}" if row.oldest is not None else ""
    if row.drained_ms is not None:
        oldest += f", drained in about {length_words(_rounded(max(0, row.drained_ms - now_ms)))}"
    since = f"#{row.serial}" if row.serial else ""
    return one_line(row.journey), f"{row.phase}{share}", short(row.version), f"{row.people:,}", oldest, since


def letter_table(rows: Sequence[tuple[str, int, str, str]], columns: int) -> Table:
    """Dead letters: stream, line, reason, text. `columns`: of the terminal, into which each is cut; 0: nothing is cut."""
    cells = [(one_line(stream), f"{number:,}", one_line(reason), one_line(text)) for stream, number, reason, text in rows]
    if columns:
        streams, numbers = (max((len(row[place]) for row in cells), default=0) for place in (0, 1))
        left = max(30, columns - max(streams, 6) - max(numbers, 4) - 10)
        cells = [
            (stream, number, _cut(reason, left // 2), _cut(text, left - left // 2)) for stream, number, reason, text in cells
        ]
    return Table(("stream", "line", "why", "text"), tuple((row, "warn") for row in cells), 2, (1,))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


STATES: dict[str, Tone] = {"applied": "good", "ordered": "warn", "published": "warn", "halted": "bad"}


def history_table(rows: tuple[DeployedRow, ...]) -> Table:
    """Deployments, newest first."""
    told = tuple((_deployed(row), STATES.get(row.state, "")) for row in rows)
    return Table(("serial", "state", "when", "who", "what", "from -> to", "plan", "why"), told, 1, (0,))


def _deployed(row: DeployedRow) -> tuple[str, ...]:
    extra = [f"accepted {name}" for name in row.accepted] + [f"without {name}" for name in row.waived]
    why = "; ".join(filter(None, (row.message, *extra)))
    way = f"{short(row.old) or 'nothing'} -> {short(row.new)}"
    return f"{row.serial}", row.state, instant_words(row.at_ms), one_line(row.who), row.kind, way, short(row.plan), one_line(why)
