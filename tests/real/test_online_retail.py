"""Online Retail: 25,900 invoices and cancellations of a British gift shop in one year, at whole minutes of London time."""

from __future__ import annotations

import math
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.real.recorded import (
    DAY,
    HOUR,
    MINUTE,
    Change,
    Happening,
    People,
    Replay,
    Stream,
    at_once,
    confirm,
    done,
    every_way,
    membership,
    part,
    replay,
)

FILE = "online_retail_invoices.jsonl.gz"
LONDON = ZoneInfo("Europe/London")


@pytest.fixture(scope="module")
def stream() -> Stream:
    return Stream(FILE, {"total": "DOUBLE"})


@pytest.fixture(scope="module")
def got(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return replay("online_retail", FILE, tmp_path_factory.mktemp("two"), workers=2)


@pytest.fixture(scope="module")
def people(stream: Stream) -> People:
    """(at, pos, type, id, total) of each person, in the order of work."""
    return stream.people("select person, ms, pos, type, id, total from events order by person, pos")


@pytest.fixture(scope="module")
def vips(people: People, stream: Stream) -> dict[str, list[Change]]:
    """Changes of the audience `vip` for each person."""
    return {
        person: membership(
            [(at, pos, total if kind == "order_completed" else None) for at, pos, kind, _, total in events],
            90 * DAY,
            2000,
            stream.end,
        )
        for person, events in people.items()
    }


PARTS = ["0", pytest.param("0-9", marks=pytest.mark.long)]  # of the people, by the last digit of their number


@pytest.mark.parametrize("last", PARTS)
def test_every_way_gives_the_same_bytes(tmp_path: Path, last: str) -> None:
    """S1.5, S11.1: grouped by person in one process or two, or all in the order of time: one trace, one list of messages."""
    one = every_way("online_retail", part(FILE, tmp_path, last), tmp_path)

    assert one.messages


def test_reading(got: Replay, stream: Stream) -> None:
    """S2.3: everybody's origin is the one identifier they have, a number of the shop or a cookie; S1.6: the end of input."""
    born = {(line["at"], line["profile"]) for line in got.trace if line["what"] == "born"}
    first = stream.rows("select min(ms), person from events group by person")

    assert len(born) == got.result.profiles == len(first) == 8_082
    assert {person for _, person in born} == {person for _, person in first}
    assert (got.result.end, got.result.duplicates, got.result.late, got.result.dead) == (stream.end, 0, 0, {})


def test_second_order(got: Replay, stream: Stream) -> None:
    """S3.4, S5.3, S5.4, S5.6: an attribute counts the event that is tested; the entering event is not its own goal; a second
    order within 30 days, at the same minute too, reaches the goal, one at exactly 30 days as well; else the gift is sent."""
    expected = stream.happenings(
        f"""
        with first as (
            select ms, person, next from (
                select ms, person, row_number() over w as n, lead(ms) over w as next
                from events where type = 'order_completed' window w as (partition by person order by pos))
            where n = 1),
        ends as (
            select *, next is not null and next <= ms + {30 * DAY} as again, ms + {30 * DAY} <= {stream.end} as over from first)
        select ms, person, 'entered', '' from ends
        union all select next, person, 'goal', '' from ends where again
        union all select next, person, 'left', 'goal' from ends where again
        union all select ms + {30 * DAY}, person, 'sent', 'come_back' from ends where not again and over
        union all select ms + {30 * DAY}, person, 'left', 'completed' from ends where not again and over"""
    )

    confirm(got, "second_order", expected)


def test_five_orders(got: Replay, people: People) -> None:
    """S5.6: `n x within D` slides, and counts since the last firing; `as` binds the n events in their order."""
    fired = []
    for person, events in people.items():
        waiting: list[tuple[int, str, float]] = []
        for at, _, kind, event_id, total in events:
            if kind != "order_completed":
                continue
            waiting.append((at, event_id, total))
            waiting = [order for order in waiting if order[0] >= at - 90 * DAY]
            if len(waiting) == 5:
                spent = math.fsum(total for _, _, total in waiting)
                fired.append((at, person, {"first": waiting[0][1], "latest": event_id, "spent": spent}))
                waiting = []

    expected = [h for at, person, _ in fired for h in at_once(at, person, "loyal")]
    confirm(got, "five_orders", expected)
    assert got.vars_of("five_orders") == sorted(fired, key=lambda row: row[:2])


def test_no_reorder(got: Replay, people: People, stream: Stream) -> None:
    """S5.6: `a then not b within D` fires at exactly D after `a`; a newer `a` meanwhile is ignored, one at that very instant
    too; a `b` at that instant still kills (S1.4)."""
    fired = []
    for person, events in people.items():
        since: tuple[int, str] | None = None
        for at, _, kind, event_id, _ in [*events, (stream.end + 1, 0, "end", "", 0.0)]:
            if since is not None and at > since[0] + 14 * DAY:
                fired.append((since[0] + 14 * DAY, person, {"invoice": since[1]}))
                since = None
            if kind == "order_completed":
                since = None
            elif kind == "order_cancelled" and since is None:
                since = (at, event_id)

    expected = [h for at, person, _ in fired for h in at_once(at, person, "what_went_wrong")]
    confirm(got, "no_reorder", expected)
    assert got.vars_of("no_reorder") == sorted(fired, key=lambda row: row[:2])


def test_audience_through_time(got: Replay, vips: dict[str, list[Change]]) -> None:
    """S1.11, S3.3, S4.1: joined at the order that brings 2,000 pounds of 90 days together, left at exactly 90 days after the
    order that falls out of the window; `sum` is the correctly rounded sum, however the window slid."""
    expected = Counter(
        (change.at, person, "joined" if change.joined else "left_audience")
        for person, changes in vips.items()
        for change in changes
    )

    assert Counter(got.of_audience("vip")) == expected
    assert sum(change.pos is None for changes in vips.values() for change in changes) > 100


def test_vip_club(got: Replay, vips: dict[str, list[Change]], stream: Stream) -> None:
    """S5.1, S5.3, S5.5: entry on joining, at most every 30 days: who joins again sooner is refused (`again`); leaving the
    audience leaves the journey, wherever it stands."""
    expected = []
    for person, changes in vips.items():
        last = -31 * DAY
        for number, change in enumerate(changes):
            if not change.joined:
                continue
            if change.at < last + 30 * DAY:
                expected.append(Happening(change.at, person, "refused", "again"))
                continue
            last, over = change.at, change.at + 14 * DAY
            left = changes[number + 1].at if number + 1 < len(changes) else stream.end + 1
            expected += [Happening(change.at, person, "entered"), Happening(change.at, person, "sent", "vip_welcome")]
            if left <= min(over, stream.end):
                expected.append(Happening(left, person, "left", "exit"))
            elif over <= stream.end:
                expected += done(over, person, "vip_offer")

    confirm(got, "vip_club", expected)
    assert {"again", "exit", "completed"} <= {h.detail for h in expected}


def test_vip_lost(got: Replay, vips: dict[str, list[Change]]) -> None:
    """S4.3: leaving is an event, at the exact instant at which the sum falls."""
    left = [(change.at, person) for person, changes in vips.items() for change in changes if not change.joined]

    confirm(
        got,
        "vip_lost",
        [h for at, person in left for h in at_once(at, person, "sorry_to_see_you_go")],
    )


def test_vip_mondays(got: Replay, vips: dict[str, list[Change]], stream: Stream) -> None:
    """S1.1, S5.1: every Monday at nine in London, winter and summer, for exactly those who are members at that instant."""
    first, expected = stream.rows("select min(ms) from events")[0][0], []
    day = datetime.fromtimestamp(first / 1000, LONDON).date()
    mondays: list[int] = []
    while not mondays or mondays[-1] <= stream.end:
        if day.weekday() == 0:
            mondays.append(first_instant(datetime.combine(day, time(9))))
        day += timedelta(days=1)
    for person, changes in vips.items():
        for monday in mondays:
            known = [change.joined for change in changes if change.at <= monday]
            if known and known[-1] and first <= monday <= stream.end:
                expected += at_once(monday, person, "monday_letter")

    confirm(got, "vip_mondays", expected)
    assert {h.at % DAY for h in expected} == {8 * HOUR, 9 * HOUR}
    so_far: Counter[str] = Counter()
    for at, person, said in got.vars_of("vip_mondays"):
        so_far[person] += 1
        assert said == {"n": so_far[person]}, (at, person)


def test_fourth_letter(got: Replay) -> None:
    """S6.2: an emitted event is worked at the same instant, after what emitted it; what `set` wrote is seen at once (S3.4)."""
    letters: dict[str, list[int]] = {}
    for at, person, _ in got.vars_of("vip_mondays"):  # confirmed above
        letters.setdefault(person, []).append(at)

    confirm(
        got,
        "fourth_letter",
        [h for person, ats in letters.items() for at in ats[3:4] for h in at_once(at, person, "subscribe")],
    )


def test_vip_for_a_month(got: Replay, vips: dict[str, list[Change]], stream: Stream) -> None:
    """S1.11, S4.5, S5.1: `has been true for 30d` comes to hold exactly 30 days after joining, unless membership broke before."""
    expected = []
    for person, changes in vips.items():
        for number, change in enumerate(changes):
            held = change.at + 30 * DAY
            left = changes[number + 1].at if number + 1 < len(changes) else stream.end + 1
            if change.joined and left > held and held <= stream.end:
                expected += at_once(held, person, "vip_month")

    confirm(got, "vip_for_a_month", expected)


@cache
def first_instant(wall: datetime) -> int:
    """The first instant at which clocks in London show `wall` (whole minutes) or later: for a time that spring skips the first
    after the gap, for one that autumn has twice the earlier (S1.1)."""
    at = round((wall.replace(tzinfo=UTC) - timedelta(hours=1)).timestamp() * 1000)
    while datetime.fromtimestamp(at / 1000, LONDON).replace(tzinfo=None) < wall:
        at += MINUTE
    return at


def next_sunday(at: int) -> int:
    """The next half past one of a Sunday, now included."""
    day = datetime.fromtimestamp(at / 1000, LONDON).replace(hour=1, minute=30, second=0, microsecond=0, tzinfo=None)
    day += timedelta(days=(6 - day.weekday()) % 7)
    moment = first_instant(day)
    return moment if moment >= at else first_instant(day + timedelta(days=7))


def a_month_later(at: int) -> int:
    """The same local time a month later; where the month has no such day, on its last."""
    wall = datetime.fromtimestamp(at / 1000, LONDON).replace(tzinfo=None)
    year, month = divmod(wall.year * 12 + wall.month, 12)
    return first_instant(wall.replace(year=year, month=month + 1, day=min(wall.day, monthrange(year, month + 1)[1])))


def _waits(people: People, until: Callable[[int], int], gap: int, template: str, end: int) -> Iterator[Happening]:
    """Entry by an order, a wait, a message; again after `gap`."""
    for person, events in people.items():
        entered, over = -(10**15), -1
        for at, _, kind, _, _ in events:
            if kind != "order_completed":
                continue
            if at <= over:
                yield Happening(at, person, "refused", "inside")
            elif at < entered + gap:
                yield Happening(at, person, "refused", "again")
            else:
                entered, over = at, until(at)
                yield Happening(at, person, "entered")
                if over <= end:
                    yield from done(over, person, template)


def test_sunday_night(got: Replay, people: People, stream: Stream) -> None:
    """S1.1: `wait until sunday at 01:30` in London: on 27 March 2011 that time does not exist and becomes 02:00 (01:00 UTC), on
    30 October it comes twice and the earlier counts (00:30 UTC). S5.3: who is inside is refused as `inside`, who is outside
    too soon as `again`."""
    expected = list(_waits(people, next_sunday, 7 * DAY, "sunday_note", stream.end))

    confirm(got, "sunday_night", expected)
    sent = {h.at for h in expected if h.what == "sent"}
    spring, autumn = datetime(2011, 3, 27, 1, 0, tzinfo=UTC), datetime(2011, 10, 30, 0, 30, tzinfo=UTC)
    assert {round(spring.timestamp() * 1000), round(autumn.timestamp() * 1000)} <= sent
    assert {h.detail for h in expected if h.what == "refused"} == {"inside", "again"}


def test_month_later(got: Replay, people: People, stream: Stream) -> None:
    """S1.1: `wait 1 month` keeps the local time across a change of clocks and ends on the last day of a shorter month."""
    expected = list(_waits(people, a_month_later, 10**14, "one_month", stream.end))

    confirm(got, "month_later", expected)
    waits = Counter(a_month_later(h.at) - h.at for h in expected if h.what == "entered")
    assert {28 * DAY, 30 * DAY, 31 * DAY, 31 * DAY - HOUR} <= set(waits)
    assert any(length % DAY == HOUR for length in waits)


def test_third_this_month(got: Replay, people: People) -> None:
    """S3.3: a window of the present calendar month begins at midnight of its first day in London."""
    expected = []
    for person, events in people.items():
        months: Counter[tuple[int, int]] = Counter()
        for at, _, kind, _, _ in events:
            local = datetime.fromtimestamp(at / 1000, LONDON)
            months[local.year, local.month] += kind == "order_completed"
            if kind == "order_completed" and months[local.year, local.month] == 3:
                expected += at_once(at, person, "busy_month")

    confirm(got, "third_this_month", expected)


def test_after_big_order(got: Replay, people: People, stream: Stream) -> None:
    """S6.2, S6.3, S3.4: cases of `wait_for` are tried in their order, a case whose `when` fails lets the event pass; an order at
    the very end of the week is counted before the timeout looks at `profile.orders`; the instance stands at its `send` until
    the sends of the instant, so a further big order of that instant is refused as `inside`."""
    expected: list[Happening] = []
    smaller = []
    for person, events in people.items():
        for happening, spent in _after_big(person, events, stream.end):
            expected.append(happening)
            if happening.detail == "smaller_one":
                smaller.append((happening.at, person, {"spent": spent}))

    confirm(got, "after_big_order", expected)
    assert {h.detail for h in expected if h.what == "sent"} == {"smaller_one", "to_a_friend", "to_a_guest"}
    assert [m for m in got.vars_of("after_big_order") if m[2]] == sorted(smaller, key=lambda m: (m[0], m[1]))


def _after_big(person: str, events: list[tuple[Any, ...]], end: int) -> Iterator[tuple[Happening, float]]:
    entered = sending = -(10**15)
    waiting: float | None = None
    orders = 0
    for at, _, kind, _, total in [*events, (end + 1, 0, "end", "", 0.0)]:
        if waiting is not None and at > entered + 7 * DAY:
            over = entered + 7 * DAY
            yield Happening(over, person, "sent", "to_a_friend" if orders >= 5 else "to_a_guest"), 0.0
            yield Happening(over, person, "left", "completed"), 0.0
            waiting = None
        orders += kind == "order_completed"
        if waiting is not None and kind == "order_cancelled":
            yield Happening(at, person, "left", "cancelled"), 0.0
            waiting = None
        elif waiting is not None and kind == "order_completed" and total < waiting:
            yield Happening(at, person, "sent", "smaller_one"), total
            yield Happening(at, person, "left", "completed"), 0.0
            waiting, sending = None, at
        if kind == "order_completed" and total >= 500:
            if waiting is not None or sending == at:
                yield Happening(at, person, "refused", "inside"), 0.0
            elif at < entered + 14 * DAY:
                yield Happening(at, person, "refused", "again"), 0.0
            else:
                entered, waiting = at, total
                yield Happening(at, person, "entered"), 0.0
