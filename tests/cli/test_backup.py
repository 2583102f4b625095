"""`rtj backup` copies the store of an environment while it is used, and `rtj restore` puts the copy back as a store of its own;
what was there is kept, and nothing is put back that is not whole, not of this environment, or under a run that lives."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import pytest

from rtj.base.errors import RefusedError
from rtj.deploy.holders import holder
from rtj.report.plan_json import SCHEMA
from rtj.store.opening import open_store
from rtj.store.restoring import restore_file
from tests.cli.deployments import refused, told, write_shop


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that is deployed, with a backup of it."""
    monkeypatch.chdir(tmp_path)
    write_shop(tmp_path)
    told("deploy", "prod", "--yes")
    assert "as of deployment 1" in told("backup", "one.backup")
    return tmp_path


def test_a_restored_store_is_the_same_in_all_but_its_lineage(shop: Path) -> None:
    before = told("status")
    assert "is restored as of deployment 1" in told("restore", "one.backup", "--yes")
    assert told("status").splitlines()[2:4] == before.splitlines()[2:4]
    lineages = []
    for name in ("one.backup", "state.db", "state.db.before-restore-1"):
        store = open_store(str(shop / name), "prod", reading=True)
        lineages.append(store.identity().lineage)
        assert store.check() == []
        assert store.lockholder() is None and store.leaseholder() is None
        store.close()
    assert lineages[0] == lineages[2] != lineages[1]
    assert "restore" in told("history", "--format", "json")


def test_a_plan_from_before_is_stale(shop: Path) -> None:
    path = shop / "journeys/welcome.journey.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("5 days", "6 days"), encoding="utf-8")
    told("plan", "-o", "old.plan", "--migrate", "welcome")
    told("restore", "one.backup", "--yes")
    assert "another store" in refused("deploy", "old.plan")


def test_what_is_damaged_is_told_and_can_be_put_back(shop: Path) -> None:
    with sqlite3.connect(shop / "state.db") as store:
        store.execute("UPDATE programs SET body = x'00'")
    store.close()
    assert "programs" in told("status", "--check", code=1)
    found = json.loads(told("status", "--check", "--format", "json", code=1))
    assert found["schema"] == SCHEMA and found["flaws"][0]["table"] == "programs"
    told("restore", "one.backup", "--yes")
    assert "is whole" in told("status", "--check")


@pytest.mark.parametrize("wreck", [b"", b"SQLite format 3\0" + b"x" * 5000])
def test_what_is_no_store_any_more_can_be_put_back(shop: Path, wreck: bytes) -> None:
    (shop / "state.db").write_bytes(wreck)
    told("restore", "one.backup", "--yes")
    assert (shop / "state.db.before-restore-1").read_bytes() == wreck
    assert "is whole" in told("status", "--check")


def test_a_store_that_is_gone_can_be_put_back(shop: Path) -> None:
    (shop / "state.db").unlink()
    told("restore", "one.backup", "--yes")
    assert "is whole" in told("status", "--check")


def test_nothing_is_put_back_that_cannot_be_run(shop: Path) -> None:
    bad = shop / "bad.backup"
    bad.write_bytes((shop / "one.backup").read_bytes())
    with sqlite3.connect(bad) as store:
        store.execute("UPDATE programs SET body = x'00'")
    store.close()
    was = (shop / "state.db").read_bytes()
    assert "damaged itself" in refused("restore", "bad.backup", "--yes", code=4)
    open_store(str(shop / "other.backup"), "other").close()
    assert "the store of the environment other" in refused("restore", "other.backup", "--yes")
    assert "nothing was ever deployed" in refused("restore", _empty(shop), "--yes", code=4)
    assert "the store itself" in refused("restore", "state.db", "--yes", code=4)
    assert "no such backup" in refused("restore", "nowhere", "--yes", code=4)
    assert "--yes" in refused("restore", "one.backup", code=2)
    assert (shop / "state.db").read_bytes() == was
    assert not list(shop.glob("state.db.*restor*"))


def _empty(shop: Path) -> str:
    open_store(str(shop / "empty.backup"), "prod").close()
    return "empty.backup"


def test_nothing_is_put_back_under_a_run(shop: Path) -> None:
    store = open_store(str(shop / "state.db"), "prod")
    epoch = store.take_lease(holder("run prod", time.time_ns() // 1_000_000), 15_000)
    assert "stop that first" in refused("restore", "one.backup", "--yes")
    store.leave_lease(epoch)
    store.close()
    told("restore", "one.backup", "--yes")


def test_a_store_that_was_put_back_by_other_means_becomes_one_of_its_own(shop: Path) -> None:
    (shop / "state.db").write_bytes((shop / "one.backup").read_bytes())
    told("restore", "--yes")
    store = open_store(str(shop / "state.db"), "prod", reading=True)
    backup = open_store(str(shop / "one.backup"), "prod", reading=True)
    assert store.identity().lineage != backup.identity().lineage
    store.close()
    backup.close()


def test_a_backup_writes_over_nothing(shop: Path) -> None:
    assert "file exists" in refused("backup", "one.backup", code=4)
    assert not list(shop.glob("*.part"))


def test_postgresql_is_put_back_by_its_own_means(shop: Path) -> None:
    with pytest.raises(RefusedError, match="pg_restore"):
        restore_file("postgresql://nowhere", "prod", shop / "one.backup", "anna", 0)
