"""`rtj simulate --log ENV --from BACKUP`: the rest of a run from a backup on, compared with the store; what is refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rtj.store.opening import open_store
from tests.cli.conftest import event
from tests.cli.deployments import call, parsed, refused, told, write_shop
from tests.cli.living import feed, instant


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A life with a backup in its middle: entries 1 to 4, and 5 and 6 (lines and a tick each time)."""
    monkeypatch.chdir(tmp_path)
    write_shop(tmp_path)
    told("deploy", "prod", "--yes")
    feed(event(1, "signed_up", "2026-03-01T12:00:00Z", "ada", plan="pro"), until="2026-03-02T00:00Z")
    told("backup", "one.backup")
    feed(event(2, "signed_up", "2026-03-05T12:00:00Z", "bo", plan="pro"), until="2026-03-09T00:00Z")
    return tmp_path


def shorten(store: str, before: int) -> None:
    with closing(open_store(store, "prod")) as opened:
        opened.forget_log(before, 1 << 50)


def test_the_rest_is_replayed_and_proven(shop: Path) -> None:
    whole = told("simulate", "--log", "--trace", "whole.jsonl", "--verify")
    assert "the state equals that of the store at entry" in whole
    shorten("state.db", 5)
    assert "--from BACKUP begins with what a backup has" in refused("simulate", "--log", "prod", code=4)
    before = (shop / "one.backup").read_bytes()
    rest = told("simulate", "--log", "prod", "--from", "one.backup", "--verify", "--trace", "rest.jsonl")
    assert "the state equals that of the store at entry" in rest and "to the byte" in rest
    lines = (shop / "rest.jsonl").read_bytes().splitlines()
    assert len(lines) > 2
    assert (shop / "whole.jsonl").read_bytes().splitlines()[1 - len(lines) :] == lines[1:]
    assert (shop / "one.backup").read_bytes() == before
    assert [path.name for path in shop.glob("one.backup*")] == ["one.backup"]


def test_it_begins_and_ends_where_it_is_asked_to(shop: Path) -> None:
    told("simulate", "--log", "--trace", "whole.jsonl")
    told("simulate", "--log", "prod", "--trace", "head.jsonl", "--until", "2026-03-04")
    told("simulate", "--log", "prod", "--trace", "tail.jsonl", "--after", "4")
    whole, head, tail = [(shop / f"{name}.jsonl").read_bytes().splitlines() for name in ("whole", "head", "tail")]
    assert 1 < len(head) < len(whole) and whole[: len(head)] == head
    assert whole == [*head, *tail[1:]]
    assert "ends with entry" in refused("simulate", "--log", "--after", "99", code=4)
    assert "already" in refused("simulate", "--log", "--from", "one.backup", "--after", "1", code=2)
    assert "--until" in refused("simulate", "--log", "--until", "+3d", code=2)
    assert "--verify" in refused("simulate", "--log", "--until", "2026-03-04", "--verify", code=2)
    assert "--log ENV is missing" in refused("simulate", "--verify", code=2)


def test_what_is_no_backup_of_it_is_refused(shop: Path) -> None:
    assert "no such backup" in refused("simulate", "--log", "--from", "nowhere", code=4)
    assert "something else" in refused("simulate", "--log", "--from", _other(shop), code=4)
    for name, sql in (("bad", "UPDATE profiles SET body = x'00'"), ("new", "UPDATE store SET format = 99")):
        (shop / name).write_bytes((shop / "one.backup").read_bytes())
        with closing(sqlite3.connect(shop / name)) as store, store:
            store.execute(sql)
    assert "profiles" in refused("simulate", "--log", "--from", "bad", code=4)
    assert "knows formats up to" in refused("simulate", "--log", "--from", "new")
    shorten("state.db", 6)
    assert "let go (`retain`); take a newer backup" in refused("simulate", "--log", "--from", "one.backup")
    told("restore", "one.backup", "--yes")
    told("simulate", "--log", "--from", "one.backup", "--verify")


def _other(shop: Path) -> str:
    with closing(sqlite3.connect(shop / "other")) as store:
        store.execute("CREATE TABLE something (one)")
    return "other"


def test_what_differs_is_told_and_exits_with_1(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may differ is found in tests/live; a store that differs cannot be had without a fault of ours."""
    monkeypatch.setattr("rtj.live.replaying.differences", lambda *_: ["user_id:ada: another body"])
    done = call("simulate", "--log", "prod", "--verify")
    assert done.exit_code == 1
    assert "the state differs from that of the store" in done.stderr and "user_id:ada: another body" in done.stderr


def test_nothing_takes_a_log_that_was_shortened_for_a_whole_one(shop: Path) -> None:
    """A plan says what a new fact is filled from, and from when on it is right; what is filled then is proven; versions of the
    environment are compared and replayed over events of their own."""
    shorten("state.db", 5)
    project = shop / "rtj.yaml"
    facts = "profile:\n  joined: count(signed_up)\n  lately: count(signed_up) over 3d\n"
    project.write_text(project.read_text(encoding="utf-8") + facts, encoding="utf-8")
    fill = next(one for one in parsed("plan")["stages"] if one["do"] == "fill")
    assert fill["names"] == ["joined", "lately"]
    since = instant("2026-03-09T00:00Z")  # by the clock of the machine when the first entry that is left was taken
    assert fill["since"] == since
    assert dict(fill["right"]) == {"joined": None, "lately": since + 3 * 86_400_000}
    told("deploy", "prod", "--yes")
    told("simulate", "--log", "prod", "--from", "one.backup", "--verify")
    told("diff", "env:prod", "--events", "live.jsonl", code=0)
    told("simulate", "--events", "live.jsonl")
