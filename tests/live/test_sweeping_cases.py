"""What a sweep does to one line, case by case: whose it is, what stays of it, and that copies, counts and later lives stay what
they were (S10.1)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rtj.cli.logged import entries as logged
from rtj.compile import compile_project
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Answered, Deployed, Lines, Refused, Tick, decode_entry
from rtj.ir.program import Program, canonical, fingerprint, read_program
from rtj.live.disclosing import disclose
from rtj.live.forgetting import ask, take_asked, waiting
from rtj.live.sweeping import Sweeping
from rtj.run.logged import follow_log
from rtj.run.options import Outputs, SimulateResult
from tests.live.test_session import NOW
from tests.live.test_sweeping import Place

START = 1_774_432_800_000
MINUTE = 60_000
PROJECT = """
project: shop
secret: a long text
identity:
  user: {kind: person, priority: 1, unique: true}
  email: {kind: person, priority: 2, unique: true, normalize: [trim, lower]}
replaces: {email_changed: email}
events:
  bought: {item: string}
  email_changed: {}
profile: {wanted: last(bought.item), times: count(bought)}
channels: {mail: {purpose: transactional}}
"""
JOURNEY = "journey: thanks\nenter: {on: bought, as: s, again: always}\ndo: [{send: thanks, by: mail, with: item = s.item}]\n"


def compiled(folder: Path, more: str = "", change: tuple[str, str] = ("", "")) -> Program:
    folder.mkdir()
    (folder / "rtj.yaml").write_text((PROJECT.replace(*change) if change[0] else PROJECT) + more, encoding="utf-8")
    (folder / "thanks.journey.yaml").write_text(JOURNEY, encoding="utf-8")
    done = compile_project((), folder / "rtj.yaml")
    assert done.program is not None, done.diagnostics
    return done.program


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path, str(tmp_path / "store.db"), random.Random(1))
    found.deploy(compiled(tmp_path / "project"))
    found.session.open_stream("web", None)
    found.session.commit()
    yield found
    found.close()


def event(number: int, kind: str = "bought", at: int | None = None, **names: str) -> dict[str, Any]:
    properties = {"item": f"thing {number}"} if kind == "bought" else {}
    return {
        "id": f"e{number}",
        "type": kind,
        "ts": START + (number if at is None else at) * MINUTE,
        "properties": properties,
        **names,
    }


def feed(place: Place, *events: dict[str, Any] | str, stream: str = "web") -> None:
    text = "".join((one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)) + "\n" for one in events)
    place.session.take(Lines(place.session.numbers[stream], NOW, text.encode()))
    place.session.commit()


def swept(place: Place, at: int) -> None:
    """The clock goes to this minute; all who are erased by then are swept, and another session goes on."""
    for number in place.session.numbers.values():
        place.session.take(Tick(number, START + at * MINUTE))
    place.session.commit()
    Sweeping(place.session).all()
    assert place.store.check() == []
    place.again()


def texts(place: Place) -> str:
    return "".join(one.text.decode() for row in place.store.log() if isinstance(one := decode_entry(row.body), Lines))


def replay(place: Place) -> tuple[list[bytes], SimulateResult]:
    path = place.folder / "again.jsonl"
    programs: Callable[[str], Program] = lambda name: read_program(place.store.program(name))  # noqa: E731
    result = follow_log(programs, lambda: logged(place.store), Outputs(trace=str(path)), None, show_pii=True)
    return path.read_bytes().splitlines(), result


def live(place: Place) -> list[bytes]:
    return (place.folder / "trace.jsonl").read_bytes().splitlines()


def of(lines: list[bytes], who: str) -> list[bytes]:
    return [line for line in lines if f'"profile":"{who}"'.encode() in line]


def test_a_later_life_in_the_same_lines_stays(place: Place) -> None:
    feed(place, event(1, user="ada"), event(2, "erase", user="ada"), event(3, user="ada"), event(4, user="bob"))
    swept(place, 9)
    assert "e1" not in texts(place) and '"erase"' not in texts(place)
    assert [json.loads(line)["id"] for line in texts(place).splitlines() if line] == ["e3", "e4"]
    again, _ = replay(place)
    assert of(again, "user:ada#2") == of(live(place), "user:ada#2") != []
    assert of(again, "user:bob") == of(live(place), "user:bob") != [] and of(again, "user:ada") == []


def test_copies_are_known_for_copies_by_their_hashes(place: Place) -> None:
    feed(place, event(1, user="ada"), event(2, "erase", user="ada"), event(3, user="bob"))
    swept(place, 4)
    feed(place, event(1, at=5, user="ada"), event(1, at=6, user="bob"), event(2, "erase", at=7, user="ada"), event(8, user="bob"))
    swept(place, 9)
    follower = place.session.follower
    assert follower is not None and follower.clockwork.duplicates.conceals
    assert (follower.found.duplicates, follower.found.id_reused) == (2, 1)
    again, result = replay(place)
    assert (result.duplicates, result.id_reused, result.read) == (2, 1, 7)
    assert of(again, "user:bob") == of(live(place), "user:bob")
    assert of(live(place), "user:ada#2") == []


def test_somebody_elses_line_loses_the_name(place: Place) -> None:
    feed(place, event(1, user="ada", email="ada@x.de"), event(2, user="bob"), event(3, user="bob", email=" ADA@x.de"))
    feed(place, event(4, "erase", user="ada"), event(5, user="bob"))
    swept(place, 9)
    assert "ada" not in texts(place).lower() and "e3" in texts(place)
    again, _ = replay(place)
    kept = [line for line in of(live(place), "user:bob") if b"link_refused" not in line]
    assert [json.loads(line)["what"] for line in of(again, "user:bob")] == [json.loads(line)["what"] for line in kept]
    feed(place, event(10, email="ada@x.de"), event(11, user="bob"))
    swept(place, 12)
    assert of(replay(place)[0], "email:ada@x.de#2") == of(live(place), "email:ada@x.de#2") != []


def test_what_was_let_go_before_is_known_by_hashes_too(place: Place) -> None:
    feed(place, event(1, user="ada", email="old@x.de"), event(2, "email_changed", user="ada", email="new@x.de"))
    feed(place, event(3, "erase", user="ada"), event(4, user="bob"))
    swept(place, 6)
    assert "x.de" not in texts(place)
    assert b"old@x.de" not in str(list(place.store.leftovers("world/"))).encode()
    feed(place, event(10, email="old@x.de"), event(11, user="bob"))
    swept(place, 12)
    assert of(replay(place)[0], "email:old@x.de#2") == of(live(place), "email:old@x.de#2") != []


def test_lines_with_several_records_keep_those_of_others(place: Place) -> None:
    place.session.open_stream("phone", "segment")
    place.session.commit()

    def track(number: int, who: str) -> dict[str, Any]:
        at = f"2026-03-25T10:{number:02}:00Z"
        return {"type": "track", "messageId": f"s{number}", "event": "bought", "userId": who, "timestamp": at,
                "properties": {"item": "lamp"}}  # fmt: skip

    feed(place, json.dumps([track(1, "ada"), track(2, "bob"), track(3, "ada"), track(4, "bob")]), stream="phone")
    feed(place, event(5, "erase", user="ada"), event(6, user="bob"))
    swept(place, 9)
    again, result = replay(place)
    assert of(again, "user:bob") == of(live(place), "user:bob") != [] and "ada" not in texts(place)
    assert result.read == 6


def test_broken_lines_answers_and_refused_ones_go(place: Place) -> None:
    broken = '{"id": "e9", "type": "bought", "ts": "yesterday", "user": "adalovelace"}'
    feed(place, event(1, user="adalovelace"), broken, '{"id": "e8", "ts": 1, "user": "bobby"}', event(3, user="bobby"))
    place.session.take(Refused(0, "too_long", "longer than 9 bytes", b'{"user": "adalovelace"'))
    place.session.take(Answered("key", "user:adalovelace", ok=True, names=("user:adalovelace",)))
    feed(place, event(4, "erase", user="adalovelace"), event(5, user="bobby"))
    swept(place, 9)
    everything = str([decode_entry(row.body) for row in place.store.log()]) + str(place.store.letters(99))
    assert "adalovelace" not in everything and "bobby" in everything
    _, result = replay(place)
    assert result.dead == {"ts": 1, "fields": 1, "too_long": 1} and place.store.letter_count() == 3


def test_facts_that_are_filled_from_a_swept_log_are_those_of_the_others(place: Place, tmp_path: Path) -> None:
    feed(place, event(1, user="ada"), event(2, user="bob"), event(3, "erase", user="ada"), event(4, user="bob"))
    swept(place, 6)
    newer = compiled(tmp_path / "newer", "audiences: {buyers: profile.orders > 1}\n".replace("profile.orders", "profile.times"))
    place.store.publish([(fingerprint(newer), canonical(newer))], NOW)
    place.session.take(Deployed(2, fingerprint(newer), Crossing({}), ("times", "buyers")))
    place.session.commit()
    feed(place, event(7, user="bob"))
    swept(place, 9)
    assert of(replay(place)[0], "user:bob") == of(live(place), "user:bob")


def test_a_deployment_in_the_middle_of_a_sweep_moves_no_places(place: Place, tmp_path: Path) -> None:
    bad = {**event(1, user="carla"), "properties": {}}
    feed(place, bad, event(2, user="ada"), event(3, user="bob"), event(4, "erase", user="ada"), event(5, user="bob"))
    place.session.take(Tick(0, START + 6 * MINUTE))
    place.session.commit()
    Sweeping(place.session).step()
    newer = compiled(tmp_path / "newer", change=("item: string", "item: string?"))
    place.store.publish([(fingerprint(newer), canonical(newer))], NOW)
    place.session.take(Deployed(2, fingerprint(newer), Crossing({})))
    place.session.commit()
    place.again()
    swept(place, 9)
    assert [json.loads(line)["id"] for line in texts(place).splitlines() if line] == ["e1", "e3", "e5"]
    assert of(replay(place)[0], "user:bob") == of(live(place), "user:bob")


def test_an_order_stands_behind_all_that_was_read(place: Place) -> None:
    feed(place, event(1, user="ada"), event(2, user="bob"), event(3, user="ada"))
    program = place.session.follower.program  # type: ignore[union-attr]
    assert ask(place.store, program, ("user:ada", "user", "ada"), "me", NOW).startswith("~") and waiting(place.store) == 1
    assert take_asked(place.session) == 1
    place.session.commit()
    assert waiting(place.store) == 0 and not place.session.sweeps, "the clock has not come there yet"
    feed(place, event(4, user="bob"), event(5, user="ada"))
    Sweeping(place.session).all()
    assert [json.loads(line)["id"] for line in texts(place).splitlines() if line] == ["e2", "e4", "e5"]
    assert b"ada" not in b"".join(row.detail for row in place.store.audit())
    again, _ = replay(place)
    assert of(again, "user:ada#2") == of(live(place), "user:ada#2")


def test_what_is_disclosed_is_one_persons(place: Place) -> None:
    feed(place, event(1, user="ada-lovelace", email="ada@x.de"), event(2, user="bob"), '{"id": "e9", "user": "ada-lovelace"}')
    feed(place, event(3, email=" ADA@X.de "), event(4, user="bob"))
    swept(place, 9)
    found = disclose(place.store, "test", "ada@x.de")
    assert found is not None and disclose(place.store, "test", "eve") is None
    assert [(one["id"], json.loads(one["line"])["id"], one["entry"]) for one in found["events"]] == [
        ("e1", "e1", 3),
        ("e3", "e3", 4),
    ]
    assert [one["body"]["vars"]["item"] for one in found["messages"]] == ["thing 3", "thing 1"]
    assert [one["line"] for one in found["dead_letters"]] == [3] and found["known"]["profile"] == "user:ada-lovelace"
