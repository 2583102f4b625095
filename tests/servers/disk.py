"""A disk that fails: a library in C, preloaded into a process, in whose hands reading, writing or forcing to the disk fails or
takes long whenever it is told so."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("failing_disk.c")
BUILD_S = 60
KINDS = {"nothing": b"-", "reading": b"r", "writing": b"w", "forcing": b"f", "stalling": b"s"}


class Disk:
    """What a process has below a folder. `built` is for the library and what it is told; it lies elsewhere."""

    def __init__(self, folder: Path, built: Path) -> None:
        compiler = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
        if compiler is None:
            pytest.skip("a failing disk needs a compiler of C, which is not installed")
        self._library, self._says, self._folder = built / "failing_disk.so", built / "disk", folder.resolve()
        command = (compiler, "-shared", "-fPIC", "-O1", "-o", str(self._library), str(SOURCE), "-ldl")
        done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_S, check=False)
        if done.returncode:
            pytest.skip(f"the failing disk cannot be compiled here: {done.stderr.strip()[:300]}")
        self.fails("nothing")

    def variables(self) -> dict[str, str]:
        """Of the environment of a process whose disk it is to be."""
        before = os.environ.get("LD_PRELOAD", "")
        names = {"RTJ_DISK_SAYS": str(self._says), "RTJ_DISK_BELOW": str(self._folder)}
        return {"LD_PRELOAD": f"{self._library} {before}".strip(), **names}

    def fails(self, kind: str, often: float = 1.0) -> None:
        """From now on one of KINDS fails (`stalling`: forcing takes long), so often."""
        with os.fdopen(os.open(self._says, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            file.write(KINDS[kind] + bytes([round(often * 255)]))  # in its place: it is mapped elsewhere
