"""S3.7: rows of tables, as of the instant and of the place in the order of work; what is watched changes as a row does."""

from __future__ import annotations

from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import Aggregate, Audience, EventField, Program, Table, Tracker, Window
from tests.oracle.build import (
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
from tests.semantics.conftest import START, Play, minute

VIEW = event_type("view", item="string?")
BUY = event_type("buy", item="string?")
STOCK = event_type("stock", business=True, item="string?", left="number?")
SHELF = Table("shelf", EventField("item", STRING), (EventField("left", x.Optional(NUMBER)),), event="stock")
WANTED = Aggregate("wanted", "last", ("view",), x.Optional(STRING), value=of("event", "item"))


def left(key: x.Expr, table: str = "shelf") -> x.Field:
    return x.Field(x.Row(table, key), "left", optional=True)


def shop(*journeys: j.Journey, watch: x.Expr | None = None, **more: object) -> Program:
    audiences = () if watch is None else (Audience("in_stock", watch),)
    parts: dict[str, object] = {"tables": (SHELF,), "aggregates": (WANTED,), "audiences": audiences}
    return program((VIEW, BUY, STOCK), *journeys, **(parts | more))


def test_membership_changes_as_a_row_does(play: Play) -> None:
    """S4.1: a business event that nobody listens to moves people in and out at its very instant."""
    e = Maker(shop(watch=that(">", left(attribute("wanted")), 0)))
    events = [
        e("view", 0, "user:u", item="tea"),
        e("stock", 1, item="tea", left=3),
        e("view", 2, "user:v", item="pot"),
        e("stock", 3, item="pot", left=1),
        e("stock", 4, item="tea", left=0),
        e("stock", 5, item="tea"),
        e("stock", 6, item=None, left=9),
        e("stock", 7, item="tea", left=2),
    ]
    assert play(e.program, *events, only="joined left_audience") == [
        "1 user:u joined in_stock",
        "3 user:v joined in_stock",
        "4 user:u left_audience in_stock",
        "7 user:u joined in_stock",
    ]


def test_rows_from_before_ones_birth_are_there(play: Play) -> None:
    e = Maker(shop(watch=that(">", left(attribute("wanted")), 0)))
    told = play(e.program, e("stock", 0, item="tea", left=3), e("view", 5, "user:u", item="tea"))
    assert told == ["5 user:u born e2", "5 user:u joined in_stock"]


def test_an_event_sees_what_stood_before_it_and_its_instant_all(play: Play) -> None:
    """At one instant: the purchase before the row changes does not see it, the one behind it does; a timer does."""
    seen = j.Entry(on("buy"), again=j.Again("always"), when=that(">", left(of("event", "item")), 0))
    sent = journey("seen", seen, j.Exit("out"))
    shown = j.Pair("n", left(const("tea")), NUMBER)
    late = journey("late", on("view"), j.Wait("w", minutes(5), next="s"), j.Send("s", "hi", ("email",), (shown,)))
    e = Maker(shop(sent, late))
    events = [
        e("view", 0, "user:u"),
        e("buy", 5, "user:u", item="tea"),
        e("stock", 5, item="tea", left=3),
        e("buy", 5, "user:v", item="tea"),
        e("stock", 5, item="tea", left=2),
    ]
    assert play(e.program, *events, only="entered sent") == [
        "0 user:u entered late e1",
        "5 user:u sent late s email hi n=2",
        "5 user:v entered seen e4",
    ]


def test_a_late_row_does_not_bring_back_what_a_newer_one_replaced(play: Play) -> None:
    """S1.7: the row is that of the latest `ts`; where none was, a late one is worked at the instant of its watermark."""
    e = Maker(shop(watch=that(">", left(attribute("wanted")), 0)))
    events = [
        e("view", 0, "user:u", item="tea"),
        e("view", 0, "user:v", item="pot"),
        e("stock", 10, item="tea", left=0),
        e("view", 12, "user:w"),
        e("stock", 5, item="tea", left=7),
        e("stock", 4, item="pot", left=7),
    ]
    assert play(e.program, feed(*events), only="joined left_audience") == ["12 user:v joined in_stock"]


def test_what_an_event_was_worth_is_fixed_as_it_is_worked(play: Play) -> None:
    """A sum over rows is not counted anew when a price changes."""
    spent = Aggregate("spent", "sum", ("buy",), NUMBER, value=left(of("event", "item")), window=Window())
    e = Maker(shop(aggregates=(spent,), audiences=(Audience("big", that(">=", attribute("spent"), 5)),)))
    events = [
        e("stock", 0, item="tea", left=2),
        e("buy", 1, "user:u", item="tea"),
        e("stock", 2, item="tea", left=100),
        e("view", 3, "user:u"),
        e("stock", 4, item="tea", left=3),
        e("buy", 5, "user:u", item="tea"),
    ]
    assert play(e.program, *events, only="joined") == ["5 user:u joined big"]


def test_goals_waits_and_has_been_follow_rows(play: Play) -> None:
    gone = x.Unary("missing", x.Row("shelf", const("tea")))
    held = Tracker("scarce", that("<", left(const("tea")), 2))
    case = j.Case(condition=that(">", left(of("entry", "item")), 5), body="s")
    waits = journey(
        "waits",
        on("view"),
        j.WaitFor("w", (case,)),
        j.Send("s", "plenty", ("email",)),
        exits=(j.Watch(j.OnCondition(x.Held("scarce", minutes(10)))),),
    )
    e = Maker(shop(waits, trackers=(held,), audiences=(Audience("none_yet", gone),)))
    events = [
        e("view", 0, "user:u", item="tea"),
        e("view", 0, "user:v", item="pot"),
        e("stock", 1, item="tea", left=1),
        e("stock", 2, item="tea", left=6),
        e("stock", 3, item="tea", left=1),
        e("stock", 9, item="tea", left=1),
        e("view", 30, "user:w"),
    ]
    assert play(e.program, *events, only="joined left_audience sent left") == [
        "0 user:u joined none_yet",
        "0 user:v joined none_yet",
        "1 user:u left_audience none_yet",
        "1 user:v left_audience none_yet",
        "2 user:u sent waits s email plenty",
        "2 user:u left waits completed",
        "13 user:v left waits exit w",
    ]


def test_rows_with_a_since_change_by_time_alone(play: Play) -> None:
    """`valid_from`: from that instant on, for those whose key it is; before the first there is no row."""
    rows = (
        ("pot", (9,), None),
        ("tea", (1,), START + 600_000),
        ("tea", (7,), START + 1_200_000),
        ("tea", (None,), START + 1_800_000),
    )
    prices = Table("prices", EventField("item", STRING), (EventField("left", x.Optional(NUMBER)),), rows=rows)
    cheap = Audience("cheap", that("<", left(attribute("wanted"), "prices"), 5))
    known = Audience("known", x.Unary("not", x.Unary("missing", x.Row("prices", attribute("wanted")))))
    e = Maker(shop(tables=(prices,), audiences=(cheap, known)))
    told = play(e.program, e("view", 0, "user:u", item="tea"), e("view", 3, "user:v", item="pot"), until=e.at(60))
    assert [one for one in told if "born" not in one] == [
        "3 user:v joined known",
        "10 user:u joined cheap",
        "10 user:u joined known",
        "20 user:u left_audience cheap",
    ]
    assert minute(START + 1_200_000) == "20"


def test_a_row_that_changes_a_thousand_times(play: Play) -> None:
    """Each change is seen in its place, by each of three people."""
    e = Maker(shop(watch=that("==", left(const("tea")), 1)), unit=1)
    people = [e("view", 0, f"user:{name}", item="tea") for name in "abc"]
    changes = [e("stock", 1 + n, item="tea", left=n % 2) for n in range(300)]
    told = play(e.program, *people, *changes, only="joined left_audience")
    assert len(told) == 3 * 299


def test_score_of_recency_changes_at_the_exact_instant(play: Play) -> None:
    """A bound of `quintile` is reached on its instant; one millisecond later it is passed."""
    seen = Aggregate("seen", "last", ("buy",), x.Optional(x.Scalar("instant")), value=of("event", "ts", True))
    ago = x.Binary("-", x.Now(), attribute("seen"))
    bounds = x.Items(tuple(x.Const(n * 60_000, "duration") for n in (40, 30, 20, 10)))
    score = x.Call("quintile", (ago, bounds))
    audiences = tuple(Audience(f"s{n}", that("==", score, n)) for n in range(1, 6))
    e = Maker(shop(aggregates=(seen,), audiences=audiences))
    told = play(e.program, e("buy", 0, "user:u"), e("view", 1, "user:u"), until=e.at(100))
    ms = 1 / 60_000
    expected = ["0 user:u joined s5"]
    for bound, lost, won in ((10, 5, 4), (20, 4, 3), (30, 3, 2), (40, 2, 1)):
        expected += [f"{bound + ms} user:u joined s{won}", f"{bound + ms} user:u left_audience s{lost}"]
    assert [one for one in told if "born" not in one] == expected
