"""What is asked of a store while a run commits to it all the time is told as of one instant: people come in tens, and are counted
in tens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import rtj.cli.deploying
from rtj.deploy.holders import holder
from rtj.deploy.sessions import Sessions
from rtj.ir.entries import Lines, Tick
from rtj.live.session import Session, SessionOptions, open_session
from rtj.store.opening import open_store
from rtj.store.port import Store
from tests.cli.conftest import event
from tests.cli.deployments import FILE, edit, parsed, stages, told, write_shop

BEGIN = 1_772_355_600_000  # 2026-03-01T09:00Z
AT_ONCE = 10


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_shop(tmp_path)
    told("deploy", "--yes")
    return tmp_path


@contextmanager
def busy() -> Iterator[None]:
    """A run that takes ten people in with each commit, as fast as it can, and begins with one of them."""
    begun, over = threading.Event(), threading.Event()
    broken: list[BaseException] = []

    def work() -> None:
        try:
            with closing(open_store("state.db", "prod")) as store:
                session = open_session(store, SessionOptions(now_ms=lambda: BEGIN), holder("run", BEGIN))
                stream = session.open_stream("web", None)
                for turn in range(1_000_000):
                    now = BEGIN + turn * 1_000
                    when = datetime.fromtimestamp(now / 1_000, UTC).isoformat()
                    some = range(turn * AT_ONCE, turn * AT_ONCE + AT_ONCE)
                    text = "".join(json.dumps(event(n, "signed_up", when, f"p{n}", plan="pro")) + "\n" for n in some)
                    session.take(Lines(stream, BEGIN, text.encode()))
                    session.take(Tick(stream, now + 1))
                    session.commit()
                    begun.set()
                    if over.is_set():
                        session.leave()
                        return
        except BaseException as error:
            broken.append(error)
            begun.set()
            raise

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert begun.wait(20)
        yield
    finally:
        over.set()
        thread.join()
    assert not broken


def seen(store: Store) -> tuple[int, int, int]:
    """How many commits, people inside by their number alone, and by what is told of each."""
    hands = Sessions()
    with store.still():
        counted = sum(one.people for one in hands.tallies(store) or ())
        every = sum(len(one.instances) for one in hands.standings(store) or ())
        return store.commits(), counted, every


def test_counts_are_of_one_instant_beside_a_run_that_commits_all_the_time(shop: Path) -> None:
    edit(("5 days", "6 days"), file=shop / FILE)
    with busy(), closing(open_store("state.db", "prod", reading=True)) as store:
        before = seen(store)
        for _ in range(3):
            plan = parsed("plan")
            hand_over = stages(plan)["hand_over"]
            assert hand_over["inside"] == hand_over["migrate"] == stages(plan)["timers"]["people"]
            assert hand_over["inside"] % AT_ONCE == 0 and hand_over["inside"] >= before[1]
        commits, counted, every = seen(store)
    assert counted == every == before[1] + (commits - before[0]) * AT_ONCE
    assert commits > before[0], "the run went on"


def test_whoever_waits_is_told_how_many_were_read(shop: Path) -> None:
    edit(("5 days", "6 days"), file=shop / FILE)
    told_of: list[tuple[str, int, int]] = []
    with busy():
        pass
    with closing(open_store("state.db", "prod")) as store:
        hands = Sessions()
        hands.on_progress = lambda one: told_of.append((one.phase, one.done, one.total))
        assert hands.standings(store)
        total = store.profile_count()
    assert total and told_of[0] == ("reading", 0, total)


@pytest.mark.parametrize("moved", [False, True])
def test_what_was_rehearsed_is_committed_unless_somebody_has_committed_since(
    shop: Path, monkeypatch: pytest.MonkeyPatch, moved: bool
) -> None:
    with busy():
        pass
    edit(("do:\n", "do:\n  - {id: first, wait: 1h}\n"), file=shop / FILE)
    loaded: list[Session] = []
    load, show = Session._load, rtj.cli.deploying.show

    def counted(session: Session) -> None:
        loaded.append(session)
        load(session)

    def shown_late(*arguments: Any, **named: Any) -> None:
        show(*arguments, **named)
        if moved:
            with closing(open_store("state.db", "prod")) as store:
                session = open_session(store, SessionOptions(now_ms=lambda: BEGIN), holder("run", BEGIN))
                session.open_stream("late", None)
                session.commit()
                session.leave()

    monkeypatch.setattr(Session, "_load", counted)
    monkeypatch.setattr(rtj.cli.deploying, "show", shown_late)
    told("deploy", "--yes")
    assert len(loaded) == (3 if moved else 1)  # with that of the run, and a second rehearsal
    with closing(open_store("state.db", "prod")) as store:
        assert not store.check()
        assert sum(one.people for one in Sessions().tallies(store) or ()) % AT_ONCE == 0
    assert sum(one["people"] for one in parsed("status")["versions"])
