"""The failing disk of the tests fails when it is told so, and only below its folder, or storms would prove nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.disk import Disk

TRIES = """
import errno, os, sqlite3, sys, time
inside, outside = sys.argv[1:]
for line in sys.stdin:
    found = []
    for folder in (inside, outside):
        path = os.path.join(folder, "file")
        began = time.monotonic()
        for work in (lambda f: os.pread(f, 4, 0), lambda f: os.pwrite(f, b"four", 0), os.fsync):
            file = os.open(path, os.O_RDWR | os.O_CREAT)
            try:
                work(file)
                found.append("well")
            except OSError as error:
                found.append(errno.errorcode[error.errno])
            finally:
                os.close(file)
        found.append("slow" if time.monotonic() - began > 0.3 else "quick")
    try:
        connection = sqlite3.connect(os.path.join(inside, "db"))
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS t (a)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        connection.close()
        found.append("well")
    except sqlite3.OperationalError as error:
        found.append(error.sqlite_errorname.removeprefix("SQLITE_"))
    connection = None
    print(*found, flush=True)
"""


def test_it_fails_as_it_is_told_and_elsewhere_not(tmp_path: Path) -> None:
    inside, outside, built = tmp_path / "in", tmp_path / "out", tmp_path / "built"
    for folder in (inside, outside, built):
        folder.mkdir()
    disk = Disk(inside, built)
    child = subprocess.Popen(
        [sys.executable, "-c", TRIES, str(inside), str(outside)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **disk.variables()},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    heard = {}
    try:
        for kind in ("nothing", "reading", "writing", "forcing", "stalling"):
            disk.fails(kind)
            child.stdin.write("\n")
            child.stdin.flush()
            words = child.stdout.readline().split()
            assert words[4:7] == ["well"] * 3, "the other folder"
            heard[kind] = (words[:3], words[8])
            if kind == "stalling":
                assert words[3] == "slow"
    finally:
        child.communicate(timeout=60)
    assert child.returncode == 0
    well = ["well"] * 3
    assert heard["nothing"] == heard["stalling"] == (well, "well")
    assert heard["reading"] == (["EIO", "well", "well"], "IOERR_CORRUPTFS")
    assert heard["writing"] == (["well", "EIO", "well"], "IOERR_WRITE")
    assert heard["forcing"] == (["well", "well", "EIO"], "IOERR_FSYNC")


@pytest.mark.parametrize("often", [0.3])
def test_it_fails_now_and_then(tmp_path: Path, often: float) -> None:
    inside, built = tmp_path / "in", tmp_path / "built"
    inside.mkdir()
    built.mkdir()
    (inside / "file").write_bytes(b"four")
    disk = Disk(inside, built)
    disk.fails("reading", often)
    program = (
        "import os, sys\nfile = os.open(sys.argv[1], os.O_RDONLY)\nfailed = 0\nfor _ in range(1000):\n"
        "    try:\n        os.pread(file, 4, 0)\n    except OSError:\n        failed += 1\nprint(failed)\n"
    )
    command = [sys.executable, "-c", program, str(inside / "file")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env={**os.environ, **disk.variables()})
    assert 200 < int(done.stdout) < 400
