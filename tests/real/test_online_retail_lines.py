"""Online Retail, line by line: 541,909 events, 96% of which share their instant with another, so that the order of work within
an instant (S1.2) decides."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.real.recorded import DAY, MINUTE, Happening, Replay, Stream, at_once, confirm, done, every_way, part, replay

FILE = "online_retail_lines.jsonl.gz"


@pytest.fixture(scope="module")
def stream() -> Stream:
    return Stream(FILE, {"invoice": "VARCHAR", "sku": "VARCHAR", "quantity": "INTEGER"})


@pytest.fixture(scope="module")
def got(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return replay("online_retail_lines", FILE, tmp_path_factory.mktemp("two"), workers=2)


PARTS = ["0", pytest.param("0-9", marks=pytest.mark.long)]  # of the people, by the last digit of their number


@pytest.mark.parametrize("last", PARTS)
def test_every_way_gives_the_same_bytes(tmp_path: Path, last: str) -> None:
    """S1.5, S11.1: grouped by person in one process or two, or all in the order of time: one trace, one list of messages."""
    one = every_way("online_retail_lines", part(FILE, tmp_path, last), tmp_path)

    assert one.messages


def test_reading(got: Replay, stream: Stream) -> None:
    """S1.6, S1.8: every line is an event of its own; nothing is late, twice or dead."""
    assert (got.result.read, got.result.profiles, got.result.end) == (541_909, 8_082, stream.end)
    assert (got.result.duplicates, got.result.late, got.result.dead) == (0, 0, {})
    shared = stream.rows("select sum(n) from (select count(*) as n from events group by ms having count(*) > 1)")[0][0]
    assert shared / 541_909 > 0.96


def test_hundredth_line(got: Replay, stream: Stream) -> None:
    """S1.2, S3.4: the hundredth line is one line of an invoice, in the order of the file, and sees itself counted."""
    rows = stream.rows(
        """select ms, person, sku from (
               select ms, person, sku, row_number() over (partition by person order by pos) as n
               from events where type = 'item_purchased') where n = 100"""
    )

    confirm(
        got,
        "hundredth_line",
        [h for at, person, _ in rows for h in at_once(at, person, "hundred")],
    )
    assert [(at, person, v["sku"]) for at, person, v in got.vars_of("hundredth_line")] == sorted(rows)


def test_returned(got: Replay, stream: Stream) -> None:
    """S5.6: an equality with an earlier binding is read as `same`, one partial match per article; a newer purchase replaces the
    waiting one, one purchase serves one cancellation. S5.3: at most ten instances of a journey at once (`full`): they stand at
    their `send` until the sends of the instant; a second match of one article meanwhile is `inside`."""
    matches = stream.rows(
        f"""
        select ms, person, sku, bought_on from (
            select ms, pos, person, sku, type, lag(type) over w as before, lag(ms) over w as bought_at,
                   lag(invoice) over w as bought_on
            from events where type <> 'adjustment'
            window w as (partition by person, sku order by pos))
        where type = 'item_cancelled' and before = 'item_purchased' and ms <= bought_at + {30 * DAY}
        order by pos"""
    )
    expected, said = [], []
    standing: dict[tuple[int, str], set[str]] = {}
    for at, person, sku, bought_on in matches:
        keys = standing.setdefault((at, person), set())
        if sku in keys or len(keys) == 10:
            expected.append(Happening(at, person, "refused", "inside" if sku in keys else "full"))
            continue
        keys.add(sku)
        said.append((at, person, sku, bought_on))
        expected += at_once(at, person, "returned", sku)

    confirm(got, "returned", expected)
    assert sorted((at, person, v["sku"], v["bought_on"]) for at, person, v in got.vars_of("returned")) == sorted(said)
    assert Counter(h.detail for h in expected if h.what == "refused")["full"] > 0


def test_in_bulk(got: Replay, stream: Stream) -> None:
    """S5.6, S1.2: three lines of one invoice fire at the third, in the order of the file; the next three count afresh, though
    within the same instant their trigger is refused (`inside`)."""
    expected, said = [], []
    people = stream.people(
        "select person, ms, sku from events where type = 'item_purchased' and quantity >= 50 order by person, pos"
    )
    for person, lines in people.items():
        waiting: list[tuple[int, str]] = []
        entered = -1
        for at, sku in lines:
            waiting = [line for line in waiting if line[0] >= at - 10 * MINUTE] + [(at, sku)]
            if len(waiting) < 3:
                continue
            if entered == at:
                expected.append(Happening(at, person, "refused", "inside"))
            else:
                expected += at_once(at, person, "bulk_price")
                said.append((at, person, waiting[0][1], sku))
                entered = at
            waiting = []

    confirm(got, "in_bulk", expected)
    assert [(at, person, v["first"], v["third"]) for at, person, v in got.vars_of("in_bulk")] == sorted(said)
    assert Counter(h.what for h in expected)["refused"] > 0


def test_basket(got: Replay, stream: Stream) -> None:
    """S6.1: `collect` keeps the entry event and every matching one until its end, that instant included (S1.4), in the order of
    work; S5.3: `key` makes an instance per invoice, every further line of it is refused, `inside` or `again`."""
    rows = stream.rows(
        f"""
        with big as (
            select person, ms, pos, invoice, sku, quantity,
                   first_value(ms) over (partition by person, invoice order by pos) as entered,
                   row_number() over (partition by person, invoice order by pos) as n
            from events where type = 'item_purchased' and quantity >= 50)
        select entered, person, invoice, count(*) filter (where ms <= entered + {MINUTE}),
               sum(quantity) filter (where ms <= entered + {MINUTE})::bigint,
               arg_max(sku, pos) filter (where ms <= entered + {MINUTE}),
               list(ms order by pos) filter (where n > 1)
        from big group by entered, person, invoice order by min(pos)"""
    )
    expected, said = [], []
    for entered, person, invoice, lines, pieces, latest, further in rows:
        over = entered + MINUTE
        expected.append(Happening(entered, person, "entered", invoice))
        for at in further or ():
            expected.append(Happening(at, person, "refused", "inside" if at <= over else "again"))
        if over <= stream.end:
            expected += done(over, person, "big_basket")
            said.append((over, person, {"invoice": invoice, "lines": lines, "pieces": pieces, "latest": latest}))

    confirm(got, "basket", expected)
    assert got.vars_of("basket") == sorted(said, key=lambda row: (row[0], row[1], row[2]["invoice"]))
