"""The examples and playbooks compile; the shop's stream is what its generator makes, and its numbers are those of a shop."""

from __future__ import annotations

import json
import runpy
from collections import Counter
from pathlib import Path

import pytest

from rtj.compile import compile_project

ROOT = Path(__file__).resolve().parents[2]
SHOP = ROOT / "examples" / "shop"
PROJECTS = sorted(
    path.parent
    for place in ("examples", "journeys")
    for path in (ROOT / place).glob("*/rtj.yaml")
    if path.parent.name != "broken"
)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_project_compiles_without_a_finding(project: Path) -> None:
    compiled = compile_project([], project)
    assert [f"{found.span.line}: {found.message}" for found in compiled.diagnostics] == []
    assert compiled.program is not None
    assert compiled.program.journeys


def test_there_are_examples_and_playbooks() -> None:
    assert {path.name for path in PROJECTS} >= {"hello", "shop", "abandoned_cart"}


def test_the_shipped_stream_is_what_the_generator_writes() -> None:
    made = runpy.run_path(str(SHOP / "generate.py"))["generate"]()
    assert made.encode() == (SHOP / "events.jsonl").read_bytes(), "run `python3 examples/shop/generate.py`"


def test_the_stream_holds_what_its_page_promises() -> None:
    lines = (SHOP / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert f"{len(lines):,} lines" in (SHOP / "README.md").read_text(encoding="utf-8")
    events = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    assert len(events) == len(lines) - 2, "half a line and a line of another program"
    types = Counter(event["type"] for event in events)
    assert types["page_view"] > types["add_to_cart"] > types["purchase"] > types["restocked"] > 0
    again = Counter((event["id"], event.get("user_id")) for event in events)
    assert sum(1 for count in again.values() if count > 1) > 50
    names = {event["properties"].get("first_name", "") for event in events if event["type"] == "signed_up"}
    assert {"さくら", "محمد", "🌻 Mia"} <= names
    zones = {event["properties"].get("timezone") for event in events if event["type"] == "signed_up"}
    assert zones == {"Europe/Berlin", "America/New_York", "Europe/Atlantis", None}
    stamps = [event["ts"] for event in events if isinstance(event.get("ts"), str) and event["ts"].endswith("Z")]
    assert stamps != sorted(stamps), "some lines are out of order"
