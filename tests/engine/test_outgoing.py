"""What must go out is what the trace tells, and a call rests until its answer: the first that comes in time, whoever the person
has become since. Nothing but calls is otherwise than in a plain run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.outgoing import OutgoingKernel
from rtj.engine.record import Level, Recorder
from rtj.engine.replaying import Replay
from rtj.engine.world import World
from rtj.ir.entries import Answered
from rtj.ir.outgoing import ANSWER_MAX_MS, OutgoingCall, OutgoingMessage, answer_ms, pause_ms
from rtj.ir.program import Program, Webhook
from tests.engine.gated import Call, at, compiled, events
from tests.oracle.door import admit
from tests.oracle.generate import case

HOOK = """
channels:
  email: {address: profile.mail, purpose: transactional}
webhooks:
  book: {post: "https://crm.example/book", timeout: 5s, retries: 2, returns: {slot: instant?, seats: number, day: date?}}
  ping: {post: "https://crm.example/ping"}
"""
ASKS = """journey: a
priority: 7
enter: {on: go, again: always}
exit: {on: say, as: s, when: s.any == true}
do:
  - {id: ask, call: book, with: n = entry.n ?? 5, as: got, else: [{id: no, send: sorry, by: email}, {id: out, exit: gone}]}
  - {id: yes, send: hello, by: email, with: "seats = got.seats, slot = got.slot, day = got.day"}
"""
BARE = "journey: a\nenter: {on: go, again: always}\ndo: [{id: ask, call: ping}, {id: yes, send: hello, by: email}]"
ROUNDS = """journey: a
enter: {on: go, again: always}
do:
  - {id: r, repeat: 2, do: [{id: ask, call: ping, else: [{id: no, send: sorry, by: email}]}]}
"""
GO: tuple[Call, ...] = (("1 10:00", "say", "u1", {"mail": "ada@x.example"}), ("1 10:05", "go", "u1", {}))
FINE = b'{"seats": 3, "slot": "2026-03-05T10:00:00+01:00", "day": "2026-03-05", "more": [1]}'


class Live:
    """A world that is driven like a live run: events as the clock passes them, answers between them."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.recorder = Recorder()
        self.kernel = OutgoingKernel(Machine(program, Level.TRACE), self.recorder, Level.TRACE)
        self.world = World(self.kernel.machine, self.recorder, self.kernel)
        self.clock = 0

    def feed(self, *calls: Call) -> None:
        work = events(self.program, *calls)
        for instant in sorted({event.at for event in work}):
            self.until(instant)
            for event in work:
                if event.at == instant:
                    self.world.feed(event)
            self.world.close(instant)
            self.clock = instant + 1

    def until(self, instant: int) -> None:
        self.world.advance(instant)
        self.clock = max(self.clock, instant)

    def answer(self, ok: bool = True, body: bytes = FINE, number: int = 0, at: int | None = None) -> None:
        call = self.calls[number]
        self.world.answer(Answered(call.key, call.profile, ok, body, call.names), self.clock if at is None else at)

    def end(self) -> None:
        self.until(at("20 00:00"))

    @property
    def calls(self) -> list[OutgoingCall]:
        return [one for one in self.kernel.outgoing if isinstance(one, OutgoingCall)]

    @property
    def messages(self) -> list[OutgoingMessage]:
        return [one for one in self.kernel.outgoing if isinstance(one, OutgoingMessage)]

    def told(self, *what: str) -> list[dict[str, Any]]:
        return [record for _, _, _, record in self.recorder.records if record["what"] in what]


def live(journey: str = ASKS, *calls: Call) -> Live:
    made = Live(compiled(HOOK, journey))
    made.feed(*(calls or GO))
    return made


def test_it_rests_until_the_answer_and_goes_on_with_it() -> None:
    run = live()
    [call] = run.calls
    assert (call.webhook, call.args, call.names, call.priority) == ("book", {"n": 5}, ("u:1",), 7)
    assert call.until == at("1 10:05") + answer_ms(run.program.webhooks[0])
    assert not run.messages
    run.until(at("1 10:05") + 3_000)
    run.answer()
    assert not run.messages  # the instant is not over
    run.end()
    [message] = run.messages
    assert (message.at, message.template, message.to) == (at("1 10:05") + 3_000, "hello", "ada@x.example")
    assert message.identifier == "u:1"
    assert message.vars == {"seats": 3, "slot": "2026-03-05T09:00:00.000Z", "day": "2026-03-05"}
    assert [record["what"] for record in run.told("called", "answered", "goes")] == ["called", "answered"]
    assert run.recorder.counts["answered", "book"] == 1


MISFITS = {
    "type": b'{"seats": "three"}',
    "missing": b"{}",
    "null": b"null",
    "nothing": b"",
    "list": b"[1]",
    "cut": b'{"seats": 3',
    "not UTF-8": b'{"seats": 3, "slot": "\xff"}',
    "no zone": b'{"seats": 3, "slot": "2026-03-05T10:00:00"}',
    "no date": b'{"seats": 3, "day": "soon"}',
    "far away": b'{"seats": 3, "slot": 99999999999999999999}',
    "deep": b'{"seats": ' + b"[" * 100_000,
}


@pytest.mark.parametrize("body", MISFITS.values(), ids=MISFITS)
def test_an_answer_that_is_not_what_the_webhook_returns_is_a_failed_call(body: bytes) -> None:
    run = live()
    run.answer(body=body)
    run.end()
    assert [m.template for m in run.messages] == ["sorry"]
    assert [(r["what"], r.get("reason")) for r in run.told("unanswered")] == [("unanswered", "misfit")]
    assert run.recorder.counts["unanswered", "book", "misfit"] == 1


def test_a_webhook_that_returns_nothing_may_answer_anything() -> None:
    run = live(BARE)
    run.answer(body=b"\xffOK")
    run.end()
    assert [m.template for m in run.messages] == ["hello"]


def test_it_takes_the_else_when_all_tries_failed_or_its_time_has_passed() -> None:
    run = live()
    run.answer(ok=False)
    run.end()
    assert [m.template for m in run.messages] == ["sorry"]
    late = live()
    until = late.calls[0].until
    late.end()
    assert [(m.template, m.at) for m in late.messages] == [("sorry", until)]
    late.answer()
    assert late.recorder.counts["answer_unknown",] == 1
    assert [r["reason"] for r in late.told("unanswered")] == ["late"]


def test_without_else_it_leaves_as_error() -> None:
    run = live(BARE)
    run.answer(ok=False)
    run.end()
    assert not run.messages
    [left] = run.told("left")
    assert (left["reason"], left["node"]) == ("error", "ask")


def test_the_first_answer_counts() -> None:
    run = live()
    run.answer()
    run.answer(ok=False)
    assert run.recorder.counts["answer_repeated",] == 1
    run.end()
    run.answer()
    assert [m.template for m in run.messages] == ["hello"]
    assert run.recorder.counts["answer_unknown",] == 1


def test_nobody_of_that_name_waits() -> None:
    run = live()
    run.world.answer(Answered("k", "x:1", ok=True, names=("u:2", "nothing")), run.clock)
    run.world.answer(Answered("another", "u:1", ok=True), run.clock)
    assert run.recorder.counts["answer_unknown",] == 2


LEAVE: dict[str, tuple[Call, ...]] = {
    "exit": (("1 10:06", "say", "u1", {"any": True}),),
    "erased": (("1 10:06", "erase", "u1", {}),),
}


@pytest.mark.parametrize("calls", LEAVE.values(), ids=LEAVE)
def test_who_left_meanwhile_does_not_come_back(calls: tuple[Call, ...]) -> None:
    run = live()
    if calls[0][1] == "erase":
        work = events(run.program, ("1 10:06", "go", "u1", {}))[0]
        work.type, work.props = "erase", None
        run.world.feed(work)
        run.world.close(work.at)
    else:
        run.feed(*calls)
    run.until(at("1 10:07"))
    run.answer()
    run.end()
    assert not run.messages
    assert run.recorder.counts["answer_unknown",] == 1


def test_an_exit_of_its_instant_comes_before_the_answer() -> None:
    """The answer goes on as a timer does: behind the events of its instant."""
    run = live()
    run.until(at("1 10:06"))
    run.answer(at=at("1 10:06"))
    run.feed(*LEAVE["exit"])
    run.end()
    assert not run.messages
    assert [r["reason"] for r in run.told("left")] == ["exit"]


def test_an_exit_of_its_instant_stops_the_call_itself() -> None:
    run = live(ASKS, ("1 10:05", "go", "u1", {}), ("1 10:05", "say", "u1", {"any": True}))
    assert not run.calls


def test_who_merged_meanwhile_is_found() -> None:
    calls: tuple[Call, ...] = (
        *(("1 10:00", "say", "u1", {"mail": "old@x.example"}), ("1 10:01", "say", "d1", {"mail": "new@x.example"})),
        *(("1 10:05", "go", "d1", {}), ("1 10:06", "say", "u1 d1", {"ok": True})),
    )
    run = live(ASKS, *calls)
    assert run.calls[0].names == ("d:1",)
    run.answer()
    run.end()
    assert [(m.profile, m.template) for m in run.messages] == [("u:1", "hello")]


def test_every_round_is_a_call_of_its_own() -> None:
    run = live(ROUNDS)
    run.answer()
    run.until(at("1 10:06"))
    assert len({call.key for call in run.calls}) == 2
    run.answer(number=0)
    assert run.recorder.counts["answer_unknown",] == 1
    run.answer(number=1)
    run.end()
    assert [r["reason"] for r in run.told("left")] == ["completed"]


def test_a_call_waits_for_all_its_tries_but_never_for_ever() -> None:
    assert answer_ms(Webhook("w", "u", 5_000, 0)) == 65_000
    assert answer_ms(Webhook("w", "u", 5_000, 2)) == 15_000 + pause_ms(1) + pause_ms(2) + 60_000
    assert [pause_ms(tries) for tries in (1, 2, 3, 100)] == [500, 1_000, 2_000, 60_000]
    assert answer_ms(Webhook("w", "u", 5_000, 10**9)) == ANSWER_MAX_MS


def replayed(program: Program, feeds: Any, end: tuple[int | None, bool], make: Callable[..., Any]) -> tuple[Any, ...]:
    recorder = Recorder()
    machine = Machine(program, Level.TRACE)
    kernel = make(machine, recorder, Level.TRACE)
    door = admit(program, list(feeds))
    last = door.last if end[0] is None else end[0]
    found = [event for event in door.events if event.at <= last]
    if found:
        Replay(machine, recorder, kernel).replay(found, last, end[1])
    return recorder.records, dict(recorder.counts), getattr(kernel, "outgoing", [])


def test_beside_calls_it_records_what_every_kernel_records() -> None:
    sent = 0
    for seed in range(40):
        one = case(seed, frozenset(["identity", "nodes", "keys", "goals", "gates", "restart"]))
        if any(node.__class__.__name__ == "CallWebhook" for journey in one.program.journeys for node in journey.nodes):
            continue
        plain = replayed(one.program, one.feeds, (one.until, one.drain), Kernel)
        ours = replayed(one.program, one.feeds, (one.until, one.drain), OutgoingKernel)
        assert plain[:2] == ours[:2]
        told = [(at_, who, r) for at_, who, _, r in plain[0] if r["what"] == "sent"]
        names = ("key", "journey", "node", "channel", "template", "vars")
        assert [(m.at, m.profile, *(getattr(m, name) for name in names)) for m in ours[2]] == [
            (at_, who, *(r[name] for name in names)) for at_, who, r in told
        ]
        sent += len(told)
    assert sent > 50
