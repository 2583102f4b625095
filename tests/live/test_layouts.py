"""Rows of layouts of before: three deployments in a row that concern nobody write nobody, and everything that reads people
reads them as if they had been written: a portrait, who is inside, a copy, the next run. They die out, with what they needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rtj.deploy.looking import unneeded
from rtj.engine.stored import generation_of
from rtj.engine.stored_frame import layout_of
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Deployed, Lines, Tick
from rtj.ir.program import Program, canonical, fingerprint
from rtj.ir.standing import Takeover
from rtj.live.counting import Counting, programs_of_records
from rtj.live.peeking import Look
from rtj.store.opening import open_store
from rtj.store.port import Store
from tests.bench.crowd import PROJECT, write_crowd
from tests.bench.taking_over import ATTRIBUTE, EDITS, NOW, compiled, keeper_of, leave, opened, take_over

PEOPLE = 40
WIDER = PROJECT.replace(ATTRIBUTE, ATTRIBUTE + "  item: {from: product_view.item, type: string?}\n")
VERSIONS = (
    PROJECT,
    WIDER,
    WIDER.replace(*EDITS["an audience less"]),
    WIDER.replace(*EDITS["an audience less"]).replace(*EDITS["an attribute less"]),
)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> list[Program]:
    folder = tmp_path_factory.mktemp("programs")
    return [compiled(folder / f"{number}", text) for number, text in enumerate(VERSIONS)]


@pytest.fixture
def place(tmp_path: Path, programs: list[Program]) -> Path:
    """A store in which the last program runs, and all rows are of the first one's layout."""
    session = opened(tmp_path / "store.db")
    session.store.publish([(fingerprint(programs[0]), canonical(programs[0]))], NOW)
    session.take(Deployed(1, fingerprint(programs[0]), Crossing({})))
    number = session.open_stream("events", None)
    write_crowd(tmp_path / "events.jsonl", PEOPLE)
    session.take(Lines(number, NOW, (tmp_path / "events.jsonl").read_bytes()))
    session.commit()
    for old, new in pairwise(programs):
        assert take_over(session, (old, new)).rewritten == 0
        assert keeper_of(session).takeover == Takeover(PEOPLE, 0, 0)
    leave(session)
    return tmp_path / "store.db"


def layouts(store: Store) -> set[bytes]:
    return {layout_of(body) for _, body in store.every_body()}


def told(store: Store) -> Iterator[Any]:
    """What whoever looks sees of everybody."""
    look = Look(store)
    for name in sorted(look.names()):
        yield look.portrait(name)
    yield Counting(store).tallies()
    yield Counting(store).standings()


def test_everything_reads_rows_of_layouts_of_before(place: Path, programs: list[Program]) -> None:
    with closing(open_store(str(place), "bench", reading=True)) as store:
        assert len(layouts(store)) == 1 and {generation_of(head) for head in store.heads()} == {0}
        before = list(told(store))
        inside = sum(one.people for one in Counting(store).tallies())
        assert inside == PEOPLE - 1  # of the last event nothing is worked
        store.backup(str(place.with_name("copy.db")))
    session = opened(place)
    while session.freshen(7):
        session.commit()
    session.commit()
    assert {generation_of(head) for head in session.store.heads()} == {3}
    assert programs_of_records(session.store) == set()
    leave(session)
    with closing(open_store(str(place), "bench", reading=True)) as store:
        assert list(told(store)) == before and not store.check()
    with closing(open_store(str(place.with_name("copy.db")), "bench", reading=True)) as store:
        assert list(told(store)) == before and not store.check()


def test_programs_are_kept_as_long_as_a_row_needs_them(place: Path, programs: list[Program]) -> None:
    names = {fingerprint(one) for one in programs}
    later = NOW + 1_000 * 86_400_000
    session = opened(place)
    assert programs_of_records(session.store) == names
    assert unneeded(session.store, later) == []
    while session.freshen(1_000):
        session.commit()
    session.commit()
    assert {name for name, _ in unneeded(session.store, later)} == names  # no deployment of this store was recorded
    leave(session)


def test_who_is_read_is_lifted_and_written_when_something_happens(place: Path, programs: list[Program]) -> None:
    session = opened(place)
    end = 1_774_800_000_000
    event = {"id": "late", "type": "product_view", "ts": "2026-03-29T00:00:00Z", "user_id": "user-0000003"}
    line = json.dumps({**event, "properties": {"item": "hat", "price": 3}}).encode() + b"\n"
    number = session.numbers["events"]
    session.take(Lines(number, NOW, line))
    session.take(Tick(number, end))
    session.commit()
    written = [generation_of(head) for head in session.store.heads()]
    assert sorted(written) == [0] * (PEOPLE - 2) + [3, 3]  # and who came last before
    leave(session)
    with closing(open_store(str(place), "bench", reading=True)) as store:
        found = Look(store).portrait("user-0000003")
        assert found is not None and "hat" in repr(found)


def test_who_cannot_be_read_keeps_what_others_need(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened(place)
    keeper = keeper_of(session)
    monkeypatch.setattr(keeper, "_fetch", lambda _: {})
    with pytest.raises(Exception, match="no profile with number"):
        session.freshen(10)
    assert len(keeper.stale) == PEOPLE and keeper.layers.ways
    leave(session)


def test_a_takeover_is_told_in_seconds_only_where_it_is_felt() -> None:
    assert Takeover(1_000_000, 0, 900).still_s == 0
    assert Takeover(1_000_000, 1_000_000, 3_500).still_s == 20
    assert Takeover(1_000_000, 0, 1_000_000).still_s == 150
