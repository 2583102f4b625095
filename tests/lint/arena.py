"""Runs `rtj` many times, each in a process of its own whose time and memory are measured, without paying for its start each time.

A server has imported everything; for each call it forks. The child has its own working directory, streams and limits, and
ends as the command ends. `python -m tests.lint.arena` is the server.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
ADDRESS_SPACE_MAX = 700 * 2**20  # a child is refused more; of it the interpreter and its modules take a part
SECONDS_MAX = 30  # then a child is ended


@dataclass(frozen=True, slots=True)
class Outcome:
    """`code`: the exit code, negative if a signal ended it; `seconds`: of the processor; `mebibytes`: at the peak."""

    code: int
    seconds: float
    mebibytes: float
    out: bytes
    err: bytes


class Arena:
    """The client."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.lint.arena"]
        self._server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._folder = folder
        self._calls = 0

    def run(self, cwd: Path, *args: str, stdin: Path | None = None) -> Outcome:
        """Call `rtj` with these arguments in a folder."""
        self._calls += 1
        here = self._folder / str(self._calls)
        here.mkdir(parents=True)
        call = {"cwd": str(cwd), "args": args, "here": str(here), "stdin": str(stdin or os.devnull)}
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(json.dumps(call) + "\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        return Outcome(**answer, out=(here / "out").read_bytes(), err=(here / "err").read_bytes())

    def close(self) -> None:
        self._server.communicate("")


@contextmanager
def arena(folder: Path) -> Iterator[Arena]:
    """A server as long as it is needed; `folder` is an empty one for what calls write."""
    client = Arena(folder)
    try:
        yield client
    finally:
        client.close()


def _child(call: dict[str, Any]) -> None:
    here = Path(call["here"])
    os.chdir(call["cwd"])
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(here / name, os.O_WRONLY | os.O_CREAT), number)
    os.dup2(os.open(call["stdin"], os.O_RDONLY), 0)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_MAX, ADDRESS_SPACE_MAX))
    signal.alarm(SECONDS_MAX)
    os.environ["XDG_CACHE_HOME"] = str(here.parent / "cache")  # one for all, so that the grammar is read once
    os.environ.pop("RTJ_DEBUG", None)
    sys.argv = ["rtj", *call["args"]]
    from rtj.cli.main import main

    main()


def _exit_code(call: dict[str, Any]) -> int:
    try:
        _child(call)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


def serve(lines: Sequence[str] | Any) -> None:
    """Answer calls until there are no more."""
    import rtj.cli.checking
    import rtj.cli.main
    import rtj.report.findings_formats  # noqa: F401  what a call needs is there already

    gc.freeze()
    for line in lines:
        child = os.fork()
        if not child:
            code = 70
            try:
                code = _exit_code(json.loads(line))
            finally:
                sys.stdout.flush()
                os._exit(code)
        _, status, used = os.wait4(child, 0)
        seconds, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / (1024 if sys.platform == "linux" else 2**20)
        told = {"code": os.waitstatus_to_exitcode(status), "seconds": seconds, "mebibytes": peak}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve(sys.stdin)
