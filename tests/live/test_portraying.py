"""A run answers about a person from its own state and its outbox, masked or not, people who are cold too, in milliseconds."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from rtj.compile import compile_text
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Deployed, Lines
from rtj.ir.program import canonical, fingerprint
from rtj.live.portraying import MESSAGES_MAX, Portrayer
from rtj.live.session import Session, SessionOptions, open_session
from rtj.live.vitals import ProfileAsked
from rtj.store.opening import open_store
from rtj.store.port import Holder, Outcome
from tests.run.shop import JOURNEYS, PROJECT, START, event

PEOPLE = 3_000
NOW = START + 86_400_000


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder: Path = tmp_path_factory.mktemp("store")
    project = PROJECT.replace("normalize: [trim, lower]}", "normalize: [trim, lower], labels: [pii]}")
    done = compile_text(project + "audiences:\n  buyers: profile.orders > 0\n", *JOURNEYS)
    assert done.program is not None, done.diagnostics
    name = fingerprint(done.program)
    store = open_store(str(folder / "s.db"), "test")
    store.publish([(name, canonical(done.program))], NOW)
    session = open_session(store, SessionOptions(awake=100, now_ms=lambda: NOW), Holder("h", "me", "here", 1, "run", NOW, NOW))
    session.take(Deployed(1, name, Crossing({})))
    stream = session.open_stream("shop", "rtj")
    events = []
    for number in range(PEOPLE):
        who = {"email": f"p{number}@example.com"}
        events.append(event(f"a{number}", "add_to_cart", number, {"item": "x", "value": 50}, **who))
        if number % 3 == 0:
            events.append(event(f"b{number}", "purchase", number, {"total": 5}, **who))
    events.append(event("last", "page_view", 12 * 3_600_000, {"path": "/"}, email="last@example.com"))
    session.take(Lines(stream, NOW, "".join(json.dumps(one) + "\n" for one in events).encode()))
    session.commit()
    yield session
    session.leave()
    store.close()


def ask(session: Session, name: str, *, whole: bool = False) -> dict[str, object] | None:
    found = Portrayer(session).answer(ProfileAsked(name, whole))
    return None if found is None else msgspec.json.decode(found)


def test_everything_in_one_look(session: Session) -> None:
    for row in session.sent[:1]:
        session.outcome(Outcome(row.number, "failed", 3, error="'p1@example.com' refused"))
    session.commit()
    found = ask(session, " P1@example.com", whole=True)
    assert found is not None
    assert found["profile"] == "email:p1@example.com" and found["identifiers"] == ["email:p1@example.com"]
    assert {"orders", "items"} <= found["computed"].keys()  # type: ignore[attr-defined]
    assert found["format"] == 1 and str(found["at"]).endswith("Z")
    assert found["reach"].keys() == {"push"} or found["reach"]  # type: ignore[attr-defined]
    buyer = ask(session, "email:p3@example.com", whole=True)
    assert buyer is not None and buyer["audiences"] == [{"name": "buyers"}]


def test_messages_with_their_state(session: Session) -> None:
    told = [ask(session, f"email:p{number}@example.com") for number in range(1, 40)]
    messages = [one for found in told if found is not None for one in found["messages"]]  # type: ignore[attr-defined]
    assert messages and all({"at", "channel", "journey", "node", "template", "key", "state"} <= one.keys() for one in messages)
    assert len(messages) <= MESSAGES_MAX * len(told)
    assert {one["state"] for one in messages} <= {"waiting", "failed"}


def test_what_is_masked(session: Session) -> None:
    found = Portrayer(session).answer(ProfileAsked("email:p1@example.com"))
    assert found is not None and b"p1@example.com" not in found and b'"email:~' in found
    assert ask(session, "nobody@example.com") is None
    assert ask(session, "") is None


def test_milliseconds(session: Session) -> None:
    """Most of the people are cold. The bound is generous: a machine may be busy."""
    portrayer = Portrayer(session)
    portrayer.answer(ProfileAsked("email:p0@example.com"))
    times = []
    for number in range(0, PEOPLE, 37):
        before = time.perf_counter()
        assert portrayer.answer(ProfileAsked(f"email:p{number}@example.com")) is not None
        times.append(time.perf_counter() - before)
    assert sorted(times)[len(times) // 2] < 0.02
