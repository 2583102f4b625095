"""`rtj audience` from outside: sizes that follow time alone, members in any script, why somebody is in or out, and calls that are
wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rtj.cli.main import app

PROJECT = """\
project: tiny
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
  device:  {kind: device, priority: 2}
events:
  bought: {total: number}
  viewed: {item: string?}
profile:
  spend: sum(bought.total) over 1d
  seen: last(any.ts)
audiences:
  spenders: profile.spend >= 10
  asleep: profile.seen <= now() - 12h and not audience.spenders
  nobody: profile.spend > 1000000
"""
EVENTS = [
    ("bought", "2026-03-28T12:00:00Z", "夏目漱石", None, {"total": 12}),
    ("bought", "2026-03-28T13:00:00Z", "ada", None, {"total": 4}),
    ("bought", "2026-03-28T14:00:00Z", "ada", "phone", {"total": 7}),
    ("viewed", "2026-03-28T15:00:00Z", None, "tablet", {}),
    ("bought", "2026-03-28T15:00:00Z", "zoë", "tablet", {"total": 99}),
    ("viewed", "2026-03-29T13:30:00Z", "zoë", None, {"item": "tea"}),
]


@pytest.fixture
def survey(tmp_path: Path) -> Callable[..., Result]:
    (tmp_path / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    lines = []
    for number, (kind, ts, user, device, properties) in enumerate(EVENTS):
        who = {key: value for key, value in (("user_id", user), ("device", device)) if value is not None}
        lines.append(json.dumps({"id": f"e{number}", "type": kind, "ts": ts, **who, "properties": properties}))
    (tmp_path / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")

    def run(*arguments: str) -> Result:
        call = ["audience", *arguments, "--events", str(tmp_path / "events.jsonl"), "--project", str(tmp_path)]
        result = CliRunner().invoke(app, [*call, "--now", "2026-04-01T00:00Z"])
        assert "Traceback" not in result.stderr
        return result

    return run


def test_all_audiences(survey: Callable[..., Result], golden: Callable[..., None]) -> None:
    golden("cli/audience_all.out", survey().stdout)


def test_one_audience_over_time_with_its_members(survey: Callable[..., Result], golden: Callable[..., None]) -> None:
    golden("cli/audience_one.out", survey("spenders", "--members", "1").stdout)


def test_why_a_person_is_in_or_out(survey: Callable[..., Result], golden: Callable[..., None]) -> None:
    golden("cli/audience_why.out", survey("--profile", "ada", "--at", "2026-03-29T12:30Z").stdout)


def test_sizes_for_programs(survey: Callable[..., Result]) -> None:
    found = json.loads(survey("spenders", "--format", "json", "--until", "2026-03-31").stdout)
    assert (found["size"], found["joined"], found["left"], found["peak"]) == (0, 3, 3, 3)
    assert found["peak_at"] == "2026-03-28T15:00:00.000Z"
    assert sum(span["joined"] - span["left"] for span in found["over_time"]) == found["size"]
    rows = survey("--format", "csv").stdout.splitlines()
    assert rows[0] == "audience,size,share,joined,left,fused,peak,peak_at"
    assert rows[2].startswith("nobody,0,0.0,0,0,0,0,")


def test_all_members_one_a_line_for_pipes(survey: Callable[..., Result]) -> None:
    result = survey("spenders", "--members", "--at", "2026-03-28T16:00Z")
    assert result.stdout.splitlines() == ["user_id:ada", "user_id:zoë", "user_id:夏目漱石"]
    assert "3 in spenders" in result.stderr
    assert survey("nobody", "--members").stdout == ""
    assert survey("everyone", "--members").stdout.count("\n") == 3


def test_a_person_leaves_at_the_very_instant_at_which_the_window_ends(survey: Callable[..., Result]) -> None:
    def member(at: str) -> bool:
        found = json.loads(survey("spenders", "--profile", "夏目漱石", "--at", at, "--format", "json").stdout)
        return bool(found["audiences"][0]["member"])

    assert member("2026-03-29T11:59:59.999Z")
    assert not member("2026-03-29T12:00:00Z")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("spendres",), "did you mean spenders?"),
        (("--members", "3"), "name it"),
        (("spenders", "--profile", "ada", "--members"), "do not go together"),
        (("--at", "2026-03-28", "--until", "+1d"), "both say where to end"),
        (("spenders", "--members=many"), "not a number"),
        (("--profile", "grace"), "nobody called grace"),
        (("--profile", "ada", "--at", "2026-03-01"), "nobody called ada"),
    ],
)
def test_calls_that_are_wrong_are_told_in_a_line(survey: Callable[..., Result], arguments: tuple[str, ...], said: str) -> None:
    result = survey(*arguments)
    assert result.exit_code != 0
    assert said in result.stderr
    assert result.stdout == ""


def test_a_computed_attribute_is_called_by_its_name(survey: Callable[..., Result], tmp_path: Path) -> None:
    project = PROJECT.replace("  seen:", "  double: profile.spend * 2\n  seen:").replace(
        "profile.spend > 1000000", "profile.double > 20"
    )
    (tmp_path / "rtj.yaml").write_text(project, encoding="utf-8")
    told = survey("nobody", "--profile", "ada", "--at", "2026-03-28T14:30:00Z").stdout
    assert "profile.double > 20" in told and "profile.double = 22" in told and "* 2" not in told
