"""A replay from a backup, case by case, on SQLite and PostgreSQL: what was let go, undone, erased, filled since; what does not
belong together is refused; a trace that began late is proven too."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rtj.base.errors import InputError, RefusedError, RtjError
from rtj.compile import compile_project
from rtj.engine.calendar import INFINITY
from rtj.engine.record import Level
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Deployed, Lines
from rtj.ir.program import canonical, fingerprint
from rtj.live.replaying import Base, checkpoint, counters_of, differences, refuse_strangers
from rtj.live.session import Session, SessionOptions, open_session
from rtj.live.sweeping import Sweeping
from rtj.plan.crossing import crossing
from rtj.plan.sides import Side
from rtj.run.logged import follow_log, passed
from rtj.run.options import Outputs
from rtj.store.opening import open_store
from rtj.store.port import Deployment, Holder, Store
from tests.servers.postgres import Postgres

PROJECT = """
project: small
timezone: UTC
secret: key
identity: {user: {kind: person}}
events: {hello: {n: number}}
profile: {%s}
channels: {push: {purpose: transactional}}
"""
LATEST = "latest: last(hello.n)"
GREET = "journey: greet\nenter: {on: hello, again: always}\ndo:\n  - {id: pause, wait: 2h}\n  - {send: hi, by: push}\n"
START, HOUR, NOW = 1_800_000_000_000, 3_600_000, 1_900_000_000_000


@dataclass
class Small:
    """A store, here or on a server, in which little happens, and the session that writes it. An event waits for the next hour."""

    where: str
    folder: Path
    server: Postgres | None = None
    hours: int = 0
    copies: int = 0
    session: Session = field(init=False)
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = open_store(self.where, "test")
        self.open("trace.jsonl")

    def open(self, trace: str | None) -> None:
        path = None if trace is None else self.folder / trace
        options = SessionOptions(5, path, show_pii=True, now_ms=lambda: START + self.hours * HOUR)
        self.session = open_session(self.store, options, Holder("one", "me@here", "here", os.getpid(), "test", NOW, NOW))

    def close(self) -> None:
        self.session.leave()
        self.store.close()

    def deploy(self, serial: int, profile: str, *filled: str) -> None:
        folder = self.folder / f"project-{serial}"
        folder.mkdir()
        (folder / "rtj.yaml").write_text(PROJECT % profile, encoding="utf-8")
        (folder / "greet.journey.yaml").write_text(GREET, encoding="utf-8")
        done = compile_project((), folder / "rtj.yaml")
        assert done.program is not None, done.diagnostics
        program, name, follower = done.program, fingerprint(done.program), self.session.follower
        self.store.publish([(name, canonical(program))], NOW)
        way = Crossing({}) if follower is None else crossing(Side("old", follower.program), Side("new", program))
        self.session.take(Deployed(serial, name, way, filled))
        self.session.commit()
        self.store.record(Deployment(serial, "deploy", "applied", name, name, "", "me", NOW, "", b"{}", b""), serial - 1)
        self.session.open_stream("app", None)
        self.session.commit()

    def hear(self, *people: str, kind: str = "hello") -> None:
        """An hour has gone by, and these people say something. One entry."""
        self.hours += 1
        at = START + self.hours * HOUR
        said = {"properties": {"n": self.hours}} if kind == "hello" else {}
        rows = [{"id": f"e{self.hours}-{who}", "type": kind, "ts": at, "user": who, **said} for who in people]
        text = "".join(json.dumps(row) + "\n" for row in rows).encode()
        self.session.take(Lines(self.session.numbers["app"], at, text))
        self.session.commit()

    def copied(self) -> str:
        """Where a backup of now is."""
        self.copies += 1
        if self.server is None:
            self.store.backup(f"{self.where}.{self.copies}")
            return f"{self.where}.{self.copies}"
        there = database(self.server)
        dumped = subprocess.run([self.server.tools / "pg_dump", self.where], check=True, capture_output=True, timeout=60)
        subprocess.run(
            [self.server.tools / "psql", "-q", there], input=dumped.stdout, check=True, capture_output=True, timeout=60
        )
        return there

    def replayed(self, backup: str | None) -> tuple[list[bytes], list[str]]:
        """The trace from a backup on, without its head, and what differs at the end."""
        out = self.folder / "again.jsonl"
        with ExitStack() as stack:
            store = stack.enter_context(closing(open_store(self.where, "test", reading=True)))
            stack.enter_context(store.still())
            old = None if backup is None else stack.enter_context(closing(open_store(backup, "test", reading=True)))
            if old is not None:
                refuse_strangers(old, store, "old")
            base = Base(old, store)
            start = checkpoint(base, Level.TRACE, show_pii=True)
            follow_log(start, base.further, Outputs(trace=str(out)), None, show_pii=True)
            return out.read_bytes().splitlines()[1:], differences(start.follower, store)

    def refused(self, backup: str, error: type[RtjError] = RefusedError) -> str:
        with pytest.raises(error) as caught:
            self.replayed(backup)
        return str(caught.value)

    def trace(self) -> list[bytes]:
        return (self.folder / "trace.jsonl").read_bytes().splitlines()


def database(server: Postgres) -> str:
    """A new one on the server."""
    name = f"replaying_{os.urandom(6).hex()}"
    subprocess.run([server.tools / "psql", "-q", server.url, "-c", f"CREATE DATABASE {name}"], check=True, timeout=60)
    return server.url.replace("/postgres?", f"/{name}?")


def begun(where: str, folder: Path, server: Postgres | None = None) -> Small:
    folder.mkdir(exist_ok=True)
    found = Small(where, folder, server)
    found.deploy(1, LATEST)
    return found


@pytest.fixture(params=["sqlite", "postgres"])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Small]:
    """Two entries: what is deployed, and its stream."""
    server: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    found = begun(str(tmp_path / "store.db") if server is None else database(server), tmp_path, server)
    yield found
    found.close()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Small]:
    """The same, where it makes no difference which database it is."""
    found = begun(str(tmp_path / "store.db"), tmp_path)
    yield found
    found.close()


def test_a_backup_and_what_is_left_of_the_log_give_the_state_of_now(small: Small) -> None:
    small.hear("ada", "bo")
    backup = small.copied()
    before = len(small.trace())
    small.hear("cleo")
    small.hear("ada")
    small.hear("dora", "bo")
    small.store.forget_log(4, NOW)
    told, differing = small.replayed(backup)
    assert differing == []
    assert told == small.trace()[before:] and len(told) > 6


def test_facts_are_filled_from_what_the_log_had_then(small: Small) -> None:
    """The backup has entries that the log had let go of when the facts were filled: they count as little as in the run."""
    small.hear("ada")
    small.hear("ada", "bo")
    backup = small.copied()
    before = len(small.trace())
    small.store.forget_log(4, NOW)
    small.hear("bo")
    small.deploy(2, f"{LATEST}, times: count(hello)", "times")
    small.hear("cleo")
    told, differing = small.replayed(backup)
    assert differing == []
    assert told == small.trace()[before:]


def test_who_was_erased_since_is_not_there(small: Small) -> None:
    """Before the sweep they live and go as they did; after it nothing tells of them but that somebody was erased."""
    small.hear("ada", "bo")
    backup = small.copied()
    before = len(small.trace())
    small.hear("ada", "cleo")
    small.hear("ada", kind="erase")
    small.hear("bo")
    small.hear("dora")
    told, differing = small.replayed(backup)
    assert differing == []
    assert told == small.trace()[before:]
    sweeping = Sweeping(small.session)
    while sweeping.pending:
        sweeping.step()
    rest, differing = small.replayed(backup)
    assert differing == []
    assert rest == [line for line in told if b"user:ada" not in line] != told


def test_who_is_erased_by_an_event_that_waited_when_the_backup_was_made_is_not_there(here: Small) -> None:
    here.hear("ada", "bo")
    here.hear("ada", kind="erase")
    backup = here.copied()
    here.hear("bo")
    here.hear("dora")
    Sweeping(here.session).all()
    told, differing = here.replayed(backup)
    assert differing == [] and not any(b"user:ada" in line for line in told)


def test_what_the_log_does_not_go_on_from_is_refused(here: Small) -> None:
    here.hear("ada")
    early = here.copied()
    here.hear("bo")
    here.hear("cleo")
    late = here.copied()
    here.store.forget_log(5, NOW)
    told = here.refused(early)
    assert "ends with entry 3 of 2027-01-15T09:00:00.000Z, and the log begins with entry 5 of 2027-01-15T11:00:00.000Z" in told
    assert here.replayed(late)[1] == []
    here.close()
    here.where = early
    here.__post_init__()
    assert "newer than the log" in here.refused(late)


def test_a_backup_of_what_a_restore_has_undone_is_refused(here: Small) -> None:
    here.hear("ada")
    early = here.copied()
    here.hear("bo")
    undone = here.copied()
    here.close()
    here.where = early
    here.store = open_store(early, "test")
    before = here.copied()
    here.store.renew("me", b"{}", NOW)
    here.open(None)
    here.hours += 5
    here.hear("cleo")
    here.hear("dora")
    assert "entry 4 is another one" in here.refused(undone)
    assert here.replayed(before)[1] == []


def test_a_backup_of_another_store_is_refused(here: Small, tmp_path: Path) -> None:
    here.hear("ada")
    other = begun(str(tmp_path / "other.db"), tmp_path / "other")
    here.store.note("me", "here", b"{}", NOW)
    other.store.note("me", "there", b"{}", NOW)
    assert "backup of another store" in here.refused(other.where)
    other.close()
    open_store(str(tmp_path / "empty.db"), "test").close()
    assert "nothing was ever deployed" in here.refused(str(tmp_path / "empty.db"), InputError)


def test_a_trace_that_began_late_is_what_follows_its_entry(here: Small) -> None:
    here.session.leave()
    here.open(None)
    here.hear("ada", "bo")
    here.hear("cleo")
    here.session.leave()
    here.open("late.jsonl")
    entry = here.store.last_entry()
    here.hear("bo")
    here.hear("ada")
    assert counters_of(here.store).trace_entry == entry
    base = Base(None, here.store)
    start = passed(checkpoint(base, Level.TRACE, show_pii=True), base.further, entry)
    follow_log(start, lambda: base.further(entry), Outputs(trace=str(here.folder / "again.jsonl")), None, show_pii=True)
    late = (here.folder / "late.jsonl").read_bytes()
    assert (here.folder / "again.jsonl").read_bytes() == late
    assert late.count(b"\n") > 3


def test_a_log_without_its_beginning_says_what_to_do(here: Small) -> None:
    here.hear("ada")
    here.store.forget_log(3, NOW)
    with pytest.raises(InputError, match=r"entry 3.*--from BACKUP"):
        here.replayed(None)


def test_what_differs_is_told_by_name(here: Small) -> None:
    here.hear("ada")
    backup = here.copied()
    here.hear("bo")
    with closing(open_store(backup, "test", reading=True)) as old:
        found = differences(checkpoint(Base(old, here.store), Level.COUNTS, show_pii=True).follower, here.store)
    assert "the streams that are open differ" in found
    assert "nobody stands where the store has user:ada" in found


def test_who_would_be_looked_at_too_late_is_told(here: Small) -> None:
    here.hear("ada")
    here.hear("ada")
    backup = here.copied()
    with closing(open_store(backup, "test", reading=True)) as old:
        follower = checkpoint(Base(old, here.store), Level.COUNTS, show_pii=True).follower
        assert differences(follower, here.store) == []
        for p in follower.world.profiles:
            p.due = INFINITY
        assert differences(follower, here.store) == ["user:ada: looked at too late, in the replay"]
