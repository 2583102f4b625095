"""A tiny project and its events, for commands that are run whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = """\
project: tiny
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
  email:   {kind: person, priority: 2, unique: true, normalize: [trim, lower]}
events:
  signed_up: {plan: string}
  bought:    {total: number}
channels:
  email: {purpose: transactional}
"""
WELCOME = """\
journey: welcome
title: Welcome 歓迎
enter: {on: signed_up as start}
goal:  {on: bought}
do:
  - {id: pause, wait: 1h}
  - {id: hello, send: hello, by: email, with: plan = start.plan}
"""
BIG_SPENDERS = """\
journey: big_spenders
enter: {on: bought, when: event.total >= 100}
do:
  - {send: thanks, by: email}
"""


def event(number: int, kind: str, ts: str, person: str, **properties: object) -> dict[str, object]:
    return {"id": f"e{number}", "type": kind, "ts": ts, "user_id": person, "properties": properties}


EVENTS = [
    event(1, "signed_up", "2026-03-01T09:00:00Z", "ada", plan="pro"),
    event(2, "signed_up", "2026-03-01T09:10:00Z", "bob", plan="free"),
    event(3, "bought", "2026-03-01T09:40:00Z", "bob", total=20),
    event(3, "bought", "2026-03-01T09:40:00Z", "bob", total=20),
    event(4, "heartbeat", "2026-03-01T09:45:00Z", "bob"),
    event(5, "signed_up", "2026-03-01T09:20:00Z", "eve", plan="free"),
    event(6, "bought", "2026-03-02T09:00:00Z", "ada", total=120),
]


def write_events(path: Path, events: list[dict[str, object]], *more: str) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in events) + "".join(more), encoding="utf-8")
    return path


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two journeys with `events.jsonl`, as the current directory."""
    (tmp_path / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "welcome.journey.yaml").write_text(WELCOME, encoding="utf-8")
    (tmp_path / "journeys" / "big_spenders.journey.yaml").write_text(BIG_SPENDERS, encoding="utf-8")
    write_events(tmp_path / "events.jsonl", EVENTS, "no JSON\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("NO_COLOR", "FORCE_COLOR", "RTJ_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def break_journey(tiny: Path) -> Callable[[str, str], None]:
    """Replace a text in the journey `welcome`."""

    def replace(old: str, new: str) -> None:
        path = tiny / "journeys" / "welcome.journey.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return replace
