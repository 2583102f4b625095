"""Who is erased in an environment is sent nothing that still waits, and the store tells nobody who they were (S10.1)."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rtj.ir.crossing import Crossing
from rtj.ir.entries import Deployed, Lines, Tick
from rtj.ir.program import canonical, fingerprint
from rtj.live.sweeping import Sweeping
from tests.deploy.shop import program
from tests.live.test_bad_deployments import NOW, Place

START = 1_774_432_800_000
DAY = 86_400_000
ADA = "ada-木-lovelace"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path / "place", 1, 0.0, random.Random(1))
    made = program()
    found.store.publish([(fingerprint(made), canonical(made))], NOW)
    found.session.take(Deployed(1, fingerprint(made), Crossing({})))
    found.session.open_stream("web", None)
    found.session.commit()
    yield found
    found.close()


def line(number: int, who: str, kind: str = "signed_up", **properties: Any) -> dict[str, Any]:
    return {"id": f"e{number}", "type": kind, "ts": START + number, "user_id": who, "properties": properties}


def feed(place: Place, *events: dict[str, Any]) -> None:
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in events).encode()
    place.take([(Lines(0, NOW, text), b"1")])


def wait(place: Place, at: int) -> None:
    place.take([(Tick(0, at), None)])


def waiting(place: Place) -> list[str]:
    return [one.row.profile for one in place.store.waiting(0, 100)]


def test_what_waits_for_who_is_erased_is_withdrawn_and_names_nobody(place: Place) -> None:
    feed(place, line(1, ADA, plan="pro"), line(2, "bob", plan="pro"))
    wait(place, START + 2 * DAY)
    assert f"user_id:{ADA}" in waiting(place)
    others = [who for who in waiting(place) if who != f"user_id:{ADA}"]
    place.take([(Lines(0, NOW, json.dumps({**line(3, ADA, "erase"), "ts": START + 2 * DAY}).encode() + b"\n"), b"1")])
    wait(place, START + 3 * DAY)
    assert [who for who in waiting(place) if who.startswith("user_id:bob")][: len(others)] == others
    assert f"user_id:{ADA}" not in waiting(place) and not place.store.sent_to(f"user_id:{ADA}", 9)
    assert place.store.check() == []
    assert place.replayed() == (place.folder / "trace.jsonl").read_bytes()


def test_nothing_in_the_files_tells_of_who_was_erased_once_they_are_swept(place: Place) -> None:
    feed(place, line(1, ADA, plan="pro"), line(2, "bob", plan="pro"))
    wait(place, START + 2 * DAY)
    place.take([(Lines(0, NOW, json.dumps({**line(3, ADA, "erase"), "ts": START + 2 * DAY}).encode() + b"\n"), b"1")])
    wait(place, START + 3 * DAY)
    Sweeping(place.session).all()
    assert place.store.check() == [] and "bob" in str(list(place.store.log()))
    place.session.leave()
    place.store.close()
    for file in place.folder.glob("*.db*"):
        assert ADA.encode() not in file.read_bytes(), file.name
