"""`rtj diff --profile`: two timelines in any width and script; what is the same is folded, what nobody may see is masked."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.cli.main import app
from rtj.cli.render import Paper
from rtj.cli.render_lives import PAIRS_MAX, People, render_lives
from rtj.cli.screen import paint, width
from rtj.ir.comparison import Lives, Pair
from rtj.report.timeline import LEFT
from tests.cli.conftest import PROJECT, WELCOME, event, write_events

Golden = Callable[[str, str], None]
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
WIDE = "会员欢迎旅程"


def record(minutes: int, what: str, journey: str = "welcome", **more: object) -> dict[str, object]:
    at = (START + timedelta(minutes=minutes)).isoformat()
    return {"at": at, "profile": "user_id:ada", "n": 0, "what": what, "journey": journey, **more}


def lives(*pairs: Pair, why: str = "at node `pause`: waits until 09:30, before until 10:00") -> Lives:
    first = next((place for place, pair in enumerate(pairs) if not pair.same), None)
    return Lives(pairs, first, "" if first is None else why)


def both(one: dict[str, object]) -> Pair:
    return Pair(one, one, same=True)


def rich() -> Lives:
    """Several journeys, wide and right-to-left names, a long text, an instant with much in it."""
    long = record(
        30, "sent", node="hello", template="رسالة_ترحيب", channel="whatsapp", vars={"item": "茶" * 90, "text": "x" * 900}
    )
    return lives(
        both(record(0, "entered", cause="signed_up")),
        *(both(record(minute, "goes", WIDE, node="分支", to="否则")) for minute in range(1, 12)),
        Pair(
            record(20, "waits", node="pause", until=record(60, "")["at"]),
            record(20, "waits", node="pause", until=long["at"]),
            False,
        ),
        Pair(None, long, same=False),
        Pair(record(60, "sent", node="hello", template="hello", channel="email"), None, same=False),
        Pair(record(60, "left", WIDE, reason="dropped"), record(60, "left", WIDE, reason="stranded", node="分支"), same=False),
        *(both(record(60 * 24 * day, "left", reason="completed")) for day in range(1, 9)),
    )


def shown(found: Lives, columns: int, who: str = "user_id:ليلى") -> str:
    named = People(who, "HEAD", "working tree")
    return paint(render_lives(found, named, UTC, Paper(columns, columns > 0)), color=False)


@pytest.mark.parametrize("columns", [0, 80, 120, 200])
def test_two_timelines(golden: Golden, columns: int) -> None:
    text = shown(rich(), columns)
    golden(f"diff/lives-{columns}.out", text)
    wide = [row for row in text.splitlines() if width(row) > (columns or 160) and "茶" not in row]
    assert wide == []


@pytest.mark.parametrize("columns", [100, 140, 0])
def test_columns_stand_below_each_other_whatever_the_script(columns: int) -> None:
    rows = [row for row in shown(rich(), columns).splitlines() if " | " in row]
    assert len({width(row[: row.index(" | ")]) for row in rows}) == 1
    assert len(rows) > 4


def test_lives_that_are_the_same_are_one_line() -> None:
    found = lives(both(record(0, "entered", cause="signed_up")))
    assert shown(found, 80, "ada") == "no difference for ada in 1 thing that happened\n"


def test_thousands_of_records_are_folded_at_once() -> None:
    differs = tuple(
        Pair(record(n, "goes", node="a", to="b"), record(n, "goes", node="a", to="c"), same=False) for n in range(5_000)
    )
    began = time.process_time()
    text = shown(lives(*differs), 120)
    assert time.process_time() - began < 5
    assert text.splitlines()[0] == "user_id:ليلى in welcome: 5,000 of 5,000 things that happened are otherwise"
    assert text.splitlines()[-1] == f"  … {5_000 - PAIRS_MAX:,} more things, of which {5_000 - PAIRS_MAX:,} differ"
    same = tuple(both(record(n, "goes", node="a", to="b")) for n in range(5_000))
    rows = shown(lives(*same, *differs[:1], *same), 120).splitlines()
    assert len(rows) < 20
    assert "  … 4,997 more that are the same" in rows


def test_why_somebody_has_left_is_told_in_words() -> None:
    assert LEFT["dropped"] == "a newer version has dropped the node"
    assert LEFT["stranded"] == "a newer version had no place for it"


def test_nothing_in_a_name_moves_the_cursor() -> None:
    nasty = "\x1b[31m\u202e\r\n" + "x" * 10_000_000
    text = shown(lives(Pair(record(0, "emitted", event=nasty, node=nasty), None, same=False), why=nasty), 80, nasty)
    assert "\x1b" not in text and "\u202e" not in text and "\r" not in text
    assert len(text) < 2_000


@pytest.mark.parametrize("show", [False, True])
def test_what_is_pii_is_masked_unless_somebody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, show: bool) -> None:
    labelled = PROJECT.replace("email:   {kind: person,", "email:   {kind: person, labels: [pii],")
    for name, wait in (("old", "1h"), ("new", "2h")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rtj.yaml").write_text(labelled, encoding="utf-8")
        (tmp_path / name / "welcome.journey.yaml").write_text(WELCOME.replace("wait: 1h", f"wait: {wait}"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    came = event(1, "signed_up", "2026-03-01T09:00:00Z", "ada", plan="pro") | {"email": "ada@example.org"}
    write_events(tmp_path / "events.jsonl", [came])
    asked = ["diff", "old", "new", "--events", "events.jsonl", "--until", "2026-03-02", "--profile", "email:ada@example.org"]
    result = CliRunner().invoke(app, [*asked, *(["--show-pii"] if show else [])])
    assert result.exit_code == 0, result.stderr
    head, _, rest = result.stdout.partition("\n")
    assert "email:ada@example.org" in head
    assert ("ada@example.org" in rest) is show
    assert "gets hello by email" in rest


def test_of_lives_that_were_not_read_to_their_end_nothing_is_told(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_off = Lives((), None, "", interrupted=True)
    monkeypatch.setattr("rtj.run.comparing.compare_one", lambda *_: broken_off)
    result = CliRunner().invoke(app, ["diff", ".", ".", "--events", "events.jsonl", "--profile", "ada"])
    assert (result.exit_code, result.stdout) == (130, "")
    assert "interrupted" in result.stderr


def test_it_is_told_as_text_alone(tiny: Path) -> None:
    for more in (["--format", "json"], ["--output", "html=x.html"]):
        result = CliRunner().invoke(app, ["diff", ".", ".", "--events", "events.jsonl", "--profile", "ada", *more])
        assert (result.exit_code, "one person is told as text" in result.stderr) == (2, True)
