"""The example about people: its stream is what its generator makes, what is sent is what its tables and calendars say, and nobody
is written to who did not agree, or at night."""

from __future__ import annotations

import csv
import json
import runpy
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rtj.compile import compile_project
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate

PEOPLE = Path(__file__).resolve().parents[2] / "examples" / "people"
SCREENS = ("laptop", "phone")


@cache
def events() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (PEOPLE / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def member(name: str) -> str:
    """The member behind an identifier: things are called by the number of their owner. Shared tablets are nobody's."""
    return f"m-{name[-2:]}"


def local_time(message: dict[str, Any]) -> datetime:
    """A message's instant where its member lives; in Tokyo where nobody knows, or the zone is none."""
    who = member(message["profile"])
    (joined,) = [e for e in events() if e["type"] == "joined_club" and e["user_id"] == who]
    zone = joined["properties"].get("timezone", "Asia/Tokyo").replace("Asia/Edo", "Asia/Tokyo")
    return datetime.fromisoformat(message["ts"]).astimezone(ZoneInfo(zone))


def is_seen(event: dict[str, Any], who: str, before: list[dict[str, Any]]) -> bool:
    """Whether an event is known to be that member's: it says so, or by a thing that was seen with the member before."""
    if event.get("user_id") == who:
        return True
    thing = event.get("device", "")
    mine = thing.startswith(SCREENS) and member(thing) == who and "user_id" not in event
    return mine and any(e.get("device") == thing and e.get("user_id") == who for e in before)


def messages(folder: Path) -> list[dict[str, Any]]:
    program = compile_project((), PEOPLE).program
    assert program is not None
    out = Outputs(str(folder / "messages"), None, None)
    simulate(program, SimulateOptions((str(PEOPLE / "events.jsonl"),), workers=1, now_ms=1 << 42), None, out)
    return [json.loads(line) for line in (folder / "messages").read_text(encoding="utf-8").splitlines()]


def table(name: str, key: str) -> dict[str, dict[str, str]]:
    with (PEOPLE / name).open(encoding="utf-8", newline="") as file:
        return {row[key]: row for row in csv.DictReader(file)}


def test_the_shipped_stream_is_what_the_generator_writes() -> None:
    made = runpy.run_path(str(PEOPLE / "generate.py"))["generate"]()
    assert made.encode() == (PEOPLE / "events.jsonl").read_bytes(), "run `python3 examples/people/generate.py`"
    assert f"{len(events()):,} lines" in (PEOPLE / "README.md").read_text(encoding="utf-8")


def test_what_is_sent(tmp_path: Path) -> None:
    """Prices and names are those of the files; greetings come on festival days of Tokyo, birthdays on the day."""
    products, festivals = table("products.csv", "item"), table("festivals.csv", "day")
    born = {e["user_id"]: date.fromisoformat(e["properties"]["born"]) for e in events() if "born" in e["properties"]}
    prices = {row["name"]: float(row["price"]) for row in products.values()}
    sent = messages(tmp_path)
    assert {m["template"] for m in sent} >= {"thank_you", "it_is_there", "greetings", "dolls_day", "happy_birthday"}
    for message in sent:
        local = local_time(message)
        match message["template"]:
            case "thank_you":
                assert prices[message["vars"]["item"]] == message["vars"]["price"]
            case "greetings":
                assert festivals[local.date().isoformat()]["name"] == message["vars"]["festival"]
                assert local.hour >= 9
            case "happy_birthday":
                day = born[member(message["profile"])]
                assert 8 <= local.hour < 21
                assert (local.month, local.day) == (day.month, min(day.day, 28) if day.month == 2 else day.day)
            case _:
                pass


def test_stock_is_that_of_the_last_count(tmp_path: Path) -> None:
    """`it_is_there` tells what the newest count before it says of what the member looked at last."""
    found = [m for m in messages(tmp_path) if m["template"] == "it_is_there"]
    assert len(found) >= 4
    for message in found:
        until = message["ts"].replace(".000Z", "Z") if message["ts"].endswith(".000Z") else message["ts"][:19] + "Z"
        who = member(message["profile"])
        before = [e for e in events() if e["ts"] <= until]
        views = [e for e in before if e["type"] == "item_viewed" and is_seen(e, who, before)]
        counts = [
            e for e in before if e["type"] == "stock_counted" and e["properties"]["item"] == views[-1]["properties"]["item"]
        ]
        assert counts[-1]["properties"]["left"] == message["vars"]["left"] > 0


def test_who_is_written_to(tmp_path: Path) -> None:
    """Marketing by mail: a yes, confirmed, no later no, an address that is not on the list; thanks ask for nothing."""
    said = {e["user_id"]: e["properties"] for e in events() if e["type"] == "joined_club"}
    confirmed = {member(e["email"].strip().partition("@")[0]) for e in events() if e["type"] == "email_confirmed"}
    gone = {e["user_id"]: e["ts"] for e in events() if e["type"] == "unsubscribed"}
    blocked = {member(address.partition("@")[0]) for address in table("suppressions.csv", "address")}
    asked = [m for m in messages(tmp_path) if m["template"] != "thank_you" and m["channel"] == "email"]
    assert len(asked) > 100
    for message in asked:
        who = member(message["profile"])
        is_greeting = message["template"] in ("greetings", "dolls_day", "happy_birthday")
        says = [said[who].get("news"), said[who].get("greetings") if is_greeting else None]
        assert True in says, message
        assert False not in says, message
        assert who in confirmed - blocked, message
        assert message["ts"] < gone.get(who, "9"), message
        assert 8 <= local_time(message).hour < 21, message
