"""A difference told for people: what terminals, comments and pages show of it, in words, before it has a width or a colour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rtj.base.plain import one_line
from rtj.plan.changes import Change, Diff, Evidence, Judged, Level, Sign, Spot, Status, at_least
from rtj.report.diff_places import Places, Where
from rtj.report.diff_sections import (
    WORST_FIRST,
    Bounds,
    Section,
    Sections,
    causes_first,
    folded_words,
    level_counts,
    sections,
)
from rtj.report.moments import counted

TERMINAL = Bounds()
HASHED = "D165"  # whose texts are hashes of files, which tell a reviewer nothing
TEXT_MAX = 2_000  # characters of one text of a row; the rest is told
_PRESSING: tuple[Literal["breaking", "needs-migration"], ...] = ("breaking", "needs-migration")
PLACE = re.compile(r"^(moved|dropped): \{(\S+): (\S+)\}$")  # what is suggested, as YAML spells it
SETTING = re.compile(r"^(timers|formerly): (\S+)")
RENAMING = ("moved", "formerly")
TOLD = frozenset({"D004", "D103", "D107"})  # `formerly`, `moved`, `dropped`: what becomes of people is told already
NO_PLACE = frozenset({"D002", "D102", "D104", "D106", "D112", "D124"})  # people have no place to wait on
NoteKind: TypeAlias = Literal["evidence", "reason", "note", "write", "waived"]


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence below a change."""

    kind: NoteKind
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One change. `place` is where it stands now, of what is gone where it stood (`was`)."""

    sign: Sign
    code: str
    level: Level
    static: Level
    what: str
    before: str
    after: str
    place: Where | None
    was: bool
    notes: tuple[Note, ...]
    waived: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with its changes. `facts` stand beside the heading; `more`: what is folded."""

    title: str
    name: str
    level: Level
    static: Level
    facts: tuple[str, ...]
    rows: tuple[Row, ...]
    more: str = ""
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """Something that has changed, and the journeys that use it, each with its own change."""

    cause: str
    uses: tuple[tuple[str, Row], ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. `same`: there is no difference. `counts` are the words of the summary with their levels; `todo` says what to do
    next, most pressing first; `lost`: how many journeys could not be compared, "" for none."""

    old: str
    new: str
    same: bool
    level: Level
    parts: tuple[Part, ...]
    lineage: tuple[Branch, ...]
    more: str
    remarks: tuple[str, ...]
    counts: tuple[tuple[str, Level], ...]
    todo: tuple[str, ...]
    lost: str = ""


def told(diff: Diff, places: Places, bounds: Bounds = TERMINAL) -> Report:
    """Tell a difference."""
    found = sections(diff, bounds)
    project = [_part(found.project, places)] if found.project.total else []
    lost = sum(one.status == "lost" for one in diff.journeys)
    same = not any(found.totals.values()) and not found.waived and not lost
    return Report(
        one_line(diff.old),
        one_line(diff.new),
        same,
        diff.level,
        (*(_part(one, places) for one in found.direct), *project),
        tuple(_lineage(found, places, bounds.of_section)),
        _unshown(found),
        tuple(map(one_line, diff.remarks)),
        tuple(level_counts(found.totals, found.waived)),
        tuple(_todo(diff, found)),
        f"{counted(lost, 'journey')} not compared" if lost else "",
    )


def _unshown(found: Sections) -> str:
    """`and 460 more journeys: 3 behaviour, 457 safe`."""
    number = sum(found.unshown.values())
    if not number:
        return ""
    levels = ", ".join(f"{found.unshown[level]:,} {level}" for level in WORST_FIRST if found.unshown.get(level))
    return f"and {counted(number, 'more journey')}: {levels}; --format json has all"


def _part(section: Section, places: Places) -> Part:
    title = "journey" if section.name else "project"
    rows = tuple(_quieter(_row(judged, places) for judged in section.rows))
    more = folded_words(section.folded)
    more = f"and {more}; --format json has all" if more else ""
    return Part(title, one_line(section.name), section.level, section.static, tuple(_facts(section)), rows, more, section.status)


def _facts(section: Section) -> Iterator[str]:
    match section.status:
        case "added" | "removed":
            yield section.status
        case "lost":
            yield f"not compared: {one_line(section.why)}"
        case "changed" | "indirect" | None:
            pass
    if section.formerly:
        yield f"was {one_line(section.formerly)}"
    if section.inside is not None:
        yield f"{section.inside:,} inside"
    if section.static != section.level:
        yield f"static: {section.static}"


def _row(judged: Judged, places: Places) -> Row:
    change = judged.change
    old, new = places.of(change)
    place = new if new is not None else old
    texts = ("", "") if change.code == HASHED else (_short(change.before), _short(change.after))
    return Row(
        change.sign,
        change.code,
        judged.effective,
        change.level,
        _short(change.what),
        *texts,
        place,
        new is None and old is not None,
        tuple(_notes(judged, places)),
        bool(judged.waived),
    )


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= TEXT_MAX else f"{line[:TEXT_MAX]}… ({len(line) - TEXT_MAX:,} more characters)"


def _notes(judged: Judged, places: Places) -> Iterator[Note]:
    """Evidence, then the reason where it matters, then what else is known, and what an author could write."""
    change = judged.change
    if judged.waived:
        yield Note("waived", _short(judged.waived))
        return
    known = evidence_words(change, judged.evidence)
    if judged.effective != change.level:
        yield Note("evidence", f"static: {change.level}" + (f"; {'; '.join(known)}" if known else ""))
    elif known:
        yield Note("evidence", "; ".join(known))
    if change.reason and (at_least(judged.effective, "behaviour") or change.level != judged.effective):
        yield Note("reason", _short(change.reason))
    for note in change.notes:
        yield Note("note", _short(note))
    if change.suggest:
        yield Note("write", _short(_suggested(change, places)))


def _suggested(change: Change, places: Places) -> str:
    """What an author could write, in the spelling of the journey's file."""
    journey = "journey", change.journey
    where = places.new(journey) or places.old(journey)
    if where is None or not where.path.endswith(".journey"):
        return change.suggest
    return SETTING.sub(r"\1 \2", PLACE.sub(r"\1 \2 to \3", change.suggest))


def evidence_words(change: Change, evidence: Evidence | None) -> list[str]:
    """What is known of people inside, in short sentences; none without evidence."""
    if evidence is None:
        return []
    if evidence.told:
        return [_short(text).removesuffix(".") for text in evidence.told]
    said = []
    if change.concerns in ("here", "ahead", "inside"):
        if not evidence.inside:
            return ["nobody is inside"]
        where = {"here": "stand here", "ahead": "stand here or can still come here", "inside": "are concerned"}[change.concerns]
        said.append(f"{evidence.here:,} of {evidence.inside:,} inside {where}")
    if evidence.overdue:
        said.append(f"{counted(evidence.overdue, 'timer')} would be due at once")
    said += [f"{number:,} could not be sent to: {gate}" for gate, number in evidence.blocked if number]
    return said


def _quieter(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, a reason that was just given not given again."""
    last = ""
    for row in rows:
        reason = next((note.text for note in row.notes if note.kind == "reason"), "")
        if reason and reason == last:
            notes = tuple(note for note in row.notes if note.kind != "reason")
            yield Row(
                row.sign, row.code, row.level, row.static, row.what, row.before, row.after, row.place, row.was, notes, row.waived
            )
        else:
            yield row
        last = reason or last


def _lineage(found: Sections, places: Places, most: int) -> Iterator[Branch]:
    for cause, uses in causes_first(found.indirect):
        rows = tuple((one_line(section.name), _row(judged, places)) for section, judged in uses[:most])
        more = f"and {counted(len(uses) - most, 'more journey')}" if len(uses) > most else ""
        yield Branch(spot_words(cause) if cause is not None else "something that they use", rows, more)


def spot_words(spot: Spot) -> str:
    """`cap daily`, `journey welcome`: a part of a project as people call it."""
    return one_line(" ".join(spot))


def _todo(diff: Diff, found: Sections) -> Iterator[str]:
    """At most four sentences on what to do about the worst of it."""
    worst = next((level for level in _PRESSING if found.totals.get(level)), None)
    rows = [judged for one in (*found.direct, *found.indirect, found.project) for judged in one.rows if not judged.waived]
    if any(judged.change.suggest.startswith(RENAMING) for judged in rows):
        yield "write what is suggested above where it is a rename: people inside keep their place"
    if worst is not None:
        codes = [judged.change.code for judged in rows if judged.effective == worst]
        if worst == "breaking" and NO_PLACE.isdisjoint(codes):
            what = "this breaks for people inside: take it back, or do it in steps"
        elif worst == "breaking":
            what = "people inside have no place: `moved`, `dropped` or `on_deploy: pin` gives them one"
        elif TOLD.issuperset(codes) and not found.unshown:
            what = "people inside go over as the journey says: look whether that is meant"
        else:
            what = "say what becomes of people inside before you deploy"
        yield what + (f"; `rtj diff --explain {codes[0]}` tells more" if codes else "")
    if diff.instances is None and any(found.totals.get(level) for level in ("breaking", "needs-migration", "behaviour")):
        yield "`--instances FILE` counts the people whom this concerns"
