"""The ground is taken away under a run: its store is removed or replaced, its terminal is closed. What was committed stays whole,
nothing is written where nobody can find it, and it is said what to do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rtj.store.opening import open_store
from rtj.store.port import DamagedError, Holder
from tests.cli.conftest import PROJECT
from tests.deploy.shop import WELCOME
from tests.servers.disk import Disk

ENVIRONMENT = 'environments: {dev: {sources: {web: {file: live.jsonl, idle: 50ms}}, channels: {"*": {file: out.jsonl}}}}\n'
WAIT_S = 90.0  # generous: machines may be busy
RTJ = (sys.executable, "-m", "rtj")
LINE = '{"id": "e%d", "type": "signed_up", "ts": 1774432800000, "user_id": "ada", "properties": {"plan": "pro"}}\n'


@pytest.mark.parametrize("replaced", [False, True])
def test_a_store_that_is_gone_takes_nothing(tmp_path: Path, replaced: bool) -> None:
    path = tmp_path / "store.db"
    store = open_store(str(path), "dev")
    holder = Holder("one", "me@here", "here", os.getpid(), "test", 1, 1)
    epoch = store.take_lease(holder, 1_000)
    shutil.move(path, tmp_path / "elsewhere.db")
    if replaced:
        open_store(str(path), "dev").close()
    with pytest.raises(DamagedError, match="removed or replaced"):
        store.beat(epoch, 2)
    store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that is deployed."""
    (tmp_path / "rtj.yaml").write_text(PROJECT + ENVIRONMENT, encoding="utf-8")
    (tmp_path / "welcome.journey.yaml").write_text(WELCOME, encoding="utf-8")
    (tmp_path / "live.jsonl").touch()
    done = subprocess.run((*RTJ, "deploy", "--env", "dev", "--yes"), cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return tmp_path


def running(folder: Path, **variables: str) -> subprocess.Popen[bytes]:
    with (folder / "log").open("wb") as log:
        run = subprocess.Popen((*RTJ, "run", "--env", "dev"), cwd=folder, stderr=log, env={**os.environ, **variables})
    until = time.monotonic() + WAIT_S
    while b'"running"' not in (folder / "log").read_bytes():
        assert time.monotonic() < until and run.poll() is None, (folder / "log").read_text()
        time.sleep(0.02)
    return run


def test_a_run_whose_store_is_gone_ends_and_says_so(folder: Path) -> None:
    run = running(folder)
    shutil.move(folder / ".rtj", folder / "moved")
    with (folder / "live.jsonl").open("a") as file:
        file.write(LINE % 1)
    assert run.wait(WAIT_S) == 4
    told = (folder / "log").read_text()
    assert "put it back" in told
    assert "Traceback" not in told


@pytest.mark.long
def test_a_disk_that_fails_for_a_while_ends_nobody(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neither while there is nothing to commit, when the run only tells that it lives, nor in the middle of a commit."""
    disk = Disk(folder / ".rtj", tmp_path_factory.mktemp("disk"))
    run = running(folder, **disk.variables())
    try:
        for number, kind in enumerate(("writing", "forcing"), 1):
            told = (folder / "log").read_bytes().count(b"store_fails")
            disk.fails(kind)
            if number == 2:
                with (folder / "live.jsonl").open("a") as file:
                    file.write(LINE % number)
            until = time.monotonic() + WAIT_S
            while (folder / "log").read_bytes().count(b"store_fails") == told:
                assert time.monotonic() < until and run.poll() is None, (folder / "log").read_text()
                time.sleep(0.02)
            disk.fails("nothing")
        until = time.monotonic() + WAIT_S
        while not (folder / "out.jsonl").exists() or not (folder / "out.jsonl").read_bytes():
            assert time.monotonic() < until and run.poll() is None, (folder / "log").read_text()
            time.sleep(0.02)
    finally:
        run.send_signal(signal.SIGTERM)
        code = run.wait(WAIT_S)
    assert code == 0


def test_a_run_whose_terminal_is_closed_ends_in_order(folder: Path) -> None:
    run = running(folder)
    run.send_signal(signal.SIGHUP)
    assert run.wait(WAIT_S) == 0
    assert json.loads((folder / "log").read_bytes().splitlines()[-1])["event"] == "ended"
