"""S1: the order of work, instants and phases, late events, duplicates, the ends of windows."""

from __future__ import annotations

from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import Aggregate, Audience, Program, Window
from tests.oracle.build import DAY, HOUR, MINUTE, NUMBER, Maker, attribute, event_type, feed, journey, minutes, on, program, that
from tests.semantics.conftest import Play

VIEW = event_type("view", item="string?")
BUY = event_type("buy")


def reminder(late: str = "facts") -> Program:
    """A view, half an hour, a message; a purchase is the goal."""
    nodes = (j.Wait("w", minutes(30), next="s"), j.Send("s", "hello", ("email",)))
    buy = event_type("buy", late=late)
    return program((VIEW, buy), journey("a", on("view"), *nodes, goals=(j.Watch(on("buy")),)))


def test_events_of_an_instant_come_before_its_timers(play: Play) -> None:
    """S1.4: a purchase at exactly 30m stops the reminder of 30m."""
    e = Maker(reminder())
    assert play(e.program, e("view", 0, "user:u"), e("buy", 30, "user:u")) == [
        "0 user:u born e1",
        "0 user:u entered a e1",
        "0 user:u waits a w 30",
        "30 user:u goal a e2",
        "30 user:u left a goal w",
    ]


def test_even_when_it_stands_behind_later_ones_in_the_file(play: Play) -> None:
    """S1.4, S1.3: within the lateness of its source nothing is closed yet."""
    e = Maker(reminder())
    events = [e("view", 0, "user:u"), e("view", 40, "user:v"), e("buy", 30, "user:u")]
    assert "30 user:u left a goal w" in play(e.program, feed(*events, lateness=10))


def test_a_late_event_is_worked_where_the_watermark_stood(play: Play) -> None:
    """S1.7: the purchase of minute 30 comes at 50, when the message is out; its ts is shown. It ends what it can."""
    p = reminder()
    e = Maker(program((VIEW, BUY), journey("a", on("view"), j.Wait("w", minutes(60)), goals=p.journeys[0].goals)))
    events = [e("view", 0, "user:u"), e("view", 50, "user:v"), e("buy", 30, "user:u")]
    assert play(e.program, feed(*events)) == [
        "0 user:u born e1",
        "0 user:u entered a e1",
        "0 user:u waits a w 60",
        "50 user:u late e3 30",
        "50 user:u goal a e3",
        "50 user:u left a goal w",
        "50 user:v born e2",
        "50 user:v entered a e2",
        "50 user:v waits a w 110",
    ]


def test_a_late_event_ends_nothing_that_was_entered_after_it(play: Play) -> None:
    """S1.7."""
    e = Maker(reminder())
    events = [e("view", 31, "user:u"), e("view", 50, "user:v"), e("buy", 30, "user:u")]
    told = play(e.program, feed(*events), only="goal left late")
    assert told == ["50 user:u late e3 30"]


def test_a_late_event_starts_nothing(play: Play) -> None:
    """S1.7: no entry, though the profile is born."""
    e = Maker(reminder())
    events = [e("buy", 50, "user:v"), e("view", 30, "user:u")]
    assert play(e.program, feed(*events)) == ["50 user:u born e2", "50 user:u late e2 30", "50 user:v born e1"]


def test_a_type_may_reject_late_events(play: Play) -> None:
    """S1.7: `late: reject`."""
    e = Maker(reminder(late="reject"))
    events = [e("view", 0, "user:u"), e("view", 20, "user:v"), e("buy", 10, "user:u")]
    assert play(e.program, feed(*events), only="goal late") == []


def test_late_is_judged_by_the_own_source(play: Play) -> None:
    """S1.3, S1.7: source b is behind, and not late."""
    e = Maker(reminder())
    a = feed(e("view", 0, "user:u"), e("view", 50, "user:v"), name="a")
    b = feed(e("buy", 30, "user:u"), name="b")
    assert "30 user:u left a goal w" in play(e.program, a, b)


def test_equal_instants_go_by_source_and_position(play: Play) -> None:
    """S1.2: source a before source b, whatever order they are given in."""
    e = Maker(program((VIEW, BUY), journey("a", on("view"), j.Wait("w", minutes(5)), goals=(j.Watch(on("buy")),))))
    first, second = feed(e("view", 0, "user:u"), name="a"), feed(e("buy", 0, "user:u"), name="b")
    assert "0 user:u goal a e2" in play(e.program, second, first)
    first, second = feed(e("buy", 0, "user:u"), name="a"), feed(e("view", 0, "user:u"), name="b")
    assert "goal" not in " ".join(play(e.program, second, first))


def test_duplicates_are_dropped(play: Play) -> None:
    """S1.8: same id, same best identifier; another identifier keeps it."""
    e = Maker(reminder())
    same = [e("view", 0, "user:u", known="x"), e("view", 1, "user:u", known="x"), e("view", 2, "user:v", known="x")]
    assert play(e.program, *same, only="entered refused") == ["0 user:u entered a x", "2 user:v entered a x"]


def test_a_copy_beyond_the_horizon_is_another_event(play: Play) -> None:
    """S1.8: the horizon is 24 hours by default, inclusive."""
    e = Maker(program((VIEW,), journey("a", j.Entry(on("view"), again=j.Again("always")))), unit=DAY)
    copies = [e("view", day, "user:u", known="x") for day in (0, 1, 2 + MINUTE / DAY)]
    assert play(e.program, *copies, only="entered") == ["0 user:u entered a x", "2881 user:u entered a x"]


def test_the_end_closes_the_last_instant_and_no_later_one(play: Play) -> None:
    """S1.6: what still waits waits; `until` sets the end, earlier or later."""
    e = Maker(reminder())
    events = [e("view", 0, "user:u"), e("view", 20, "user:v")]
    assert play(e.program, *events, only="sent") == []
    assert play(e.program, *events, only="sent", until=e.at(30)) == ["30 user:u sent a s email hello"]
    assert play(e.program, *events, only="born", until=e.at(19)) == ["0 user:u born e1"]


def test_drain_admits_nobody_and_empties(play: Play) -> None:
    """S1.6."""
    daily = j.Entry(j.OnSchedule("everyone", "day", clock=10 * 60 + 15))
    slow = journey("slow", on("view"), j.Wait("w", x.Length(ms=DAY)))
    e = Maker(program((VIEW,), slow, journey("daily", daily), audiences=(Audience("everyone", x.Const(True, "bool")),)))
    assert play(e.program, e("view", 0, "user:u"), drain=True) == [
        "0 user:u born e1",
        "0 user:u joined everyone",
        "0 user:u entered slow e1",
        "0 user:u waits slow w 1440",
        "15 user:u refused daily draining",
        "1440 user:u left slow completed",
    ]


def test_ends_of_windows(play: Play) -> None:
    """S1.11: what lies exactly D back is out; `within D` includes the instant D later; `after D` holds from exactly D on."""
    views = Aggregate("views", "count", ("view",), NUMBER, window=Window(over=minutes(10)))
    busy = Audience("busy", that(">=", attribute("views"), 2))
    twice = j.OnEvents((j.Step(("view",), count=2, within=minutes(10)),))
    journeys = journey("twice", j.Entry(twice, again=j.Again("after", minutes(10))))
    e = Maker(program((VIEW,), journeys, aggregates=(views,), audiences=(busy,)))
    events = [e("view", when, "user:u") for when in (0, 10, 15, 20)]
    assert play(e.program, *events, until=e.at(60)) == [
        "0 user:u born e1",
        "10 user:u entered twice e2",
        "10 user:u left twice completed",
        "15 user:u joined busy",
        "20 user:u entered twice e4",
        "20 user:u left twice completed",
        "25 user:u left_audience busy",
    ]


def test_local_time_around_the_clock_change(play: Play) -> None:
    """S1.1: 02:30 does not exist in Berlin on 29 March 2026; the first instant after the gap is 03:00, 01:00 UTC."""
    nodes = (j.WaitUntil("u", j.Moment(clock=150)),)
    e = Maker(program((VIEW,), journey("a", on("view"), *nodes), timezone="Europe/Berlin"), start=1_774_738_800_000, unit=HOUR)
    told = play(e.program, e("view", 0, "user:u"), drain=True, only="left")
    gap = (1_774_746_000_000 - 1_772_359_200_000) // MINUTE
    assert told == [f"{gap} user:u left a completed"]


def test_months_end_early(play: Play) -> None:
    """S1.1: 31 January and a month is 28 February."""
    start = 1_769_853_600_000  # 2026-01-31T10:00Z
    e = Maker(program((VIEW,), journey("a", on("view"), j.Wait("w", x.Length(months=1)))), start=start)
    told = play(e.program, e("view", 0, "user:u"), drain=True, only="left")
    assert told == [f"{(start + 28 * DAY - 1_772_359_200_000) // MINUTE} user:u left a completed"]
