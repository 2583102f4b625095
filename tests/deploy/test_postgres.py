"""The same on PostgreSQL: a deployment killed in the middle goes on, two deployers at once are one after the other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rtj.base.errors import RefusedError
from rtj.deploy.faults import VARIABLE
from rtj.plan.planned import written_plan
from tests.deploy.shop import carried_out, opened, plan_of, program
from tests.servers.postgres import Postgres

ROOT = Path(__file__).parents[2]
NAME = "deployed here"


def test_killed_it_goes_on_and_of_two_deployers_one_wins(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_ENVIRONMENT", NAME)
    store = opened(postgres.url)
    file = tmp_path / "plan.rtjplan"
    file.write_bytes(written_plan(plan_of(store, program(1))))
    words = (sys.executable, "-m", "tests.deploy.shop", postgres.url, str(file))
    killed = subprocess.run(words, cwd=ROOT, env={**os.environ, VARIABLE: "order"}, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    again = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout.strip()) == (0, "applied"), again.stderr

    plans = [plan_of(store, program(days), old=program(1), author=f"{days}@host") for days in (2, 3)]
    ends: list[str] = []

    def run(number: int) -> None:
        mine = opened(postgres.url)
        try:
            ends.append(carried_out(plans[number], mine, lock_ms=5_000).how)
        except RefusedError as error:
            ends.append("moved" if "moved" in str(error) else str(error))
        finally:
            mine.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["applied", "moved"]
    assert [(row.serial, row.state) for row in store.deployments()] == [(2, "applied"), (1, "applied")]
    assert [row.number for row in store.audit()] == list(range(1, len(list(store.audit())) + 1))
    store.close()
