"""202 means durable: never before the commit, for each of many at once; and who cannot be taken hears it in time."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import msgspec
import pytest

from rtj.connect.lanes import Lanes
from rtj.engine.machine import Machine
from rtj.live.http_gate import Patience
from tests.live.httpdoor import EVENT, KEY, WAIT_S, Run

HEAD = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n".encode()


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run()
    yield run
    run.close()


def later(work: Callable[[], httpx.Response]) -> tuple[threading.Thread, list[httpx.Response]]:
    """Do it beside, and keep the answer."""
    found: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    return thread, found


def test_202_comes_after_the_commit_and_not_before(run: Run) -> None:
    run.pause()
    thread, found = later(lambda: run.post(EVENT))
    thread.join(0.4)
    assert not found and not run.committed
    run.hold.clear()
    thread.join(WAIT_S)
    assert found[0].status_code == 202
    assert run.lines() == [EVENT]


def test_a_commit_that_does_not_come(run: Run) -> None:
    """Then nobody knows: 503, the same may be sent again, and a copy is recognised by its id (S1.8)."""
    run.close()
    hasty = Run(patience=Patience(commit_s=0.3))
    try:
        hasty.pause()
        answer = hasty.post(EVENT)
        assert (answer.status_code, answer.json()["error"]) == (503, "late")
        assert int(answer.headers["retry-after"]) > 0
        hasty.hold.clear()
        assert hasty.post(EVENT).status_code == 202
        assert [line["id"] for line in hasty.lines()] == ["e1", "e1"]  # both are in the log; the second is a copy
    finally:
        hasty.close()


def test_a_thousand_at_once(run: Run) -> None:
    """Each is answered, each event is there once, and they share commits."""

    async def one(number: int) -> bytes:
        body = json.dumps({**EVENT, "id": f"e{number}"}).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", run.status.port)
        writer.write(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.read(12)
        writer.close()
        return answer

    async def everybody() -> list[bytes]:
        return await asyncio.gather(*(one(number) for number in range(1_000)))

    assert asyncio.run(everybody()) == [b"HTTP/1.1 202"] * 1_000
    assert sorted(line["id"] for line in run.lines()) == sorted(f"e{n}" for n in range(1_000))
    assert len(run.committed) < 1_000


def test_a_full_inbox_holds_senders_back_and_then_refuses() -> None:
    """Until there is room they wait, for a while; nothing is lost, nothing taken twice."""
    run = Run(patience=Patience(room_s=0.3), most_bytes=2_000)
    try:
        run.pause()
        waiting = [later(lambda n=n: run.post([{**EVENT, "id": f"{n}-{m}"} for m in range(20)])) for n in range(4)]
        run.until(lambda: run.inbox.held_bytes)
        answer = run.post({**EVENT, "id": "last"})
        assert (answer.status_code, answer.json()["error"]) == (503, "overloaded")
        assert answer.headers["retry-after"] == "1"
        run.hold.clear()
        for thread, _ in waiting:
            thread.join(WAIT_S)
        taken = sum(found[0].status_code == 202 for _, found in waiting)
        assert 1 <= taken < 4 or taken == 4
        assert len(run.lines()) == 20 * taken
        assert run.post(EVENT).status_code == 202
    finally:
        run.close()


def test_events_that_come_first_get_in_when_others_do_not() -> None:
    lanes = Lanes(first=frozenset(("purchase",)))
    run = Run(lanes=lanes, patience=Patience(room_s=0.3, commit_s=WAIT_S), most_bytes=2_000)
    try:
        run.pause()
        view = {**EVENT, "type": "page_view", "properties": {"path": "/"}}
        filling = later(lambda: run.post([{**view, "id": f"f{n}"} for n in range(40)]))
        run.until(lambda: run.inbox.held_bytes)
        assert run.post({**view, "id": "no room"}).status_code == 503
        before = run.inbox.held_bytes
        thread, found = later(lambda: run.post({**EVENT, "id": "dear"}))
        run.until(lambda: run.inbox.held_bytes > before)
        run.hold.clear()
        thread.join(WAIT_S)
        filling[0].join(WAIT_S)
        assert (found[0].status_code, filling[1][0].status_code) == (202, 202)
        assert [line["id"] for line in run.lines()][-1] == "dear"  # let in earlier, and in the order of its stream
    finally:
        run.close()


def test_what_may_be_let_go_is_let_go_and_told() -> None:
    lanes = Lanes(shed=frozenset(("page_view",)))
    run = Run(lanes=lanes, patience=Patience(room_s=WAIT_S, commit_s=WAIT_S), most_bytes=4_000, shed_after_s=0.05)
    try:
        run.pause()
        view = {**EVENT, "type": "page_view", "properties": {"path": "/"}}
        filling = later(lambda: run.post([{**EVENT, "id": f"f{n}"} for n in range(40)]))
        run.until(lambda: run.inbox.held_bytes)
        thread, found = later(lambda: run.post([view, view, {**EVENT, "id": "kept"}]))
        time.sleep(0.3)
        run.hold.clear()
        thread.join(WAIT_S)
        filling[0].join(WAIT_S)
        assert found[0].status_code == 202
        assert found[0].json() in ({"accepted": 1, "shed": 2}, {"accepted": 3})
        kept = [line["type"] for line in run.lines()].count("page_view")
        assert kept == (0 if "shed" in found[0].json() else 2)
        assert filling[1][0].json() == {"accepted": 40}
    finally:
        run.close()


def test_a_run_that_is_stopped_sends_nobody_away_who_is_in(run: Run) -> None:
    run.pause()
    thread, found = later(lambda: run.post(EVENT))
    run.until(lambda: run.inbox.held_bytes)
    run.feeders[0].stop()
    answer = run.post(EVENT)
    assert (answer.status_code, answer.json()["error"]) == (503, "draining")
    run.hold.clear()
    thread.join(WAIT_S)
    assert found[0].status_code == 202
    assert run.get("/healthz").status_code == 200


def test_the_stream_is_idle_when_nobody_sends(run: Run) -> None:
    before = len(run.idles())
    run.post(EVENT)
    sent = time.time() * 1000
    run.until(lambda: len(run.idles()) > before)
    (idle,) = run.idles()[before:]
    assert idle.stream == "shop" and idle.since_ms is not None and abs(idle.since_ms - sent) < WAIT_S * 1_000


def test_one_person_does_not_hold_up_others(run: Run) -> None:
    """A large batch in the works, and small ones pass beside it."""
    many = json.dumps([{**EVENT, "id": f"e{n}"} for n in range(20_000)]).encode()
    thread, found = later(lambda: run.post(many))
    times = []
    for _ in range(10):
        before = time.monotonic()
        assert run.post({**EVENT, "id": "small"}).status_code == 202
        times.append(time.monotonic() - before)
    thread.join(WAIT_S)
    assert found[0].json() == {"accepted": 20_000}
    assert sorted(times)[5] < 2


def test_an_answer_does_not_wait_for_its_acknowledgement(run: Run) -> None:
    """Small answers on one connection: without TCP_NODELAY each takes 40 ms."""
    body = json.dumps(EVENT).encode()
    times = []
    with run.wire() as wire:
        for _ in range(21):
            before = time.monotonic()
            wire.sendall(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            found = b""
            while not found.endswith(b"}"):
                found += wire.recv(4_096)
            times.append(time.monotonic() - before)
    assert sorted(times)[10] < 0.03


def test_another_program_checks_what_comes_from_then_on(run: Run) -> None:
    event = {**EVENT, "properties": {"total": "much"}}
    assert run.post(event).status_code == 400
    kinds = tuple(kind for kind in run.program.events if kind.name != "purchase")
    program = msgspec.structs.replace(
        run.program, events=kinds, mappings=(), aggregates=(), trackers=(), audiences=(), journeys=()
    )
    run.feeders[0].take_program(program, Machine(program))
    assert run.post(event).status_code == 202
