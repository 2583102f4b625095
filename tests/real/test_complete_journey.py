"""Complete Journey: 83,691 contacts, redemptions and purchases of 2,379 grocery households, confirmed by SQL in DuckDB where
SQL can say it and by plain Python where it cannot."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.real.recorded import (
    DAY,
    HOUR,
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

FILE = "completejourney.jsonl.gz"
NEVER = (10**15, 0)
COLUMNS = {"campaign_id": "VARCHAR", "end_date": "DATE", "basket_id": "VARCHAR", "sales_value": "DOUBLE"}


@pytest.fixture(scope="module")
def stream() -> Stream:
    return Stream(FILE, COLUMNS)


@pytest.fixture(scope="module")
def got(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return replay("complete_journey", FILE, tmp_path_factory.mktemp("two"), workers=2)


@pytest.fixture(scope="module")
def regulars(stream: Stream) -> dict[str, list[Change]]:
    """Changes of the audience `regulars` for each person."""
    events = stream.people("select person, ms, pos, sales_value from events order by person, pos")
    return {person: membership(rows, 90 * DAY, 60, stream.end) for person, rows in events.items()}


PARTS = ["0", pytest.param("0-9", marks=pytest.mark.long)]  # of the people, by the last digit of their number


@pytest.mark.parametrize("last", PARTS)
def test_every_way_gives_the_same_bytes(tmp_path: Path, last: str) -> None:
    """S1.5, S11.1: grouped by person in one process or two, or all in the order of time: one trace, one list of messages."""
    one = every_way("complete_journey", part(FILE, tmp_path, last), tmp_path)

    assert one.messages


def test_three_sources_give_the_same_trace(stream: Stream, tmp_path: Path) -> None:
    """S1.2, S1.3: contacts, redemptions and purchases as three sources, read as they come: the clock is the smallest watermark,
    and what happens is the same, for nobody has events of two kinds at one instant."""
    shared = "select person, ms from events group by all having count(distinct type) > 1"
    assert stream.rows(shared) == []
    whole = part(FILE, tmp_path, "0")
    lines: dict[str, list[bytes]] = {}
    for line in whole.read_bytes().splitlines(keepends=True):
        lines.setdefault(json.loads(line)["type"], []).append(line)
    files = [tmp_path / f"{kind}.jsonl" for kind in sorted(lines)]
    for file in files:
        file.write_bytes(b"".join(lines[file.stem]))
    one = replay("complete_journey", [whole], tmp_path)
    three = replay("complete_journey", files, tmp_path, order="arrival")

    assert len(files) == 3
    assert three.trace == one.trace
    assert three.result.counts == one.result.counts


def test_reading(got: Replay, stream: Stream) -> None:
    """S1.3, S1.6: what was read, how many people there are, when the input ended."""
    events, people, first = stream.rows("select count(*), count(distinct person), min(ms) from events")[0]

    assert (got.result.read, got.result.profiles, got.result.first_ts) == (events, people, first)
    assert (got.result.last_ts, got.result.end) == (stream.end, stream.end)
    assert (got.result.late, got.result.duplicates, got.result.id_reused, got.result.out_of_order) == (0, 0, 0, 0)
    assert (got.result.dead, got.result.unknown_types) == ({}, {})


def test_coupon_reminder(got: Replay, stream: Stream) -> None:
    """S1.4, S1.11, S5.3, S5.6: one instance per contact (`key`); a redemption until 14 days and a half later, that instant
    included, reaches the goal before the wait of the same length is over (25 redemptions come at that very instant); what
    waits at the end of input is inside (S1.6)."""
    expected = stream.happenings(
        f"""
        with contact as (
            select c.ms, c.pos, c.person, c.campaign_id,
                   (select min(r.ms) from events r
                    where r.type = 'coupon_redeemed' and r.person = c.person and r.campaign_id = c.campaign_id
                      and r.pos > c.pos and r.ms <= c.ms + {348 * HOUR}) as redeemed
            from events c where c.type = 'campaign_received')
        select ms, person, 'entered', campaign_id from contact
        union all select redeemed, person, 'goal', '' from contact where redeemed is not null
        union all select redeemed, person, 'left', 'goal' from contact where redeemed is not null
        union all select ms + {348 * HOUR}, person, 'sent', 'coupon_unused' from contact
            where redeemed is null and ms + {348 * HOUR} <= {stream.end}
        union all select ms + {348 * HOUR}, person, 'left', 'completed' from contact
            where redeemed is null and ms + {348 * HOUR} <= {stream.end}"""
    )

    confirm(got, "coupon_reminder", expected)
    ties = stream.rows(
        f"""select count(distinct (c.person, c.campaign_id)) from events c join events r using (person, campaign_id)
            where c.type = 'campaign_received' and r.type = 'coupon_redeemed' and r.ms = c.ms + {348 * HOUR}"""
    )
    assert ties == [(25,)]


LAPSES = """
    select ms, person, basket_id from (
        select ms, person, basket_id, lead(ms) over (partition by person order by pos) as next
        from events where type = 'item_purchased')
    where ms + {gap} <= {end} and (next is null or next > ms + {gap})"""


def test_lapsed(got: Replay, stream: Stream) -> None:
    """S5.6: `a then not a within D`: the next `a` starts it anew; it fires at exactly D after the last one, and not when one
    comes at that instant; `entry` is that last one: of a basket of many lines with one instant, the last line."""
    lapses = stream.rows(LAPSES.format(gap=60 * DAY, end=stream.end))

    expected = [h for at, person, _ in lapses for h in at_once(at + 60 * DAY, person, "we_miss_you")]
    confirm(got, "lapsed", expected)
    baskets = sorted((at + 60 * DAY, person, basket) for at, person, basket in lapses)
    assert [(at, person, v["basket"]) for at, person, v in got.vars_of("lapsed")] == baskets


def test_lapsed_by_restart(got: Replay, stream: Stream) -> None:
    """S5.3: `while_inside restart` ends the instance and enters anew, without regard to `again`; a purchase at the instant at
    which the wait is over comes first (S1.4). The messages are those of `lapsed`."""
    purchases = stream.rows(
        """select ms, person, lead(ms) over (partition by person order by pos)
           from events where type = 'item_purchased'"""
    )
    expected = []
    for at, person, following in purchases:
        over = at + 60 * DAY
        expected.append(Happening(at, person, "entered"))
        if following is not None and following <= over:
            expected.append(Happening(following, person, "left", "restarted"))
        elif over <= stream.end:
            expected += done(over, person, "we_miss_you")

    confirm(got, "lapsed_by_restart", expected)
    runs = stream.rows(
        f"""
        with gap as (
            select ms, person, pos, basket_id,
                   coalesce(ms - lag(ms) over (partition by person order by pos) > {60 * DAY}, true) as begins
            from events where type = 'item_purchased'),
        run as (select *, count(*) filter (where begins) over (partition by person order by pos) as number from gap)
        select max(ms) + {60 * DAY}, person, arg_max(basket_id, pos), arg_min(basket_id, pos) from run
        group by person, number having max(ms) + {60 * DAY} <= {stream.end}"""
    )
    said = [(at, person, v["basket"], v["first"]) for at, person, v in got.vars_of("lapsed_by_restart")]
    assert sorted(said) == sorted(runs)


def test_coupon_thanks(got: Replay, stream: Stream) -> None:
    """S5.3: `again after 14d` counts from the last entry and admits from exactly 14 days on (redemptions all come at noon, so
    such ties happen); a second redemption of the same instant finds its person inside, for the message is sent only after
    all events of the instant (S1.4)."""
    expected = stream.happenings(
        f"""
        with recursive redemption as (
            select person, ms, pos, row_number() over (partition by person order by pos) as n
            from events where type = 'coupon_redeemed'),
        told as (
            select person, ms, n, ms as entered_at, 'entered' as verdict from redemption where n = 1
            union all
            select r.person, r.ms, r.n,
                   case when r.ms >= t.entered_at + {14 * DAY} then r.ms else t.entered_at end,
                   case when r.ms >= t.entered_at + {14 * DAY} then 'entered'
                        when r.ms = t.entered_at then 'inside' else 'again' end
            from told t join redemption r on r.person = t.person and r.n = t.n + 1)
        select ms, person, 'entered', '' from told where verdict = 'entered'
        union all select ms, person, 'sent', 'thanks' from told where verdict = 'entered'
        union all select ms, person, 'left', 'completed' from told where verdict = 'entered'
        union all select ms, person, 'refused', verdict from told where verdict <> 'entered'"""
    )

    confirm(got, "coupon_thanks", expected)
    entered: dict[str, int] = {}
    ties = 0
    for at, person, what, _ in sorted(expected):
        if what == "entered":
            ties += at - entered.get(person, at) == 14 * DAY
            entered[person] = at
    assert ties > 5


def test_coupon_used(got: Replay, stream: Stream) -> None:
    """S1.11, S5.6: `a then b within D` includes the instant D after `a`, at which 25 coupons are redeemed; the equality with the
    binding of the first step is read as `same`, so that one contact does not take the place of another."""
    used = stream.rows(
        f"""
        select min(r.ms), c.person, c.campaign_id from events c join events r using (person, campaign_id)
        where c.type = 'campaign_received' and r.type = 'coupon_redeemed' and r.pos > c.pos and r.ms <= c.ms + {348 * HOUR}
        group by c.person, c.campaign_id, c.pos"""
    )

    confirm(got, "coupon_used", [h for at, person, campaign in used for h in at_once(at, person, "well_done", campaign)])


def test_eager(got: Replay, stream: Stream) -> None:
    """S1.11, S5.6: the third of three redemptions may come exactly two days after the first: at noon they often do."""
    people = stream.people("select person, ms from events where type = 'coupon_redeemed' order by person, pos")
    expected = _eager(people, 2 * DAY)

    confirm(got, "eager", expected)
    assert expected != _eager(people, 2 * DAY - 1)


def _eager(people: People, within: int) -> list[Happening]:
    expected = []
    for person, redemptions in people.items():
        waiting: list[int] = []
        entered = -1
        for (at,) in redemptions:
            waiting = [*(t for t in waiting if t >= at - within), at]
            if len(waiting) < 3:
                continue
            waiting = []
            expected += [Happening(at, person, "refused", "inside")] if entered == at else at_once(at, person, "eager")
            entered = at
    return expected


def test_coupons_lapsed(got: Replay, stream: Stream) -> None:
    """S1.4, S5.6: a redemption at the very instant at which `then not` would fire kills it, and begins it anew."""
    rows = stream.rows(
        f"""select ms, person, next from (
                select ms, person, lead(ms) over (partition by person order by pos) as next
                from events where type = 'coupon_redeemed')
            where ms + {14 * DAY} <= {stream.end}"""
    )
    lapsed = [(at + 14 * DAY, person) for at, person, following in rows if following is None or following > at + 14 * DAY]

    confirm(got, "coupons_lapsed", [h for at, person in lapsed for h in at_once(at, person, "coupons_left")])
    assert sum(following == at + 14 * DAY for at, _, following in rows) > 20


def test_audience_through_time(got: Replay, regulars: dict[str, list[Change]]) -> None:
    """S1.11, S3.3, S4.1, S4.3: `sum(…) over 90d >= 60` is joined at the purchase that reaches it and left at exactly 90 days
    after the purchase that falls out, through time alone: every change of every person, with its instant."""
    expected = Counter(
        (change.at, person, "joined" if change.joined else "left_audience")
        for person, changes in regulars.items()
        for change in changes
    )

    assert Counter(got.of_audience("regulars")) == expected
    assert sum(change.pos is None for changes in regulars.values() for change in changes) > 100


def test_regulars_club(got: Replay, regulars: dict[str, list[Change]], stream: Stream) -> None:
    """S4.3, S5.1: entry on joining and exit on leaving; leaving at the instant at which the wait is over comes first, for a
    membership that ends through time is looked at before the timers (S1.4)."""
    expected = []
    for person, changes in regulars.items():
        for number, change in enumerate(changes):
            if not change.joined:
                continue
            left = changes[number + 1].at if number + 1 < len(changes) else stream.end + 1
            over = change.at + 30 * DAY
            expected.append(Happening(change.at, person, "entered"))
            expected.append(Happening(change.at, person, "sent", "club_welcome"))
            if left <= over:
                if left <= stream.end:
                    expected.append(Happening(left, person, "left", "exit"))
            elif over <= stream.end:
                expected += done(over, person, "club_gift")

    confirm(got, "regulars_club", expected)


def test_last_days(got: Replay, stream: Stream) -> None:
    """S1.1, S5.5, S6.3: `wait until 10:00 on DATE - 2 days` is ten o'clock in New York, winter or summer; an exit is watched
    wherever the instance stands; `max_duration` ends what waits longer than 45 days."""
    new_york = ZoneInfo("America/New_York")
    redeemed: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for at, pos, person, campaign in stream.rows(
        "select ms, pos, person, campaign_id from events where type = 'coupon_redeemed' order by pos"
    ):
        redeemed.setdefault((person, campaign), []).append((at, pos))
    expected = []
    for at, pos, person, campaign, ends in stream.rows(
        "select ms, pos, person, campaign_id, end_date from events where type = 'campaign_received'"
    ):
        assert isinstance(ends, date)
        eve = ends - timedelta(days=2)
        moment = round(datetime(eve.year, eve.month, eve.day, 10, tzinfo=new_york).timestamp() * 1000)
        assert moment > at
        used = next((t for t, p in redeemed.get((person, campaign), []) if p > pos), stream.end + 1)
        first, what = min((used, "exit"), (moment, "sent"), (at + 45 * DAY, "max_duration"))
        expected.append(Happening(at, person, "entered", campaign))
        if first > stream.end:
            continue
        if what == "sent":
            expected += done(first, person, "last_days")
        else:
            expected.append(Happening(first, person, "left", what))

    confirm(got, "last_days", expected)
    assert {h.detail for h in expected if h.what == "left"} == {"completed", "exit", "max_duration"}


def test_contact_worked(got: Replay, stream: Stream) -> None:
    """S5.6: `a then b within D`: a newer `a` replaces the waiting one, one `a` serves one `b`, a `b` that fails `where`
    is none."""
    matches = stream.rows(
        f"""
        select ms, person, contact, basket_id from (
            select ms, person, type, basket_id, lag(type) over w as before, lag(ms) over w as contact_at,
                   lag(campaign_id) over w as contact
            from events
            where type = 'campaign_received' or (type = 'item_purchased' and sales_value >= 5)
            window w as (partition by person order by pos))
        where type = 'item_purchased' and before = 'campaign_received' and ms <= contact_at + {3 * DAY}"""
    )
    expected = [h for at, person, _, _ in matches for h in at_once(at, person, "contact_worked")]

    confirm(got, "contact_worked", expected)
    said = [(at, person, v["campaign"], v["basket"]) for at, person, v in got.vars_of("contact_worked")]
    assert said == sorted(matches)


def test_follow_up(got: Replay, stream: Stream, regulars: dict[str, list[Change]]) -> None:
    """S6.3: a case of `wait_for` whose condition already holds passes at once, else the moment it comes to hold; a matching
    event ends the wait unless something came before it; the timeout, at a noon at which coupons are redeemed, comes after all
    else of its instant (S1.4)."""
    rows = stream.people(
        "select person, ms, pos, type, campaign_id from events where type <> 'item_purchased' order by person, pos"
    )
    expected: list[Happening] = []
    for person, events in rows.items():
        for at, pos, kind, campaign in events:
            if kind != "campaign_received":
                continue
            expected.append(Happening(at, person, "entered", campaign))
            used = min(((t, p) for t, p, k, c in events if k == "coupon_redeemed" and c == campaign and p > pos), default=NEVER)
            regular = _regular_from(regulars[person], at, pos)
            first, _, what = min((*used, "redeemed"), (*regular, "regulars"), (at + 252 * HOUR, 10**9, "others"))
            if first > stream.end:
                continue
            if what != "redeemed":
                expected.append(Happening(first, person, "sent", f"note_to_{what}"))
            expected.append(Happening(first, person, "left", what if what == "redeemed" else "completed"))

    confirm(got, "follow_up", expected)
    ends = {h.detail for h in expected if h.what in {"sent", "left"}}
    assert ends == {"note_to_regulars", "note_to_others", "redeemed", "completed"}


def _regular_from(changes: list[Change], at: int, pos: int) -> tuple[int, int]:
    """The place in the order of work from which on a person is a regular, at (at, pos) at the earliest."""
    known = [change.joined for change in changes if (change.at, change.pos or 0) <= (at, pos)]
    if known and known[-1]:
        return at, pos
    return min(((c.at, c.pos or 0) for c in changes if c.joined and (c.at, c.pos or 0) > (at, pos)), default=NEVER)


def test_reminders(got: Replay, stream: Stream, regulars: dict[str, list[Change]]) -> None:
    """S6.1: `repeat` looks at its `until` before each round, at the instant of that round; S5.3: a contact within four weeks of
    the last entry is refused as `inside` while the rounds go on, as `again` after."""
    contacts = stream.rows("select person, ms, pos from events where type = 'campaign_received' order by pos")
    expected: list[Happening] = []
    inside_until: dict[str, int] = {}
    last: dict[str, int] = {}
    for person, at, pos in contacts:
        if at <= inside_until.get(person, -1):
            expected.append(Happening(at, person, "refused", "inside"))
            continue
        if at < last.get(person, -(10**15)) + 28 * DAY:
            expected.append(Happening(at, person, "refused", "again"))
            continue
        expected.append(Happening(at, person, "entered"))
        now, round_of, last[person] = at, 0, at
        while now <= stream.end:
            known = [c.joined for c in regulars[person] if (c.at, c.pos or 0) <= (now, pos if now == at else 10**9)]
            if round_of == 3 or (known and known[-1]):
                expected += done(now, person, "end_of_reminders")
                break
            now, round_of = now + 7 * DAY, round_of + 1
            if now <= stream.end:
                expected.append(Happening(now, person, "sent", "weekly_reminder"))
        inside_until[person] = now

    confirm(got, "reminders", expected)


def test_arms(got: Replay, stream: Stream) -> None:
    """S9.1: chance is a hash of (salt, origin), never a random number: 53 bits of BLAKE2b over their JSON; the holdout leaves at
    once and stays in the count."""
    expected = []
    for at, person in stream.rows("select min(ms), person from events where type = 'campaign_received' group by person"):
        seed = json.dumps(["mail-2017", person], separators=(",", ":")).encode()
        chance = (int.from_bytes(blake2b(seed, digest_size=8).digest(), "big") >> 11) / 2**53
        expected.append(Happening(at, person, "entered"))
        if chance < 0.9:
            expected.append(Happening(at, person, "sent", "letter" if chance < 0.45 else "card"))
            expected.append(Happening(at, person, "left", "completed"))
        else:
            expected.append(Happening(at, person, "left", "holdout"))
    again = stream.happenings(
        """select ms, person, 'refused', case when ms = min(ms) over (partition by person) then 'inside' else 'again' end
           from events where type = 'campaign_received'
           qualify row_number() over (partition by person order by pos) > 1"""
    )

    confirm(got, "arms", expected + again)
    held = Counter(h.detail for h in expected if h.what == "left")
    assert 0.08 < held["holdout"] / held.total() < 0.12
