"""Who is erased is taken out of the log, the dead letters and what is remembered of copies too, and everybody else's replay stays
what it was, byte for byte (S10.1): wherever a sweep is broken off, however often."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rtj.cli.logged import entries as logged
from rtj.engine.erasing import nobody
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Closed, Deployed, Lines, Tick
from rtj.ir.program import Program, canonical, fingerprint, read_program
from rtj.live.session import Session, SessionOptions, open_session
from rtj.live.sweeping import Sweeping
from rtj.run.logged import follow_log
from rtj.run.options import Outputs
from rtj.store.opening import open_store
from rtj.store.port import Holder, Store
from tests.live.storm import project
from tests.live.test_session import NOW, pieces
from tests.servers.postgres import Postgres

NAMES = ("user", "email", "phone", "device", "cookie")
DIGIT = re.compile(r"(user-|[pPr](?=\d@)|55500|555 00|device-|c-)(\d)")


@dataclass
class Place:
    """A store and its session, which may be given up at any time."""

    folder: Path
    where: str
    weather: random.Random
    crashes: float = 0.0
    store: Store = field(init=False)
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        self.store = open_store(self.where, "test")
        self.open()

    def open(self) -> None:
        options = SessionOptions(10_000, self.folder / "trace.jsonl", show_pii=True, now_ms=lambda: NOW)
        self.session = open_session(self.store, options, Holder("one", "me@here", "here", os.getpid(), "test", NOW, NOW))

    def again(self) -> None:
        self.session.leave()
        self.open()

    def deploy(self, program: Program) -> None:
        name = fingerprint(program)
        self.store.publish([(name, canonical(program))], NOW)
        self.session.take(Deployed(1, name, Crossing({})))
        self.session.commit()

    def play(self, streams: dict[str, list[str]], rnd: random.Random) -> None:
        waiting = {stream: pieces(list(lines), rnd, 30) for stream, lines in sorted(streams.items())}
        for stream in waiting:
            self.session.open_stream(stream, None)
        self.session.commit()
        while left := [stream for stream, rest in waiting.items() if rest]:
            stream = rnd.choice(left)
            self.session.take(Lines(self.session.numbers[stream], NOW, waiting[stream].pop(0)))
            self.session.commit()
            self.sweep(self.weather.randint(0, 3))
        follower = self.session.follower
        assert follower is not None
        end = max(stream.newest for stream in follower.streams.values()) + 1
        for number in list(follower.streams):
            self.session.take(Tick(number, end))
        for number in list(follower.streams):
            self.session.take(Closed(number))
        self.session.commit()

    def sweep(self, most: int) -> None:
        """A few steps, each the last of a session now and then."""
        sweeping = Sweeping(self.session)
        for _ in range(most):
            if sweeping.pending:
                sweeping.step()
            if self.weather.random() < self.crashes:
                self.again()
                sweeping = Sweeping(self.session)

    def replayed(self) -> list[bytes]:
        path = self.folder / "again.jsonl"
        programs: Callable[[str], Program] = lambda name: read_program(self.store.program(name))  # noqa: E731
        follow_log(programs, lambda: logged(self.store), Outputs(trace=str(path)), None, show_pii=True)
        return path.read_bytes().splitlines()

    def close(self) -> None:
        self.session.leave()
        self.store.close()


def apart(line: str) -> str:
    """The same line, in which nobody shares an identifier with others: all are of whom the best one says."""
    try:
        event = json.loads(line)
    except ValueError:
        return line
    if not isinstance(event, dict):
        return line
    if event.get("cookie") == "c-shared":
        del event["cookie"]
        if not any(name in event for name in NAMES):
            event["cookie"] = f"c-{len(line) % 6}-9"
    found = [who for name in NAMES if (who := digit(event.get(name)))]
    for name in NAMES:
        if name in event and found:
            event[name] = DIGIT.sub(lambda match: match[1] + found[0], str(event[name]))
    if "email" in event:
        event["email"] = event["email"].replace("später", "p")
    return json.dumps(event, ensure_ascii=False)


def digit(name: object) -> str:
    match = DIGIT.search(str(name))
    return match[2] if match else ""


def one_seed(folder: Path, seed: int, size: int, where: str) -> None:
    whole = project(seed, size, erasing=True)
    (folder / "project").mkdir()
    program = whole.compiled(folder / "project")
    place = Place(folder, where, random.Random(seed), 0.2)
    place.deploy(program)
    place.play({name: [apart(line) for line in lines] for name, lines in whole.streams.items()}, random.Random(seed))
    live = (folder / "trace.jsonl").read_bytes().splitlines()
    while place.session.sweeps:
        place.sweep(5)
    swept = place.replayed()
    assert place.store.check() == []
    assert list(place.store.leftovers("erase/")) == list(place.store.leftovers("sweep/")) == []
    erased = is_less(program.secret, live, swept)
    assert erased and len(swept) < len(live)
    place.close()


def is_less(secret: str, live: list[bytes], again: list[bytes], every: list[bytes] | None = None) -> dict[str, str]:
    """All that was done is done again, but by those who were erased: they, each with the instant of the erasure, are returned.
    `every`: the whole live trace, where `live` is only a part of it."""
    rows = [json.loads(line) for line in every or live]
    births = {nobody(secret, row["profile"]): digit(row["profile"]) for row in rows if row.get("what") == "born"}
    erased = {births[row["profile"]]: row["at"] for row in rows if row.get("what") == "erased"}
    rest, missing = iter(live), []
    for line in again:
        for other in rest:
            if other == line:
                break
            missing.append(other)
        else:
            raise AssertionError(f"nobody did this in the live run: {line.decode()}")
    for line in (*missing, *rest):
        row = json.loads(line)
        assert row["at"] <= erased.get(digit(row["profile"]), ""), line.decode()
    return erased


def everybody_goes(folder: Path, seed: int, size: int, where: str) -> Place:
    """A random shop whose people are all erased in the end, and swept with a kill after each step."""
    whole = project(seed, size, erasing=True)
    (folder / "project").mkdir()
    place = Place(folder, where, random.Random(seed))
    place.deploy(whole.compiled(folder / "project"))
    place.play({name: [apart(line) for line in lines] for name, lines in whole.streams.items()}, random.Random(seed))
    follower = place.session.follower
    assert follower is not None
    at = follower.clock + 1
    lines = [
        {"id": f"x{number}-{name}", "type": "erase", "ts": at, name: names[name]}
        for number in range(10)
        for names in [{"user": f"user-{number}", "email": f"p{number}@example.org", "phone": f"+4917055500{number}",
                       "device": f"device-{number}", "cookie": f"c-{number}-0"}]
        for name in names
    ]  # fmt: skip
    lines += [{"id": f"y{k}-{n}", "type": "erase", "ts": at, "cookie": f"c-{n}-{k}"} for n in range(10) for k in range(10)]
    lines += [{"id": f"z{n}", "type": "erase", "ts": at, "device": f"device-{n}-2"} for n in range(10)]
    number = place.session.open_stream("app", None)
    place.session.take(Lines(number, NOW, "".join(json.dumps(line) + "\n" for line in lines).encode()))
    place.session.take(Tick(number, at + 1))
    place.session.take(Closed(number))
    place.session.commit()
    place.crashes = 1.0
    while place.session.sweeps:
        place.sweep(1)
    return place


@pytest.mark.parametrize("seed", range(2))
def test_nobodys_replay_changes_but_that_of_who_is_erased(tmp_path: Path, seed: int) -> None:
    one_seed(tmp_path, seed, 100, str(tmp_path / "store.db"))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 106))
def test_the_same_of_many(tmp_path: Path, seed: int) -> None:
    one_seed(tmp_path, seed, 200, str(tmp_path / "store.db"))


def test_the_same_in_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    one_seed(tmp_path, 1, 50, postgres.url)


NAMED = re.compile(
    rb"((?<!\"user\",\")user-\d|p\d@example|device-\d|c-\d-\d|55500\d|555 00\d)"
)  # but for the list of founders, which the project brings along


def test_nothing_in_the_files_names_who_is_erased(tmp_path: Path) -> None:
    place = everybody_goes(tmp_path, 1, 80, str(tmp_path / "store.db"))
    assert place.store.check() == [] and place.store.profile_count() == 0
    place.close()
    for file in tmp_path.glob("store.db*"):
        raw = file.read_bytes()
        assert [raw[found.start() - 60 : found.end() + 40] for found in NAMED.finditer(raw)] == []
