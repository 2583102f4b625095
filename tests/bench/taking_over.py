"""How long a run stands still as another layout of facts takes over, for so many people; what it costs to lift one later; memory.

    python -m tests.bench.taking_over [PEOPLE] [--all]      # --all: beside it everybody is handed over at once

A few thousand people are made by events, a third of them inside a journey, and copied under other names until they are enough.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from rtj.compile import compile_project
from rtj.engine.keeping import Keeper
from rtj.engine.sieve import Sieve
from rtj.engine.stored import read_identifiers, write_identifiers
from rtj.engine.stored_frame import seal
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Deployed, Lines
from rtj.ir.kept import ProfileRow
from rtj.ir.program import Program, canonical, fingerprint
from rtj.live.session import WORLD, Session, SessionOptions, open_session
from rtj.plan.crossing import crossing
from rtj.plan.sides import Side
from rtj.store.opening import open_store
from rtj.store.port import Commit, Holder
from tests.bench.crowd import JOURNEY, PROJECT, write_crowd

MADE = 2_000  # people who are made by events
AWAKE = 100_000
COPIES = 50_000  # rows of one commit
READ = 2_000  # people who are lifted to see what one costs
NOW = 1_900_000_000_000
WAITING = """\
journey: stay
enter: {on: joining lookers, again: never}
do:
  - {id: later, wait: 60d}
  - {send: thanks, by: email, with: name = profile.first_name}
"""
ATTRIBUTE = "  newsletter: {from: signed_up.newsletter, type: bool?}\n"
EDITS = {
    "an attribute more": (ATTRIBUTE, ATTRIBUTE + "  item: {from: product_view.item, type: string?}\n"),
    "an attribute less": ("  height:     {from: signed_up.height, type: number?}\n", ""),
    "an audience more, which few join": ("audiences:\n", "audiences:\n  loyal: profile.spend_30d > 199\n"),
    "an audience less": ("  payers:    profile.plan == 'paid' and profile.spend_30d > 0\n", ""),
    "texts alone": ("project: crowd\n", "project: crowd\n"),
}


@dataclass(frozen=True)
class Taken:
    """What a takeover needed: seconds to work and to commit it, people who were rewritten, MB beyond what the run had before."""

    worked: float
    committed: float
    rewritten: int
    mb: float


def compiled(folder: Path, project: str, waiting: str = WAITING) -> Program:
    folder.mkdir(parents=True)
    for name, text in {"rtj.yaml": project, "thanks.journey.yaml": JOURNEY, "stay.journey.yaml": waiting}.items():
        (folder / name).write_text(text, encoding="utf-8")
    done = compile_project((), folder / "rtj.yaml")
    assert done.program is not None, done.diagnostics
    return done.program


def opened(path: Path) -> Session:
    store = open_store(str(path), "bench")
    holder = Holder("one", "me@here", "here", os.getpid(), "bench", NOW, NOW)
    return open_session(store, SessionOptions(AWAKE, now_ms=lambda: NOW), holder)


def leave(session: Session) -> None:
    session.leave()
    session.store.close()


def fill(path: Path, program: Program, people: int) -> None:
    """A store with so many people."""
    session = opened(path)
    session.store.publish([(fingerprint(program), canonical(program))], NOW)
    session.take(Deployed(1, fingerprint(program), Crossing({})))
    number = session.open_stream("events", None)
    write_crowd(path.with_suffix(".jsonl"), MADE)
    session.take(Lines(number, NOW, path.with_suffix(".jsonl").read_bytes()))
    session.commit()
    store, epoch = session.store, session.epoch
    heads = list(store.heads())
    bodies = store.bodies([head.number for head in heads])
    clock, born = store.clock(), max(bodies)
    assert epoch is not None and clock is not None
    while born < people:
        change = Commit(clock=clock)
        for _ in range(max(1, COPIES // MADE)):
            for head in heads:
                born += 1
                ids = tuple((space, f"{value}-{born}") for space, value in read_identifiers(head.ids))
                row = ProfileRow(born, head.due, head.recheck, head.members, write_identifiers(ids), bodies[head.number])
                change.profiles.append(row)
                change.owners.update(dict.fromkeys(ids, born))
        change.leftovers[f"{WORLD}births/"] = seal(born)
        store.commit(change, epoch)
    leave(session)


def memory() -> float:
    """MB of this process now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1_048_576


def keeper_of(session: Session) -> Keeper:
    assert session.follower is not None and session.follower.world.keeper is not None
    return session.follower.world.keeper


def take_over(session: Session, programs: tuple[Program, Program], filled: tuple[str, ...] = ()) -> Taken:
    """Another program, as a run takes it between two batches."""
    session.store.publish([(fingerprint(programs[1]), canonical(programs[1]))], NOW)
    over, before = crossing(Side("old", programs[0]), Side("new", programs[1])), memory()
    start = time.perf_counter()
    session.take(Deployed(2, fingerprint(programs[1]), over, filled))
    worked = time.perf_counter() - start
    rewritten = len(keeper_of(session).changes().profiles)
    start = time.perf_counter()
    session.commit()
    return Taken(worked, time.perf_counter() - start, rewritten, memory() - before)


def lifting(session: Session) -> tuple[float, float]:
    """Microseconds to read back one whose record is of a layout of before, and the same one of that of now."""
    keeper = keeper_of(session)
    chosen = [p for p in keeper.stale[:READ] if p.packed is not None]
    each = []
    for _ in range(2):
        start = time.perf_counter()
        for p in chosen:
            keeper.peek(p)
        each.append((time.perf_counter() - start) * 1e6 / max(1, len(chosen)))
        keeper.stale, rest = list(chosen), keeper.stale
        session.freshen(READ)
        session.commit()
        keeper.stale = rest
    return each[0], each[1]


def measure(people: int, folder: Path, *, everybody: bool) -> None:
    """Print the table."""
    old = compiled(folder / "old", PROJECT)
    fill(folder / "filled.db", old, people)
    print(f"{'':44}{'stands still':>13}{'of it commit':>13}{'rewritten':>11}{'MB more':>9}{'lift us':>9}{'read us':>9}")
    cases: dict[str, tuple[Program, tuple[str, ...]]] = {}
    for place, (name, (was, now)) in enumerate(EDITS.items()):
        waiting = WAITING.replace("60d", "61d") if was == now else WAITING
        cases[name] = compiled(folder / f"new{place}", PROJECT.replace(was, now), waiting), ()
    cases["an attribute more, filled from the log"] = cases["an attribute more"][0], ("item",)
    cases["an audience more, filled from the log"] = cases["an audience more, which few join"][0], ("loyal",)
    for name, (new, filled) in cases.items():
        for at_once in (False, True) if everybody else (False,):
            shutil.copy(folder / "filled.db", folder / "again.db")
            session = opened(folder / "again.db")
            if at_once:
                with patch.object(Sieve, "by_head", lambda *_: True), patch("rtj.engine.succeeding.stays", lambda *_: False):
                    found = take_over(session, (old, new), filled)
                print(f"{'  everybody at once':44}{_row(found)}")
            else:
                found = take_over(session, (old, new), filled)
                lift, read = lifting(session)
                print(f"{name:44}{_row(found)}{lift:9.0f}{read:9.0f}", flush=True)
            leave(session)


def _row(found: Taken) -> str:
    seconds = found.worked + found.committed
    return f"{seconds:11.2f} s{found.committed:11.2f} s{found.rewritten:11,}{found.mb:9.0f}"


if __name__ == "__main__":
    counts = [int(each) for each in sys.argv[1:] if each != "--all"]
    with tempfile.TemporaryDirectory() as made:
        measure(counts[0] if counts else 1_000_000, Path(made), everybody="--all" in sys.argv)
