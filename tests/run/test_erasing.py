"""An `erase` event has a person forgotten at its place in the order of work, the same in every way of running."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.run.shop import MINUTE, Ran, run, stream, write

few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def event(number: int, kind: str, minute: int, properties: dict[str, Any] | None = None, **ids: str) -> dict[str, Any]:
    from rtj.connect.instants import instant_text
    from tests.run.shop import START

    return {"id": f"e{number}", "type": kind, "ts": instant_text(START + minute * MINUTE), **ids, "properties": properties or {}}


def told(ran: Ran) -> list[str]:
    rows = [json.loads(line) for line in ran.trace.splitlines()[1:]]
    return [f"{row['profile']} {row['what']} {row.get('reason', '')}".strip() for row in rows]


@pytest.mark.parametrize("order", ["ts", "arrival"])
def test_what_was_begun_ends_and_the_next_event_starts_afresh(tmp_path: Path, order: Any) -> None:
    cart = {"item": "lamp", "value": 60}
    path = write(
        tmp_path / "events.jsonl",
        [
            event(1, "add_to_cart", 0, cart, email="ada@x.org", device="d"),
            event(2, "erase", 5, email="Ada@X.org "),
            event(3, "page_view", 6, {"path": "/"}, email="ada@x.org"),
            event(4, "add_to_cart", 7, cart, email="ada@x.org"),
        ],
    )
    ran = run(tmp_path, path, order=order)
    lines = told(ran)
    assert lines[0] == "email:ada@x.org born"
    assert "email:ada@x.org left erased" in lines
    erased = [line for line in lines if line.endswith(" erased") and " left " not in line]
    assert len(erased) == 1 and erased[0].startswith("~") and "ada" not in erased[0]
    assert "email:ada@x.org#2 born" in lines and "email:ada@x.org#2 entered" in lines
    assert ran.result.counts["erased",] == 1
    assert ran.result.unknown_types == {}


@pytest.mark.parametrize("order", ["ts", "arrival"])
def test_erasing_whom_nobody_knows_brings_nobody_about(tmp_path: Path, order: Any) -> None:
    path = write(tmp_path / "events.jsonl", [event(1, "erase", 0, email="ada@x.org"), event(2, "erase", 1, email="ada@x.org")])
    ran = run(tmp_path, path, order=order)
    assert told(ran) == [] and ran.result.counts["erase_unknown",] == 2 and ran.result.profiles == 0


@few
@given(seed=st.integers(0, 10_000))
def test_every_way_of_running_says_the_same(tmp_path: Path, seed: int) -> None:
    random, events = Random(seed), stream(seed)
    people = [e for e in events if any(name in e for name in ("email", "user_id", "device"))]
    for number in range(8):
        some = random.choice(people)
        ids = {name: some[name] for name in ("email", "user_id", "device") if name in some}
        events.append({"id": f"x{number}", "type": "erase", "ts": some["ts"], **ids})
    events.sort(key=lambda e: str(e["ts"]))
    path = write(tmp_path / "events.jsonl", events)
    alone = run(tmp_path, path)
    for other in (run(tmp_path, path, order="arrival"), run(tmp_path, path, workers=2)):
        assert other.trace == alone.trace and other.messages == alone.messages
    assert alone.result.counts.get(("erased",), 0) + alone.result.counts.get(("erase_unknown",), 0) > 0


@pytest.mark.parametrize("order", ["ts", "arrival"])
def test_a_no_outlives_the_person_and_binds_again(tmp_path: Path, order: Any) -> None:
    """A withdrawal before the erasure blocks whoever brings the identifier again; another person is asked afresh."""
    cart = {"item": "lamp", "value": 60}
    path = write(
        tmp_path / "events.jsonl",
        [
            event(1, "page_view", 0, {"path": "/"}, email="ada@x.org", device="d"),
            event(2, "unsubscribed", 1, {}, email="ada@x.org"),
            event(3, "erase", 5, email="ada@x.org"),
            event(4, "add_to_cart", 10, cart, email="ada@x.org"),
            event(5, "add_to_cart", 10, cart, email="bob@x.org"),
            event(6, "add_to_cart", 10, cart, email="eve@x.org", device="d"),
            event(7, "page_view", 90, {"path": "/"}, email="eve@x.org"),
        ],
    )
    ran = run(tmp_path, path, order=order)
    assert [message["profile"] for message in ran.messages] == ["email:bob@x.org"]
    assert ran.result.counts["blocked", "cart", "push", "consent"] == 2


def test_erasing_twice_numbers_the_third(tmp_path: Path) -> None:
    cart = {"item": "lamp", "value": 60}
    events = []
    for round_ in range(3):
        events.append(event(3 * round_, "add_to_cart", 10 * round_, cart, email="ada@x.org"))
        events.append(event(3 * round_ + 1, "erase", 10 * round_ + 5, email="ada@x.org"))
        events.append(event(3 * round_ + 2, "nobody_knows", 10 * round_ + 6, email="ada@x.org"))
    path = write(tmp_path / "events.jsonl", events)
    born = [line for line in told(run(tmp_path, path)) if line.endswith("born")]
    assert born == ["email:ada@x.org born", "email:ada@x.org#2 born", "email:ada@x.org#3 born"]


@pytest.mark.parametrize("order", ["ts", "arrival"])
def test_whom_another_identifier_names_is_erased_though_nobody_has_the_best(tmp_path: Path, order: Any) -> None:
    path = write(
        tmp_path / "events.jsonl",
        [
            event(1, "add_to_cart", 0, {"item": "lamp", "value": 60}, device="d"),
            event(2, "erase", 5, email="never@seen.org", device="d"),
        ],
    )
    ran = run(tmp_path, path, order=order)
    assert ran.result.counts.get(("erased",)) == 1
    assert ("erase_unknown",) not in ran.result.counts


def test_an_erasure_is_never_too_late(tmp_path: Path) -> None:
    """Days older than the dedupe horizon (1h), it is worked where it is read: what came since it was asked for goes too. A second
    delivery erases nobody who came back; another request does."""
    cart = {"item": "lamp", "value": 60}
    late = event(2, "erase", 5, email="ada@x.org")
    path = write(
        tmp_path / "events.jsonl",
        [
            event(1, "add_to_cart", 0, cart, email="ada@x.org"),
            event(3, "add_to_cart", 2000, cart, email="ada@x.org"),
            late,
            event(4, "add_to_cart", 2005, cart, email="ada@x.org"),
            late,
            event(5, "add_to_cart", 3000, cart, email="ada@x.org"),
            late,
            event(6, "erase", 6, email="ada@x.org"),
        ],
    )
    ran = run(tmp_path, path, order="arrival")
    assert ran.result.counts["erased",] == 2
    assert ran.result.counts["erase_repeated",] == 2  # its copies, near and far
    assert ran.result.late == 0 and ("late_rejected",) not in ran.result.counts
    records = [json.loads(line) for line in ran.trace.splitlines()[1:]]
    assert [r["at"] for r in records if r["what"] == "erased"] == ["2026-01-02T09:20:00.000Z", "2026-01-03T02:00:00.000Z"]
    assert [r["ts"] for r in records if r["what"] == "erased"] == ["2026-01-01T00:05:00.000Z", "2026-01-01T00:06:00.000Z"]
    assert [r["profile"] for r in records if r["what"] == "born"] == ["email:ada@x.org", "email:ada@x.org#2"]


def test_what_a_late_erasure_keeps_is_lifted_by_newer_grants_only(tmp_path: Path) -> None:
    path = write(
        tmp_path / "events.jsonl",
        [
            event(1, "unsubscribed", 0, email="ada@x.org"),
            event(2, "page_view", 2000, {"path": "/"}, email="ada@x.org"),
            event(3, "erase", 5, email="ada@x.org"),
            event(4, "add_to_cart", 2001, {"item": "lamp", "value": 60}, email="ada@x.org"),
            event(5, "page_view", 2100, {"path": "/"}, email="ada@x.org"),
        ],
    )
    ran = run(tmp_path, path, order="arrival")
    assert ran.messages == []
    assert ran.result.counts["blocked", "cart", "push", "consent"] == 1
