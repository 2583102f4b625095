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
    rows = [json.loads(line) for line in live]
    erased: dict[str, str] = {}
    births = {nobody(program.secret, row["profile"]): digit(row["profile"]) for row in rows if row.get("what") == "born"}
    for row in rows:
        if row.get("what") == "erased":
            erased[births[row["profile"]]] = row["at"]
    rest = iter(live)
    missing = []
    for line in swept:
        for other in rest:
            if other == line:
                break
            missing.append(other)
        else:
            raise AssertionError(f"nobody did this in the live run: {line.decode()}")
    for line in (*missing, *rest):
        row = json.loads(line)
        assert row["at"] <= erased.get(digit(row["profile"]), ""), line.decode()
    assert erased and len(swept) < len(live)
    place.close()


@pytest.mark.parametrize("seed", range(30))
def test_seeds(tmp_path: Path, seed: int) -> None:
    one_seed(tmp_path, seed, 160, str(tmp_path / "store.db"))
