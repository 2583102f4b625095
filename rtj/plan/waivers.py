"""The waiver file `rtj.accept` beside rtj.yaml: changes that somebody has agreed to, each bound to its content.

One waiver on a line: the journey (or `project`), the code, what is different, the hash of its content, behind `--` the reason:

    welcome D114 entry 1 when 3f9a0c11d2e4b567 -- agreed with CRM 2026-11-20

Any further edit gives another hash, and the waiver counts no more. Lines that begin with `#` are comments. Nothing is read or
written here but texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import msgspec

from rtj.base.plain import one_line
from rtj.plan.catalogue import CHANGES
from rtj.plan.changes import Change, Diff, JourneyDiff, Judged, Level, at_least

FILE = "rtj.accept"
PROJECT = "project"
LINES_MAX = 100_000
FAULTS_MAX = 50  # that are told
HEADING = (
    "# Changes that somebody has agreed to: journey, code, what, hash of the content -- reason. `rtj diff --accept` adds to it.\n"
)

_LINE = re.compile(
    r"(?P<journey>\S+)\s+(?P<code>\S+)\s+(?P<what>\S.*?)\s+(?P<content>[0-9A-Fa-f]{8,64})\s*(?:--\s*(?P<reason>.*))?"
)
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_HASH = re.compile(r"[0-9A-Fa-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Waiver:
    """One line: `journey` as it is written, so `project` for the project; `line` counts from 1."""

    journey: str
    code: str
    what: str
    content: str
    reason: str
    line: int = 0

    @property
    def text(self) -> str:
        """The line as it is written."""
        return f"{self.journey} {self.code} {self.what} {self.content} -- {self.reason}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line of the file."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Waivers:
    """What a file says: its waivers in order, and what is wrong in it."""

    waivers: tuple[Waiver, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Stale:
    """A waiver that meets no change. `message`: what became of what it was for."""

    waiver: Waiver
    message: str


@dataclass(frozen=True, slots=True)
class Waived:
    """The differences with what is waived marked, and the waivers that count no more."""

    diff: Diff
    stale: tuple[Stale, ...] = ()


def read_waivers(text: str) -> Waivers:
    """Read the text of a file."""
    waivers: dict[tuple[str, str, str], Waiver] = {}
    faults: list[Fault] = []
    lines = _LINES.findall(text.removeprefix("\ufeff"))
    if len(lines) > LINES_MAX:
        faults.append(Fault(LINES_MAX + 1, f"more than {LINES_MAX:,} lines: the others do not count"))
    for number, line in enumerate(lines[:LINES_MAX], 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        found = _waiver(words, number)
        if isinstance(found, Fault):
            faults.append(found)
            continue
        key = (found.journey, found.code, found.content)
        first = waivers.setdefault(key, found)
        if first is not found:
            faults.append(Fault(number, f"the same change is accepted in line {first.line} already"))
    more = len(faults) - FAULTS_MAX
    told = faults[:FAULTS_MAX] + (
        [Fault(faults[FAULTS_MAX].line, f"from here on {more:,} more lines are wrong")] if more > 0 else []
    )
    return Waivers(tuple(waivers.values()), tuple(told))


def _waiver(line: str, number: int) -> Waiver | Fault:
    found = _LINE.fullmatch(line)
    if found is None:
        before = line.split("--", 1)[0].split()
        if before and not any(_HASH.fullmatch(word) for word in before):
            return Fault(number, 'the hash of the content is missing: `rtj diff --accept "REASON"` writes whole lines')
        return Fault(number, "expected `JOURNEY CODE WHAT HASH -- REASON`")
    code, reason = found["code"], (found["reason"] or "").strip()
    if code not in CHANGES:
        near = get_close_matches(code.upper(), CHANGES, n=1)
        return Fault(number, f"unknown code `{code}`" + (f"; did you mean `{near[0]}`?" if near else ""))
    if not reason:
        return Fault(number, "the reason is missing: who agreed to it, and when, behind `--`")
    return Waiver(found["journey"], code, " ".join(found["what"].split()), found["content"].lower(), reason, number)


def waive(diff: Diff, waivers: Sequence[Waiver]) -> Waived:
    """Mark the changes that waivers are bound to; tell which waivers count no more."""
    known = {(waiver.journey, waiver.code, waiver.content): waiver for waiver in waivers}
    met: set[Waiver] = set()

    def marked(judged: Judged) -> Judged:
        change = judged.change
        waiver = known.get((_whose(change), change.code, change.content))
        if waiver is None:
            return judged
        met.add(waiver)
        return msgspec.structs.replace(judged, waived=waiver.reason)

    journeys = tuple(_each(journey, marked) for journey in diff.journeys)
    marked_diff = msgspec.structs.replace(diff, project=tuple(marked(one) for one in diff.project), journeys=journeys)
    changes = [judged.change for judged in diff.every]
    return Waived(marked_diff, tuple(_stale(waiver, changes) for waiver in waivers if waiver not in met))


def _each(journey: JourneyDiff, marked: Callable[[Judged], Judged]) -> JourneyDiff:
    return msgspec.structs.replace(journey, changes=tuple(marked(judged) for judged in journey.changes))


def _stale(waiver: Waiver, changes: Iterable[Change]) -> Stale:
    """What became of the change that a waiver was for."""
    alike = [change for change in changes if (_whose(change), change.code) == (waiver.journey, waiver.code)]
    same = next((change for change in alike if _what(change) == waiver.what), None)
    whose = f"`{waiver.journey}`"
    if same is not None:
        now = f"`{same.before}` -> `{same.after}`" if same.before or same.after else "something else"
        return Stale(waiver, f"{waiver.code} {waiver.what} of {whose} has been edited since: it is {now} now")
    if alike:
        others = ", ".join(_what(change) for change in alike[:3])
        return Stale(waiver, f"{waiver.code} of {whose} is about something else now: {others}")
    return Stale(waiver, f"{waiver.code} {waiver.what} of {whose} is no change any more: the line can go")


def accepted(diff: Diff, bound: Level, reason: str) -> tuple[Waiver, ...]:
    """The waivers for all changes at or above a level that are not waived, in the order of the differences.

    Raises ValueError for a reason that says nothing."""
    words = one_line(reason)
    if not words:
        raise ValueError("a reason says who agreed, and when")
    found: dict[tuple[str, str, str], Waiver] = {}
    for judged in diff.every:
        if not judged.waived and judged.effective != "none" and at_least(judged.effective, bound):
            change = judged.change
            waiver = Waiver(_whose(change), change.code, _what(change), change.content, words)
            found.setdefault((waiver.journey, waiver.code, waiver.content), waiver)
    return tuple(found.values())


def written(text: str, more: Sequence[Waiver], stale: Iterable[Stale] = ()) -> str:
    """The text of the file with more waivers. Comments, order and ends of lines stay; a stale waiver for the same part gives its
    line to the new one, the others stay where they are."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines: list[str] = _LINES.findall(text) or [HEADING]
    outdated: Mapping[tuple[str, str, str], int] = {_part(one.waiver): one.waiver.line for one in stale if one.waiver.line}
    behind: list[Waiver] = []
    for waiver in more:
        at = outdated.get(_part(waiver))
        if at is not None and at <= len(lines):
            lines[at - 1] = waiver.text + end
        else:
            behind.append(waiver)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += end
    return "".join((*lines, *(waiver.text + end for waiver in behind)))


def _part(waiver: Waiver) -> tuple[str, str, str]:
    return waiver.journey, waiver.code, waiver.what


def _whose(change: Change) -> str:
    return change.journey or PROJECT


def _what(change: Change) -> str:
    """What is different, on one line, with nothing that ends it."""
    return one_line(change.what.replace("--", "- -")) or "-"


def faulty(waivers: Waivers, file: str) -> Iterator[str]:
    """What is wrong in a file, a sentence each, with its place."""
    for fault in waivers.faults:
        yield f"{file}:{fault.line}: {fault.message}"
