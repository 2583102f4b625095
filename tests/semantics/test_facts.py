"""S3 and S4: attributes, windows, audiences that change at the exact instant."""

from __future__ import annotations

from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import Aggregate, Audience, Mapping, Tracker, Window
from tests.oracle.build import (
    INSTANT,
    NUMBER,
    STRING,
    Maker,
    attribute,
    duration,
    event_type,
    feed,
    journey,
    minutes,
    of,
    on,
    program,
    that,
)
from tests.semantics.conftest import Play

VIEW = event_type("view", item="string?")
BUY = event_type("buy", total="number")
SIGN = event_type("sign", tier="string?")
TIER = Mapping("tier", x.Optional(STRING), "sign", "tier")
GOLD = Audience("gold", that("==", attribute("tier"), "gold"))


def test_the_latest_by_event_time_wins(play: Play) -> None:
    """S3.2: a late value older than the present one changes nothing; absent is nothing, null unsets."""
    e = Maker(program((SIGN, VIEW), mappings=(TIER,), audiences=(GOLD,)))
    events = [
        e("sign", 5, "user:u", tier="gold"),
        e("sign", 3, "user:u", tier="silver"),
        e("sign", 6, "user:u"),
        e("sign", 7, "user:u", tier=None),
        e("view", 8, "user:v"),
        e("sign", 6.5, "user:u", tier="gold"),
    ]
    assert play(e.program, feed(*events), only="joined left_audience late") == [
        "5 user:u late e2 3",
        "5 user:u joined gold",
        "7 user:u left_audience gold",
        "8 user:u late e6 6.5",
    ]


def test_membership_changes_through_time_alone(play: Play) -> None:
    """S4.1: `seen >= now() - 10m` stops to hold one ms after the ten minutes."""
    seen = Aggregate("seen", "last", ("any",), x.Optional(INSTANT), value=of("event", "ts", True))
    recent = Audience("recent", x.Binary(">=", attribute("seen"), x.Binary("-", x.Now(), duration(600_000))))
    e = Maker(program((VIEW,), aggregates=(seen,), audiences=(recent,)))
    told = play(e.program, e("view", 0, "user:u"), e("view", 10, "user:u"), until=e.at(30))
    assert told == [
        "0 user:u born e1",
        "0 user:u joined recent",
        f"{20 + 1 / 60_000} user:u left_audience recent",
    ]


def test_held_counts_from_when_it_became_so(play: Play) -> None:
    """S4.5: saying gold again restarts nothing, a break does; it holds from exactly D on."""
    held = Audience("loyal", x.Held("gold", minutes(10)))
    trackers = (Tracker("gold", that("==", attribute("tier"), "gold")),)
    e = Maker(program((SIGN,), mappings=(TIER,), audiences=(held,), trackers=trackers))
    values = [(0, "gold"), (5, "silver"), (7, "gold"), (12, "gold"), (30, "silver")]
    events = [e("sign", when, "user:u", tier=tier) for when, tier in values]
    assert play(e.program, *events, only="joined left_audience") == [
        "17 user:u joined loyal",
        "30 user:u left_audience loyal",
    ]


def test_joining_and_leaving_are_events(play: Play) -> None:
    """S4.3, S6.2: worked after the event that caused them."""
    first = journey("first", on("sign"), priority=0)
    joins = journey("joins", on("joining gold"))
    leaves = journey("leaves", on("leaving gold"))
    e = Maker(program((SIGN,), first, joins, leaves, mappings=(TIER,), audiences=(GOLD,)))
    events = [e("sign", 0, "user:u", tier="gold"), e("sign", 10, "user:u", tier="gold"), e("sign", 20, "user:u", tier=None)]
    assert play(e.program, *events, only="joined left_audience entered") == [
        "0 user:u joined gold",
        "0 user:u entered first e1",
        "0 user:u entered joins joining gold",
        "10 user:u entered first e2",
        "20 user:u left_audience gold",
        "20 user:u entered first e3",
        "20 user:u entered leaves leaving gold",
    ]


def test_audiences_read_each_other_in_order(play: Play) -> None:
    """S4, D2: nested audiences change in one go, those that are read first."""
    outer = Audience("outer", x.Unary("not", x.Member("gold")), needs=("gold",))
    e = Maker(program((SIGN,), mappings=(TIER,), audiences=(GOLD, outer)))
    events = [e("sign", 0, "user:u"), e("sign", 5, "user:u", tier="gold")]
    assert play(e.program, *events) == [
        "0 user:u born e1",
        "0 user:u joined outer",
        "5 user:u joined gold",
        "5 user:u left_audience outer",
    ]


def test_windows_slide(play: Play) -> None:
    """S3.3, S1.11: 7 + 4 is over ten until the 7 is ten minutes back."""
    spend = Aggregate("spend", "sum", ("buy",), NUMBER, value=of("event", "total"), window=Window(over=minutes(10)))
    e = Maker(program((BUY,), aggregates=(spend,), audiences=(Audience("big", that(">", attribute("spend"), 10)),)))
    events = [e("buy", 0, "user:u", total=7), e("buy", 4, "user:u", total=4)]
    assert play(e.program, *events, until=e.at(60), only="joined left_audience") == [
        "4 user:u joined big",
        "10 user:u left_audience big",
    ]


def test_since_forgets_at_the_event(play: Play) -> None:
    """S3.3, D11: entries after the newest purchase in the order of work; the purchase itself is none."""
    items = Aggregate("items", "distinct", ("view",), x.ListOf(STRING), value=of("event", "item"), window=Window(since="buy"))
    show = j.Send("s", "m", ("email",), (j.Pair("items", attribute("items"), x.ListOf(STRING)),))
    e = Maker(program((VIEW, BUY), journey("a", j.Entry(on("any"), again=j.Again("always")), show), aggregates=(items,)))
    events = [e("view", 0, "user:u", item="x"), e("buy", 1, "user:u", total=1), e("view", 2, "user:u", item="y")]
    events += [e("view", 3, "user:u", item="x"), e("view", 4, "user:u", item="y")]
    assert play(e.program, *events, only="sent") == [
        "0 user:u sent a s email m items=['x']",
        "1 user:u sent a s email m items=[]",
        "2 user:u sent a s email m items=['y']",
        "3 user:u sent a s email m items=['y', 'x']",
        "4 user:u sent a s email m items=['y', 'x']",
    ]


def test_a_late_fact_changes_membership_when_it_is_worked(play: Play) -> None:
    """S1.7, S4.1: the purchase of minute 2 arrives at minute 8 and lies in the window by its own time."""
    spend = Aggregate("spend", "sum", ("buy",), NUMBER, value=of("event", "total"), window=Window(over=minutes(10)))
    e = Maker(program((BUY,), aggregates=(spend,), audiences=(Audience("big", that(">", attribute("spend"), 10)),)))
    events = [e("buy", 4, "user:u", total=7), e("buy", 8, "user:v", total=4), e("buy", 2, "user:u", total=5)]
    assert play(e.program, feed(*events), until=e.at(60), only="joined left_audience") == [
        "8 user:u joined big",
        "12 user:u left_audience big",
    ]


def test_a_list_follows_its_identifiers(play: Play) -> None:
    """S4, S2.4: who owns a listed identifier is a member; a shared device takes the membership with it."""
    founders = Audience("founders", None, members=(("cookie", "c"),))
    e = Maker(program((VIEW, SIGN), audiences=(founders,)))
    events = [e("view", 0, "user:u", "cookie:c"), e("view", 5, "user:v", "cookie:c")]
    assert play(e.program, *events) == [
        "0 user:u born e1",
        "0 user:u linked cookie:c",
        "0 user:u joined founders",
        "5 user:u left_audience founders",
        "5 user:v born e2",
        "5 user:v moved cookie:c user:u",
        "5 user:v joined founders",
    ]
