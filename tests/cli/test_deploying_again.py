"""What is so already is not done once more: nothing is ordered, nobody is asked, the exit code is 0. And a plan says what has to
be done next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.deployments import edit, parsed, refused, told, write_shop

LONGER = ("wait: 5 days", "wait: 6 days")


@pytest.fixture
def live(tiny: Path) -> Path:
    """Five people wait in `welcome`."""
    write_shop(tiny)
    told("deploy", "--yes", "-q")
    told("run", "--once", "-q")
    return tiny


def serial() -> int:
    found: int = parsed("status")["serial"]
    return found


def test_pausing_twice_and_resuming_what_goes_on(live: Path) -> None:
    assert "welcome is not paused in prod: nothing to do" in told("resume", "welcome")
    assert serial() == 1
    told("pause", "welcome", "--yes")
    assert "welcome is paused already (deployment 2) in prod: nothing to do" in told("pause", "welcome")
    assert parsed("pause", "welcome")["stages"] == []
    assert serial() == 2


def test_a_ramp_to_where_it_is(live: Path) -> None:
    assert "100 % of those who enter welcome enter its newest version already" in told("ramp", "welcome", "100%")
    edit(LONGER)
    told("deploy", "--yes", "--ramp", "5%")
    assert "nothing to do" in told("ramp", "welcome", "5")
    assert serial() == 2
    assert "did you mean welcome?" in refused("ramp", "welcom", "5%", code=2)


def test_a_ramp_of_one_journey(live: Path) -> None:
    edit(LONGER)
    assert [one["percent"] for one in parsed("plan", "--ramp", "welcome=20%")["stages"] if one["do"] == "ramp"] == [20]
    assert "did you mean welcome?" in refused("plan", "--ramp", "welcom=20%", code=2)
    assert "say JOURNEY=5%" in refused("plan", "--ramp", "=20%", code=2)


def test_a_rollback_to_what_runs(live: Path) -> None:
    assert "nothing to do" in told("rollback", "1", "-m", "why not")
    assert parsed("rollback", "1", "-m", "why not")["stages"] == []
    assert serial() == 1


def test_how_long_is_said_as_in_journeys(live: Path) -> None:
    edit(LONGER)
    assert "--wait: 'soon' is not a length" in refused("deploy", "--yes", "--wait", "soon", code=2)
    assert "did you mean 30s?" in refused("pause", "welcome", "--yes", "--lock-timeout", "30", code=2)
    told("deploy", "--yes", "--wait", "1m30s", "--lock-timeout", "2s")


def test_a_plan_says_what_comes_next(live: Path) -> None:
    edit(LONGER)
    assert "next: `rtj deploy --env prod` does this" in told("plan")
    assert "next: `rtj deploy a.plan` does exactly this" in told("plan", "-o", "a.plan")
    write_shop(live, "{approvals: 2}")
    edit(LONGER)
    assert "it needs 2 approvals: write it with `-o FILE`, then `rtj approve FILE --as NAME`" in told("plan")
    said = told("plan", "-o", "b.plan")
    assert "2 approvals are missing: somebody else than" in said
    assert "`rtj approve b.plan --as NAME`" in said and "then `rtj deploy b.plan` does exactly this" in said
    told("approve", "b.plan", "--as", "Ben")
    assert "`--no-approvals` does without" in refused("deploy", "b.plan")
    assert "next:" not in told("plan", "--no-approvals").replace("next: `rtj deploy --env prod` does this", "")


def test_a_plan_says_what_is_in_its_way(live: Path) -> None:
    edit(("  - {id: pause, wait: 5 days}\n", ""))
    said = told("plan", "-o", "a.plan")
    assert "takes upon you what breaks" in said
    assert "then make this plan anew: it is refused as it is" in said
    assert "does this" not in said
