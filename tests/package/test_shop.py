"""What the messages of the shop must obey, worked out from the stream alone: two zones, and weeks in which clocks change."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.bench.measure import RTJ

ROOT = Path(__file__).resolve().parents[2]
SHOP = ROOT / "examples" / "shop"
Lines = list[dict[str, Any]]


def run_shop(folder: Path, *options: str) -> Lines:
    """The messages of a run."""
    sent = folder / "messages.jsonl"
    call = (*RTJ, "simulate", "--project", str(SHOP), "--events", str(SHOP / "events.jsonl"), "--messages", str(sent))
    subprocess.run([*call, *options], cwd=ROOT, check=True, capture_output=True, timeout=120)
    return [json.loads(line) for line in sent.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    return run_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def events() -> Lines:
    found = []
    for line in (SHOP / "events.jsonl").read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


@pytest.fixture(scope="module")
def zones(events: Lines) -> dict[str, ZoneInfo]:
    """The zone that each signed-up person gave, by every identifier of that event; Berlin where it is none."""
    found = {}
    for event in events:
        if event["type"] == "signed_up":
            name = event["properties"].get("timezone")
            zone = ZoneInfo(name if name in available_timezones() else "Europe/Berlin")
            for space in ("user_id", "anonymous_id"):
                found[f"{space}:{event[space]}"] = zone
    return found


def local(message: dict[str, Any], zones: dict[str, ZoneInfo]) -> datetime:
    return datetime.fromisoformat(message["ts"]).astimezone(zones[message["profile"]])


def test_friday_picks_come_on_friday_at_five_by_the_readers_clock(messages: Lines, zones: dict[str, ZoneInfo]) -> None:
    """Tablets are shared by people of two zones; they are left out."""
    moments = [local(m, zones) for m in messages if m["journey"] == "friday_picks" and "tablet" not in m["profile"]]
    assert len(moments) > 150
    assert {(m.weekday(), m.hour, m.minute, m.second) for m in moments} == {(4, 17, 0, 0)}
    offsets = {(str(m.tzinfo), m.utcoffset()) for m in moments}
    assert len(offsets) == 4, "both zones, before and after their clocks change"


def test_second_welcome_comes_at_ten_on_a_working_day(messages: Lines, zones: dict[str, ZoneInfo]) -> None:
    """Three days later as the calendar counts, then at ten: at once only for somebody whose three days end at ten exactly."""
    second = ("our_story", "first_order_offer")
    moments = [local(m, zones) for m in messages if m["template"] in second and "tablet" not in m["profile"]]
    assert len(moments) > 60
    assert {(m.weekday() < 5, m.hour, m.minute, m.second) for m in moments} == {(True, 10, 0, 0)}


def test_a_cart_that_was_bought_hears_nothing_more(messages: Lines, events: Lines) -> None:
    """Per cart: reminders lie exactly an hour after something was put in and nothing more was within that hour, and never after
    the cart was bought."""
    filled: dict[str, list[datetime]] = defaultdict(list)
    bought: dict[str, datetime] = {}
    for event in events:
        if event["type"] not in ("add_to_cart", "purchase") or event["properties"].get("cart_id") == "c-x":
            continue
        stamp = event["ts"]
        at = datetime.fromtimestamp(stamp / 1000, ZoneInfo("UTC")) if isinstance(stamp, int) else datetime.fromisoformat(stamp)
        if event["type"] == "purchase":
            bought[event["properties"]["cart_id"]] = at
        elif event["properties"]["value"] >= 30:
            filled[event["properties"]["cart_id"]].append(at)
    expected = set()
    for cart, moments in filled.items():
        end = bought.get(cart, datetime.max.replace(tzinfo=ZoneInfo("UTC")))
        for at in moments:
            due = at + timedelta(hours=1)
            if not any(at < other <= due for other in moments) and end > due:
                expected.add(due.timestamp())
    reminded = {datetime.fromisoformat(m["ts"]).timestamp() for m in messages if m["template"] == "cart_reminder"}
    assert len(reminded) > 60
    assert reminded <= expected, "none too early, none for a cart that was bought"
    assert len(expected - reminded) <= 6, "the others had unsubscribed, or their hour lies after the last event"


def test_the_crawler_gets_nothing(messages: Lines) -> None:
    assert not any(m["profile"] == "anonymous_id:crawler-7" for m in messages if m["journey"] == "three_views")


@pytest.mark.parametrize("options", [("--workers", "1"), ("--workers", "3")])
def test_any_number_of_workers_sends_the_same(options: tuple[str, ...], messages: Lines, tmp_path: Path) -> None:
    assert run_shop(tmp_path, *options) == messages
