"""Everything that may happen to an environment, in any order: deployments of other layouts, pauses, erasures by event and by
order, sweeps that are broken off, restarts, a log that lets go, backups, programs that are collected, people who are exported.

One session that only reads and deploys is the measure of another one to which all the rest happens as well.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rtj.deploy.looking import collect, unneeded
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Closed, Deployed, Entry, Lines, Tick
from rtj.ir.program import Program, canonical, fingerprint
from rtj.live.disclosing import disclose
from rtj.live.forgetting import ASKED, Asked, take_asked
from rtj.live.session import Session, SessionOptions, open_session
from rtj.live.sweeping import Sweeping
from rtj.store.opening import open_store
from rtj.store.port import Deployment, Holder
from tests.live.storm import project
from tests.live.test_bad_deployments import NOW, Author, Place, batches, counts, inside
from tests.live.test_replaying import replayed
from tests.live.test_sweeping import NAMED, NAMES, apart, is_less

HOUR, DAY = 3_600_000, 86_400_000
LATER = NOW + 400 * DAY  # all programs are old by then
BACKUPS = 4
ALL = [{"user": f"user-{n}", "email": f"p{n}@example.org", "phone": f"+4917055500{n}", "device": f"device-{n}",
        "cookie": f"c-{n}-0"} for n in range(10)]  # fmt: skip
MORE = [*({"cookie": f"c-{n}-{k}"} for n in range(10) for k in range(10)), *({"device": f"device-{n}-2"} for n in range(10))]


@dataclass
class Aging(Place):
    """A place whose machine has a clock. `hours` have gone by at both."""

    hours: list[int]

    def opened(self) -> Session:
        options = SessionOptions(self.awake, self.folder / "trace.jsonl", show_pii=True, now_ms=self.now)
        return open_session(self.store, options, Holder("one", "me@here", "here", os.getpid(), "test", NOW, NOW))

    def now(self) -> int:
        return NOW + self.hours[0] * HOUR


class Mix:
    """Two places, and what happens to them. `forgets`: the log lets go of entries now and then."""

    def __init__(self, folder: Path, seed: int, size: int, *, forgets: bool) -> None:
        self.folder, self.rnd, self.weather, self.forgets = folder, random.Random(seed), random.Random(seed + 1), forgets
        self.whole = project(seed, size, erasing=True)
        self.whole.streams = {name: [apart(line) for line in lines] for name, lines in self.whole.streams.items()}
        (folder / "project").mkdir()
        self.program = self.whole.compiled(folder / "project")
        self.hours = [0]
        self.calm = Aging(folder / "calm", 10_000, 0.0, self.weather, self.hours)
        self.storm = Aging(folder / "storm", self.weather.choice((1, 5, 10_000)), 0.2, self.weather, self.hours)
        self.places = (self.calm, self.storm)
        self.author = Author(self.program, self.rnd, 0.5)
        self.serial = 0
        self.backups: list[tuple[Path, int, int]] = []  # file, the first entry that waits, lines of the trace by then
        self.done: Counter[str] = Counter()

    # ---- what happens to both

    def begin(self) -> None:
        name = fingerprint(self.program)
        self.deploy([self.program], [Deployed(1, name, Crossing({}))])
        for place in self.places:
            for stream in sorted(self.whole.streams):
                place.session.open_stream(stream, None)
            place.session.commit()

    def deploy(self, programs: list[Program], order: list[Entry]) -> None:
        for place in self.places:
            place.store.publish([(fingerprint(one), canonical(one)) for one in programs], NOW)
            place.take([(entry, None) for entry in order])
        self.serial += 1
        running = fingerprint(programs[0]) if programs else self.storm.store.deployments(1)[0].running
        row = Deployment(self.serial, "deploy", "applied", running, running, "", "me", self.calm.now(), "", b"{}", b"")
        self.storm.store.record(row, self.serial - 1)

    def order(self) -> None:
        programs, order = self.author.order(inside(self.calm.session))
        if order:
            self.deploy(programs, order)

    def ask(self) -> None:
        """Somebody is erased by an order."""
        space, value = self.rnd.choice([*self.rnd.choice(ALL).items()])
        asked = msgspec.msgpack.encode(Asked(f"erase-{self.rnd.random()}", space, value))
        for place in self.places:
            place.store.ask(f"{ASKED}{self.done['ask']}", asked, ("me", "erase", b"{}", NOW))
            assert take_asked(place.session) == 1
            place.session.commit()

    def forget(self) -> None:
        follower = self.calm.session.follower
        assert follower is not None
        last = self.calm.store.last_entry()
        low = follower.waiting[0].seq if follower.waiting else last + 1
        before = min(low, last - self.rnd.randint(0, 20))
        for place in self.places:
            place.store.forget_log(before, LATER)

    # ---- what happens to one

    def sweep(self) -> None:
        """A few steps, each the last of a session now and then."""
        sweeping = Sweeping(self.storm.session)
        for _ in range(self.weather.randint(1, 4)):
            if sweeping.pending:
                self.done["swept"] += 1
                sweeping.step()
            if self.weather.random() < 0.3:
                self.storm.again()
                sweeping = Sweeping(self.storm.session)

    def backup(self) -> None:
        if len(self.backups) == BACKUPS:
            return
        path, store = self.folder / f"backup-{len(self.backups)}.db", self.storm.store
        store.backup(str(path))
        lines = (self.storm.folder / "trace.jsonl").read_bytes().count(b"\n")
        follower = self.storm.session.follower
        assert follower is not None
        low = follower.waiting[0].seq if follower.waiting else store.last_entry() + 1
        self.backups.append((path, low, lines))

    def collect(self) -> None:
        found = [name for name, _ in unneeded(self.storm.store, LATER, 1)]
        self.done["collected"] += len(found)
        collect(self.storm.store, found, "me", NOW)

    def export(self) -> None:
        _, value = self.weather.choice([*self.weather.choice(ALL).items()])
        found = disclose(self.storm.store, "test", value)
        self.done["exported"] += found is not None

    # ---- all of it

    def play(self) -> None:
        self.begin()
        chances = {"order": 0.4, "ask": 0.03, "forget": 0.1 * self.forgets, "sweep": 0.4, "backup": 0.05, "collect": 0.1,
                   "export": 0.05, "again": 0.05}  # fmt: skip
        for batch in batches(self.whole, self.rnd):
            self.hours[0] += 1
            for place in self.places:
                place.take([(Lines(place.session.numbers[stream], NOW, text), b"1") for stream, text in batch])
            for what, chance in chances.items():
                if self.rnd.random() < chance:
                    self.done[what] += 1
                    self.happen(what)
        self.end()

    def happen(self, what: str) -> None:
        match what:
            case "order":
                self.order()
            case "ask":
                self.ask()
            case "forget":
                self.forget()
            case "sweep":
                self.sweep()
            case "backup":
                self.backup()
            case "collect":
                self.collect()
            case "export":
                self.export()
            case _:
                self.storm.again()

    def end(self) -> None:
        for place in self.places:
            assert place.session.follower is not None
            streams = place.session.follower.streams
            end = max(stream.newest for stream in streams.values()) + 1
            place.take([*((Tick(number, end), None) for number in streams), *((Closed(number), None) for number in streams)])

    def sweep_all(self) -> None:
        sweeping = Sweeping(self.storm.session)
        while sweeping.pending:
            sweeping.step()
            if self.weather.random() < 0.2:
                self.storm.again()
                sweeping = Sweeping(self.storm.session)

    # ---- what has to hold

    def check(self) -> None:
        """Nothing of all that has made a difference."""
        live = [(place.folder / "trace.jsonl").read_bytes().splitlines() for place in self.places]
        assert live[0] == live[1]
        assert counts(self.calm.session) == counts(self.storm.session)
        self.sweep_all()
        store = self.storm.store
        assert store.check() == []
        assert [name for prefix in ("erase/", "sweep/", ASKED) for name, _ in store.leftovers(prefix)] == []
        first = next(iter(store.log())).seq
        if first == 1:
            is_less(self.program.secret, live[1], self.storm.replayed().splitlines())
        for path, low, lines in self.backups:
            if first <= low:  # else what waited stands in the backup alone, where nobody is swept
                again = self.folder / "again.jsonl"
                assert replayed(self.storm.folder, path, again) == [], path.name
                is_less(self.program.secret, live[1][lines:], again.read_bytes().splitlines()[1:], live[1])

    def put_back(self) -> None:
        """Each backup becomes a store of its own, which ends the sweep that was begun, and goes on."""
        for path, *_ in self.backups:
            folder = self.folder / f"of-{path.name}"
            folder.mkdir()
            shutil.copyfile(path, folder / "store.db")
            store = open_store(str(folder / "store.db"), "test")
            store.renew("me", b"{}", NOW)
            store.close()
            folder.rename(other := self.folder / f"aside-{path.name}")
            place = Aging(folder, 5, 0.0, self.weather, self.hours)
            place.close()
            shutil.copyfile(other / "store.db", folder / "store.db")
            place.store = open_store(str(folder / "store.db"), "test")
            place.session = place.opened()
            Sweeping(place.session).all()
            assert place.store.check() == []
            assert [name for prefix in ("erase/", "sweep/") for name, _ in place.store.leftovers(prefix)] == []
            everybody_goes(place)
            place.close()
            assert list(named(folder)) == [], path.name

    def everybody_goes(self) -> None:
        """Nothing in the files tells of who is erased."""
        everybody_goes(self.storm)
        assert self.storm.store.check() == [] and self.storm.store.profile_count() == 0
        self.close()
        assert list(named(self.storm.folder)) == []

    def close(self) -> None:
        for place in self.places:
            place.close()


def everybody_goes(place: Place) -> None:
    follower = place.session.follower
    assert follower is not None
    number = place.session.open_stream("app", None)
    at = max(follower.clock, *(one.newest for one in follower.streams.values())) + 1
    every = [{space: names[space]} for names in ALL for space in NAMES] + MORE
    lines = [{"id": f"x{number}", "type": "erase", "ts": at, **one} for number, one in enumerate(every)]
    for other in list(follower.streams):
        if other != number:
            place.session.take(Closed(other))
    place.session.take(Lines(number, NOW, "".join(json.dumps(line) + "\n" for line in lines).encode()))
    place.session.take(Tick(number, at + 1))
    place.session.take(Closed(number))
    place.session.commit()
    sweeping = Sweeping(place.session)
    while sweeping.pending:
        sweeping.step()


def named(folder: Path) -> Iterator[bytes]:
    for file in folder.glob("store.db*"):
        raw = file.read_bytes()
        for found in NAMED.finditer(raw):
            yield raw[max(found.start() - 60, 0) : found.end() + 40]
