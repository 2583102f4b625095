"""S5: entries, re-entry, goals, exits, patterns."""

from __future__ import annotations

import pytest

from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import Aggregate, Audience, Mapping
from tests.oracle.build import (
    DAY,
    HOUR,
    NUMBER,
    STRING,
    Maker,
    attribute,
    event_type,
    journey,
    minutes,
    of,
    on,
    program,
    that,
)
from tests.semantics.conftest import Play

VIEW = event_type("view", item="string?", long="bool?")
BUY = event_type("buy", item="string?")
SIGN = event_type("sign", tier="string?")
TIER = Mapping("tier", x.Optional(STRING), "sign", "tier")
GOLD = that("==", attribute("tier"), "gold")
ITEM = of("event", "item")
ALWAYS = j.Again("always")


def test_once_per_key(play: Play) -> None:
    """S5.3: a key that is inside is refused, a missing one too, the eleventh is one too many."""
    entry = j.Entry(on("view"), key=ITEM)
    e = Maker(program((VIEW,), journey("a", entry, j.Wait("w", minutes(60)))))
    events = [e("view", 0, "user:u", item="k0"), e("view", 1, "user:u", item="k0"), e("view", 2, "user:u")]
    events += [e("view", 3, "user:u", item=f"k{n}") for n in range(1, 11)]
    told = play(e.program, *events, only="entered refused")
    assert told[:3] == ["0 user:u entered a k0 e1", "1 user:u refused a k0 inside", "2 user:u refused a no_key"]
    assert told[-2:] == ["3 user:u entered a k9 e12", "3 user:u refused a k10 full"]


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        (j.Again("never"), "again again again"),
        (j.Again("always"), "inside entered entered"),
        (j.Again("exit"), "inside entered entered"),
        (j.Again("after", minutes(20)), "inside again entered"),
    ],
)
def test_re_entry(play: Play, again: j.Again, expected: str) -> None:
    """S5.3: views at 5, 10 and 20 find the one of 0 inside, gone at 10, and twenty minutes back."""
    e = Maker(program((VIEW,), journey("a", j.Entry(on("view"), again=again), j.Wait("w", minutes(9)))))
    told = play(e.program, *(e("view", when, "user:u") for when in (0, 5, 10, 20)), only="entered refused")
    words = [" ".join(w for w in line.split() if w in ("entered", "inside", "again")) for line in told[1:]]
    wanted = expected.split()
    wanted[0] = "inside"  # whatever the rule says of those outside
    assert words == wanted


def test_default_again_is_five_minutes(play: Play) -> None:
    """S5.3, D18: admits from exactly five minutes on."""
    e = Maker(program((VIEW,), journey("a", on("view"))))
    events = [e("view", 0, "user:u"), e("view", 4, "user:u"), e("view", 5, "user:u")]
    assert play(e.program, *events, only="entered refused") == [
        "0 user:u entered a e1",
        "4 user:u refused a again",
        "5 user:u entered a e3",
    ]


def test_restart_comes_before_waits(play: Play) -> None:
    """S5.3, S5.4: the old one leaves as `restarted` and is not offered the event; first_entry is carried over."""
    entry = j.Entry(on("view"), while_inside="restart", again=j.Again("never"))
    wait = j.WaitFor("f", (j.Case(j.Step(("view",)), body="s"), j.Case(after=minutes(10), body="s")))
    pairs = (j.Pair("first", of("first_entry", "item"), STRING), j.Pair("last", of("entry", "item"), STRING))
    e = Maker(program((VIEW,), journey("a", entry, wait, j.Send("s", "m", ("email",), pairs))))
    events = [e("view", 0, "user:u", item="x"), e("view", 5, "user:u", item="y")]
    assert play(e.program, *events, until=e.at(60)) == [
        "0 user:u born e1",
        "0 user:u entered a e1",
        "0 user:u waits a f 10",
        "5 user:u left a restarted f",
        "5 user:u entered a e2",
        "5 user:u waits a f 15",
        "15 user:u goes a f case 2",
        "15 user:u sent a s email m first=x last=y",
        "15 user:u left a completed",
    ]


def test_a_condition_that_already_holds_refuses(play: Play) -> None:
    """S5.3: `already`, for goals and exits."""
    goal = j.Watch(j.OnCondition(GOLD))
    e = Maker(program((VIEW, SIGN), journey("a", on("view"), j.Wait("w", minutes(60)), goals=(goal,)), mappings=(TIER,)))
    events = [e("view", 0, "user:u"), e("sign", 5, "user:u", tier="gold"), e("view", 10, "user:u")]
    assert play(e.program, *events) == [
        "0 user:u born e1",
        "0 user:u entered a e1",
        "0 user:u waits a w 60",
        "5 user:u goal a condition",
        "5 user:u left a goal w",
        "10 user:u refused a already",
    ]


def test_goals_come_before_exits_before_waits_before_entries(play: Play) -> None:
    """S5.4: one event; journeys by priority, then name."""
    buy = on("buy")
    waiting = j.WaitFor("f", (j.Case(j.Step(("buy",))),))
    made = program(
        (VIEW, BUY),
        journey("c", on("view"), waiting),
        journey("d", on("view"), j.Wait("w", minutes(60)), exits=(j.Watch(buy),)),
        journey("e", on("view"), j.Wait("w", minutes(60)), goals=(j.Watch(buy),)),
        journey("f", buy),
        journey("z", buy, priority=5),
    )
    e = Maker(made)
    told = play(made, e("view", 0, "user:u"), e("buy", 5, "user:u"), only="goal left goes entered")
    assert [line for line in told if line.startswith("5")] == [
        "5 user:u goal e e2",
        "5 user:u left e goal w",
        "5 user:u left d exit w",
        "5 user:u goes c f case 1",
        "5 user:u left c completed",
        "5 user:u entered z e2",
        "5 user:u left z completed",
        "5 user:u entered f e2",
        "5 user:u left f completed",
    ]


def test_an_event_that_ended_one_may_enter_again(play: Play) -> None:
    """S5.4."""
    entry = j.Entry(on("view"), again=ALWAYS)
    e = Maker(program((VIEW,), journey("a", entry, j.Wait("w", minutes(60)), goals=(j.Watch(on("view")),))))
    assert play(e.program, e("view", 0, "user:u"), e("view", 5, "user:u"), only="entered left") == [
        "0 user:u entered a e1",
        "5 user:u left a goal w",
        "5 user:u entered a e2",
    ]


def test_max_duration_ends_what_would_stay(play: Play) -> None:
    """S5.5, D4: before the other timers of the instance."""
    e = Maker(program((VIEW,), journey("a", on("view"), j.Wait("w", minutes(30)), max_duration=minutes(30))))
    assert play(e.program, e("view", 0, "user:u"), until=e.at(60), only="left") == ["30 user:u left a max_duration w"]


def test_goal_within_counts_from_the_entry_and_may_stay(play: Play) -> None:
    """S5.6, D6: inclusive; recorded once."""
    goal = j.Watch(on("buy"), within=minutes(10), stay=True)
    e = Maker(program((VIEW, BUY), journey("a", on("view"), j.Wait("w", minutes(60)), goals=(goal,))))
    events = [e("view", 0, "user:u"), e("buy", 10, "user:u"), e("buy", 10, "user:u")]
    assert play(e.program, *events, only="goal left") == ["10 user:u goal a e2"]
    events = [e("view", 0, "user:u"), e("buy", 10.5, "user:u")]
    assert play(e.program, *events, only="goal left") == []


def entries(play: Play, *steps: j.Step, times: str) -> list[str]:
    """At which minutes a pattern fires. `v0 b5` is a view at 0 and a purchase at 5, `v3.y` a view of y."""
    e = Maker(program((VIEW, BUY), journey("a", j.Entry(j.OnEvents(steps), again=ALWAYS))))
    kinds = {"v": "view", "b": "buy"}
    parts = [(word[0], *word[1:].partition(".")[::2]) for word in times.split()]
    events = [e(kinds[kind], int(when), "user:u", item=item or "x") for kind, when, item in parts]
    return [line.split()[0] for line in play(e.program, *events, until=e.at(100), only="entered")]


VIEWS, BUYS = ("view",), ("buy",)


def test_n_within_slides_and_starts_afresh_when_it_fired(play: Play) -> None:
    """S5.6, D9."""
    three = j.Step(VIEWS, count=3, within=minutes(10))
    assert entries(play, three, times="v0 v5 v10 v11 v12") == ["10"]
    assert entries(play, three, times="v0 v5 v11 v12 v13 v14 v15") == ["12", "15"]


def test_same_counts_for_each_value(play: Play) -> None:
    """S5.6."""
    two = j.Step(VIEWS, count=2, within=minutes(10), same=ITEM)
    assert entries(play, two, times="v0.x v1.y v2.z v3.y v12.x") == ["3"]


def test_consecutive_starts_afresh_at_a_failure(play: Play) -> None:
    """S5.6: a view of y between two of x."""
    two = j.Step(VIEWS, count=2, consecutive=True, where=that("==", ITEM, "x"))
    assert entries(play, two, times="v0.x b1 v2.x v5.x v6.y v7.x v8.x") == ["2", "8"]


def test_then_replaces_the_waiting_one(play: Play) -> None:
    """S5.6: within counts from the newer view, inclusive; what completed starts nothing."""
    view, buy = j.Step(VIEWS), j.Step(BUYS, within=minutes(10))
    assert entries(play, view, buy, times="v0 b11") == []
    assert entries(play, view, buy, times="v0 v5 b15 b16") == ["15"]
    assert entries(play, view, j.Step(VIEWS), times="v0 v1 v2 v3") == ["1", "3"]


def test_then_not_fires_at_the_deadline(play: Play) -> None:
    """S5.6: a newer view is ignored, a purchase at exactly the deadline kills."""
    view, buy = j.Step(VIEWS), j.Step(BUYS, within=minutes(10), absent=True)
    assert entries(play, view, buy, times="v0 v5") == ["10"]
    assert entries(play, view, buy, times="v0 v5 b10") == []
    assert entries(play, view, buy, times="v0 b1 v2") == ["12"]


def test_a_killer_that_is_also_the_first_starts_anew(play: Play) -> None:
    """S5.6: ten minutes without a view after a view."""
    view, other = j.Step(VIEWS), j.Step(VIEWS, within=minutes(10), absent=True)
    assert entries(play, view, other, times="v0 v5 v15 v30") == ["25", "40"]
    assert entries(play, view, other, times="v0 v5 v16") == ["15", "26"]


def test_each_deadline_counts_from_the_step_before(play: Play) -> None:
    """D9: a chain of three."""
    steps = (j.Step(VIEWS), j.Step(BUYS, within=minutes(10)), j.Step(VIEWS, within=minutes(10)))
    assert entries(play, *steps, times="v0 b10 v20") == ["20"]


def test_enter_when_fires_as_it_comes_to_hold(play: Play) -> None:
    """S5.1: not while it goes on holding."""
    e = Maker(program((VIEW, SIGN), journey("a", j.Entry(j.OnCondition(GOLD), again=ALWAYS)), mappings=(TIER,)))
    values = [(0, "gold"), (1, "gold"), (2, None), (3, "gold")]
    assert play(e.program, *(e("sign", when, "user:u", tier=t) for when, t in values), only="entered") == [
        "0 user:u entered a condition",
        "3 user:u entered a condition",
    ]


def test_a_schedule_fires_once_for_each_local_date(play: Play) -> None:
    """S5.1, D13: who joins at that very instant is in; who comes back on the same date is not."""
    entry = j.Entry(j.OnSchedule("gold", "day", clock=10 * 60 + 5), again=ALWAYS)
    made = program((SIGN,), journey("a", entry), mappings=(TIER,), audiences=(Audience("gold", GOLD),))
    e = Maker(made)
    events = [e("sign", 5, "user:u", tier="gold"), e("sign", 6, "user:u", tier=None), e("sign", 1440, "user:u", tier="gold")]
    assert play(made, *events, until=e.at(3 * 1440), only="entered") == [
        "5 user:u entered a schedule",
        "1445 user:u entered a schedule",
        "2885 user:u entered a schedule",
    ]


def test_a_schedule_skips_no_date_at_the_clock_change(play: Play) -> None:
    """S1.1, S5.1: 02:30 in Berlin on 28, 29 (there is none: 03:00) and 30 March."""
    entry = j.Entry(j.OnSchedule("all", "day", clock=150, zone="Europe/Berlin"), again=ALWAYS)
    made = program((VIEW,), journey("a", entry), audiences=(Audience("all", x.Const(True, "bool")),))
    start = 1_774_656_000_000  # 2026-03-28T00:00Z
    e = Maker(made, start=start, unit=HOUR)
    told = play(made, e("view", 0, "user:u"), until=start + 3 * DAY, only="entered")
    hours = [(int(float(line.split()[0])) * 60_000 + 1_772_359_200_000 - start) / HOUR for line in told]
    assert hours == [1.5, 25, 48.5]


def test_runs_from_to_are_local_dates(play: Play) -> None:
    """IR: both included, in the zone of the project."""
    e = Maker(program((VIEW,), journey("a", on("view"), runs_from="2026-03-02", runs_to="2026-03-02")))
    events = [e("view", when, "user:u") for when in (0, 14 * 60, 38 * 60)]
    assert play(e.program, *events, only="entered refused") == [
        "0 user:u refused a not_running",
        "840 user:u entered a e2",
        "2280 user:u refused a not_running",
    ]


def test_refusals_are_told_only_when_when_held(play: Play) -> None:
    """S5.7."""
    entry = j.Entry(on("view"), when=that("==", ITEM, "x"))
    e = Maker(program((VIEW,), journey("a", entry, j.Wait("w", minutes(60)))))
    events = [e("view", 0, "user:u", item="x"), e("view", 1, "user:u", item="y"), e("view", 2, "user:u", item="x")]
    assert play(e.program, *events, only="entered refused") == ["0 user:u entered a e1", "2 user:u refused a inside"]


def test_history_seen_from_the_entry(play: Play) -> None:
    """language.md, Expressions: the current event counts; `where` may use names of the place."""
    views = Aggregate("views", "count", VIEWS, NUMBER, keep=("item",))
    same = that("==", ITEM, of("entry", "item"))
    goal = j.Watch(j.OnCondition(that(">=", x.History("views", same), 2)))
    made = program((VIEW,), journey("a", on("view"), j.Wait("w", minutes(60)), goals=(goal,)), aggregates=(views,))
    e = Maker(made)
    events = [e("view", 0, "user:u", item="x"), e("view", 1, "user:u", item="y"), e("view", 2, "user:u", item="x")]
    assert play(made, *events, only="goal") == ["2 user:u goal a condition"]
