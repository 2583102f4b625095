"""A webhook gets every message, signed, each person's in their order, whatever it does to us: it fails, stalls, cuts connections,
asks to be left alone, is not there for a while. What it will never take is given up at once, and what it does not take in the end
too, with the reason."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from rtj.base.errors import UsageError
from rtj.deliver.deliverer import Deliverer
from rtj.deliver.desk import Desk
from rtj.deliver.port import Parcel
from rtj.deliver.webhook import ANSWER_BYTES_MAX, Caller, Poster, retry_after_ms, signature, signing_key
from rtj.ir.program import Webhook
from rtj.store.port import Outcome
from tests.deliver.outbox import Outbox, routes, row, run, run_all
from tests.deliver.receiver import SECRET, Receiver, Reply, fine, receiving

PARCEL = Parcel(1, "k1", "u:1", "email", b'{"n":1}')


class Hasty(Poster):
    """Pauses of milliseconds."""

    def pause_ms(self, tries: int) -> int:
        return 20


def poster(url: str, retries: int = 8, timeout_ms: int = 500) -> Poster:
    return Hasty(url, SECRET, timeout_ms=timeout_ms, retries=retries)


def in_order(receiver: Receiver) -> bool:
    """Did everybody get theirs by number?"""
    by_person: dict[str, list[int]] = defaultdict(list)
    for body in receiver.taken.values():
        by_person[body["profile"]].append(body["n"])
    return all(a < b for numbers in by_person.values() for a, b in pairwise(numbers))


def test_everything_arrives_once_and_in_order_whatever_happens() -> None:
    random = Random(7)
    trouble = [Reply(500), Reply(503, headers={"retry-after": "0"}), Reply(429), Reply(cut=True), Reply(408), Reply(stall=0.7)]

    def rule(key: str, seen: int) -> Reply:
        return fine(key, seen) if seen >= 3 or random.random() < 0.7 else random.choice(trouble)

    outbox = Outbox(row(number, f"u:{random.randrange(40)}", priority=random.randrange(3)) for number in range(1, 301))
    with receiving(rule) as receiver:
        deliverer = Deliverer(routes({"*": poster(receiver.url)}))
        run_all(deliverer, outbox, 90)
        deliverer.close()
    assert len(outbox.ended("done")) == 300
    assert set(receiver.taken) == {one.key for one in outbox.rows.values()}
    assert in_order(receiver)
    assert not receiver.unsigned
    assert receiver.most_at_once > 4
    assert deliverer.tallies()["email"].done == 300 and deliverer.tallies()["email"].retried > 0


def test_connections_are_used_again() -> None:
    outbox = Outbox(row(number) for number in range(1, 201))
    with receiving() as receiver:
        deliverer = Deliverer(routes({"*": poster(receiver.url)}))
        run_all(deliverer, outbox)
        deliverer.close()
        assert receiver.connections <= 16


@pytest.mark.parametrize("status", [400, 401, 404, 410, 413, 301, 302])
def test_what_will_never_be_taken_is_given_up_at_once(status: int) -> None:
    outbox = Outbox([row(1)])
    with receiving(lambda key, seen: Reply(status, headers={"location": "http://127.0.0.1:9/"})) as receiver:
        deliverer = Deliverer(routes({"*": poster(receiver.url)}))
        run_all(deliverer, outbox)
        deliverer.close()
        assert receiver.tries == {"k000001": 1}
    assert (outbox.states[1].state, outbox.states[1].error, outbox.states[1].tries) == ("failed", f"answered {status}", 1)


def test_after_so_many_tries_it_is_given_up_and_the_next_one_goes() -> None:
    outbox = Outbox([row(1, "u:1"), row(2, "u:1")])
    with receiving(lambda key, seen: Reply(500) if key == "k000001" else Reply()) as receiver:
        deliverer = Deliverer(routes({"*": poster(receiver.url, retries=3)}))
        run_all(deliverer, outbox)
        deliverer.close()
        assert receiver.tries == {"k000001": 4, "k000002": 1}
    assert (outbox.states[1].state, outbox.states[1].tries, outbox.states[1].error) == ("failed", 4, "answered 500")
    assert [one.tries for one in outbox.log if one.number == 1 and one.state == "waiting"][-1] <= 3


def test_tries_of_an_earlier_life_count() -> None:
    outbox = Outbox([row(1)])
    outbox.commit([Outcome(1, "waiting", 3)])
    with receiving(lambda key, seen: Reply(500)) as receiver:
        deliverer = Deliverer(routes({"*": poster(receiver.url, retries=3)}))
        run_all(deliverer, outbox)
        deliverer.close()
        assert receiver.tries == {"k000001": 1}
    assert outbox.states[1].tries == 4


def test_it_is_left_alone_as_long_as_it_asks() -> None:
    outbox = Outbox([row(1)])
    with receiving(lambda key, seen: Reply(429, headers={"retry-after": "1"}) if not seen else Reply()) as receiver:
        deliverer = Deliverer(routes({"*": poster(receiver.url)}))
        began = time.monotonic()
        run_all(deliverer, outbox)
        deliverer.close()
    assert time.monotonic() - began >= 1.0


def test_a_sink_that_is_down_stops_nobody_else_and_catches_up() -> None:
    with receiving() as gone:
        port = gone.server.server_address[1]
    outbox = Outbox([row(n, channel="sms" if n % 2 else "email") for n in range(1, 401)])
    with receiving() as receiver:
        down = poster(f"http://127.0.0.1:{port}/hook", retries=1_000)
        deliverer = Deliverer(routes({"email": poster(receiver.url), "sms": down}), desk=Desk(bodies_max=20))
        run(deliverer, outbox, lambda: len(outbox.ended("done")) == 200)
        run(deliverer, outbox, lambda: deliverer.tallies()["sms"].resting)
        assert all(body["n"] % 2 == 0 for body in receiver.taken.values())
        tried = sum(tally.retried for tally in deliverer.tallies().values())
        assert tried < 100  # it rests
        assert deliverer.tallies()["sms"].resting and not deliverer.tallies()["email"].resting
        assert deliverer.tallies()["sms"].waiting == 200 and deliverer.tallies()["sms"].oldest_ms is not None
        with receiving() as back:
            down._url = down._httpx.URL(back.url)
            run_all(deliverer, outbox, 90)
            assert len(back.taken) == 200
    deliverer.close()


def test_a_stalled_sink_does_not_hold_up_the_end() -> None:
    gate = threading.Event()

    def rule(key: str, seen: int) -> Reply:
        gate.wait(60)
        return Reply()

    outbox = Outbox([row(n) for n in range(1, 40)])
    with receiving(rule) as receiver:
        deliverer = Deliverer(routes({"*": poster(receiver.url, timeout_ms=60_000)}))
        run(deliverer, outbox, lambda: receiver.at_once == 16)
        began = time.monotonic()
        assert not deliverer.drain(0.3)
        deliverer.close(0.3)
        assert time.monotonic() - began < 8.0
        deliverer.pump(outbox)
        assert not outbox.ended()
        gate.set()
        deliverer.close(60)  # what was under way has come back
        outbox.commit(*deliverer.results())
        assert len(outbox.ended("done")) == receiver.most_at_once == 16


def test_drained_it_has_sent_what_it_had() -> None:
    outbox = Outbox([row(n, f"u:{n % 5}") for n in range(1, 101)])
    with receiving(lambda key, seen: Reply(stall=0.005)) as receiver:
        deliverer = Deliverer(routes({"*": poster(receiver.url)}))
        deliverer.pump(outbox)
        assert deliverer.drain(60.0)
        outbox.commit(*deliverer.results())
        deliverer.close()
        assert len(receiver.taken) == len(outbox.ended("done")) == 100


def test_a_rate_limit_delays() -> None:
    outbox = Outbox([row(n) for n in range(1, 31)])
    with receiving() as receiver:
        deliverer = Deliverer(routes({"*": poster(receiver.url)}, per_second=20))
        began = time.monotonic()
        run_all(deliverer, outbox)
        deliverer.close()
    assert time.monotonic() - began >= 0.4


# ---- calls


def test_a_call_is_posted_without_who_it_is_about_and_its_answer_comes_back() -> None:
    outbox = Outbox([row(1, channel="book", kind="call"), row(2, channel="book", kind="call")])
    body = b'{"slot": "2026-03-05T10:00:00Z"}'
    rule: Any = lambda key, seen: Reply(body=body) if key == "k000001" else Reply(404)  # noqa: E731
    with receiving(rule) as receiver:
        deliverer = Deliverer(routes({}, {"book": Caller(Webhook("book", receiver.url))}))
        run_all(deliverer, outbox)
        deliverer.close()
        assert set(receiver.taken["k000001"]) == {"key", "profile", "n", "text"}  # what stands in `post`, and nothing else
    found = {answer.key: answer for answer in outbox.answers}
    assert (found["k000001"].ok, found["k000001"].body, found["k000001"].profile) == (True, body, "u:1")
    assert found["k000001"].names == ("u:1", "d:1")
    assert (found["k000002"].ok, found["k000002"].body) == (False, b"null")


@pytest.mark.parametrize(
    "reply", [Reply(body=b"x" * (ANSWER_BYTES_MAX + 1)), Reply(body=b"{}" * 9, drip=0.05)], ids=["long", "slow"]
)
def test_an_answer_without_end_is_none(reply: Reply) -> None:
    with receiving(lambda key, seen: reply) as receiver:
        caller = Caller(Webhook("book", receiver.url, timeout_ms=200))
        [sent] = caller.send([PARCEL])
        caller.close()
    assert type(sent).__name__ in ("Refused", "Again") and "answer" in sent.error  # type: ignore[union-attr]


def test_of_a_message_only_the_status_counts() -> None:
    with receiving(lambda key, seen: Reply(body=b"x" * (ANSWER_BYTES_MAX + 1))) as receiver:
        post = poster(receiver.url)
        assert [type(sent).__name__ for sent in post.send([PARCEL])] == ["Done"]
        post.close()


# ---- signatures and headers


def test_signatures_are_those_of_standard_webhooks() -> None:
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    assert signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signing_key("plain ✓") == "plain ✓".encode()
    with pytest.raises(UsageError, match="base64"):
        signing_key("whsec_###")


@pytest.mark.parametrize("url", ["ftp://x.example/a", "crm.example", "http://", "http://[::1"])
def test_what_is_no_address_is_refused_when_the_run_begins(url: str) -> None:
    with pytest.raises(UsageError, match="address"):
        poster(url)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        *(("", 0), ("2", 2_000), ("-1", 0), ("soon", 0), ("9" * 40, 6 * 3_600_000), ("²", 0), ("1.5", 0)),
        ("Thu, 01 Jan 1970 00:00:07 GMT", 7_000),
        ("Wed, 31 Dec 1969 23:59:59 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:07 -0000", 7_000),
    ],
)
def test_retry_after(text: str, ms: int) -> None:
    assert retry_after_ms(text, 0.0) == ms
