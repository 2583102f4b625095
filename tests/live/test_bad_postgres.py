"""PostgreSQL goes away under a run and comes back: the run waits, says so, and goes on; who only asks is not made to wait."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import PROJECT
from tests.deploy.shop import WELCOME
from tests.live.test_bad_ground import LINE, RTJ, WAIT_S
from tests.servers.postgres import Postgres

ENVIRONMENT = """\
environments:
  away:
    store: "%s"
    sources: {web: {file: live.jsonl, idle: 50ms}}
    channels: {"*": {file: out.jsonl}}
    policies: {awake: 1}
"""


def until(holds: Callable[[], object], run: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end and run.poll() is None, log.read_text()
        time.sleep(0.02)


@pytest.mark.long
def test_a_run_waits_for_its_server_and_a_command_says_soon_that_it_is_away(postgres: Postgres, tmp_path: Path) -> None:
    (tmp_path / "rtj.yaml").write_text(PROJECT + ENVIRONMENT % postgres.url, encoding="utf-8")
    (tmp_path / "welcome.journey.yaml").write_text(WELCOME, encoding="utf-8")
    events, out, log = tmp_path / "live.jsonl", tmp_path / "out.jsonl", tmp_path / "log"
    events.touch()
    deploy = (*RTJ, "deploy", "--env", "away", "--yes", "--no-validate", "--no-test")
    done = subprocess.run(deploy, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    with log.open("wb") as file:
        run = subprocess.Popen((*RTJ, "run", "--env", "away"), cwd=tmp_path, stderr=file, env=dict(os.environ))
    try:
        until(lambda: b'"running"' in log.read_bytes(), run, log)
        postgres.stop()
        try:
            until(lambda: b"does not answer since" in log.read_bytes(), run, log)
            with events.open("a") as lines:
                lines.write(LINE % 1)
            began = time.monotonic()
            asked = subprocess.run(
                (*RTJ, "status", "away"), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
            )
            assert asked.returncode == 4 and "the server cannot be reached" in asked.stderr and "Traceback" not in asked.stderr
            assert time.monotonic() - began < 30
        finally:
            postgres.start()
        until(lambda: out.exists() and out.read_bytes(), run, log)
        until(lambda: b'"store_works"' in log.read_bytes(), run, log)
    finally:
        run.send_signal(signal.SIGTERM)
        code = run.wait(WAIT_S)
    told = [json.loads(line) for line in log.read_bytes().splitlines()]
    assert code == 0 and told[-1]["event"] == "ended", log.read_text()
    assert 1 <= sum(line["event"] == "store_fails" for line in told) <= 5
