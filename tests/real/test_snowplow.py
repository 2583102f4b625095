"""Snowplow: 160 web events in the order of their arrival, up to 4.3 days late, three of them twice.

Read in the order of arrival without any lateness allowed, nine of them are late; in the order of time, none."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real.recorded import DATA, DAY, HERE, MINUTE, SECOND, Happening, Replay, at_once, confirm, done, instant, replay

FILE = "snowplow_web_arrival.jsonl"
EBOOK, UTILIZATION = "/resources/product-analytics-ebook/", "/resources/data-utilization/"


@dataclass(frozen=True)
class Hit:
    """A worked event: `at` is its instant in the order of work, `ts` when it happened."""

    at: int
    ts: int
    pos: int
    late: bool
    person: str
    id: str
    type: str
    path: str
    cookie: str | None


@dataclass
class Work:
    hits: list[Hit]
    end: int
    late: int = 0
    rejected: int = 0
    twice: int = 0


def order_of_work(arrival: bool) -> Work:
    """S1.2, S1.3, S1.7, S1.8 by hand for one source whose lateness is 0: its watermark is the largest `ts` read so far."""
    lines = [json.loads(line) for line in (DATA / FILE).read_text().splitlines()]
    read = [(instant(line["ts"]), pos, line) for pos, line in enumerate(lines)]
    if not arrival:
        read.sort(key=lambda row: row[:2])
    watermark = -1
    hits = []
    for ts, pos, line in read:
        late = ts < watermark
        path, cookie = line["properties"]["page_urlpath"], line.get("anonymous_id")
        at = watermark if late else ts
        hits.append(Hit(at, ts, pos, late, "user_id:" + line["user_id"], line["id"], line["type"], path, cookie))
        watermark = max(watermark, ts)
    work = Work([], watermark)
    seen: set[tuple[str, str]] = set()
    for hit in sorted(hits, key=lambda h: (h.at, not h.late, h.pos)):
        if hit.at - hit.ts > DAY:
            work.rejected += 1
        elif (hit.id, hit.person) in seen:  # the copies of this stream have the `ts` of the first
            work.twice += 1
        else:
            work.late += hit.late
            work.hits.append(hit)
            seen.add((hit.id, hit.person))
    return work


@pytest.fixture(scope="module", params=["arrival", "ts"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Replay, Work]:
    arrival = request.param == "arrival"
    got = replay("snowplow", FILE, tmp_path_factory.mktemp(request.param), order="arrival" if arrival else "ts")
    return got, order_of_work(arrival)


def people(work: Work) -> dict[str, list[Hit]]:
    grouped: dict[str, list[Hit]] = {}
    for hit in work.hits:
        grouped.setdefault(hit.person, []).append(hit)
    return grouped


def test_late_and_twice(both: tuple[Replay, Work]) -> None:
    """S1.7, S1.8: counted: what came late and is worked, what came too late to be told from a copy, what came twice; S1.6: the
    end is the largest `ts`."""
    got, work = both

    counts = got.result.counts
    assert (counts.get(("late",), 0), counts.get(("late_rejected",), 0)) == (work.late, work.rejected)
    assert (got.result.duplicates, got.result.id_reused, got.result.read) == (work.twice, 0, 160)
    assert (got.result.end, got.result.dead, got.result.unknown_types) == (work.end, {}, {})
    assert got.result.profiles == len(people(work))
    late = [(line["event"], instant(line["ts"]), instant(line["at"])) for line in got.trace if line["what"] == "late"]
    assert sorted(late) == sorted((hit.id, hit.ts, hit.at) for hit in work.hits if hit.late)


def test_cookies_move(both: tuple[Replay, Work]) -> None:
    """S2.4: a cookie that another person owns moves alone to the person of the event, each time, and nobody merges."""
    got, work = both
    owner: dict[str, str] = {}
    moved: Counter[tuple[int, str, str]] = Counter()
    for hit in work.hits:
        if hit.cookie is not None:
            if owner.get(hit.cookie, hit.person) != hit.person:
                moved[hit.at, hit.person, "anonymous_id:" + hit.cookie] += 1
            owner[hit.cookie] = hit.person

    told = Counter((instant(line["at"]), line["profile"], line["identifier"]) for line in got.trace if line["what"] == "moved")
    assert told == moved
    assert got.result.counts.get(("merged",), 0) == 0


def test_visit(both: tuple[Replay, Work]) -> None:
    """S1.7, S5.3, S3.2: any event of a person restarts the half hour, a late one does not; it is counted, and the newest page
    is the one with the latest `ts`, whatever the order of arrival."""
    got, work = both
    expected, said = [], []
    for person, hits in people(work).items():
        begins = [hit for hit in hits if not hit.late]
        for hit, following in zip(begins, [*begins[1:], None], strict=True):
            over = hit.at + 30 * MINUTE
            expected.append(Happening(hit.at, person, "entered"))
            if following is not None and following.at <= over:
                expected.append(Happening(following.at, person, "left", "restarted"))
            elif over <= work.end:
                views = [h for h in hits if h.at <= over and h.type == "page_view"]
                page = max(views, key=lambda h: (h.ts, h.pos)).path if views else ""
                said.append((over, person, {"last": hit.id, "views": len(views), "page": page}))
                expected += done(over, person, "visit_over")

    confirm(got, "visit", expected)
    assert got.vars_of("visit") == sorted(said, key=lambda row: row[:2])


def test_readers(both: tuple[Replay, Work]) -> None:
    """S1.7, S4.1: the third view makes a reader, a late one at the instant at which it is worked; then a journey may begin."""
    got, work = both
    third = []
    for person, hits in people(work).items():
        views = [hit.at for hit in hits if hit.type == "page_view"]
        third += [(at, person) for at in views[2:3]]

    assert Counter(got.of_audience("readers")) == Counter((at, person, "joined") for at, person in third)
    confirm(got, "readers", [h for at, person in third for h in at_once(at, person, "third_view")])


def test_no_click(both: tuple[Replay, Work]) -> None:
    """S1.7, S5.6: `then not` fires twenty seconds after the view; a late event takes no part, neither as view nor as click."""
    got, work = both
    expected, said = [], []
    for person, hits in people(work).items():
        for at, view in _unclicked([hit for hit in hits if not hit.late], work.end):
            said.append((at, person, {"view": view}))
            expected += at_once(at, person, "no_click")

    confirm(got, "no_click", expected)
    assert got.vars_of("no_click") == sorted(said, key=lambda row: row[:2])


def _unclicked(hits: list[Hit], end: int) -> Iterator[tuple[int, str]]:
    seen: Hit | None = None
    for hit in hits:
        if seen is not None and hit.at > seen.at + 20 * SECOND:
            yield seen.at + 20 * SECOND, seen.id
            seen = None
        if hit.type == "unstruct":
            seen = None
        elif hit.type == "page_view" and seen is None:
            seen = hit
    if seen is not None and seen.at + 20 * SECOND <= end:
        yield seen.at + 20 * SECOND, seen.id


def test_read_on(both: tuple[Replay, Work]) -> None:
    """S1.7: a late event reaches the goal of an instance that was entered not after its `ts`, at the instant at which it is
    worked, which is before the other events of that instant; it lets nobody in."""
    got, work = both
    expected = [h for person, hits in people(work).items() for h in _read_on(person, hits, work.end)]

    confirm(got, "read_on", expected)
    assert Counter(h.what for h in expected)["goal"] >= 2


def _read_on(person: str, hits: list[Hit], end: int) -> Iterator[Happening]:
    entered: int | None = None
    for hit in hits:
        if entered is not None and hit.at > entered + DAY:
            yield from _over(person, entered)
            entered = None
        if hit.type != "page_view":
            continue
        if entered is not None and hit.path == UTILIZATION and hit.ts >= entered:
            yield Happening(hit.at, person, "goal")
            yield Happening(hit.at, person, "left", "goal")
            entered = None
        if hit.path == EBOOK and not hit.late:
            yield Happening(hit.at, person, "refused", "inside") if entered is not None else Happening(hit.at, person, "entered")
            entered = hit.at if entered is None else entered
    if entered is not None and entered + DAY <= end:
        yield from _over(person, entered)


def _over(person: str, entered: int) -> Iterator[Happening]:
    yield Happening(entered + DAY, person, "sent", "read_on")
    yield Happening(entered + DAY, person, "left", "completed")


def test_dwelling(both: tuple[Replay, Work]) -> None:
    """S1.7: somebody enters between the `ts` of a late click and the instant at which that is worked: it is not the goal."""
    got, work = both
    expected = [h for person, hits in people(work).items() for h in _dwelling(person, hits, work.end)]

    confirm(got, "dwelling", expected)
    too_late = [hit for hit in work.hits if hit.late and (hit.type, hit.path) == ("unstruct", UTILIZATION)]
    entered = [(h.at, h.person) for h in expected if h.what == "entered"]
    between = [hit for hit in too_late for at, person in entered if person == hit.person and hit.ts < at < hit.at]
    assert len(between) == bool(work.late)


def _dwelling(person: str, hits: list[Hit], end: int) -> Iterator[Happening]:
    seen: int | None = None
    entered: int | None = None
    for hit in [*hits, None]:
        now = hit.at if hit is not None else end + 1
        while True:  # what time alone does before this event, first things first
            fires = seen + 17 * MINUTE if seen is not None else now
            over = entered + DAY if entered is not None else now
            if min(fires, over) >= now:
                break
            if over <= fires:
                yield from done(over, person, "dwelling")
                entered = None
            else:
                yield Happening(fires, person, "entered") if entered is None else Happening(fires, person, "refused", "inside")
                seen, entered = None, fires if entered is None else entered
        if hit is None:
            return
        if hit.type == "unstruct" and hit.path == UTILIZATION and entered is not None and entered <= hit.ts:
            yield Happening(hit.at, person, "goal")
            yield Happening(hit.at, person, "left", "goal")
            entered = None
        if not hit.late:
            seen = None if hit.type == "page_ping" else hit.at if hit.type == "page_view" and seen is None else seen


def test_lateness_allowed_is_time_order(tmp_path: Path) -> None:
    """S1.12: read as it arrived, with more lateness allowed than any event has, it gives what the sorted file gives: only the
    header differs, for the program does."""
    shutil.copytree(HERE / "snowplow", tmp_path / "patient")
    with (tmp_path / "patient" / "rtj.yaml").open("a") as project:
        project.write("sources:\n  snowplow_web_arrival: {lateness: 5d}\n")
    (tmp_path / "sorted").mkdir()
    patient = replay(tmp_path / "patient", FILE, tmp_path / "patient", order="arrival")
    ordered = replay("snowplow", FILE, tmp_path / "sorted", order="ts")

    assert patient.trace == ordered.trace
    assert [{**m, "key": ""} for m in patient.messages] == [{**m, "key": ""} for m in ordered.messages]
    assert patient.result.counts == ordered.result.counts
