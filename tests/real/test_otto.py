"""Otto: 862 clicks, carts and orders of twenty sessions, to the millisecond."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real.recorded import (
    DATA,
    DAY,
    HOUR,
    MINUTE,
    Happening,
    People,
    Replay,
    Stream,
    at_once,
    confirm,
    done,
    every_way,
    instant,
    replay,
)

FILE = "otto_20sessions.jsonl"


@pytest.fixture(scope="module")
def stream() -> Stream:
    return Stream(FILE, {"item_id": "VARCHAR"})


@pytest.fixture(scope="module")
def people(stream: Stream) -> People:
    """(at, type, item) of each person, in the order of work."""
    return stream.people("select person, ms, type, item_id from events order by person, pos")


@pytest.fixture(scope="module")
def got(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return replay("otto", FILE, tmp_path_factory.mktemp("one"))


def test_every_way_gives_the_same_bytes(got: Replay, tmp_path: Path) -> None:
    """S1.5, S11.1: grouped by person in one process or two, or all in the order of time: one trace, one list of messages."""
    one = every_way("otto", DATA / FILE, tmp_path)

    assert one.trace_bytes == got.trace_bytes


def test_three_views(got: Replay, people: People, stream: Stream) -> None:
    """S5.6: `3 x within 10m` fires at the third view within ten minutes, sliding, since the last firing; a firing that finds its
    person inside is refused, and counts as a firing all the same. S1.6: who waits at the end of input is inside."""
    expected, said = _three_views(people, stream.end)

    confirm(got, "three_views", expected)
    assert got.vars_of("three_views") == sorted(said, key=lambda row: row[:2])
    assert Counter(h.what for h in expected)["refused"] > 0


def _three_views(people: People, end: int) -> tuple[list[Happening], list[tuple[int, str, Any]]]:
    expected, said = [], []
    for person, events in people.items():
        waiting: list[tuple[int, str]] = []
        over = -1
        for at, kind, item in events:
            if kind != "product_viewed" or at > end:
                continue
            waiting = [view for view in waiting if view[0] >= at - 10 * MINUTE] + [(at, item)]
            if len(waiting) < 3:
                continue
            if at <= over:
                expected.append(Happening(at, person, "refused", "inside"))
            else:
                over = at + MINUTE
                expected.append(Happening(at, person, "entered"))
                if over <= end:
                    expected += done(over, person, "looking_around")
                    said.append((over, person, {"first": waiting[0][1], "latest": item}))
            waiting = []
    return expected, said


def test_same_item(got: Replay, stream: Stream) -> None:
    """S5.6: with `same` there is one count for each article; three views of one article, since its last firing, within a day.
    S5.3: the journey itself has no key, so another article within two hours is refused (`again`)."""
    views = stream.rows(
        f"""
        with recursive view as (
            select person, item_id, ms, pos, row_number() over w as n,
                   lag(ms, 2) over w as two_before
            from events where type = 'product_viewed' window w as (partition by person, item_id order by pos)),
        counted as (
            select person, item_id, ms, pos, n, 1 as since, false as fired from view where n = 1
            union all
            select v.person, v.item_id, v.ms, v.pos, v.n,
                   case when c.fired then 1 else c.since + 1 end,
                   not c.fired and c.since >= 2 and v.two_before >= v.ms - {DAY}
            from counted c join view v on v.person = c.person and v.item_id = c.item_id and v.n = c.n + 1)
        select ms, person, item_id from counted where fired order by pos"""
    )
    expected, said = [], []
    entered: dict[str, int] = {}
    for at, person, item in views:
        last = entered.get(person, -(10**15))
        if at < last + 2 * HOUR:
            expected.append(Happening(at, person, "refused", "inside" if at == last else "again"))
            continue
        entered[person] = at
        said.append((at, person, {"item": item}))
        expected += at_once(at, person, "still_thinking")

    confirm(got, "same_item", expected)
    assert got.vars_of("same_item") == sorted(said, key=lambda row: row[:2])


def test_seen_before(got: Replay, stream: Stream) -> None:
    """S1.11, S3.3: history in a condition: views of the very article within the hour before, what lies exactly an hour back is
    out."""
    carts = stream.rows(
        f"""
        select c.ms, c.person, c.item_id from events c
        where c.type = 'product_added' and 2 <= (
            select count(*) from events v
            where v.type = 'product_viewed' and v.person = c.person and v.item_id = c.item_id
              and v.ms > c.ms - {HOUR} and v.pos < c.pos)
        order by c.pos"""
    )
    assert len({(at, person) for at, person, _ in carts}) == len(carts)

    confirm(got, "seen_before", [h for at, person, _ in carts for h in at_once(at, person, "sure_of_it")])
    assert [(at, person, v["item"]) for at, person, v in got.vars_of("seen_before")] == sorted(carts)


def test_cart(got: Replay, people: People, stream: Stream) -> None:
    """S5.3, S5.5, S6.3: an instance per article; a plain wait remembers no view, `wait_for` takes the next one or its timeout; an
    order within seven days of the entry ends it wherever it stands; the article put in again starts it anew."""
    expected = [h for person, events in people.items() for h in _carts(person, events, stream.end)]

    confirm(got, "cart", expected)
    ends = {h.detail for h in expected if h.what in {"sent", "left"}}
    assert ends == {"seen_again", "in_your_cart", "goal", "completed", "restarted"}


def _carts(person: str, events: list[tuple[Any, ...]], end: int) -> Iterator[Happening]:
    """Obvious bookkeeping: for each article where its instance stands and when it goes on."""
    inside: dict[str, dict[str, Any]] = {}
    for at, kind, item in [*(e for e in events if e[0] <= end), (end + 1, "end", "")]:
        for key, cart in list(inside.items()):
            yield from _until(person, cart, at)
            if cart["stands"] == "out":
                del inside[key]
        cart = inside.get(item, {})
        if kind == "order_completed" and cart and at <= cart["entered"] + 7 * DAY:
            del inside[item]
            yield Happening(at, person, "goal")
            yield Happening(at, person, "left", "goal")
        elif kind == "product_viewed" and cart and cart["stands"] == "look":
            cart.update(stands="send", next=at)
        elif kind == "product_added":
            if cart:
                yield Happening(at, person, "left", "restarted")
            elif len(inside) == 10:
                yield Happening(at, person, "refused", "full")
                continue
            inside[item] = {"entered": at, "stands": "pause", "next": at + 30 * MINUTE}
            yield Happening(at, person, "entered", item)


def _until(person: str, cart: dict[str, Any], limit: int) -> Iterator[Happening]:
    """Everything that time alone does to one instance before `limit`."""
    while cart["stands"] != "out" and cart["next"] < limit:
        now = cart["next"]
        match cart["stands"]:
            case "pause":
                cart.update(stands="look", next=now + 24 * HOUR)
            case "look":
                yield Happening(now, person, "sent", "in_your_cart")
                cart.update(stands="rest", next=now + 7 * DAY)
            case "send":
                yield Happening(now, person, "sent", "seen_again")
                cart.update(stands="rest", next=now + 7 * DAY)
            case "rest":
                yield Happening(now, person, "left", "completed")
                cart.update(stands="out")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("days", [-3, -1, 5, 30])
def test_until(people: People, stream: Stream, tmp_path: Path, workers: int, days: int) -> None:
    """S1.6: `until` sets the end, earlier or later than the last event: what lies behind it is not worked, what is due up to that
    instant is."""
    end = stream.end + days * DAY
    got = replay("otto", FILE, tmp_path, workers=workers, until=end)

    confirm(got, "three_views", _three_views(people, end)[0])
    confirm(got, "cart", [h for person, events in people.items() for h in _carts(person, events, end)])
    assert got.result.end == end


@pytest.mark.parametrize("order", ["ts", "arrival"])
def test_drain(got: Replay, people: People, stream: Stream, tmp_path: Path, order: str) -> None:
    """S1.6: `drain` goes on after the last event until nobody is inside; up to there nothing is different."""
    drained = replay("otto", FILE, tmp_path, drain=True, order=order)

    confirm(drained, "three_views", _three_views(people, stream.end + 400 * DAY)[0])
    confirm(drained, "cart", [h for person, events in people.items() for h in _carts(person, events, stream.end + 400 * DAY)])
    assert [line for line in drained.trace if instant(line["at"]) <= stream.end] == got.trace
    assert [key for key, n in drained.result.counts.items() if key[0] == "inside" and n] == []
