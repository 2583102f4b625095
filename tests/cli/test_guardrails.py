"""Guardrails halt a ramp by themselves: what is measured of which version, once, whatever a run is broken off at; the deployment
that follows stands where every other one stands, and the log says all of it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rtj.base.errors import RefusedError
from rtj.cli.environments import find_environment
from rtj.deploy.halting import Halting
from rtj.deploy.holders import holder
from rtj.ir.entries import Lines, Tick
from rtj.live import guarding
from rtj.live.guarding import KEPT, Trip
from rtj.live.running import take_order
from rtj.live.session import Session, SessionOptions, open_session
from rtj.store.opening import open_store
from rtj.store.port import Outcome, Store
from tests.cli.conftest import event
from tests.cli.deployments import ROOT, parsed, refused, told
from tests.cli.living import instant
from tests.deliver.receiver import Reply, receiving

PROJECT = """\
project: tiny
timezone: UTC
identity: {user_id: {kind: person, priority: 1, unique: true}}
events: {signed_up: {plan: string}}
channels: {email: {purpose: marketing, default: granted}}
sources: {web: {}}
environments:
  prod:
    store: state.db
    sources: {web: {file: live.jsonl, idle: never}}
    channels: {"*": {file: out.jsonl}}
    policies: {retain: 3650d}
    guardrails:
"""
WELCOME = "journey: welcome\nenter: {on: signed_up}\ndo: [{id: first, send: hello, by: email}]\n"
COMPLAINTS = "      complaints: {opt_outs: 10%, over: 1h, at_least: 20}\n"
START = "2026-03-01T09:00:00Z"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose newest version half of those who enter get."""
    folder = tmp_path_factory.mktemp("guardrails") / "shop"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        write(COMPLAINTS)
        told("deploy", "--yes", "-q")
        with running() as run:
            run.enter(3)
            run.commit()
        write(COMPLAINTS, "hallo")
        told("deploy", "--yes", "-q", "--ramp", "50%")
    shutil.copytree(folder, folder.with_name("fresh"))
    return folder


@pytest.fixture
def ramping(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, fresh for each: at the same place, for the store knows where its trace is."""
    shutil.rmtree(made)
    shutil.copytree(made.with_name("fresh"), made)
    monkeypatch.chdir(made)
    monkeypatch.setenv("XDG_CACHE_HOME", str(made / "cache"))
    return made


def write(guardrails: str, message: str = "hello") -> None:
    Path("journeys").mkdir(exist_ok=True)
    Path("rtj.yaml").write_text(PROJECT + guardrails, encoding="utf-8")
    Path("journeys/welcome.journey.yaml").write_text(WELCOME.replace("hello", message), encoding="utf-8")


@dataclass
class Run:
    """A session as a run has one, and what it orders."""

    store: Store
    session: Session
    order: Halting
    now: int = field(default_factory=lambda: instant(START))
    people: int = 0

    def lines(self, events: list[dict[str, object]]) -> None:
        text = "".join(json.dumps(one) + "\n" for one in events).encode()
        stream = self.session.open_stream("web", None)
        self.session.take(Lines(stream, self.now, text))
        self.now += 1_000
        self.session.take(Tick(stream, self.now))

    def at(self) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now / 1_000))

    def enter(self, number: int) -> None:
        """So many new people sign up."""
        self.people += number
        names = [f"{self.now}-{one}" for one in range(number)]
        self.lines([{**event(1, "signed_up", self.at(), name, plan="pro"), "id": f"s{name}"} for name in names])

    def leave(self, template: str, most: int, *, by_key: bool = True) -> int:
        """Of those whose last message this was, so many unsubscribe. Returns how many."""
        found = [json.loads(one.row.body) for one in self.store.waiting(0, 100_000)]
        those = [one for one in found if one["template"] == template][-most:]
        said = [{"message": one["key"]} if by_key else {} for one in those]
        who = [one["identifier"].partition(":")[2] for one in those]
        self.lines(
            [{**event(1, "unsubscribed", self.at(), name), "id": f"u{self.now}{name}", "properties": props}
             for name, props in zip(who, said, strict=True)]
        )  # fmt: skip
        return len(those)

    def commit(self) -> None:
        self.session.commit()

    def tripped(self) -> Trip | None:
        assert self.session.follower is not None
        return self.session.guard.tripped(self.session.follower)

    def take_orders(self) -> int:
        orders = self.store.orders()
        for one in orders:
            take_order(self.session, one)
            self.session.commit()
        return len(orders)


@contextmanager
def running(now: int | None = None) -> Iterator[Run]:
    """What `rtj run` opens."""
    environment = find_environment(None)
    with closing(open_store(environment.store, environment.name)) as store:
        clock = store.clock()
        at = now or (clock if clock is not None and clock > 0 else instant(START))
        options = SessionOptions(trace=Path("trace.jsonl"), guardrails=environment.guardrails, now_ms=lambda: at)
        session = open_session(store, options, holder("run", time.time_ns() // 1_000_000))
        try:
            yield Run(store, session, Halting(environment.name, store), at)
        finally:
            session.leave()


def templates(store: Store, after: int) -> set[str]:
    return {json.loads(one.row.body)["template"] for one in store.waiting(after, 100_000)}


def last(store: Store) -> int:
    return max(one.row.number for one in store.waiting(0, 100_000))


def replayed() -> bytes:
    told("simulate", "--log", "prod", "--trace", "again.jsonl", "-q")
    return Path("again.jsonl").read_bytes()


@pytest.mark.parametrize("by_key", [True, False])
def test_a_ramp_goes_back_when_people_opt_out_of_the_new_version(ramping: Path, by_key: bool) -> None:
    with running() as run:
        run.enter(120)
        run.commit()
        assert run.leave("hello", 3) == 3
        assert run.leave("hallo", 3) == 3
        run.commit()
        assert run.tripped() is None, "three of sixty are no reason"
        run.leave("hallo", 15, by_key=by_key)  # three of them again
        run.commit()

        trip = run.tripped()
        assert trip is not None
        assert (trip.journey, trip.remedy, trip.measured.bad) == ("welcome", "ramp", 15)
        assert trip.before is not None
        assert trip.before.bad == 3
        run.order(trip)
        run.order(trip)  # as where the order was not looked at yet
        assert run.take_orders() == 1
        assert run.tripped() is None, "it is so now"

        before = last(run.store)
        run.enter(40)
        run.commit()
        assert templates(run.store, before) == {"hello"}, "who comes gets the version before"
        assert run.tripped() is None

    newest = parsed("history")["deployments"][0]
    assert (newest["kind"], newest["who"], newest["state"]) == ("ramp", "guardrail", "applied")
    assert newest["message"].startswith("complaints: ")
    assert "more than 10 %" in newest["message"]
    assert "guardrail" in told("status")
    assert [(row["phase"], row["percent"]) for row in parsed("status")["versions"]] == [("ramping", 0), ("admitting", 100)]
    assert replayed() == Path("trace.jsonl").read_bytes()


class Killed(Exception):
    """The process is gone."""


def killing(*_: object) -> None:
    raise Killed


def broken(run: Run) -> Trip:
    """The same as above, up to the trip."""
    run.enter(120)
    run.leave("hallo", 0)
    run.commit()
    run.leave("hallo", 20)
    run.commit()
    trip = run.tripped()
    assert trip is not None
    return trip


@pytest.mark.parametrize("killed", ["before the commit", "before the order", "published", "ordered", "before it is committed"])
def test_whatever_it_is_killed_at_it_is_halted_once(ramping: Path, killed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as run:
        if killed == "before the commit":
            run.enter(120)
            run.commit()
            run.leave("hallo", 20)  # is read again
        else:
            trip = broken(run)
        if killed == "published":
            monkeypatch.setattr(run.store, "advance", killing)
            with pytest.raises(Killed):
                run.order(trip)
        elif killed in ("ordered", "before it is committed"):
            run.order(trip)
        if killed == "before it is committed":
            take_order(run.session, run.store.orders()[0])

    with running() as run:
        if killed == "before the commit":
            assert run.tripped() is None
            run.leave("hallo", 20)
            run.commit()
        run.take_orders()  # as a run does when it begins
        again = run.tripped()
        assert (again is None) == (killed in ("ordered", "before it is committed"))
        if again is not None:
            assert again.measured.bad == 20, "nothing is measured twice"
            run.order(again)
            run.take_orders()
        assert run.tripped() is None
        run.enter(40)
        run.commit()
        assert run.tripped() is None
    made = [row for row in parsed("history")["deployments"] if row["who"] == "guardrail"]
    assert [(row["kind"], row["state"]) for row in made] == [("ramp", "applied")]
    assert replayed() == Path("trace.jsonl").read_bytes()


def measured(store: Store) -> dict[str, bytes]:
    return dict(store.leftovers(KEPT))


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.long)])
def test_what_is_measured_survives_whatever_breaks(ramping: Path, made: Path, seed: int) -> None:
    """Sessions that are given up, and begun again with what they did not commit, measure what others do."""
    found = []
    for breaks in (0.0, 0.4):
        shutil.rmtree(made)
        shutil.copytree(made.with_name("fresh"), made)
        os.chdir(made)
        found.append(stormy(random.Random(seed), random.Random(seed + 1), breaks))
    assert found[0] == found[1]
    assert any(found[0].values())


def stormy(rnd: random.Random, weather: random.Random, breaks: float) -> dict[str, bytes]:
    people, now = 0, instant(START)
    steps = [(rnd.choice(("enter", "enter", "out")), rnd.randint(1, 30)) for _ in range(8)]
    for what, number in steps:
        while True:
            with running(now) as run:
                run.people = people
                if what == "enter":
                    run.enter(number)
                else:
                    run.leave("hello" if number % 2 else "hallo", number // 6)
                if weather.random() < breaks:
                    continue  # nothing of it was committed
                run.commit()
                now = run.now + 1_000
                kept = measured(run.store)
                break
    return kept


def test_what_was_ordered_is_taken_where_nobody_runs(ramping: Path) -> None:
    with running() as run:
        run.order(broken(run))

    told("deploy", "--resume")
    assert [row[0] for row in parsed("status")["halted"]] == ["welcome"]
    with running() as run:
        assert run.tripped() is None


def test_it_goes_on_only_where_that_is_said(ramping: Path) -> None:
    with running() as run:
        run.order(broken(run))
        run.take_orders()

    assert "welcome was halted" in refused("ramp", "welcome", "50%", "--yes")
    assert "--no-guardrails" in refused("deploy", "--yes"), "the same version, for everybody"
    told("ramp", "welcome", "50%", "--yes", "--no-guardrails", "-m", "they complained of the weather")
    newest = parsed("history")["deployments"][0]
    assert (newest["waived"], newest["message"]) == (["guardrails"], "they complained of the weather")
    assert parsed("status")["halted"] == []
    with running() as run:
        assert run.tripped() is None, "it is measured anew"
        run.enter(100)
        run.commit()
        run.leave("hallo", 9)
        run.commit()
        trip = run.tripped()
        assert trip is not None
        assert trip.measured.bad == 9
        run.order(trip)
        run.take_orders()
    write(COMPLAINTS, "servus")
    told("deploy", "--yes", "--ramp", "50%")
    assert parsed("status")["halted"] == [], "another version is on trial"


def test_what_does_not_ramp_is_paused(ramping: Path) -> None:
    told("deploy", "--yes", "-q", "--ramp", "100%")
    with running() as run:
        trip = broken(run)
        assert (trip.remedy, trip.before) == ("pause", None)
        run.order(trip)
        run.take_orders()
        assert run.tripped() is None
        before = last(run.store)
        run.enter(30)
        run.commit()
        assert last(run.store) == before, "nobody gets anything"
    assert [row[0] for row in parsed("status")["halted"]] == ["welcome"]
    assert "welcome was halted" in refused("resume", "welcome", "--yes")
    told("resume", "welcome", "--yes", "--no-guardrails")
    with running() as run:
        assert run.tripped() is None
    assert replayed() == Path("trace.jsonl").read_bytes()


def test_a_flood_is_stopped_and_another_is_only_told_of(ramping: Path) -> None:
    write("      flood: {messages: 30 per 10s}\n      many: {messages: 10 per 10s, then: tell, journeys: welcome}\n", "hallo")
    with running() as run:
        run.enter(10)
        run.commit()
        assert run.tripped() is None
        run.now += 20_000
        run.enter(60)
        run.commit()
        trip = run.tripped()
        assert trip is not None
        assert trip.words.startswith("flood: ")
        run.order(trip)
        run.take_orders()
        other = run.tripped()
        assert other is None, "what was measured begins anew"
    with running() as run:
        run.now += 20_000
        run.enter(100)
        run.commit()
        assert run.tripped() is None, "nobody enters the newest version"


def test_deliveries_that_are_given_up(ramping: Path) -> None:
    write("      lost: {failures: 25%, at_least: 10}\n", "hallo")
    with running() as run:
        run.enter(60)
        run.commit()
        rows = [one.row for one in run.store.waiting(0, 1_000) if json.loads(one.row.body)["template"] == "hallo"]
        for place, row in enumerate(rows[:20]):
            run.session.outcome(Outcome(row.number, "done" if place % 2 else "failed", 1))
            run.session.outcome(Outcome(row.number, "failed", 1))  # is not counted twice
        run.commit()
        trip = run.tripped()
        assert trip is not None
        assert (trip.remedy, trip.measured.bad, trip.measured.of) == ("ramp", 10, 20)
        assert trip.before is not None
        assert trip.before.of == 0


def test_somebody_else_deploys_at_that_moment(ramping: Path) -> None:
    with running() as run:
        trip = broken(run)
        mine = holder("deploy prod", time.time_ns() // 1_000_000)
        run.store.take_lock(mine, 0)
        with pytest.raises(RefusedError):
            run.order(trip)
        assert run.tripped() == trip, "it is tried again"
        run.store.unlock(mine.id)
        run.order(trip)
        assert run.take_orders() == 1


def test_a_plan_says_what_watches_it(ramping: Path) -> None:
    write(COMPLAINTS, "servus")
    said = told("plan", "--ramp", "5%")
    assert "watched by complaints: more than 10 % of its messages are answered by an opt-out" in " ".join(said.split())
    assert "the ramp goes back to 0 %" in " ".join(said.split())
    assert parsed("plan")["guardrails"][0]["measure"] == "opt_outs"


def until(what: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it has not happened"
        time.sleep(0.05)


def lines_of(names: Iterable[str], at: str) -> str:
    found = [{**event(1, "signed_up", at, name, plan="pro"), "id": f"s{name}"} for name in names]
    return "".join(json.dumps(one) + "\n" for one in found)


def test_a_run_halts_a_ramp_whose_messages_are_refused(ramping: Path) -> None:
    """The real process, with a receiver that takes nothing: halted while it runs, and who comes then gets the version before."""
    write("      lost: {failures: 25%, at_least: 10}\n", "hallo")
    with receiving(lambda *_: Reply(status=400)) as receiver:
        hook = f'{{"*": {{webhook: "{receiver.url}"}}}}'
        project = Path("rtj.yaml")
        project.write_text(project.read_text("utf-8").replace('{"*": {file: out.jsonl}}', hook), encoding="utf-8")
        feed = Path("live.jsonl")
        feed.write_text(lines_of((f"a{n}" for n in range(80)), "2026-03-01T10:00:00Z"), encoding="utf-8")
        words = (sys.executable, "-m", "rtj", "run", "--trace", "trace.jsonl")
        log = Path("log.jsonl")
        with log.open("wb") as told_to, closing(open_store("state.db", "prod")) as store:
            run = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=told_to)
            try:
                with feed.open("a") as more:
                    more.write(lines_of(["clock"], "2026-03-01T10:01:00Z"))
                until(lambda: any(row.who == "guardrail" and row.state == "applied" for row in store.deployments(1)))
                before = len(bodies(store))
                with feed.open("a") as more:
                    more.write(lines_of((f"b{n}" for n in range(20)), "2026-03-01T11:00:00Z"))
                    more.write(lines_of(["end"], "2026-03-01T11:01:00Z"))
                until(lambda: len(bodies(store)) == before + 21)  # and whoever moved the clock
            finally:
                run.terminate()
                assert run.wait(20) == 0
            assert {one["template"] for one in bodies(store)[before:]} == {"hello"}
            assert sum(row.who == "guardrail" for row in store.deployments()) == 1
    said = [json.loads(one) for one in log.read_text("utf-8").splitlines()]
    assert [(one["where"], one["does"]) for one in said if one["event"] == "guardrail"] == [("welcome", "ramp")]
    assert replayed() == Path("trace.jsonl").read_bytes()


def bodies(store: Store) -> list[dict[str, Any]]:
    """What went out, or was to."""
    found = store.outbox_bodies(range(1, 1_000))
    return [json.loads(body) for _, body in sorted(found.items())]


@pytest.mark.long
@pytest.mark.parametrize("step", ["lock", "record", "order"])
def test_a_run_that_is_killed_while_it_orders_has_ordered_once(ramping: Path, step: str) -> None:
    write("      flood: {messages: 20 per 1h}\n", "hallo")
    people = lines_of((f"a{n}" for n in range(80)), "2026-03-01T10:00:00Z") + lines_of(["clock"], "2026-03-01T10:01:00Z")
    Path("live.jsonl").write_text(people, encoding="utf-8")
    words = (sys.executable, "-m", "rtj", "run", "--trace", "trace.jsonl", "-q")
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(words, env={**variables, "RTJ_KILL_AT": step}, timeout=30, check=False).returncode == -signal.SIGKILL
    with closing(open_store("state.db", "prod")) as store:
        run = subprocess.Popen(words, env=variables)
        try:
            until(lambda: any(row.who == "guardrail" and row.state == "applied" for row in store.deployments(1)))
        finally:
            run.terminate()
            assert run.wait(20) == 0
        assert sum(row.who == "guardrail" for row in store.deployments()) == 1
    assert replayed() == Path("trace.jsonl").read_bytes()


def test_a_catch_up_is_no_flood(ramping: Path) -> None:
    """A day that is read in one go is measured as it was; the same number within a minute is too much."""
    write("      flood: {messages: 10 per 30m}\n", "hallo")
    with running() as run:
        for spread in (15 * 60_000, 500):
            begin = run.now
            events = []
            for number in range(96):
                run.now = begin + number * spread
                events.append({**event(1, "signed_up", run.at(), f"{spread}-{number}", plan="pro"), "id": f"{spread}-{number}"})
            run.lines(events)
            run.commit()
            assert (run.tripped() is None) == (spread > 500)


def test_of_very_many_deliveries_the_oldest_are_not_measured(ramping: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("      lost: {failures: 1%, at_least: 1}\n", "hallo")
    monkeypatch.setattr(guarding, "AWAITED_MAX", 20)
    with running() as run:
        run.enter(60)
        run.commit()
        rows = [one.row.number for one in run.store.waiting(0, 1_000)]
        for number in rows[:-20]:
            run.session.outcome(Outcome(number, "failed", 1))
        assert run.tripped() is None
        assert run.session.guard.unmeasured > 0
        run.session.outcome(Outcome(rows[-1], "withdrawn", 1))
        for number in rows[-20:]:
            run.session.outcome(Outcome(number, "failed", 1))
        trip = run.tripped()
        assert trip is not None
        assert trip.measured.of < 20
