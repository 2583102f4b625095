"""Random cases written to files and simulated give the trace of the oracle: in `ts` order, and in the order of arrival."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rtj.ir.program import Program, SourceMap
from rtj.ir.records import Event, Instant
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate
from tests.oracle.calendar import rfc3339
from tests.oracle.compare import told
from tests.oracle.door import Feed
from tests.oracle.generate import Case, case
from tests.oracle.interpreter import run

NEVER_LATE = 1 << 50
NOW = 4_000_000_000_000


def line(program: Program, event: Event) -> str:
    """An event as a line of format `rtj`."""
    told = {} if event.props is None else msgspec.structs.asdict(event.props)
    fields = {k: v for k, v in told.items() if v is not msgspec.UNSET}
    record: dict[str, Any] = {"id": event.id, "type": event.type, "ts": event.ts}
    record |= {program.namespaces[place].name: value for place, value in event.ids}
    record["properties"] = {k: rfc3339(v) if isinstance(v, Instant) else v for k, v in fields.items()}
    return json.dumps(record) + "\n"


def simulated(one: Case, order: Any, folder: Path, workers: int = 1) -> tuple[list[Any], dict[str, int]]:
    """The trace that `simulate` writes, without its header, and what it counts."""
    paths = []
    for feed in one.feeds:
        path = folder / f"{feed.name}.jsonl"
        path.write_text("".join(line(one.program, e) for e in feed.events))
        paths.append(str(path))
    sources = tuple(SourceMap(f.name, lateness_ms=f.lateness) for f in one.feeds)
    program = msgspec.structs.replace(one.program, sources=sources)
    options = SimulateOptions(tuple(paths), order, one.until, one.drain, workers=workers, now_ms=NOW)
    result = simulate(program, options, None, Outputs(trace=str(folder / "trace")))
    counts = {
        "duplicates": result.duplicates,
        "id_reused": result.id_reused,
        "late_rejected": result.counts.get(("late_rejected",), 0),
    }
    return [json.loads(text) for text in (folder / "trace").read_text().splitlines()[1:]], counts


def expected(one: Case, order: str) -> tuple[list[Any], dict[str, int]]:
    feeds = list(one.feeds)
    if order == "ts":
        feeds = [Feed(f.name, NEVER_LATE, f.events) for f in feeds]
    outcome = run(one.program, feeds, one.until, one.drain)
    counts = {name: outcome.counts[name,] for name in ("duplicates", "id_reused", "late_rejected")}
    told = [{"at": rfc3339(at), "profile": origin, "n": n, **payload} for at, origin, n, payload in outcome.records]
    return json.loads(json.dumps(told)), counts


def first_difference(one: Case, order: str, folder: Path) -> str | None:
    (lines, counts), (wanted, wanted_counts) = simulated(one, order, folder), expected(one, order)
    for place in range(max(len(lines), len(wanted))):
        if lines[place : place + 1] != wanted[place : place + 1]:
            shown = [f"seed {one.seed}, {order}", *map(str, wanted[max(0, place - 4) : place]), "expected"]
            shown += [*map(str, wanted[place : place + 3]), "actual", *map(str, lines[place : place + 3]), *told(one)]
            return "\n".join(shown)
    if one.until is not None:
        return None  # what lies behind the end may be counted or not
    return None if counts == wanted_counts else f"seed {one.seed}, {order}: counts are {counts}, expected {wanted_counts}"


@pytest.mark.parametrize("order", ["ts", "arrival"])
def test_files(order: str, tmp_path: Path) -> None:
    for seed in range(40):
        found = first_difference(case(seed), order, tmp_path)
        assert found is None, found


@pytest.mark.long
@pytest.mark.parametrize("order", ["ts", "arrival"])
@pytest.mark.parametrize("start", range(20_000, 20_100, 50))
def test_many_files(order: str, start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 50):
        found = first_difference(case(seed), order, tmp_path)
        assert found is None, found
