"""`rtj plan`: what it tells of people, checks and stages, as text and as JSON, with which exit code, and what its file holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rtj.plan.planned import read_plan
from tests.cli.deployments import edit, parsed, refused, stages, told, write_shop

LONGER = ("wait: 5 days", "wait: 6 days")
GONE = ("  - {id: pause, wait: 5 days}\n", "")


@pytest.fixture
def shop(tiny: Path) -> Path:
    """The project with an environment to which nothing was deployed."""
    write_shop(tiny)
    return tiny


@pytest.fixture
def live(shop: Path) -> Path:
    """The same; it was deployed, and five people wait in `welcome`."""
    told("deploy", "--yes", "-q", "-m", "first")
    told("run", "--once", "-q")
    return shop


def test_the_first_plan_publishes_and_switches(shop: Path) -> None:
    text = told("plan")

    assert "deploy to prod" in text and "deployment 1" in text
    assert [line.split()[1] for line in text.splitlines() if line.lstrip()[:1].isdigit()] == ["publish", "switch"]
    assert "ok  validate: clean" in text


def test_a_plan_counts_who_is_inside(live: Path) -> None:
    edit(LONGER)
    plan = parsed("plan")

    assert plan["level"] == "safe"  # their dates stay
    assert [stage["do"] for stage in plan["stages"]] == ["publish", "carry", "hand_over", "timers", "switch"]
    assert (stages(plan)["hand_over"]["migrate"], stages(plan)["timers"]["people"]) == (5, 5)
    assert plan["immediate"] == {} and plan["serial"] == 2 and plan["outcome"] is None
    assert plan["diff"]["journeys"][0]["name"] == "welcome"


def test_who_has_no_place_is_told_with_what_accepts_it(live: Path) -> None:
    edit(GONE)

    text = told("plan")

    assert "stranded 5" in text and "`--accept D102@welcome`" in text
    assert stages(parsed("plan", "--accept", "D102@welcome"))["hand_over"]["stranded"] == 5
    assert parsed("plan", "--accept", "D102@welcome")["unaccepted"] == []


def test_pinned_people_finish_on_their_version(live: Path) -> None:
    edit(GONE)

    plan = parsed("plan", "--pin", "welcome")

    assert stages(plan)["hand_over"]["pin"] == 5
    assert stages(plan)["drain"]["people"] == 5 and plan["level"] == "safe"
    assert plan["project"] != plan["running"]


def test_nothing_to_do_is_said(live: Path) -> None:
    assert "nothing to do" in told("plan", "--detailed-exitcode")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("title: Welcome 歓迎", "title: Hello"), 10),
        (LONGER, 10),
        (("id: pause", "id: breathe"), 12),
        (("do:\n  - {id: pause", "moved: {pause: breathe}\ndo:\n  - {id: breathe"), 11),
    ],
)
def test_the_detailed_exit_code_is_the_level(live: Path, change: tuple[str, str], code: int) -> None:
    edit(change)

    told("plan", "--detailed-exitcode", code=code)
    told("plan")


def test_the_file_is_whole_and_names_no_folder(live: Path) -> None:
    edit(LONGER)
    told("plan", "-o", "plan.rtjplan", "-m", "slower")

    content = Path("plan.rtjplan").read_bytes()
    plan = read_plan(content, "plan.rtjplan")

    assert str(live).encode() not in content
    assert json.loads(content)["hash"] == plan.hash
    assert (plan.environment, plan.base.serial, plan.told.message) == ("prod", 1, "slower")
    assert [check.name for check in plan.checks] == ["validate", "test", "drift"]
    assert {one.fingerprint for one in plan.programs} == {plan.project, plan.running}


def test_a_project_that_does_not_compile_has_no_plan(live: Path) -> None:
    edit(("wait: 5 days", "wait: 5 dayz"))

    assert "journeys/welcome.journey.yaml:6" in refused("plan", code=2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--env", "prd"), "did you mean prod?"),
        (("--pin", "welcom"), "did you mean welcome?"),
        (("--pin", "welcome", "--migrate", "welcome"), "one of them"),
        (("--accept", "D102"), "D102@welcome"),
        (("--accept", "D102@welcome"), "nothing of that kind breaks"),
        (("--ramp", "five"), "a share such as 5%"),
    ],
)
def test_wrong_calls_are_told(live: Path, words: tuple[str, ...], said: str) -> None:
    assert said in refused("plan", *words, code=2)
