"""`rtj privacy`: what it prints, asks and refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rtj.cli import privacy as command
from rtj.cli.main import app

PROJECT = """
project: shop
identity:
  email: {kind: person, priority: 1, unique: true, labels: [pii]}
events: {signed_up: {name: string}}
profile: {name: {from: signed_up.name, labels: [pii]}}
channels: {mail: {purpose: transactional}}
"""
JOURNEY = "journey: hello\nenter: {on: signed_up, as: s}\ndo: [{send: hi, by: mail, with: who = s.name}]\n"


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "hello.journey.yaml").write_text(JOURNEY, encoding="utf-8")
    rows = [
        {"id": str(n), "type": "signed_up", "ts": f"2026-03-01T10:0{n}:00Z", "email": f"{who}@x.org", "properties": {"name": who}}
        for n, who in enumerate(("ada", "bob", "李雷"))
    ]
    (tmp_path / "e.jsonl").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return tmp_path


def call(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def test_a_copy_is_whole_and_goes_to_stdout_or_a_file(shop: Path) -> None:
    done = call("privacy", "export", "email:李雷@x.org", "-e", "e.jsonl")
    copy = json.loads(done.stdout)
    assert (
        done.exit_code == 0 and copy["attributes"]["name"]["value"] == "李雷" and copy["messages"][0]["vars"] == {"who": "李雷"}
    )
    assert copy["attributes"]["name"]["event"] == "2"
    assert call("privacy", "export", "ada@x.org", "-e", "e.jsonl", "--output", "copy.json").exit_code == 0
    assert json.loads((shop / "copy.json").read_text(encoding="utf-8"))["identifiers"][0]["value"] == "ada@x.org"


def test_nothing_is_rewritten_without_a_yes(shop: Path) -> None:
    before = (shop / "e.jsonl").read_bytes()
    dry = call("privacy", "erase", "ada@x.org", "-e", "e.jsonl", "--dry-run")
    assert dry.exit_code == 0 and "-1" in dry.stdout and "would be" in dry.stderr
    assert call("privacy", "erase", "ada@x.org", "-e", "e.jsonl").exit_code == 2
    assert (shop / "e.jsonl").read_bytes() == before
    assert sorted(path.name for path in shop.iterdir()) == ["e.jsonl", "hello.journey.yaml", "rtj.yaml"]


def test_programs_are_told_what_was_done_and_what_was_not(shop: Path) -> None:
    asked = ("privacy", "erase", "ada@x.org", "-e", "e.jsonl", "--format", "json")
    dry, refused, done = call(*asked, "--dry-run"), call(*asked), call(*asked, "--yes")
    assert [json.loads(one.stdout)["done"] for one in (dry, refused, done)] == [False, False, True]
    assert [one.exit_code for one in (dry, refused, done)] == [0, 2, 0]


def test_what_somebody_else_writes_meanwhile_is_not_lost(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another run, or whoever writes the log, between the reading of a file and its replacement."""
    events = shop / "e.jsonl"
    find = command.find_subject

    def slow(*given: Any) -> Any:
        found = find(*given)
        with events.open("a", encoding="utf-8") as file:
            file.write(events.read_text(encoding="utf-8").splitlines()[1].replace('"id": "1"', '"id": "9"') + "\n")
        return found

    monkeypatch.setattr(command, "find_subject", slow)
    done = call("privacy", "erase", "ada@x.org", "-e", "e.jsonl", "--yes")
    assert done.exit_code == 4 and "was written to while it was read" in done.stderr
    assert len(events.read_text(encoding="utf-8").splitlines()) == 4
    assert [path.name for path in shop.iterdir() if path.name.startswith(".rtj-")] == []
    monkeypatch.undo()
    monkeypatch.chdir(shop)
    assert call("privacy", "erase", "ada@x.org", "-e", "e.jsonl", "--yes").exit_code == 0


def test_once_erased_nobody_is_found(shop: Path) -> None:
    done = call("privacy", "erase", "ada@x.org", "-e", "e.jsonl", "--yes", "--format", "json")
    assert json.loads(done.stdout)["changes"][0]["counts"] == {"signed_up": 1}
    again = call("privacy", "erase", "ada@x.org", "-e", "e.jsonl", "--yes")
    assert again.exit_code == 1 and "nobody called ada@x.org" in again.stderr
    assert call("privacy", "export", "ada@x.org", "-e", "e.jsonl").exit_code == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("erase", "ada", "-e", "-"), "only files"),
        (("erase", "ada", "-e", "e.jsonl", "--trace", "e.jsonl"), "given twice"),
        (("erase", "ada", "-e", "e.jsonl", "--log", "./e.jsonl"), "given twice"),
        (("export", "ada@x.org", "-e", "e.jsonl", "--output", "e.jsonl"), "would be overwritten"),
        (("retain", "-e", "e.jsonl"), "no `retention:`"),
    ],
)
def test_what_cannot_be_is_refused(words: tuple[str, ...], why: str) -> None:
    done = call("privacy", *words)
    assert done.exit_code == 2 and why in done.stderr


@pytest.mark.parametrize("option", ["--trace", "--messages", "--dead-letters"])
def test_a_misspelt_file_does_not_keep_the_person(shop: Path, option: str) -> None:
    done = call("privacy", "erase", "ada@x.org", "-e", "e.jsonl", option, "trase.jsonl", "--yes")
    assert done.exit_code == 4 and "trase.jsonl: no such file" in done.stderr
    assert "ada" in (shop / "e.jsonl").read_text(encoding="utf-8")


def test_old_events_go(shop: Path) -> None:
    with (shop / "rtj.yaml").open("a", encoding="utf-8") as file:
        file.write('retention: {signed_up: 1 month, "*": 1d}\n')
    assert "nothing to do" in call("privacy", "retain", "-e", "e.jsonl", "--yes", "--now", "2026-03-31T00:00Z").stderr
    done = call("privacy", "retain", "-e", "e.jsonl", "--yes", "--now", "2026-04-01T10:01:00Z")
    assert done.exit_code == 0 and len((shop / "e.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def test_a_story_is_masked_unless_asked(shop: Path) -> None:
    masked = call("simulate", "-e", "e.jsonl", "--profile", "ada@x.org")
    assert "gets hi by mail" in masked.stdout and "who = ***" in masked.stdout
    assert "ada@x.org" not in masked.output and "happened to ~" in masked.stderr
    named = call("simulate", "-e", "e.jsonl", "--profile", "email:ada@x.org")
    assert named.stdout.startswith("email:~") and "ada" not in named.output
    shown = call("simulate", "-e", "e.jsonl", "--profile", "ada@x.org", "--show-pii")
    assert "who = ada" in shown.stdout


@pytest.mark.parametrize("layout", ["table", "json", "csv"])
def test_why_somebody_is_in_an_audience_names_nobody(shop: Path, layout: str) -> None:
    (shop / "rtj.yaml").write_text(PROJECT + "audiences: {named: profile.name is not missing}\n", encoding="utf-8")
    asked = ("audience", "named", "-e", "e.jsonl", "--format", layout, "--profile", "email:ada@x.org")
    assert "ada" not in call(*asked).output
    assert ("ada" in call(*asked, "--show-pii").output) is (layout != "csv")


@pytest.mark.parametrize(
    "asked", [("simulate", "-e", "e.jsonl"), ("audience", "-e", "e.jsonl"), ("identity", "e.jsonl")], ids=lambda words: words[0]
)
def test_a_name_that_is_no_secret_is_shown_as_it_was_asked(shop: Path, asked: tuple[str, ...]) -> None:
    """The same person by a number that nobody hides, and by an address that is hidden."""
    project = PROJECT.replace("identity:", "identity:\n  user_id: {kind: person, priority: 2}")
    (shop / "rtj.yaml").write_text(project + "audiences: {named: profile.name is not missing}\n", encoding="utf-8")
    row = {"id": "9", "type": "signed_up", "ts": "2026-03-01T11:00:00Z", "email": "eve@x.org", "user_id": "m-1"}
    with (shop / "e.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({**row, "properties": {"name": "eve"}}) + "\n")
    assert call(*asked, "--profile", "m-1").stdout.startswith("m-1 ")
    assert call(*asked, "--profile", "eve@x.org").stdout.startswith("~")
