"""A backup that was made while a run went on is put back after the store was lost or damaged, and the run goes on: trace and
deliveries are those of a run that nothing happened to."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RTJ = (sys.executable, "-m", "rtj")
RUN = ("run", "--env", "live", "--trace", "trace.jsonl", "--show-pii")
ENVIRONMENT = """
environments:
  live:
    store: live.db
    sources: {web: {file: live.jsonl, idle: 1d}}
    channels: {"*": {file: sent.jsonl}}
"""
EVENTS = (ROOT / "examples/shop/events.jsonl").read_bytes().splitlines(keepends=True)
SECONDS_MAX = 60.0


def rtj(folder: Path, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run((*RTJ, *arguments), cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    assert done.returncode in codes and "Traceback" not in done.stderr, (
        f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    )
    return done.stdout + done.stderr


def prepared(folder: Path) -> Path:
    """The shop of the examples, deployed to an environment whose source is an empty file."""
    shutil.copytree(ROOT / "examples/shop", folder)
    with (folder / "rtj.yaml").open("a", encoding="utf-8") as file:
        file.write("\nsources: {web: {format: rtj}}" + ENVIRONMENT)
    (folder / "live.jsonl").touch()
    rtj(folder, "deploy", "--env", "live", "--yes", "--no-validate", "--no-test")
    return folder


def append(folder: Path, first: float, last: float) -> None:
    with (folder / "live.jsonl").open("ab") as file:
        file.writelines(EVENTS[int(len(EVENTS) * first) : int(len(EVENTS) * last)])


def size(folder: Path) -> int:
    path = folder / "trace.jsonl"
    return path.stat().st_size if path.exists() else 0


def result(folder: Path) -> tuple[list[bytes], list[dict[str, object]]]:
    """The trace but for its first line, which tells when it began; the messages by person, each in its order."""
    sent = [json.loads(line) for line in (folder / "sent.jsonl").read_bytes().splitlines()]
    assert len({one["key"] for one in sent}) == len(sent), "a message went out twice"
    return (folder / "trace.jsonl").read_bytes().splitlines()[1:], sorted(sent, key=lambda one: str(one["profile"]))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[bytes], list[dict[str, object]]]:
    folder = prepared(tmp_path_factory.mktemp("calm") / "shop")
    append(folder, 0, 1)
    rtj(folder, *RUN, "--once")
    return result(folder)


def lost(folder: Path) -> None:
    for path in folder.glob("live.db*"):
        path.unlink()
    assert "nothing is deployed" in rtj(folder, *RUN, codes=(5,))


def damaged(folder: Path) -> None:
    for path in folder.glob("live.db-*"):
        path.unlink()  # what was not brought over yet
    store = folder / "live.db"
    with store.open("r+b") as file:
        for page in range(2, store.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(random.Random(page).randbytes(4096))
    assert "damaged" in rtj(folder, "status", "live", "--check", codes=(1, 4))
    assert "damaged" in rtj(folder, *RUN, codes=(4,))


@pytest.mark.long
@pytest.mark.parametrize("disaster", [lost, damaged])
def test_a_run_goes_on_from_a_backup_as_if_nothing_had_happened(
    disaster: Callable[[Path], None], tmp_path: Path, undisturbed: tuple[list[bytes], list[dict[str, object]]]
) -> None:
    folder = prepared(tmp_path / "shop")
    append(folder, 0, 0.4)
    with (folder / "journal.txt").open("ab") as journal:
        process = subprocess.Popen((*RTJ, *RUN), cwd=folder, stderr=journal)
    try:
        _grown(folder, process, 10_000)
        rtj(folder, "backup", "live.backup")
        before = size(folder)
        append(folder, 0.4, 0.8)
        _grown(folder, process, before + 10_000)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    disaster(folder)
    rtj(folder, "restore", "live.backup", "--yes")
    assert "is whole" in rtj(folder, "status", "--check")
    append(folder, 0.8, 1)
    rtj(folder, *RUN, "--once")
    assert result(folder) == undisturbed


def _grown(folder: Path, process: subprocess.Popen[bytes], enough: int) -> None:
    until = time.monotonic() + SECONDS_MAX
    while size(folder) < enough:
        assert process.poll() is None and time.monotonic() < until, (folder / "journal.txt").read_text(encoding="utf-8")[-3000:]
        time.sleep(0.02)
