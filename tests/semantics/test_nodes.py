"""S6: what each node does."""

from __future__ import annotations

from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import Audience, Mapping, Webhook
from rtj.ir.records import Instant
from tests.oracle.build import (
    INSTANT,
    NUMBER,
    STRING,
    Maker,
    attribute,
    const,
    event_type,
    feed,
    journey,
    minutes,
    of,
    on,
    program,
    that,
)
from tests.oracle.interpreter import run
from tests.semantics.conftest import Play

VIEW = event_type("view", item="string?")
BUY = event_type("buy", item="string?")
SIGN = event_type("sign", tier="string?", due="instant?")
TIER = Mapping("tier", x.Optional(STRING), "sign", "tier")
GOLD = that("==", attribute("tier"), "gold")
DUE = attribute("due")


def test_a_plain_wait_remembers_nothing(play: Play) -> None:
    """S6.3: the purchase during the wait is not seen by the wait_for after it."""
    nodes = (j.Wait("w", minutes(10), next="f"), j.WaitFor("f", (j.Case(j.Step(("buy",))), j.Case(after=minutes(10)))))
    e = Maker(program((VIEW, BUY), journey("a", on("view"), *nodes)))
    assert play(e.program, e("view", 0, "user:u"), e("buy", 5, "user:u"), until=e.at(60), only="waits goes left") == [
        "0 user:u waits a w 10",
        "10 user:u waits a f 20",
        "20 user:u goes a f case 2",
        "20 user:u left a completed",
    ]


def test_since_entry_remembers(play: Play) -> None:
    """S6.3, D7: the first earlier event that matched; the wait_for passes at once."""
    step = j.Step(("buy",), since_entry=True, bind="bought")
    nodes = (
        j.Wait("w", minutes(10), next="f"),
        j.WaitFor("f", (j.Case(step, body="s"), j.Case(after=minutes(10)))),
        j.Send("s", "m", ("email",), (j.Pair("item", of("bought", "item"), STRING),)),
    )
    e = Maker(program((VIEW, BUY), journey("a", on("view"), *nodes)))
    events = [e("view", 0, "user:u"), e("buy", 5, "user:u", item="x"), e("buy", 6, "user:u", item="y")]
    assert play(e.program, *events, until=e.at(60)) == [
        "0 user:u born e1",
        "0 user:u entered a e1",
        "0 user:u waits a w 10",
        "10 user:u goes a f case 1",
        "10 user:u sent a s email m item=x",
        "10 user:u left a completed",
    ]


def test_cases_are_offered_in_their_order(play: Play) -> None:
    """S6.3: the first that matches; a timeout comes after the events of its instant."""
    one = j.Case(j.Step(("buy",)), when=that("==", of("event", "item"), "x"))
    cases = (one, j.Case(j.Step(("buy", "view"))), j.Case(after=minutes(10)))
    e = Maker(program((VIEW, BUY), journey("a", on("view"), j.WaitFor("f", cases))))
    assert play(e.program, e("view", 0, "user:u"), e("buy", 10, "user:u", item="x"), only="goes") == ["10 user:u goes a f case 1"]
    assert play(e.program, e("view", 0, "user:u"), e("buy", 10, "user:u"), only="goes") == ["10 user:u goes a f case 2"]


def test_a_condition_case_passes_when_it_comes_to_hold(play: Play) -> None:
    """S6.3: at once when it already does."""
    wait = j.WaitFor("f", (j.Case(condition=GOLD),))
    e = Maker(program((VIEW, SIGN), journey("a", on("view"), wait), mappings=(TIER,)))
    gold = [e("view", 0, "user:u"), e("sign", 5, "user:u", tier="gold"), e("view", 10, "user:u")]
    assert play(e.program, *gold, only="waits goes left") == [
        "0 user:u waits a f",
        "5 user:u goes a f case 1",
        "5 user:u left a completed",
        "10 user:u goes a f case 1",
        "10 user:u left a completed",
    ]


def until(block: bool, otherwise: bool) -> x.Struct:
    node = j.WaitUntil("u", j.Moment(at=DUE), block, "s" if block else None, "x" if otherwise else None, otherwise)
    mappings = (Mapping("due", x.Optional(INSTANT), "sign", "due"),)
    return program((SIGN,), journey("a", on("sign"), node, j.Send("s", "m", ("email",)), j.Exit("x", "no")), mappings=mappings)


def test_wait_until_with_a_block(play: Play) -> None:
    """S6.3: the block runs at the moment, and not at all when it is past; `else` is for past and missing."""
    e = Maker(until(True, False))  # type: ignore[arg-type]
    soon, past = Instant(e.at(10)), Instant(e.at(-1))
    assert play(e.program, e("sign", 0, "user:u", due=soon), until=e.at(60), only="waits goes sent") == [
        "0 user:u waits a u 10",
        "10 user:u goes a u block",
        "10 user:u sent a s email m",
    ]
    assert play(e.program, e("sign", 0, "user:u", due=past), only="goes sent left") == [
        "0 user:u goes a u past",
        "0 user:u left a completed",
    ]
    e = Maker(until(True, True))  # type: ignore[arg-type]
    for due in (past, None):
        assert play(e.program, e("sign", 0, "user:u", due=due), only="goes sent left") == [
            "0 user:u goes a u else",
            "0 user:u left a no x",
        ]


def test_wait_until_a_clock_is_the_next_one_now_included(play: Play) -> None:
    """S6.1: the scripts begin at 10:00 UTC on a sunday."""
    e = Maker(program((VIEW,), journey("a", on("view"), j.WaitUntil("u", j.Moment(clock=600)))))
    assert play(e.program, e("view", 0, "user:u"), drain=True, only="left") == ["0 user:u left a completed"]
    assert play(e.program, e("view", 1, "user:u"), drain=True, only="left") == ["1440 user:u left a completed"]
    saturday = j.Moment(clock=600, days=(5,))
    e = Maker(program((VIEW,), journey("a", on("view"), j.WaitUntil("u", saturday))))
    assert play(e.program, e("view", 0, "user:u"), drain=True, only="left") == [f"{6 * 1440} user:u left a completed"]
    sunday = j.Moment(clock=600, days=(6,), next=True)
    e = Maker(program((VIEW,), journey("a", on("view"), j.WaitUntil("u", sunday))))
    assert play(e.program, e("view", 0, "user:u"), drain=True, only="left") == [f"{7 * 1440} user:u left a completed"]


def test_branch_takes_the_first_that_holds(play: Play) -> None:
    """S6.1."""
    arms = (j.Arm(that("==", of("entry", "item"), "x"), "one"), j.Arm(x.Const(True, "bool"), "two"))
    branch = j.Branch("b", arms)
    e = Maker(program((VIEW,), journey("a", on("view"), branch, j.Exit("one", "one"), j.Exit("two", "two"))))
    assert play(e.program, e("view", 0, "user:u", item="x"), e("view", 0, "user:v"), only="goes left") == [
        "0 user:u goes a b arm 1",
        "0 user:u left a one one",
        "0 user:v goes a b arm 2",
        "0 user:v left a two two",
    ]


def test_repeat_is_bounded(play: Play) -> None:
    """S6.1: `until` is tested before each round."""
    nodes = (j.Repeat("r", 3, GOLD, "w"), j.Wait("w", minutes(10), next="r"))
    e = Maker(program((VIEW, SIGN), journey("a", on("view"), *nodes), mappings=(TIER,)))
    assert play(e.program, e("view", 0, "user:u"), until=e.at(60), only="goes") == [
        "0 user:u goes a r round 1",
        "10 user:u goes a r round 2",
        "20 user:u goes a r round 3",
        "30 user:u goes a r done",
    ]
    assert play(e.program, e("view", 0, "user:u"), e("sign", 10, "user:u", tier="gold"), until=e.at(60), only="goes") == [
        "0 user:u goes a r round 1",
        "10 user:u goes a r done",
    ]


def test_emitted_events_are_worked_after_and_are_not_any(play: Play) -> None:
    """S6.2, S3.6: first in first out; facts change, `any` does not see them."""
    emit = (j.Emit("e1", "sign", (j.Pair("tier", const("gold"), STRING),), "e2"), j.Emit("e2", "buy"))
    journeys = (journey("a", on("view"), *emit), journey("b", on("sign")), journey("c", on("buy")), journey("d", on("any")))
    made = program((VIEW, BUY, SIGN), *journeys, mappings=(TIER,), audiences=(Audience("gold", GOLD),))
    e = Maker(made)
    told = play(made, e("view", 0, "user:u"))
    assert [line if "entered b" not in line and "entered c" not in line else line.rpartition(" ")[0] for line in told] == [
        "0 user:u born e1",
        "0 user:u entered a e1",
        "0 user:u emitted a e1 sign",
        "0 user:u emitted a e2 buy",
        "0 user:u left a completed",
        "0 user:u entered d e1",
        "0 user:u left d completed",
        "0 user:u joined gold",
        "0 user:u entered b",
        "0 user:u left b completed",
        "0 user:u entered c",
        "0 user:u left c completed",
    ]


def test_start_offers_the_profile_to_another_journey(play: Play) -> None:
    """S6.1: and goes on; the bound name is a record of its pairs."""
    start = (j.StartJourney("s", "b", (j.Pair("n", const(7), NUMBER),), "w"), j.Wait("w", minutes(10)))
    show = j.Send("m", "hello", ("email",), (j.Pair("n", x.Field(x.Name("link"), "n"), NUMBER),))
    e = Maker(program((VIEW,), journey("a", on("view"), *start), journey("b", j.Entry(j.OnStart(), bind="link"), show)))
    assert play(e.program, e("view", 0, "user:u")) == [
        "0 user:u born e1",
        "0 user:u entered a e1",
        "0 user:u started a s b",
        "0 user:u waits a w 10",
        "0 user:u entered b start",
        "0 user:u sent b m email hello n=7",
        "0 user:u left b completed",
    ]


def test_set_is_seen_by_everything_after_it(play: Play) -> None:
    """S3.4, D2: membership changes at once, its consequences wait until the instance rests."""
    nodes = (j.SetAttributes("set", (j.Pair("tier", const("gold"), STRING),), "b"), j.Branch("b", (j.Arm(GOLD),)))
    made = program(
        (VIEW, SIGN),
        journey("a", on("view"), *nodes),
        journey("b", on("joining gold")),
        mappings=(TIER,),
        audiences=(Audience("gold", GOLD),),
    )
    e = Maker(made)
    assert play(made, e("view", 0, "user:u")) == [
        "0 user:u born e1",
        "0 user:u entered a e1",
        "0 user:u set a set tier=gold",
        "0 user:u joined gold",
        "0 user:u goes a b arm 1",
        "0 user:u left a completed",
        "0 user:u entered b joining gold",
        "0 user:u left b completed",
    ]


def test_collect_keeps_what_matches(play: Play) -> None:
    """S6.1: the entry event counts; at most `max`."""
    count = x.Each("count", "i", x.Name("kept"))
    nodes = (
        j.Collect("c", j.Step(("view",)), "kept", minutes(10), max=2, next="s"),
        j.Send("s", "m", ("email",), (j.Pair("n", count, NUMBER),)),
    )
    e = Maker(program((VIEW, BUY), journey("a", on("view"), *nodes)))
    events = [e("view", 0, "user:u"), e("buy", 1, "user:u"), e("view", 10, "user:u"), e("view", 10, "user:u")]
    assert play(e.program, *events, only="waits sent") == ["0 user:u waits a c 10", "10 user:u sent a s email m n=2"]


def test_a_call_without_an_answer_goes_on(play: Play) -> None:
    """S6.5, D12: its name is null."""
    nodes = (j.CallWebhook("c", "hook", bind="answer", next="b"), j.Branch("b", (j.Arm(x.Unary("missing", x.Name("answer"))),)))
    e = Maker(program((VIEW,), journey("a", on("view"), *nodes), webhooks=(Webhook("hook", "https://hook.example"),)))
    assert play(e.program, e("view", 0, "user:u"), only="called goes left") == [
        "0 user:u called a c hook",
        "0 user:u goes a b arm 1",
        "0 user:u left a completed",
    ]


def test_sends_of_an_instant_go_by_priority(play: Play) -> None:
    """S1.4, D5: asked for by events in one order, decided in another; what follows a send rests again."""
    send = j.Send("s", "m", ("email",))
    low, high = journey("a", on("view"), send), journey("b", on("view"), send, priority=1)
    timer = journey("c", on("view"), j.Wait("w", minutes(0), next="s"), send, priority=2)
    e = Maker(program((VIEW,), low, high, timer))
    assert play(e.program, e("view", 0, "user:u"), only="sent left") == [
        "0 user:u sent c s email m",
        "0 user:u left c completed",
        "0 user:u sent b s email m",
        "0 user:u left b completed",
        "0 user:u sent a s email m",
        "0 user:u left a completed",
    ]


def test_splits_are_sticky(play: Play) -> None:
    """S9.1, D16: the arm of a person is the same in every journey with that salt; holdout leaves at once and is told."""
    arms = (j.Share("offer", 500_000), j.Share("holdout", 500_000))
    first, second = (journey(name, on("view"), j.Split("s", "salt", arms)) for name in "ab")
    e = Maker(program((VIEW,), first, second))
    told = play(e.program, *(e("view", 0, f"user:u{n}") for n in range(40)), only="goes left")
    by_journey = [[line.split()[-1] for line in told if f"goes {name} s" in line] for name in "ab"]
    assert by_journey[0] == by_journey[1]
    assert set(by_journey[0]) == {"offer", "holdout"}
    assert sum("holdout s" in line for line in told) == by_journey[0].count("holdout") * 2


def test_a_cycle_of_consequences_ends_as_runaway(play: Play) -> None:
    """S6.2: a journey that emits what enters it again, for ever: after 1,000 consequences at one instant its instance ends."""
    entry = j.Entry(on("view", "buy"), again=j.Again("always"))
    e = Maker(program((VIEW, BUY), journey("a", entry, j.Emit("e", "buy"))))
    told = play(e.program, e("view", 0, "user:u"), only="left")
    assert told.count("0 user:u left a completed") == 1000
    assert told[-1] == "0 user:u left a runaway e"


def test_a_cycle_of_nodes_ends_as_runaway(play: Play) -> None:
    """S6.2: no instance enters more than 1,000 nodes at one instant."""
    nodes = (j.Repeat("r", 5_000, None, "b"), j.Branch("b", (), next="r"))
    e = Maker(program((VIEW,), journey("a", on("view"), *nodes)))
    told = play(e.program, e("view", 0, "user:u"), only="goes left")
    assert told[-2:] == ["0 user:u goes a b else", "0 user:u left a runaway r"]
    assert len(told) == 1001


def test_a_receipt_is_that_of_this_very_message(play: Play) -> None:
    """S7.7, S6.3: the key of another message passes nothing; `opened` alone is of any message."""
    opened = event_type("opened", message="string?")
    wait = j.WaitFor("f", (j.Case(j.Step(("opened",), of_node="s")), j.Case(after=minutes(30))))
    p = program((VIEW, opened), journey("a", on("view"), j.Send("s", "m", ("email",), next="f"), wait))
    e = Maker(p)
    view = e("view", 0, "user:u")
    key = next(r[3]["key"] for r in run(p, [feed(view)]).records if r[3]["what"] == "sent")
    for message, case, minute in (("other", 2, 30), (key, 1, 5)):
        told = play(p, view, e("opened", 5, "user:u", message=message), until=e.at(60), only="goes")
        assert told == [f"{minute} user:u goes a f case {case}"]
