"""`rtj deploy` and the commands around it, on a real store: who may, what is asked, what is refused with which exit code, how a
killed deployment goes on, and what status, history, drift and rollback tell of it."""

from __future__ import annotations

import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.conftest import event, write_events
from tests.cli.deployments import FILE, ROOT, call, edit, parsed, process, refused, stages, told, write_shop

LONGER = ("wait: 5 days", "wait: 6 days")
GONE = ("  - {id: pause, wait: 5 days}\n", "")
MOVED = ("do:\n  - {id: pause", "moved: {pause: breathe}\ndo:\n  - {id: breathe")


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


def deployments() -> list[tuple[int, str, str]]:
    rows = parsed("history")["deployments"]
    return [(row["serial"], row["kind"], row["state"]) for row in reversed(rows)]


def inside() -> dict[str, int]:
    return {row["journey"]: row["people"] for row in parsed("status")["versions"] if row["phase"] == "current"}


def test_it_is_in_force_and_people_stay_inside(live: Path) -> None:
    edit(LONGER)
    told("deploy", "--yes", "-m", "slower")

    assert deployments() == [(1, "deploy", "applied"), (2, "deploy", "applied")]
    assert inside() == {"big_spenders": 0, "welcome": 5}
    assert "nothing to do" in told("deploy", "--yes")


def test_a_plan_file_is_done_once_and_refused_when_the_world_moved(live: Path) -> None:
    edit(LONGER)
    told("plan", "-o", "a.rtjplan")
    edit(("wait: 6 days", "wait: 7 days"))
    told("plan", "-o", "b.rtjplan")

    told("deploy", "a.rtjplan")
    told("deploy", "a.rtjplan")

    assert "state moved 1 -> 2 by" in refused("deploy", "b.rtjplan")
    assert deployments()[-1] == (2, "deploy", "applied")
    assert stages(parsed("plan"))["timers"]["people"] == 5  # the file was done, not what was edited since


def test_yes_covers_no_migration_unless_it_says_so(live: Path) -> None:
    edit(MOVED)

    assert "--accept-level needs-migration" in refused("deploy", "--yes")
    told("deploy", "--yes", "--accept-level", "needs-migration")
    assert inside()["welcome"] == 5


def test_what_breaks_is_accepted_one_by_one(live: Path) -> None:
    edit(GONE)

    assert "--accept D102@welcome" in refused("deploy", "--yes", "--accept-level", "breaking")
    told("deploy", "--yes", "--accept-level", "breaking", "--accept", "D102@welcome")
    assert inside()["welcome"] == 0
    assert parsed("history")["deployments"][0]["accepted"] == ["D102@welcome"]


def test_pinned_people_are_told_as_draining(live: Path) -> None:
    edit(GONE)
    told("deploy", "--yes", "--pin", "welcome")

    rows = {(row["journey"], row["phase"]): row["people"] for row in parsed("status")["versions"]}
    assert rows["welcome", "draining"] == 5 and rows["welcome", "current"] == 0
    assert "draining" in told("status")


def test_people_in_an_older_version_do_not_lose_their_place_unseen(live: Path) -> None:
    """No difference between the projects tells of them: nobody is inside the newest version."""
    edit(GONE)
    told("deploy", "--yes", "--pin", "welcome")
    edit(("title: Welcome 歓迎", "title: Hello"), ("id: hello, send", "id: hallo, send"))

    said = refused("deploy", "--yes")
    assert "5 in the older version" in said and "--accept stranded@welcome" in said
    assert sum(one["people"] for one in parsed("plan", "--pin", "welcome")["stages"] if one["do"] == "drain") == 5
    told("deploy", "--yes", "--accept", "stranded@welcome")
    assert all(row["people"] == 0 for row in parsed("status")["versions"])


def test_nobody_is_asked_where_nobody_sits(live: Path) -> None:
    edit(LONGER)

    assert "--yes" in refused("deploy", code=2)
    assert deployments() == [(1, "deploy", "applied")]


def test_a_dry_run_changes_nothing_and_ends_as_if(live: Path) -> None:
    edit(GONE)

    refused("deploy", "--yes", "--dry-run")
    told("deploy", "--dry-run", "--detailed-exitcode", "--accept", "D102@welcome", code=12)
    assert deployments() == [(1, "deploy", "applied")]


@pytest.mark.parametrize(("change", "answer", "code"), [(LONGER, "y", 0), (LONGER, "n", 5), (MOVED, "y", 5), (MOVED, "prod", 0)])
def test_who_sits_there_is_asked(live: Path, change: tuple[str, str], answer: str, code: int) -> None:
    """`y` for what is harmless, the name of the environment for what needs a migration."""
    edit(change)
    master, slave = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"}
    with subprocess.Popen(
        (sys.executable, "-m", "rtj", "deploy"), stdin=slave, stdout=slave, stderr=subprocess.PIPE, env=env
    ) as running:
        os.close(slave)
        os.write(master, f"{answer}\n".encode())
        told_last = b""
        try:
            while part := os.read(master, 65_536):
                told_last += part
        except OSError:  # the other end is closed
            pass
        assert running.stderr is not None
        said = running.stderr.read().decode()
        running.wait(timeout=60)
    os.close(master)

    assert running.returncode == code, said
    assert ("Type the environment's name" in said) == (change is MOVED)
    assert len(deployments()) == (2 if code == 0 else 1)


def test_a_word_that_is_no_file_names_an_environment(shop: Path) -> None:
    told("deploy", "prod", "--yes")

    assert "no plan file, and no such environment; did you mean prod?" in refused("deploy", "prd", "--yes", code=2)
    assert "no such file" in refused("deploy", "plans/yesterday.rtjplan", code=4).lower()
    assert deployments() == [(1, "deploy", "applied")]


# ---- before


def test_checks_fail_unless_they_are_waived(live: Path) -> None:
    edit(LONGER)
    test = "journey: welcome\nstart: 2026-03-01T09:00\nperson: {user_id: ada}\ntests:\n  - name: greeted at once\n"
    test += "    events: [+0s signed_up: {plan: pro}]\n    until: +1h\n    expect:\n      messages: [{message: hello}]\n"
    Path("welcome.test.yaml").write_text(test, encoding="utf-8")

    assert "test fails" in refused("deploy", "--yes")
    told("deploy", "--yes", "--no-test")
    assert parsed("history")["deployments"][0]["waived"] == ["test"]
    assert any(row["action"] == "waive" for row in parsed("history")["audit"])


def test_approvals_come_from_somebody_else(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_shop(shop, "{approvals: 1}")
    monkeypatch.setenv("RTJ_USER", "anna")
    monkeypatch.delenv("RTJ_APPROVAL_KEY", raising=False)
    told("plan", "-o", "plan.rtjplan")

    assert "0 of 1 approvals" in refused("deploy", "plan.rtjplan")
    assert "somebody else" in refused("approve", "plan.rtjplan", "--as", "anna")
    assert "not signed" in told("approve", "plan.rtjplan", "--as", "bob", "-m", "fine")
    told("deploy", "plan.rtjplan")

    assert [row["who"] for row in parsed("history")["audit"] if row["action"] == "approve"] == ["bob"]


def test_the_blast_guard_counts_on_the_state_itself(live: Path) -> None:
    edit(("wait: 5 days", "wait: 1h"), ("enter:", "timers: rebase\nenter:"))

    said = refused("deploy", "--yes", "--accept-level", "needs-migration", "--max-immediate-sends", "4")
    assert "5 messages would go out at once" in said and "welcome 5" in said
    told("deploy", "--yes", "--accept-level", "needs-migration", "--max-immediate-sends", "5")


def test_people_who_came_since_the_plan_do_not_lose_their_place(shop: Path) -> None:
    """When the plan was made nobody was inside, so that taking their node away was safe."""
    told("deploy", "--yes")
    edit(GONE)
    assert parsed("plan", "-o", "plan.rtjplan")["level"] == "safe"
    told("run", "--once", "-q")

    assert "5 people would lose their place, and the plan knows of 0" in refused("deploy", "plan.rtjplan")
    assert inside()["welcome"] == 5


# ---- killed


@pytest.mark.parametrize("step", ["record", "order", "take"])
def test_killed_it_goes_on(live: Path, step: str) -> None:
    edit(LONGER)
    told("plan", "-o", "plan.rtjplan")

    assert process("deploy", "plan.rtjplan", RTJ_KILL_AT=step).returncode == -signal.SIGKILL
    told("deploy", *(["plan.rtjplan"] if step == "take" else ["--resume"]))

    assert deployments() == [(1, "deploy", "applied"), (2, "deploy", "applied")]
    assert inside()["welcome"] == 5


# ---- afterwards


def test_status_and_history_tell_who_what_and_why(live: Path) -> None:
    status, history = told("status"), told("history")

    assert "1 by" in status and "first" in status and "nobody runs it" in status
    assert "welcome" in status and " 5" in status
    assert "applied" in history and "first" in history
    assert "the chain is whole" in call("history").stderr


def test_a_history_that_was_changed_is_damage(live: Path) -> None:
    with sqlite3.connect("state.db") as base:
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{name}"')  # which keep programs from it, and nobody else
        base.execute("UPDATE audit SET who = 'nobody' WHERE number = 2")

    assert "2" in refused("history", code=4)


def test_rollback_is_a_new_deployment_and_says_what_stays(live: Path) -> None:
    first = parsed("status")["project"]
    edit(LONGER)
    told("deploy", "--yes")

    assert "say why" in refused("rollback", code=2)
    text = told("rollback", "-m", "too slow", "--yes")

    assert "cannot undo: " in text and "already sent since" in text
    assert deployments()[-1] == (3, "rollback", "applied")
    assert parsed("status")["project"] == first and inside()["welcome"] == 5


def test_rollback_of_a_deployment_leaves_the_people_where_they_were(live: Path) -> None:
    def standing() -> list[str]:
        told("simulate", "--log", "prod", "--instances", "who.jsonl", "-q")
        lines = [json.loads(line) for line in Path("who.jsonl").read_text(encoding="utf-8").splitlines()]
        return sorted(f"{one['id']} {one['node']} {one.get('due')}" for one in lines if one["what"] == "instance")

    before = standing()
    edit(LONGER)
    told("deploy", "--yes")
    told("rollback", "-m", "no", "--yes")

    assert len(before) == 5 and standing() == before


def test_there_is_nothing_to_go_back_to_before_the_second_project(live: Path) -> None:
    assert "no earlier deployment" in refused("rollback", "-m", "no", "--yes")
    assert "no deployment 9" in refused("rollback", "9", "-m", "no", "--yes", code=2)


def test_drift_names_the_file_and_the_difference(live: Path) -> None:
    assert "no drift" in told("drift")
    edit(LONGER)
    edit(("file: out.jsonl", "file: elsewhere.jsonl"), file=Path("rtj.yaml"))

    text = told("drift", code=1)

    assert str(FILE) in text and "5 days -> 6 days" in text
    assert "rtj.yaml" in text and "elsewhere.jsonl" in text
    assert {row["kind"] for row in parsed("drift", code=1)["drift"]} == {"project", "settings"}


def test_a_damaged_program_is_drift_and_refused(live: Path) -> None:
    with sqlite3.connect("state.db") as base:
        base.execute("UPDATE programs SET body = x'7b7d'")

    assert "program" in told("drift", code=1)


def test_a_journey_is_paused_and_goes_on(live: Path) -> None:
    told("pause", "welcome", "--yes", "-m", "wrong price")
    paused = {row["journey"]: row["phase"] for row in parsed("status")["versions"]}
    told("resume", "welcome", "--yes")

    assert paused["welcome"] == "paused"
    assert parsed("status")["paused"] == []
    assert [kind for _, kind, _ in deployments()] == ["deploy", "pause", "resume"]
    assert "did you mean welcome?" in refused("pause", "welcom", "--yes", code=2)


def test_a_ramp_grows_and_ends(live: Path) -> None:
    edit(LONGER)
    told("deploy", "--yes", "--ramp", "5%")
    shares = {row["journey"]: row["percent"] for row in parsed("status")["versions"] if row["phase"] == "ramping"}
    assert shares == {"welcome": 5}

    told("ramp", "welcome", "50%", "--yes")
    assert [row["percent"] for row in parsed("status")["versions"] if row["phase"] == "ramping"] == [50]
    told("ramp", "welcome", "100%", "--yes")

    assert inside()["welcome"] == 5
    assert "one version only" in refused("ramp", "welcome", "50%", "--yes")


def test_a_lock_needs_its_very_id(live: Path) -> None:
    edit(LONGER)
    with sqlite3.connect("state.db") as base:
        row = ("lock", "1234", "bob@elsewhere", "elsewhere", 1, "deploy prod", 1, 1)
        base.execute(
            "INSERT INTO holders (what, id, who, host, pid, operation, created_ms, beat_ms) VALUES (?,?,?,?,?,?,?,?)", row
        )

    assert "bob@elsewhere" in refused("deploy", "--yes")
    assert "1234" in refused("unlock", "4321")
    assert "unlocked, held by bob@elsewhere" in told("unlock", "1234")
    told("deploy", "--yes")


def test_gc_keeps_what_is_young_or_runs(live: Path) -> None:
    with sqlite3.connect("state.db") as base:
        found = base.execute("SELECT count(*) FROM programs").fetchone()[0]

    assert parsed("gc", "--dry-run")["programs"] == []
    told("gc")
    with sqlite3.connect("state.db") as base:
        assert base.execute("SELECT count(*) FROM programs").fetchone()[0] == found


def test_where_nothing_was_deployed_it_is_said(shop: Path) -> None:
    assert "nothing" in refused("status", code=4)
    assert "nothing" in refused("rollback", "-m", "why", "--yes")


# ---- while a run lives


def test_a_run_takes_it_between_two_batches_and_loses_nobody(shop: Path) -> None:
    def signs_up(number: int) -> dict[str, object]:
        return event(number, "signed_up", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", f"p{number}", plan="pro")

    def waits(people: int) -> bool:
        until = time.monotonic() + 30
        while inside().get("welcome") != people and time.monotonic() < until:
            time.sleep(0.1)
        return inside().get("welcome") == people

    told("deploy", "--yes")
    write_events(shop / "live.jsonl", [signs_up(n) for n in range(5)])
    words = (sys.executable, "-m", "rtj", "run", "-q")
    with subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL) as running:
        try:
            assert waits(5)
            assert parsed("status")["run"]["alive"]
            edit(LONGER)
            done = call("deploy", "--yes", "--wait", "30s")
            with Path("live.jsonl").open("a", encoding="utf-8") as out:
                out.write(json.dumps(signs_up(6)) + "\n")
            assert waits(6)
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=60)

    assert done.exit_code == 0 and "the run took it" in done.stderr, done.output
    assert running.returncode == 0
    assert inside()["welcome"] == 6
    assert deployments() == [(1, "deploy", "applied"), (2, "deploy", "applied")]
