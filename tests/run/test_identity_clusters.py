"""`rtj identity` and `rtj simulate` agree on who is who: the clusters of the one are those that the trace of the other tells of,
over random streams with copies, late events, replaced addresses, identifiers let go, and erasures; in one process or in two."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from rtj.compile import compile_project
from rtj.engine.erasing import nobody
from rtj.ir.clusters import Identified
from rtj.ir.program import Program, SourceMap
from rtj.run.identities import Asked, identify
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate
from tests.engine.test_against_oracle_files import NOW, line
from tests.oracle.generate import FEATURES, Case, case

SHOP = Path(__file__).parents[2] / "examples" / "shop"
Clusters = dict[str, frozenset[str]]


STEPS = ("born", "merged", "linked", "moved", "let_go", "junk", "erased")


def told(trace: Path, program: Program) -> Clusters:
    """The identifiers of each profile, by its origin, read out of a trace and nothing else. No two events have one instant, so
    that the steps of each are those of its instant, in whatever order profiles are sorted."""
    lines = map(json.loads, trace.read_text(encoding="utf-8").splitlines()[1:])
    steps = [record for record in lines if record["what"] in STEPS]
    steps.sort(key=lambda record: (record["at"], STEPS.index(record["what"]), record["n"]))
    clusters: dict[str, set[str]] = {}
    into: dict[str, str] = {}

    def now(origin: str) -> set[str]:
        while origin in into:
            origin = into[origin]
        return clusters[origin]

    for record in steps:
        who = record["profile"]
        match record["what"]:
            case "born":
                clusters[who] = {who.partition("#")[0]}
            case "linked":
                now(who).add(record["identifier"])
            case "moved":
                now(record["from"]).remove(record["identifier"])
                now(who).add(record["identifier"])
            case "let_go":
                now(who).remove(record["identifier"])
            case "junk":
                for held in clusters.values():
                    held.discard(record["identifier"])
            case "merged":
                now(who).update(clusters.pop(record["other"]))
                into[record["other"]] = who
            case "erased":
                clusters = {origin: held for origin, held in clusters.items() if nobody(program.secret, origin) != who}
    return {origin: frozenset(held) for origin, held in clusters.items()}


def found_by(done: Identified) -> Clusters:
    return {cluster.origin: frozenset(cluster.identifiers) for cluster in done.biggest}


def written(one: Case, folder: Path) -> tuple[Program, tuple[str, ...]]:
    """Files of a case whose events have instants of their own."""
    paths, count = [], itertools.count(1)
    for feed in one.feeds:
        path = folder / f"{feed.name}.jsonl"
        path.write_text("".join(line(one.program, replace(e, ts=e.ts + next(count))) for e in feed.events), encoding="utf-8")
        paths.append(str(path))
    sources = tuple(SourceMap(f.name, lateness_ms=f.lateness) for f in one.feeds)
    return msgspec.structs.replace(one.program, sources=sources), tuple(paths)


def compare(seed: int, folder: Path, workers: int) -> Identified:
    program, paths = written(case(seed, FEATURES - {"gates"}), folder)
    trace = folder / "trace.jsonl"
    ran = simulate(program, SimulateOptions(paths, workers=1, now_ms=NOW), None, Outputs(trace=str(trace)))
    wanted = told(trace, program)
    done = identify(program, Asked(paths, now_ms=NOW, workers=workers))

    assert done.duplicates == ran.duplicates, seed
    assert done.events + sum(done.dead.values()) == ran.read, seed
    assert done.profiles == ran.profiles - ran.counts.get(("erased",), 0) == len(wanted), seed
    assert done.merged == ran.counts.get(("merged",), 0), seed
    assert sum(size * number for size, number in done.sizes) == sum(map(len, wanted.values())), seed
    assert len(done.biggest) == min(10, len(wanted)), seed
    assert found_by(done).items() <= wanted.items(), seed
    return done


def test_the_same_clusters(tmp_path: Path) -> None:
    done = [compare(seed, tmp_path, workers=1) for seed in range(10, 40)]

    assert sum(one.duplicates for one in done) > 10 and sum(one.merged for one in done) > 10
    assert {"let_go", "moved", "link_refused"} <= {what for one in done for what in one.counts}


def test_the_same_whatever_the_number_of_processes(tmp_path: Path) -> None:
    for seed in range(4):
        program, paths = written(case(seed, FEATURES - {"gates"}), tmp_path)
        one, two = (identify(program, Asked(paths, now_ms=NOW, workers=n)) for n in (1, 2))
        assert one == two


@pytest.mark.long
@pytest.mark.parametrize("start", range(40_000, 40_100, 50))
def test_the_same_clusters_of_many(start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 50):
        compare(seed, tmp_path, workers=1)


def test_the_shop(tmp_path: Path) -> None:
    """The example that ships: the people of its summary are the people of `rtj identity`."""
    program = compile_project((), SHOP).program
    assert program is not None
    events = (str(SHOP / "events.jsonl"),)
    ran = simulate(program, SimulateOptions(events, now_ms=NOW), None, Outputs(trace=str(tmp_path / "trace")))
    done = identify(program, Asked(events, now_ms=NOW))

    assert (done.profiles, done.merged, done.identifiers, done.duplicates) == (526, 155, 900, 75)
    assert (ran.profiles, ran.counts["merged",], ran.duplicates) == (526, 155, 75)
    assert found_by(done).items() <= told(tmp_path / "trace", program).items()
    assert done.counts == {"moved": 12}


def test_files_larger_than_memory_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that go to disk while they are grouped change nothing."""
    program = compile_project((), SHOP).program
    assert program is not None
    asked = Asked((str(SHOP / "events.jsonl"),), now_ms=NOW, workers=2)
    whole = identify(program, asked)
    monkeypatch.setattr("rtj.run.simulate.SPILL_BYTES", 1 << 18)
    monkeypatch.setattr("rtj.run.simulate.SHARD_BYTES", 1 << 18)

    assert identify(program, asked) == whole
