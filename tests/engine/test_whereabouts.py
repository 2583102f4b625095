"""Who is inside is counted out of the records of a store as it is told by the people themselves."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from rtj.engine.layers import Layers, no_programs
from rtj.engine.machine import Machine
from rtj.engine.standing import Onlooker
from rtj.engine.stored_frame import StoredError
from rtj.engine.whereabouts import Whereabouts
from rtj.live.counting import Counting, machine_of, state_of
from rtj.live.session import Session, SessionOptions
from rtj.store.opening import open_store
from rtj.store.port import Store
from tests.cli.conftest import event
from tests.cli.deployments import told, write_shop
from tests.cli.living import feed


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_shop(tmp_path)
    told("deploy", "--yes")
    came = [event(n, "signed_up", f"2026-03-01T09:{n:02}:00Z", f"人{n}", plan="pro") for n in range(1, 30)]
    went = [event(99, "bought", "2026-03-01T10:00:00Z", "zoe", total=120)]
    feed(*came, *went, until="2026-03-01T11:00:00+00:00")
    return tmp_path


def of(store: Store) -> tuple[Machine, list[tuple[int, bytes]]]:
    state = state_of(store)
    assert state is not None
    return machine_of(store, state.running), list(store.every_body())


def test_records_tell_what_people_tell(shop: Path) -> None:
    with closing(open_store("state.db", "prod", reading=True)) as store:
        counting = Counting(store)
        tallies, standings = counting.tallies(), counting.standings()
        follower = Session(store, SessionOptions(), None).follower
        assert follower is not None
        whole = list(Onlooker(follower.machine, follower.clock).standings(follower.world.inside()))
    by_name = sorted(whole, key=lambda one: one.profile.profile)
    assert sorted(standings, key=lambda one: one.profile.profile) == by_name and len(whole) == 29
    every = [inst for one in whole for inst in one.instances]
    assert Counter({(one.journey, one.version, one.node): one.people for one in tallies}) == Counter(
        (inst.journey, inst.version, inst.node) for inst in every
    )
    assert min(one.oldest for one in tallies) == min(int(inst.entered) for inst in every)


def test_a_record_of_another_program_is_refused(shop: Path) -> None:
    with closing(open_store("state.db", "prod", reading=True)) as store:
        machine, bodies = of(store)
    changed = [(number, body[:1] + b"else" + body[5:]) for number, body in bodies]
    with pytest.raises(StoredError, match="another program"):
        Whereabouts(machine, Layers(machine, no_programs, {})).tallies(changed)
