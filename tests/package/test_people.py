"""The example about people: its stream is what its generator makes, and what is sent is what its tables and calendars say."""

from __future__ import annotations

import csv
import json
import runpy
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from rtj.compile import compile_project
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate

PEOPLE = Path(__file__).resolve().parents[2] / "examples" / "people"
TOKYO = timedelta(hours=9)


@cache
def events() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (PEOPLE / "events.jsonl").read_text(encoding="utf-8").splitlines()]


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
        local = datetime.fromisoformat(message["ts"]) + TOKYO
        match message["template"]:
            case "thank_you":
                assert prices[message["vars"]["item"]] == message["vars"]["price"]
            case "greetings":
                assert festivals[local.date().isoformat()]["name"] == message["vars"]["festival"]
                assert local.hour >= 9
            case "happy_birthday":
                day = born[message["profile"].removeprefix("user_id:")]
                assert (local.month, local.day) == (day.month, min(day.day, 28) if day.month == 2 else day.day)
            case _:
                pass


def test_stock_is_that_of_the_last_count(tmp_path: Path) -> None:
    """`it_is_there` tells what the newest count before it says of what the member looked at last."""
    found = [m for m in messages(tmp_path) if m["template"] == "it_is_there"]
    assert len(found) >= 5
    for message in found:
        until = message["ts"].replace(".000Z", "Z") if message["ts"].endswith(".000Z") else message["ts"][:19] + "Z"
        who = message["profile"].removeprefix("user_id:")
        before = [e for e in events() if e["ts"] <= until]
        wanted = next(e for e in reversed(before) if e["type"] == "item_viewed" and e["user_id"] == who)["properties"]["item"]
        counts = [e for e in before if e["type"] == "stock_counted" and e["properties"]["item"] == wanted]
        assert counts[-1]["properties"]["left"] == message["vars"]["left"] > 0
