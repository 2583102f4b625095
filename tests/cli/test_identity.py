"""`rtj identity`: who is who in recorded events, what was refused and why, and how well it agrees with labels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.cli.main import app

PROJECT = """\
project: who
identity:
  user:  {kind: person, priority: 1, unique: true}
  email: {kind: person, priority: 2, unique: true, normalize: [trim, lower], labels: [pii]}
  name_birth: {kind: person, priority: 3, derive: {row: "fold(event.name) + '|' + event.born"}}
  device: {kind: device, priority: 4}
events:
  row: {name: string?, born: string?}
"""
EVENTS = [
    {"user": "ada", "device": "d1"},
    {"email": " ADA@x.org", "device": "d2"},
    {"user": "ada", "email": "ada@x.org"},
    {"user": "eve", "device": "d1"},
    {"user": "eve", "email": "ada@x.org"},
    {"device": "00000000-0000"},
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    lines = [json.dumps({"id": str(n), "type": "row", "ts": n + 1, **event}) for n, event in enumerate(EVENTS)]
    (tmp_path / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["identity", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_who_is_who_and_what_was_refused(folder: Path) -> None:
    code, out, err = call("events.jsonl", "--show-pii")

    assert (code, err) == (0, "")
    assert "2 people by 5 identifiers in 5 events; 1 profile merged" in out
    assert "1 dead letter: 1 about nobody" in out
    assert "email:ada@x.org  of user:ada  asked by user:eve" in out
    assert "device:d1  from user:ada  asked by user:eve" in out


def test_what_is_labelled_pii_is_masked(folder: Path) -> None:
    assert "ada@x.org" not in call("events.jsonl")[1]
    assert "ada@x.org" not in call("events.jsonl", "--format", "json")[1]
    assert "ada@x.org" in call("events.jsonl", "--format", "json", "--show-pii")[1]


def test_json_for_programs(folder: Path) -> None:
    found = json.loads(call("events.jsonl", "--format", "json")[1])

    assert (found["profiles"], found["merged"], found["counts"]) == (2, 1, {"link_refused": 1, "moved": 1})
    assert [(s["namespace"], s["values"], s["merges"]) for s in found["shares"]] == [
        ("user", 2, 0), ("email", 1, 1), ("name_birth", 0, 0), ("device", 2, 0),
    ]  # fmt: skip
    assert found["pairs"] is None


def test_records_against_labels(folder: Path) -> None:
    """Three people of two, two, one records: one pair is found, one is missed, one is wrong."""
    rows = ["name, born, device", "Ada, 1815, a1", "ÁDA , 1815, a2", "Bo, 1900, b1", "Bob, 1900, b2", "ada, 1815, c1"]
    (folder / "records.csv").write_text("\ufeff" + "\r\n".join(rows), encoding="utf-8")
    (folder / "truth.csv").write_text(
        "identifier,person\n" + "".join(f"device:{i},{i[0]}\n" for i in ("a1", "a2", "b1", "b2", "c1")), encoding="utf-8"
    )
    found = json.loads(call("records.csv", "--truth", "truth.csv", "--format", "json")[1])

    assert {k: found["pairs"][k] for k in ("both", "found", "true")} == {"both": 1, "found": 3, "true": 2}
    (name_birth,) = [s for s in found["shares"] if s["namespace"] == "name_birth"]
    assert name_birth["only"]["found"] == 3
    assert name_birth["without"] is None or name_birth["without"]["found"] == 0
    shown = call("records.csv", "--truth", "truth.csv")[1]
    assert "precision 33.33%   recall 50.00%   F1 40.00%" in shown
    assert "of 2 true pairs 1 found, 1 missed; 2 pairs wrong" in shown


@pytest.mark.parametrize(
    ("content", "says"),
    [("a,b\n1,2\n", "must name the columns"), ("identifier,person\n,x\n", "no row has"), (None, "truth.csv")],
)
def test_a_truth_file_that_says_nothing(folder: Path, content: str | None, says: str) -> None:
    if content is not None:
        (folder / "truth.csv").write_text(content, encoding="utf-8")
    code, _, err = call("events.jsonl", "--truth", "truth.csv")

    assert code == 4 and says in err


def test_the_type_of_rows_must_be_clear(folder: Path) -> None:
    (folder / "rtj.yaml").write_text(PROJECT + "  other: {}\n", encoding="utf-8")
    (folder / "records.csv").write_text("device\nx\n", encoding="utf-8")

    assert call("records.csv")[0] == 2
    assert call("records.csv", "--event", "nothing")[0] == 2
    assert call("records.csv", "--event", "row")[0] == 0
    assert call("nowhere.csv", "--event", "row")[0] == 4


def test_what_else_the_project_declares_is_no_matter(folder: Path) -> None:
    """Consents, caps and tables read attributes that nobody asks for here."""
    more = (
        "profile: {ok: {type: bool?}}\naudiences: {fine: profile.ok}\nbusiness_events: {stock: {item: string}}\n"
        "tables: {items: {key: item, from: stock, fields: {}}}\n"
        "channels: {email: {address: profile.email, purpose: marketing, consent: profile.ok, confirmed: profile.ok}}\n"
        "consents: {any: profile.ok, subscriptions: {news: profile.ok}}\nmessages: {a: {subscription: news, category: b}}\n"
        "caps: {one: {at_most: 1 per day, categories: b}}\nquiet_hours: {from: 22:00, to: 08:00}\nholdout: {share: 5%, salt: a}\n"
    )
    (folder / "rtj.yaml").write_text(PROJECT + more, encoding="utf-8")

    assert call("events.jsonl")[0] == 0


def test_the_story_of_one_person(folder: Path) -> None:
    """By any identifier the person ever had: born, linked, merged, and what somebody else's event asked for or took."""
    code, out, err = call("events.jsonl", "--profile", "ada@x.org", "--show-pii")

    assert (code, err) == (0, "")
    steps = [" ".join(text.split()) for text in out.splitlines() if text.startswith("  ")]
    assert steps == [
        "00:00 user:ada is born row 0",
        "00:00 user:ada takes device:d1 row 0",
        "00:00 email:ada@x.org is born row 1",
        "00:00 email:ada@x.org takes device:d2 row 1",
        "00:00 user:ada becomes one with email:ada@x.org, by email:ada@x.org row 2",
        "00:00 user:eve takes device:d1 from user:ada row 3",
        "00:00 user:eve asks for email:ada@x.org, which stays with user:ada row 4",
    ]
    assert call("events.jsonl", "--profile", "d2", "--show-pii")[1].splitlines()[1:] == out.splitlines()[1:]


def test_a_story_is_masked_and_told_to_programs(folder: Path) -> None:
    assert "ada@x.org" not in call("events.jsonl", "--profile", "d2")[1]
    found = json.loads(call("events.jsonl", "--profile", "d2", "--format", "json", "--show-pii")[1])

    assert [(step["what"], step["event"]) for step in found["story"]] == [
        ("born", "0"), ("linked", "0"), ("born", "1"), ("linked", "1"), ("merged", "2"), ("moved", "3"), ("link_refused", "4"),
    ]  # fmt: skip


def test_nobody_of_that_name(folder: Path) -> None:
    code, out, err = call("events.jsonl", "--profile", "nobody")

    assert (code, out) == (1, "") and "appears in these events" in err


def test_signs_against_a_kind_without_labels(folder: Path) -> None:
    """Two with different addresses became one by a name and a birthday: a sign, told of the kind that did it."""
    events = [
        {"email": "a@x.org", "properties": {"name": "Ann", "born": "1990"}},
        {"email": "b@x.org", "properties": {"name": "ANN", "born": "1990"}},
        {"user": "u", "email": "a@x.org"},
        {"user": "v", "email": "b@x.org"},
    ]
    (folder / "rtj.yaml").write_text(PROJECT.replace("priority: 2, unique: true", "priority: 2"), encoding="utf-8")
    lines = [json.dumps({"id": str(n), "type": "row", "ts": n + 1, **event}) for n, event in enumerate(events)]
    (folder / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")
    found = json.loads(call("events.jsonl", "--format", "json")[1])

    (key,) = [share for share in found["shares"] if share["namespace"] == "name_birth"]
    assert (key["merges"], key["disagree"], key["alone"]) == (1, 1, 0)
    (email,) = [share for share in found["shares"] if share["namespace"] == "email"]
    assert (email["disagree"], email["refused"]) == (0, 1)
    assert "disagree: merges of two" in call("events.jsonl")[1]


def test_files_may_be_given_as_other_commands_take_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--events FILE` is FILE; without any the call is wrong and says how it is right."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rtj.yaml").write_text("project: p\n")
    (tmp_path / "e.jsonl").write_text('{"id": "1", "type": "x", "ts": "2026-03-02T10:00:00Z", "user_id": "ada"}\n')
    plain, named = call("e.jsonl"), call("--events", "e.jsonl")
    assert plain[0] == 0
    assert plain[1] == named[1]
    code, _, err = call()
    assert (code, err) == (2, "error: name the files to read: rtj identity events.jsonl\n")
