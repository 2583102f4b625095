"""`rtj identity`: recorded events -> who is who, what was refused and why, and what each kind of identifier brought and cost."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rtj.base.errors import UsageError
from rtj.base.plain import one_line
from rtj.cli.outcome import FINDINGS, INTERRUPTED, OK
from rtj.cli.progress import Meter
from rtj.cli.project import program_named, sort_out, usable
from rtj.cli.render import render_story
from rtj.cli.screen import Line, Piece, Screen, Style, columns, line, shows_blocks, width, wrap
from rtj.cli.times import zone_of
from rtj.ir.clusters import Identified, Pairs, Share
from rtj.ir.masking import Masker
from rtj.report.identified import WORDS, as_values, histogram, story_of
from rtj.report.moments import counted
from rtj.report.summary import DEAD
from rtj.run.identities import Asked as Survey
from rtj.run.identities import identify

__all__ = ["Asked", "Screen", "identity"]

NAMED_MAX = 6  # identifiers of a cluster, and incidents of a kind, that are printed
VALUE_CELLS = 48
BAR = 32


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed."""

    files: tuple[str, ...]
    project: Path | None = None
    truth: Path | None = None
    event: str | None = None
    format: str | None = None
    json: bool = False
    show_pii: bool = False
    profile: str | None = None


def identity(asked: Asked, screen: Screen) -> int:
    """Print who is who, or the story of one person. FINDINGS where the project does not compile, or nobody appears by that
    name."""
    if not asked.files:
        raise UsageError("name the files to read: rtj identity events.jsonl")
    program = usable(program_named(sort_out(()), asked.project), screen)
    if program is None:
        return FINDINGS
    now_ms = time.time_ns() // 1_000_000
    with Meter(screen) as meter:
        survey = Survey(asked.files, asked.format, asked.event, asked.truth, now_ms, asked.profile)
        found = identify(program, survey, meter)
    masker = Masker(program, show=asked.show_pii)
    if asked.json:
        screen.exact(msgspec.json.format(msgspec.json.encode(as_values(found, masker))) + b"\n")
    elif asked.profile is None:
        screen.answer(_lines(found, masker))
    elif found.story:
        names = {name for step in found.story for name in (step.profile, step.identifier, step.of)}
        who = masker.asked(one_line(asked.profile), names)
        screen.answer(render_story(who, program.timezone, story_of(found.story, zone_of(program), masker)))
    if asked.profile is not None and not found.story:
        screen.talk([line(f"nobody called {masker.asked(one_line(asked.profile))} appears in these events")])
        return FINDINGS
    return INTERRUPTED if found.interrupted else OK


def _lines(found: Identified, masker: Masker) -> Iterable[Line]:
    yield line(
        Piece(f"{found.profiles:,}", "strong"), f" people by {counted(found.identifiers, 'identifier')} ",
        f"in {counted(found.events, 'event')}; {counted(found.merged, 'profile')} merged",
    )  # fmt: skip
    if found.duplicates:
        yield line(Piece(f"{counted(found.duplicates, 'duplicate')} dropped", "dim"))
    if found.dead:
        reasons = " · ".join(f"{n:,} {DEAD.get(reason, reason)}" for reason, n in sorted(found.dead.items()))
        yield line(Piece(f"{counted(sum(found.dead.values()), 'dead letter')}: {reasons}", "warn"))
    yield from _sizes(found)
    yield from _biggest(found, masker)
    yield from _shares(found)
    yield from _incidents(found, masker)
    if found.pairs is not None:
        yield from _measured(found, found.pairs)


def _sizes(found: Identified) -> Iterable[Line]:
    rows = histogram(found.sizes)
    if not rows:
        return
    yield line()
    yield line(Piece("identifiers of a person", "strong"))
    most = max(count for _, count in rows)
    block = "█" if shows_blocks(sys.stdout) else "#"
    for name, count in rows:
        yield line(f"  {name:>7}  {count:>11,}  ", Piece(block * max(1, round(BAR * count / most)), "mark"))


def _biggest(found: Identified, masker: Masker) -> Iterable[Line]:
    yield line()
    yield line(Piece("biggest", "strong"))
    for cluster in found.biggest[:NAMED_MAX]:
        shown = ", ".join(_short(masker.identifier(i)) for i in cluster.identifiers[:NAMED_MAX])
        more = len(cluster.identifiers) - NAMED_MAX
        tail = f" and {more:,} more" if more > 0 else ""
        name = Piece(_short(masker.identifier(cluster.origin)), "name")
        told = [Piece(f"  {len(cluster.identifiers):>3}  "), name, Piece(f"  {shown}{tail}", "dim")]
        yield from wrap(told, columns(sys.stdout), 7)


def _shares(found: Identified) -> Iterable[Line]:
    rows: list[Sequence[str]] = [("kind", "values", "merges", "by it alone", "disagree", "refused", "moved")]
    measured = any(share.without is not None for share in found.shares)
    if measured:
        rows[0] = (*rows[0], "precision", "recall", "F1", "", "precision", "recall")
    for share in found.shares:
        alone = "" if share.alone is None else f"{share.alone:,}"
        against = (f"{share.disagree:,}", f"{share.refused:,}", f"{share.moved:,}")
        row = (one_line(share.namespace), f"{share.values:,}", f"{share.merges:,}", alone, *against)
        rows.append((*row, *_rates(share)) if measured else row)
    yield line()
    yield line(Piece("what each kind of identifier does", "strong"))
    if any(share.disagree for share in found.shares):
        yield line(Piece("  disagree: merges of two that had other identifiers of a person and shared none", "dim"))
    if measured:
        yield line(Piece("  left: pairs by this kind and nothing else; right: by all kinds but this", "dim"))
    yield from _table(rows)


def _rates(share: Share) -> tuple[str, ...]:
    if share.only is None or share.without is None:
        return ("",) * 6
    only, without = share.only, share.without
    return (
        _percent(only.precision),
        _percent(only.recall),
        _percent(only.f1),
        "|",
        _percent(without.precision),
        _percent(without.recall),
    )


def _table(rows: Sequence[Sequence[str]]) -> Iterable[Line]:
    widths = [max(width(row[place]) for row in rows) for place in range(len(rows[0]))]
    for number, row in enumerate(rows):
        style: Style = "dim" if number == 0 else ""
        cells = [" " * (room - width(cell)) + cell for cell, room in zip(row[1:], widths[1:], strict=True)]
        yield line(Piece("  " + row[0] + " " * (widths[0] - width(row[0])) + "  " + "  ".join(cells), style))


def _incidents(found: Identified, masker: Masker) -> Iterable[Line]:
    for what, words in WORDS.items():
        if not found.counts.get(what):
            continue
        yield line()
        yield line(Piece(f"{counted(found.counts[what], 'identifier')} {words}", "strong"))
        for incident in [i for i in found.incidents if i.what == what][:NAMED_MAX]:
            of = f"  {'of' if what == 'link_refused' else 'from'} {_short(masker.identifier(incident.of))}" if incident.of else ""
            yield line(
                f"  {_short(masker.identifier(incident.identifier))}{of}  asked by ", _short(masker.identifier(incident.profile))
            )


def _measured(found: Identified, pairs: Pairs) -> Iterable[Line]:
    yield line()
    yield line(Piece(f"against {counted(found.labelled, 'labelled identifier')}", "strong"))
    if found.unseen:
        yield line(Piece(f"  {found.unseen:,} of them in no event", "warn"))
    rates = (("precision", pairs.precision), ("recall", pairs.recall), ("F1", pairs.f1))
    yield line("  ", "   ".join(f"{name} {_percent(rate)}" for name, rate in rates))
    wrong, missed = pairs.found - pairs.both, pairs.true - pairs.both
    yield line(Piece(f"  of {pairs.true:,} true pairs {pairs.both:,} found, {missed:,} missed; {wrong:,} pairs wrong", "dim"))


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.2%}"


def _short(text: str) -> str:
    text = one_line(text)
    return text if width(text) <= VALUE_CELLS else text[: VALUE_CELLS // 2 - 1] + "…"
