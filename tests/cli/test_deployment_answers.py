"""What commands about deployments answer as JSON is what their published schemas say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from rtj.base.places import grammar_file
from tests.cli.deployments import FILE, call, edit, told, write_shop
from tests.cli.living import feed

COMMANDS = {
    "the first plan": ("plan", ("plan",)),
    "deploy": ("plan", ("deploy", "--yes")),
    "status": ("status", ("status",)),
    "plan": ("plan", ("plan",)),
    "deploy the next": ("plan", ("deploy", "--yes", "--pin", "welcome", "-m", "更短 🎉")),
    "pause": ("plan", ("pause", "welcome", "--yes")),
    "status of what drains and rests": ("status", ("status",)),
    "rollback": ("plan", ("rollback", "-m", "back", "--yes")),
    "history": ("history", ("history",)),
    "drift": ("drift", ("drift",)),
}


def faults(name: str, answer: str) -> list[str]:
    schema = json.loads((grammar_file("schemas") / f"{name}.schema.json").read_text("utf-8"))
    Draft7Validator.check_schema(schema)
    return [f"{error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(json.loads(answer))]


def test_every_answer_is_what_its_schema_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_shop(tmp_path)
    for name, (schema, words) in COMMANDS.items():
        done = call(*words, "-f", "json")
        assert done.exit_code == (1 if name == "drift" else 0), f"{name}: {done.output}"
        assert faults(schema, done.stdout) == [], name
        if name == "deploy":
            some = json.loads((tmp_path / "live.jsonl").read_text("utf-8").splitlines()[0])
            feed(some, until="2026-03-01T10:00:00+00:00")
            edit(("5 days", "6 days"), file=tmp_path / FILE)
            told("validate")


def test_a_schema_refuses_what_it_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_shop(tmp_path)
    answer = json.loads(told("plan", "-f", "json"))
    for changed in ({**answer, "more": 1}, {**answer, "stages": [{"do": "dance"}]}, {**answer, "serial": "one"}):
        assert faults("plan", json.dumps(changed))
