"""Deployment after deployment under load: edits of everything, pinned, migrated, at a boundary, ramped, filled from the log,
paused, resumed, taken back, while events come and the session is broken off again and again. Whatever was edited, the log says
all: `rtj simulate --log` over it gives the live trace byte for byte, and one session that nothing happens to gives the same."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from rtj.cli.logged import entries as logged
from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Closed, Deployed, Entry, Lines, Paused, Resumed, Tick
from rtj.ir.journey import OnDeploy
from rtj.ir.program import Program, canonical, fingerprint, read_program
from rtj.live.counting import Counting
from rtj.live.session import Session, SessionOptions, open_session
from rtj.plan.crossing import crossing
from rtj.plan.linked import Deploying, Unlinkable, drains, linked
from rtj.plan.sides import Side
from rtj.run.logged import follow_log
from rtj.run.options import Outputs
from rtj.store.opening import open_store
from rtj.store.port import Holder, Store
from tests.live.layout_edits import another_layout
from tests.live.storm import project
from tests.live.test_session import pieces
from tests.plan.edits import EDITS
from tests.plan.edits import inside as inside_of
from tests.plan.edits_project import OF_JOURNEYS, OF_PROJECTS
from tests.run.everything import Whole

NOW = 1_900_000_000_000
EVERY = {**EDITS, **OF_JOURNEYS, **{name: edit for name, edit in OF_PROJECTS.items() if name != "rules"}}
del EVERY["names"]  # at times of what nobody brings along
TRIES = 60  # of an edit that can be made


@dataclass
class Place:
    """A store, its trace, and whoever has them now. `seed` is that of the breaks."""

    folder: Path
    awake: int
    crashes: float
    weather: random.Random

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.store: Store = open_store(str(self.folder / "store.db"), "test")
        self.session = self.opened()

    def opened(self) -> Session:
        options = SessionOptions(self.awake, self.folder / "trace.jsonl", show_pii=True, now_ms=lambda: NOW)
        return open_session(self.store, options, Holder("one", "me@here", "here", os.getpid(), "test", NOW, NOW))

    def take(self, batch: list[tuple[Entry, bytes | None]]) -> None:
        """Take entries and commit them; now and then only at the second try, and by another session."""
        while True:
            for entry, position in batch:
                self.session.take(entry)
                if position is not None and isinstance(entry, Lines):
                    self.session.move(self.session.name_of(entry.stream), position)
            if self.weather.random() >= self.crashes:
                break
            self.again()
        self.session.commit()
        if self.weather.random() < self.crashes and self.session.freshen(self.weather.choice((1, 3, 1_000))):
            self.session.commit()
        if self.weather.random() < self.crashes:
            self.again()

    def again(self) -> None:
        self.session.leave()
        self.session = self.opened()

    def close(self) -> None:
        self.session.leave()
        self.store.close()

    def replayed(self) -> bytes:
        """The trace as `rtj simulate --log` gives it."""
        path = self.folder / "again.jsonl"
        programs = lambda name: read_program(self.store.program(name))  # noqa: E731
        follow_log(programs, lambda: logged(self.store), Outputs(trace=str(path)), None, show_pii=True)
        return path.read_bytes()


class Author:
    """Edits what runs, as a plan would let it; so often (`layouts`) what is known of people."""

    def __init__(self, first: Program, rnd: random.Random, layouts: float) -> None:
        self.rnd, self.first, self.project, self.running = rnd, first, first, first
        self.layouts = layouts
        self.before: list[Program] = []
        self.serial = 1
        self.paused: list[str] = []
        self.made: Counter[str] = Counter()

    def order(self, inside: Counter[str]) -> tuple[list[Program], list[Entry]]:
        """The programs to be published, and the entries of a deployment."""
        self.serial += 1
        drawn = self.rnd.random()
        if drawn < 0.15:
            return [], self._pause()
        if drawn < 0.3 and self.before:
            self.made["rollback"] += 1
            return self._switch(self.rnd.choice(self.before), inside)
        for _ in range(TRIES):
            name = "layout" if self.rnd.random() < self.layouts else self.rnd.choice(sorted(EVERY))
            if name == "layout":
                new: Program | None = another_layout(self.project, self.first, self.rnd)
            else:
                new = EVERY[name](self.project, self.rnd)
            if new is not None and new != self.project and _could_be(new, self.project):
                self.made[name] += 1
                return self._switch(new, inside)
        return [], []

    def _pause(self) -> list[Entry]:
        if self.paused and self.rnd.random() < 0.6:
            self.made["resume"] += 1
            then = self.rnd.choice(("go", "leave"))
            return [Resumed(self.serial, self.paused.pop(), then, self.rnd.choice((0, 3_600_000)))]  # type: ignore[arg-type]
        self.made["pause"] += 1
        self.paused.append(self.rnd.choice(self.running.journeys).name)
        return [Paused(self.serial, self.paused[-1])]

    def _switch(self, new: Program, inside: Counter[str]) -> tuple[list[Program], list[Entry]]:
        rnd = self.rnd
        policies = {one.name: cast(OnDeploy, rnd.choice(("pin", "migrate", "boundary"))) for one in new.journeys}
        ramps = {one.name: rnd.choice((100_000, 500_000, 1_000_000)) for one in new.journeys if rnd.random() < 0.3}
        made = linked(new, drains(self.running, new, Deploying(inside, policies, ramps)))
        if isinstance(made, Unlinkable):
            self.made["unlinkable"] += 1
            return [], []
        over = crossing(Side("old", self.running), Side("new", made))
        known = {one.name for one in (*self.running.mappings, *self.running.aggregates, *self.running.audiences)}
        filled = tuple(one.name for one in (*new.mappings, *new.aggregates, *new.audiences) if one.name not in known)
        self.before.append(self.project)
        self.project, self.running = new, made
        return [made], [Deployed(self.serial, fingerprint(made), over, filled if rnd.random() < 0.7 else ())]


def _could_be(new: Program, old: Program) -> bool:
    """Would an author get this by the compiler? Attributes are declared, and event types keep their fields."""
    declared = {one.name for one in (*new.mappings, *new.aggregates)}
    if any(isinstance(part, x.Attribute) and part.name not in declared for _, part in inside_of(new)):
        return False
    fields = {kind.name: {one.name: one.type for one in kind.fields} for kind in new.events}
    for _, part in inside_of(new):
        if isinstance(part, j.Emit | j.StartJourney) and len(part.pairs) < most_pairs(old, part.id):
            return False  # whoever hears it reads what is not said any more
    if any(fields.get(kind.name, {}).get(one.name) != one.type for kind in old.events for one in kind.fields):
        return False
    return read_program(canonical(new)) == new


def most_pairs(program: Program, node: str) -> int:
    """How much the nodes of this id say."""
    nodes = (other for journey in program.journeys for other in journey.nodes if other.id == node)
    return max((len(one.pairs) for one in nodes if isinstance(one, j.Emit | j.StartJourney)), default=0)


def inside(session: Session) -> Counter[str]:
    assert session.follower is not None
    return Counter(inst.journey.spec.name for p in session.follower.world.everybody() for inst in p.instances.values())


def by_journey(found: Counter[str]) -> Counter[str]:
    """The same of all versions of a journey together."""
    names: Counter[str] = Counter()
    for name, count in found.items():
        names[name.partition("@")[0]] += count
    return names


def stored_inside(store: Store) -> Counter[str]:
    """How many are inside which journey, out of what was committed."""
    names: Counter[str] = Counter()
    for one in Counting(store).tallies():
        names[one.journey] += one.people
    return names


def counts(session: Session) -> dict[str, Any]:
    assert session.follower is not None
    found = session.follower.found
    return {
        "read": found.read,
        "late": found.late,
        "dead": found.dead,
        **{str(k): v for k, v in session.follower.recorder.counts.items()},
    }


def batches(whole: Whole, rnd: random.Random) -> Iterator[list[tuple[str, bytes]]]:
    """All streams in pieces, in turn."""
    waiting = {stream: pieces(list(lines), rnd, 15) for stream, lines in sorted(whole.streams.items())}
    while any(waiting.values()):
        todo = []
        for _ in range(rnd.randint(1, 3)):
            left = [one for one, some in waiting.items() if some]
            if left:
                stream = rnd.choice(left)
                todo.append((stream, waiting[stream].pop(0)))
        yield todo


def one_seed(tmp_path: Path, seed: int, size: int = 160, layouts: float = 0.3) -> Counter[str]:
    """One storm, and the calm run beside it. Returns what was deployed."""
    whole, rnd, weather = project(seed, size), random.Random(seed), random.Random(seed + 1)
    (tmp_path / "project").mkdir()
    program = whole.compiled(tmp_path / "project")
    calm = Place(tmp_path / "calm", 10_000, 0.0, weather)
    storm = Place(tmp_path / "storm", weather.choice((1, 5, 10_000)), 0.3, weather)
    author = Author(program, rnd, layouts)
    for place in (calm, storm):
        place.store.publish([(fingerprint(program), canonical(program))], NOW)
        place.session.take(Deployed(1, fingerprint(program), Crossing({})))
        for stream in sorted(whole.streams):
            place.session.open_stream(stream, None)
        place.session.commit()
    for batch in batches(whole, rnd):
        for place in (calm, storm):
            place.take([(Lines(place.session.numbers[stream], NOW, text), b"1") for stream, text in batch])
        if rnd.random() < 0.6:
            found = inside(calm.session)
            calm.session.commit()  # so that of nobody anything is to be written, though all were looked at
            if weather.random() < 0.5:  # they stay as they are
                assert by_journey(found) == stored_inside(storm.store)
            programs, order = author.order(found)
            for place in (calm, storm) if order else ():
                place.store.publish([(fingerprint(one), canonical(one)) for one in programs], NOW)
                place.take([(entry, None) for entry in order])
    for place in (calm, storm):
        assert place.session.follower is not None
        streams = place.session.follower.streams
        end = max(stream.newest for stream in streams.values()) + 1
        place.take([*((Tick(number, end), None) for number in streams), *((Closed(number), None) for number in streams)])
    live = [(place.folder / "trace.jsonl").read_bytes() for place in (calm, storm)]
    assert live[0].splitlines() == live[1].splitlines()
    assert counts(calm.session) == counts(storm.session)
    for place in (calm, storm):
        assert place.replayed().splitlines() == live[0].splitlines()
        place.close()
    return author.made


@pytest.mark.parametrize("seed", range(3))
def test_a_log_with_many_deployments_gives_the_live_trace_again(tmp_path: Path, seed: int) -> None:
    assert sum(one_seed(tmp_path, seed).values()) > 2


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 106))
def test_the_same_of_many(tmp_path: Path, seed: int) -> None:
    one_seed(tmp_path, seed, 300, 0.8 if seed % 2 else 0.3)  # with tiny `awake`, most of their records are several layouts behind
