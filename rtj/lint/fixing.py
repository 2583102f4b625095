"""Mending what can be mended: fixes are applied, everything is checked anew, and what made anything worse is taken back.

Safe fixes come first and by themselves, so that one thing can be held of them: a program that there was stays what it is. A
mistake hides others (what stands behind it in the file, names that it would have brought), so an error that comes to light is no
reason to take a fix back; one that the fix has made is. The two are told apart by stages: YAML, structure and phrases, names and
types, circles, all the rest. One stage is mended after the other. What is mended at one may uncover mistakes of later ones and,
where a mistake hides what stands behind it, of its own; names and types are never mended at the price of more mistakes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from rtj.base.diagnostic import Diagnostic, Edit
from rtj.base.finding import Finding
from rtj.ir.program import fingerprint
from rtj.lint.lint import Linted

ROUNDS_MAX = 10  # of applying fixes of one stage and checking anew
TRIALS_MAX = 60  # times that everything is checked anew while looking for fixes that do harm
YAML, SHAPE, NAMES, CIRCLES, REST = range(5)  # the stages
STRUCTURE = ("E1", "E301", "E302", "E303", "E304")

Texts: TypeAlias = Mapping[str, str]
Relint: TypeAlias = Callable[[Texts], Linted]
"""Checks everything anew with these texts in the place of the files with these paths."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A finding whose fix was not applied after all, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Mended:
    """`texts`: the files that changed. `fixed`: what was mended, in the order in which it was. `stable`: nothing more can be
    mended; else the rounds or trials ran out. `linted`: what is left."""

    texts: Texts
    fixed: tuple[Finding, ...]
    withdrawn: tuple[Withdrawn, ...]
    stable: bool
    linted: Linted


def mend(linted: Linted, relint: Relint, wanted: Callable[[Finding], bool], *, unsafe: bool) -> Mended:
    """Mend those findings that are `wanted`. `unsafe`: also where a person should look at the result."""
    mending = _Mending(linted, relint)
    rounds: Counter[int] = Counter()
    while True:
        batch = mending.batch(wanted, unsafe=unsafe)
        stage = min((_stage(finding) for finding in batch), default=REST)
        if not batch or rounds[stage] >= ROUNDS_MAX or mending.trials >= TRIALS_MAX:
            return mending.result(stable=not batch)
        rounds[stage] += 1
        mending.apply(batch)


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits that do not overlap."""
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*pieces, text[at:]))


# ---- one after the other


@dataclass(slots=True)
class _Mending:
    """How far we are."""

    linted: Linted
    relint: Relint
    texts: dict[str, str] = field(default_factory=dict)
    fixed: list[Finding] = field(default_factory=list)
    withdrawn: dict[tuple[str, str], Withdrawn] = field(default_factory=dict)
    trials: int = 0

    def result(self, *, stable: bool) -> Mended:
        return Mended(self.texts, tuple(self.fixed), tuple(self.withdrawn.values()), stable, self.linted)

    def batch(self, wanted: Callable[[Finding], bool], *, unsafe: bool) -> tuple[Finding, ...]:
        """Findings of one stage whose fixes can be applied together: safe ones as long as there are some."""
        texts = {source.path for source in self.linted.analysis.loaded.sources}
        able = [f for f in self.linted.findings if _edits(f) and f.diagnostic.span.source.path in texts]
        able = [f for f in able if _key(f) not in self.withdrawn and wanted(f)]
        able = [f for f in able if _is_safe(f)] or (able if unsafe else [])
        first = min((_stage(f) for f in able), default=REST)
        return _apart(f for f in able if _stage(f) == first)

    def apply(self, batch: Sequence[Finding]) -> None:
        """Apply what does no harm; halve until it is found. Reported is what was left out."""
        if not batch:
            return
        if self.trials >= TRIALS_MAX:
            self._withdraw(batch, "there were too many fixes that do harm; run it again")
            return
        self.trials += 1
        changed = _changed(self.linted, batch)
        after = self.relint({**self.texts, **changed})
        harm = _harm(self.linted, after, batch)
        if not harm:
            self.texts.update(changed)
            self.fixed += batch
            self.linted = after
        elif len(batch) == 1:
            self._withdraw(batch, harm)
        else:
            half = len(batch) // 2
            self.apply(batch[:half])
            self.apply(_again(self.linted, batch[half:]))

    def _withdraw(self, batch: Sequence[Finding], reason: str) -> None:
        for finding in batch:
            self.withdrawn[_key(finding)] = Withdrawn(finding, reason)


def _key(finding: Finding) -> tuple[str, str]:
    return finding.diagnostic.span.source.path, finding.fingerprint


def _again(linted: Linted, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The same findings after others were mended: their places have moved."""
    keys = {_key(finding) for finding in findings}
    return _apart(f for f in linted.findings if _key(f) in keys)


def _apart(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those whose edits do not touch the edits of one before. Equal edits are one: they mend both."""
    taken: dict[str, _Taken] = {}
    chosen: list[Finding] = []
    for finding in findings:
        edits = _edits(finding)
        here = taken.setdefault(finding.diagnostic.span.source.path, _Taken())
        if edits and all(map(here.free_for, edits)):
            here.take(edits)
            chosen.append(finding)
    return tuple(chosen)


class _Taken:
    """Edits of one text that do not touch each other, in the order of the text."""

    def __init__(self) -> None:
        self.edits: list[Edit] = []

    def free_for(self, edit: Edit) -> bool:
        """Does an edit touch none of these, or is it one of them?"""
        place = bisect_right(self.edits, edit.start, key=_start)
        before, after = self.edits[max(place - 1, 0) : place], self.edits[place : place + 1]
        if any(other == edit for other in before):
            return True
        return not any(other.start == edit.start or other.end > edit.start for other in before) and not any(
            other.start < edit.end for other in after
        )

    def take(self, edits: Iterable[Edit]) -> None:
        for edit in edits:
            place = bisect_right(self.edits, edit.start, key=_start)
            if edit not in self.edits[max(place - 1, 0) : place]:
                self.edits.insert(place, edit)


def _start(edit: Edit) -> int:
    return edit.start


def _edits(finding: Finding) -> tuple[Edit, ...]:
    """The edits of its fix, if they can be applied at all."""
    fix, length = finding.diagnostic.fix, len(finding.diagnostic.span.source.text)
    edits = fix.edits if fix is not None else ()
    return edits if all(0 <= edit.start <= edit.end <= length for edit in edits) else ()


def _changed(linted: Linted, batch: Sequence[Finding]) -> dict[str, str]:
    """The files of the batch with its edits."""
    edits: dict[str, set[Edit]] = {}
    for finding in batch:
        edits.setdefault(finding.diagnostic.span.source.path, set()).update(_edits(finding))
    texts = {source.path: source.text for source in linted.analysis.loaded.sources}
    return {path: apply_edits(texts[path], found) for path, found in edits.items()}


# ---- is it worse?


def _harm(before: Linted, after: Linted, batch: Sequence[Finding]) -> str:
    """What is worse than before; empty when nothing is."""
    old, new = before.analysis.compiled.program, after.analysis.compiled.program
    if old is not None and new is None:
        return "the project would not compile any more"
    changed = old is not None and new is not None and old != new and fingerprint(old) != fingerprint(new)
    if changed and all(map(_is_safe, batch)):
        return "the journeys would do something else"
    were, are = _errors(before), _errors(after)
    remaining = {_place(d) for d in are}
    for finding in batch:
        if finding.diagnostic.severity == "error" and _moved(finding.diagnostic, batch) in remaining:
            return "it would be as wrong as before"
    more = _more(were, are)
    read = {source.path for source in before.sources}
    made = [d for d in more if d.span.source.path in read and not _uncovered(d, batch)]
    # One guess at a name may uncover one mistake for the one that it mends. Of several each must do without.
    gone = sum(f.diagnostic.severity == "error" for f in batch) if len(batch) > 1 else 0
    if min(map(_stage, batch)) >= NAMES and len(are) > len(were) - gone:
        made = made or more or are[:1]
    if made:
        first = made[0]
        row, column = first.span.source.line_col(first.span.start)
        return f"it would bring {first.code} in {first.span.source.path}:{row}:{column}"
    return ""


def _is_safe(finding: Finding) -> bool:
    return finding.diagnostic.fix is not None and finding.diagnostic.fix.safe


def _stage(finding: Finding) -> int:
    return _stage_of(finding.diagnostic.code)


def _stage_of(code: str) -> int:
    """How early a mistake of this kind is seen: see the top."""
    if code.startswith("E0"):
        return YAML
    if code.startswith(STRUCTURE):
        return SHAPE
    if code.startswith("E2"):
        return CIRCLES
    return NAMES if code.startswith(("E3", "E4", "E9")) else REST


def _uncovered(error: Diagnostic, batch: Sequence[Finding]) -> bool:
    """May the error have been there all the time, hidden by what the batch mended?"""
    own, stage = _stage_of(error.code), min(map(_stage, batch))
    if own != stage or stage >= NAMES:
        return own >= stage
    edits = [e for f in batch if f.diagnostic.span.source.path == error.span.source.path for e in _edits(f)]
    return bool(edits) and error.span.start >= min(edit.start for edit in edits)


def _errors(linted: Linted) -> list[Diagnostic]:
    """Everything that is an error, once."""
    counted = (f.diagnostic for f in linted.findings if f.diagnostic.severity == "error")
    return list(dict.fromkeys([*(d for d in linted.analysis.compiled.diagnostics if d.severity == "error"), *counted]))


def _more(were: Sequence[Diagnostic], are: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Errors that there are now and were not, wherever they stand."""
    known = Counter((d.span.source.path, d.code, d.message) for d in were)
    more: list[Diagnostic] = []
    for d in are:
        key = (d.span.source.path, d.code, d.message)
        known[key] -= 1
        if known[key] < 0:
            more.append(d)
    return more


def _place(d: Diagnostic) -> tuple[str, str, str, int]:
    return d.span.source.path, d.code, d.message, d.span.start


def _moved(d: Diagnostic, batch: Sequence[Finding]) -> tuple[str, str, str, int]:
    """Where the diagnostic would stand now, were it not mended."""
    path = d.span.source.path
    edits = {edit for f in batch if f.diagnostic.span.source.path == path for edit in _edits(f)}
    moved = sum(len(e.text) - (e.end - e.start) for e in edits if e.end <= d.span.start)
    return path, d.code, d.message, d.span.start + moved
