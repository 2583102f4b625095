"""Run a command as a whole process and say what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTHING: Mapping[str, str] = {}
RTJ = (sys.executable, "-c", "import sys; from rtj.cli.main import main; sys.exit(main())")


@dataclass(frozen=True, slots=True)
class Measured:
    """`seconds` from start to exit; `cpu_seconds` on all cores together; `peak_mb` resident memory of the largest process among
    the command and its children."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


def measure(*command: str, feed: Path | None = None, settings: Mapping[str, str] = NOTHING) -> Measured:
    """Run `command` at the top of the repository; `feed` is a file that another process writes into its stdin; `settings` go
    to its environment.

    Raises RuntimeError with what it said when the command fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    source = subprocess.Popen(("cat", str(feed)), stdout=subprocess.PIPE) if feed else None
    began = time.perf_counter()
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=source.stdout if source else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if source and source.stdout:
        source.stdout.close()
    with child:
        assert child.stdout is not None
        output = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if source:
        source.wait()
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(command[-6:])} ended with {child.returncode}:\n{output}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def best(repeat: int, *command: str, feed: Path | None = None, settings: Mapping[str, str] = NOTHING) -> Measured:
    """The fastest of `repeat` runs: noise only ever adds."""
    return min((measure(*command, feed=feed, settings=settings) for _ in range(repeat)), key=lambda one: one.seconds)
