"""`rtj privacy --env`: an environment tells all that it has of a person, and forgets whoever it is told to forget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rtj.cli.main import app
from rtj.live.forgetting import ask
from rtj.live.peeking import Look
from rtj.store.opening import open_store
from tests.cli.test_privacy import JOURNEY, PROJECT

ENVIRONMENT = "environments: {dev: {sources: {app: {file: live.jsonl}}}}\n"


def line(number: int, who: str, kind: str = "signed_up", **properties: Any) -> str:
    return json.dumps(
        {
            "id": f"e{number}",
            "type": kind,
            "ts": f"2026-03-01T10:{number:02}:00Z",
            "email": f"{who}@x.org",
            "properties": properties,
        }
    )


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rtj.yaml").write_text(PROJECT + ENVIRONMENT, encoding="utf-8")
    (tmp_path / "hello.journey.yaml").write_text(JOURNEY, encoding="utf-8")
    lines = [line(1, "ada", name="Ada"), line(2, "bob", name="Bob"), '{"email": "ada@x.org"}', line(3, "ada", name="Ada L.")]
    (tmp_path / "live.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert call("deploy", "--yes", "--no-validate", "--no-test").exit_code == 0
    assert call("run", "--once").exit_code == 0
    return tmp_path


def call(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def audit(shop: Path) -> list[tuple[str, str]]:
    store = open_store(str(shop / ".rtj" / "dev.db"), "dev", reading=True)
    found = [(row.action, row.detail.decode()) for row in store.audit()]
    store.close()
    return found


def append(shop: Path, *lines: str) -> None:
    with (shop / "live.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(one + "\n" for one in lines)


def raw(shop: Path) -> bytes:
    return b"".join(file.read_bytes() for file in (shop / ".rtj").glob("dev.db*"))


def test_all_that_is_known_of_a_person(shop: Path) -> None:
    done = call("privacy", "export", "ada@x.org", "--env", "dev")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["known"]["attributes"]["name"]["value"] == "Ada L."
    assert [one["id"] for one in found["events"]] == ["e1", "e3"] and "Ada L." in found["events"][1]["line"]
    assert [one["body"]["vars"] for one in found["messages"]] == [{"who": "Ada"}]
    assert call("privacy", "export", "eve@x.org", "--env", "dev").exit_code == 1
    assert [action for action, _ in audit(shop)][-1] == "export" and "ada@x.org" not in str(audit(shop))


def test_who_is_erased_is_in_no_file_of_the_store(shop: Path) -> None:
    assert b"ada@x.org" in raw(shop)
    assert call("privacy", "erase", "eve@x.org", "ada@x.org", "--env", "dev", "--yes").exit_code == 1
    assert call("privacy", "erase", "ada@x.org", "--env", "dev").exit_code == 2
    assert call("privacy", "erase", "ada@x.org", "--env", "dev", "--dry-run").exit_code == 0 and b"ada@x.org" in raw(shop)
    done = call("privacy", "erase", "ada@x.org", "--env", "dev", "--yes", "-f", "json")
    assert done.exit_code == 0 and json.loads(done.stdout)["people"][0]["state"] == "swept", done.output
    assert b"ada@x.org" not in raw(shop) and b"Ada L." not in raw(shop) and b"bob@x.org" in raw(shop)
    assert [action for action, _ in audit(shop)][-2:] == ["erase", "swept"]
    assert json.loads(audit(shop)[-1][1]) == {"people": 1, "entries": 2, "dead_letters": 0}
    assert call("privacy", "erase", "ada@x.org", "--env", "dev", "--yes").exit_code == 1
    assert call("simulate", "--log", "dev", "--trace", "again.jsonl").exit_code == 0
    append(shop, line(9, "ada", name="Another"))
    assert call("run", "--once").exit_code == 0
    again = json.loads(call("profile", "ada@x.org", "-f", "json", "--show-pii").stdout)
    assert again["profile"] == "email:ada@x.org#2" and again["attributes"]["name"]["value"] == "Another"


def test_a_run_sweeps_whom_an_event_erases(shop: Path) -> None:
    append(shop, line(4, "ada", "erase"), line(5, "bob", name="B."))
    assert call("run", "--once").exit_code == 0
    assert b"ada@x.org" not in raw(shop) and b"bob@x.org" in raw(shop)
    assert [action for action, _ in audit(shop)][-1] == "swept"


def test_gc_does_what_was_ordered_where_nobody_runs(shop: Path) -> None:
    store = open_store(str(shop / ".rtj" / "dev.db"), "dev")
    ask(store, Look(store).program, ("email:ada@x.org", "email", "ada@x.org"), "anna", 0)
    store.close()
    told = json.loads(call("gc", "--dry-run", "-f", "json").stdout)
    assert told["to_be_swept"] and b"ada@x.org" in raw(shop)
    assert not json.loads(call("gc", "-f", "json").stdout)["to_be_swept"]
    assert b"ada@x.org" not in raw(shop) and b"bob@x.org" in raw(shop)


def test_it_is_told_which_source_the_clock_waits_for(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtj.cli.privacy_environment._carried_out", lambda *_: "taken")
    done = call("privacy", "erase", "ada@x.org", "--env", "dev", "--yes")
    assert "as an event" in done.output and "the clock waits" not in done.output
    assert "not reached: what was delivered, backups" in done.output
    never = ENVIRONMENT.replace("live.jsonl", "live.jsonl, idle: never")
    (shop / "rtj.yaml").write_text(PROJECT + never, encoding="utf-8")
    done = call("privacy", "erase", "ada@x.org", "--env", "dev", "--yes")
    assert "the clock waits for app: with `idle: never` the next event there moves it" in done.output


def test_what_does_not_go_together() -> None:
    for words in (("-e", "live.jsonl"), ("--trace", "t.jsonl"), ("--now", "2026-03-01T00:00:00Z")):
        assert call("privacy", "erase", "ada@x.org", "--env", "dev", "--yes", *words).exit_code == 2
    assert call("privacy", "erase", "ada@x.org").exit_code == 2 and call("privacy", "export", "ada@x.org").exit_code == 2
    assert call("privacy", "erase", "a", "b", "-e", "live.jsonl").exit_code == 2
