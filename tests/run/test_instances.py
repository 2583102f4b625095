"""A snapshot of instances tells who stands where: as the trace says, with the same bytes however it is run, and nobody's name."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rtj.base.errors import OutputError
from rtj.ir.program import Program, fingerprint
from rtj.ir.standing import Snapshot, Standing
from rtj.report.picture_counts import read_counts
from rtj.run import ledger
from rtj.run import simulate as simulate_module
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate
from tests.run import everything, shop
from tests.run.test_everything import in_order

WAYS: tuple[dict[str, Any], ...] = ({}, {"workers": 2}, {"workers": 3}, {"order": "arrival"})


def snapshot(folder: Path, program: Program, *events: str, **options: Any) -> bytes:
    asked = replace(SimulateOptions(events=events, now_ms=shop.NOW, workers=1), **options)
    simulate(program, asked, None, Outputs(trace=str(folder / "trace"), instances=str(folder / "instances")))
    return (folder / "instances").read_bytes()


def read(text: bytes) -> tuple[Snapshot, list[Standing]]:
    found = Snapshot(iter(text.splitlines(keepends=True)))
    return found, list(found)


def standing(text: bytes) -> dict[str, Counter[str]]:
    """How many stand at each node, by journey."""
    where: dict[str, Counter[str]] = {}
    for one in read(text)[1]:
        for instance in one.instances:
            where.setdefault(instance.journey, Counter())[instance.node] += 1
    return where


def by_trace(folder: Path) -> dict[str, Counter[str]]:
    """The same by what `rtj graph --counts` reads from a trace."""
    journeys = read_counts((folder / "trace").read_bytes().splitlines()).journeys
    return {name: Counter(traffic.open.values()) for name, traffic in journeys.items() if traffic.open}


@pytest.mark.parametrize("seed", range(4))
def test_who_stands_where_is_what_the_trace_says(tmp_path: Path, seed: int) -> None:
    path = shop.write(tmp_path / "events.jsonl", shop.stream(seed))
    text = snapshot(tmp_path, shop.program(), path)
    assert by_trace(tmp_path) == standing(text) != {}


@pytest.mark.parametrize("seed", range(2))
def test_the_same_bytes_in_every_way_of_running(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shop.write(tmp_path / "events.jsonl", shop.stream(seed))
    alone = snapshot(tmp_path, shop.program(), path)
    for options in WAYS[1:]:
        assert snapshot(tmp_path, shop.program(), path, **options) == alone
    monkeypatch.setattr(ledger, "ROWS_MAX", 3)  # so that rows go to disk
    monkeypatch.setattr(ledger, "BLOCK_ROWS", 2)
    for options in WAYS:
        assert snapshot(tmp_path, shop.program(), path, **options) == alone
    monkeypatch.setattr(simulate_module, "SPILL_BYTES", 1)
    monkeypatch.setattr(simulate_module, "SHARD_BYTES", 4096)
    assert snapshot(tmp_path, shop.program(), path, workers=2) == alone


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_with_everything_switched_on(tmp_path: Path, seed: int) -> None:
    """Consent, caps, holdout, quiet hours, merges, keys, tables, repeats, erasures."""
    whole = everything.make(seed)
    program = whole.compiled(tmp_path)
    events = whole.written(tmp_path, in_order(whole))  # so that nothing is late in the order of arrival
    until = everything.START + random.Random(seed).choice((1, 3, 6)) * everything.DAY
    alone = snapshot(tmp_path, program, *events, until=until)
    assert by_trace(tmp_path) == standing(alone)
    found, _ = read(alone)
    assert found.bad_count == 0
    for options in WAYS[1:]:
        assert snapshot(tmp_path, program, *events, until=until, **options) == alone


def test_the_header_says_what_ran_and_as_of_when(tmp_path: Path) -> None:
    path = shop.write(tmp_path / "events.jsonl", shop.stream(1))
    until = shop.START + 40 * shop.MINUTE
    found, _ = read(snapshot(tmp_path, shop.program(), path, until=until))
    assert (found.header.program, found.header.at) == (fingerprint(shop.program()), until)
    assert not found.header.interrupted


@pytest.mark.parametrize("options", WAYS)
def test_nobody_is_inside_after_draining_or_without_events(tmp_path: Path, options: dict[str, Any]) -> None:
    path = shop.write(tmp_path / "events.jsonl", shop.stream(1))
    assert len(snapshot(tmp_path, shop.program(), path, drain=True, **options).splitlines()) == 1
    nothing = shop.write(tmp_path / "none.jsonl", b"")
    found, standings = read(snapshot(tmp_path, shop.program(), nothing, **options))
    assert (found.header.at, standings) == (None, [])


def test_people_are_masked_as_in_the_trace(tmp_path: Path) -> None:
    made = shop.program()
    spaces = tuple(msgspec.structs.replace(space, labels=("pii",)) for space in made.namespaces)
    labelled = msgspec.structs.replace(made, namespaces=spaces)
    path = shop.write(tmp_path / "events.jsonl", shop.stream(5))
    alone = snapshot(tmp_path, labelled, path)
    assert b"@" not in alone and b"user-number" not in alone and b":~" in alone
    people = [standing.profile.profile for standing in read(alone)[1]]
    assert people == sorted(people)
    traced = {msgspec.json.decode(line).get("profile") for line in (tmp_path / "trace").read_bytes().splitlines()}
    assert set(people) <= traced
    for options in WAYS[1:]:
        assert snapshot(tmp_path, labelled, path, **options) == alone
    assert b"@" in snapshot(tmp_path, labelled, path, show_pii=True)


@pytest.mark.parametrize("options", WAYS)
def test_of_one_person(tmp_path: Path, options: dict[str, Any]) -> None:
    path = shop.write(tmp_path / "events.jsonl", shop.stream(5))
    everybody = read(snapshot(tmp_path, shop.program(), path, **options))[1]
    who = everybody[0].profile.profile
    alone = read(snapshot(tmp_path, shop.program(), path, profile=who, **options))[1]
    assert everybody[0] in alone and all(one in everybody for one in alone) and len(alone) < len(everybody)
    assert by_trace(tmp_path) == standing((tmp_path / "instances").read_bytes())


def test_an_output_that_cannot_be_written(tmp_path: Path) -> None:
    path = shop.write(tmp_path / "events.jsonl", shop.stream(1))
    with pytest.raises(OutputError):
        simulate(shop.program(), SimulateOptions(events=(path,)), None, Outputs(instances=str(tmp_path / "no" / "such" / "i")))


def test_what_nobody_wants_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the output nobody is looked at."""
    path = shop.write(tmp_path / "events.jsonl", shop.stream(1))

    def refuse(*_: object) -> None:
        raise AssertionError

    for module in ("rtj.run.people", "rtj.run.ordered"):
        monkeypatch.setattr(f"{module}.Onlooker", refuse)
    for order in ("ts", "arrival"):
        asked = SimulateOptions(events=(path,), now_ms=shop.NOW, workers=1, order=order)  # type: ignore[arg-type]
        simulate(shop.program(), asked, None, Outputs(messages=str(tmp_path / "messages")))
