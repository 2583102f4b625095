"""Which format a source has: pinned, named, or sniffed from its first records; decided once and said why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import msgspec

from rtj.base.errors import UsageError
from rtj.connect.envelope import MisfitError, Shape
from rtj.connect.mapping import mapped
from rtj.connect.shape_xdm import entity_of, xdm
from rtj.connect.shapes import SEGMENT_TYPES, cloudevents, segment, unwrap
from rtj.ir.program import Namespace, Program, SourceMap

SNIFF_MAX = 200  # records looked at
NAMES = ("rtj", "cloudevents", "segment", "xdm")
_ALSO = {"rudderstack": "segment", "aep": "xdm"}


@dataclass(frozen=True, slots=True)
class Format:
    """The format of a source: its name, what it was known by, the shape (None: `rtj`), and what the project declares of it."""

    name: str
    why: str
    shape: Shape | None = None
    lateness_ms: int = 0
    sequenced: bool = False


def declared_source(program: Program, path: str, pinned: str | None) -> SourceMap | None:
    """The source of `sources:` that a file belongs to: the one that `--format` names, else the one called as the file is,
    without its endings."""
    stem = PurePath(path).name.split(".")[0]
    for wanted in (pinned, stem):
        for source in program.sources:
            if source.name == wanted:
                return source
        if wanted is not None and wanted == pinned:
            return None
    return None


def choose(program: Program, spaces: tuple[Namespace, ...], path: str, pinned: str | None, start: Sequence[bytes]) -> Format:
    """Decide the format of a source. `spaces` are the ranked namespaces, `start` its first lines. Raises UsageError when
    `pinned` names nothing known, or a mapping cannot be used."""
    source = declared_source(program, path, pinned)
    lateness = source.lateness_ms if source else 0
    if source is not None and (source.map or source.sequence):
        why = "pinned" if pinned else f"`sources:` declares {source.name}"
        return Format(f"sources.{source.name}", why, mapped(source, spaces), lateness, source.sequence is not None)
    wanted = source.format if source is not None and source.format not in ("auto", "custom") else None
    if pinned is not None and source is None:
        wanted = pinned
    if wanted is not None:
        return _named(wanted, spaces, lateness, program)
    name, why = sniff(start)
    return Format(name, why, shape_of(name, spaces), lateness)


def choose_again(program: Program, spaces: tuple[Namespace, ...], source: str, former: str) -> Format:
    """The format of a stream that goes on, perhaps under another program: what that one declares of its source, else what it was
    before, by name. Raises UsageError as `choose` does."""
    declared = declared_source(program, source, None)
    if declared is not None and (declared.map or declared.sequence or declared.format not in ("auto", "custom")):
        return choose(program, spaces, source, None, ())
    name = former if former in NAMES else "rtj"
    return Format(name, "it was before", shape_of(name, spaces), declared.lateness_ms if declared else 0)


def _named(wanted: str, spaces: tuple[Namespace, ...], lateness: int, program: Program) -> Format:
    name = _ALSO.get(wanted, wanted)
    if name not in NAMES:
        known = ", ".join((*NAMES, *(source.name for source in program.sources)))
        raise UsageError(f'unknown format "{wanted}". expected one of {known}')
    return Format(name, "pinned", shape_of(name, spaces), lateness)


def shape_of(name: str, spaces: tuple[Namespace, ...]) -> Shape | None:
    """The shape of a format by its name; None for `rtj`, which msgspec reads without one."""
    match name:
        case "cloudevents":
            return cloudevents(spaces)
        case "segment":
            return segment(spaces)
        case "xdm":
            return xdm(spaces)
        case _:
            return None


def sniff(start: Sequence[bytes]) -> tuple[str, str]:
    """The format of most of the first records, and the reason in words. `rtj` when nothing speaks for another."""
    records = _records(start)
    found = dict.fromkeys(_MARKS, 0)
    for record in records:
        name = _kind_of(record)
        if name is not None:
            found[name] += 1
    best = max(found, key=lambda name: found[name])
    total = len(records)
    if not total:
        return "rtj", "there is no record to look at"
    if not found[best]:
        return "rtj", f"none of the first {total} records is of another known format"
    share = f"all of the first {total}" if found[best] == total else f"{found[best]} of the first {total}"
    return best, f"{share} records have {_MARKS[best]}"


_MARKS = {
    "cloudevents": "`specversion`",
    "segment": "`type` track, identify, … and `userId` or `anonymousId`",
    "xdm": "`xdmEntity`, or `_id`, `timestamp` and `identityMap` or `eventType`",
    "rtj": "`id`, `type` and `ts`",
}


def _records(start: Sequence[bytes]) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for line in start:
        if len(records) >= SNIFF_MAX:
            break
        try:
            records += unwrap(msgspec.json.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, MisfitError):
            continue
    return records[:SNIFF_MAX]


def _kind_of(record: dict[str, Any]) -> str | None:
    if "specversion" in record:
        return "cloudevents"
    if record.get("type") in SEGMENT_TYPES and ("userId" in record or "anonymousId" in record):
        return "segment"
    if entity_of(record) is not None:
        return "xdm"
    if "id" in record and "type" in record and "ts" in record:
        return "rtj"
    return None
