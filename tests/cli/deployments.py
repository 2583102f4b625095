"""A project with an environment whose store is a file, and people inside its journeys: what commands about deployments are tried
on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from rtj.cli.main import app
from tests.cli.conftest import BIG_SPENDERS, PROJECT, WELCOME, event, write_events

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = """\
sources: {web: {}}
environments:
  prod:
    store: state.db
    sources:
      web: {file: live.jsonl}
    channels:
      "*": {file: out.jsonl}
"""
WAITS = WELCOME.replace("wait: 1h", "wait: 5 days")
LIVE = [event(n, "signed_up", f"2026-03-01T09:{n:02}:00Z", f"p{n}", plan="pro") for n in range(1, 6)]
LAST = event(9, "bought", "2026-03-03T09:00:00Z", "zoe", total=120)
FILE = Path("journeys/welcome.journey.yaml")


def write_shop(folder: Path, policies: str = "") -> None:
    """The project in a folder, with what comes in."""
    (folder / "journeys").mkdir(exist_ok=True)
    more = f"    policies: {policies}\n" if policies else ""
    (folder / "rtj.yaml").write_text(PROJECT + ENVIRONMENTS + more, encoding="utf-8")
    (folder / FILE).write_text(WAITS, encoding="utf-8")
    (folder / "journeys/big_spenders.journey.yaml").write_text(BIG_SPENDERS, encoding="utf-8")
    write_events(folder / "live.jsonl", [*LIVE, LAST])


def call(*arguments: str) -> Result:
    """A command, as it ends."""
    done = CliRunner().invoke(app, list(arguments))
    assert "Traceback" not in done.stderr and "internal error" not in done.stderr, done.stderr
    return done


def told(*arguments: str, code: int = 0) -> str:
    """What a command answers."""
    done = call(*arguments)
    assert done.exit_code == code, f"{done.exit_code}: {done.output}"
    return done.stdout


def refused(*arguments: str, code: int = 5) -> str:
    """What a command says that refuses."""
    done = call(*arguments)
    assert done.exit_code == code, f"{done.exit_code}: {done.output}"
    return done.stderr


def parsed(*arguments: str, code: int = 0) -> dict[str, Any]:
    """What a command answers as JSON."""
    found: dict[str, Any] = json.loads(told(*arguments, "-f", "json", code=code))
    return found


def edit(*edits: tuple[str, str], file: Path = FILE) -> None:
    """Replace texts in a file of the project."""
    text = file.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def stages(plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The stages of a plan by what they do."""
    return {stage["do"]: stage for stage in plan["stages"]}


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, in the current folder."""
    words = (sys.executable, "-m", "rtj", *arguments)
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=60)
