"""A difference as JSON: one object with everything, nothing folded. `schema` is raised when a reader would have to change.

`grammar/schemas/diff.schema.json` describes it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from rtj.ir.comparison import Comparison
from rtj.plan.catalogue import CHANGES
from rtj.plan.changes import Diff, JourneyDiff, Judged, Level, highest
from rtj.report.diff_places import Places, Where
from rtj.report.diff_sections import COUNTED
from rtj.report.findings_json import encoded

SCHEMA = 1


def diff_json(diff: Diff, comparison: Comparison | None, places: Places) -> bytes:
    """The object, on one line, in UTF-8. `behaviour` is null where no events were replayed."""
    every = diff.every
    counts = dict.fromkeys(COUNTED, 0)
    for judged in every:
        if not judged.waived and judged.effective in counts:
            counts[judged.effective] += 1
    record = {
        "schema": SCHEMA,
        "old": {"name": diff.old, "program": diff.old_program or None},
        "new": {"name": diff.new, "program": diff.new_program or None},
        "level": diff.level,
        "counts": counts,
        "waived": sum(1 for judged in every if judged.waived),
        "instances": diff.instances,
        "project": [_change(judged, places) for judged in diff.project],
        "journeys": [_journey(one, places) for one in diff.journeys],
        "remarks": list(diff.remarks),
        "behaviour": None if comparison is None else msgspec.to_builtins(comparison),
    }
    return (encoded(record) + "\n").encode("utf-8")


def _journey(one: JourneyDiff, places: Places) -> dict[str, Any]:
    level: Level = highest(judged.effective for judged in one.changes if not judged.waived)
    return {
        "name": one.name,
        "formerly": one.formerly or None,
        "status": one.status,
        "level": level,
        "static_level": highest(judged.change.level for judged in one.changes if not judged.waived),
        "inside": one.inside,
        "why": one.why or None,
        "changes": [_change(judged, places) for judged in one.changes],
    }


def _change(judged: Judged, places: Places) -> dict[str, Any]:
    change = judged.change
    old, new = places.of(change)
    return {
        "id": change.code,
        "name": CHANGES[change.code].name if change.code in CHANGES else change.code,
        "sign": change.sign,
        "level": judged.effective,
        "static_level": change.level,
        "journey": change.journey or None,
        "node": change.node or None,
        "path": change.what,
        "before": change.before or None,
        "after": change.after or None,
        "reason": change.reason or None,
        "notes": list(change.notes),
        "suggest": change.suggest or None,
        "concerns": change.concerns,
        "was": None if change.was is None else list(change.was),
        "now": None if change.now is None else list(change.now),
        "causes": [list(cause) for cause in change.causes],
        "counts": None if judged.evidence is None else _counts(judged),
        "waived": judged.waived or None,
        "content": change.content,
        "span": {"old": _span(old), "new": _span(new)},
    }


def _counts(judged: Judged) -> dict[str, Any]:
    evidence = judged.evidence
    assert evidence is not None
    return {
        "here": evidence.here,
        "inside": evidence.inside,
        "overdue": evidence.overdue,
        "blocked": [{"gate": gate, "count": number} for gate, number in evidence.blocked],
        "told": list(evidence.told),
    }


def _span(where: Where | None) -> dict[str, Any] | None:
    if where is None:
        return None
    return {
        "path": where.path,
        "line": where.line,
        "column": where.column,
        "end_line": where.end_line,
        "end_column": where.end_column,
    }
