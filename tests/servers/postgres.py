"""A real PostgreSQL for tests, on a socket in a folder of its own, started once and ended with the session.

The server refuses to be root: there it runs as the user `postgres`, or as nobody.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

START_S = 60
USER = "rtj"


@dataclass(frozen=True)
class Postgres:
    """A server: `url` for whoever connects, and its process for who wants it gone."""

    url: str
    data: Path
    tools: Path
    user: str

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.data.parent / ".s.PGSQL.5432"

    @staticmethod
    def url_by(host: str, port: int) -> str:
        """For whoever connects by something that lies before it."""
        return f"postgresql://{USER}@{host}:{port}/postgres"

    def control(self, *words: str) -> None:
        """`pg_ctl`."""
        _as_user(self.user, str(self.tools / "pg_ctl"), "-D", str(self.data), "-w", "-t", str(START_S), *words)

    def start(self) -> None:
        """Start it."""
        folder = self.data.parent
        options = f"-k {folder} -c listen_addresses= -c max_connections=400 -c shared_buffers=64MB"
        self.control("-o", options, "-l", str(folder / "log"), "start")

    def stop(self) -> None:
        """End it at once, as a crash does."""
        self.control("-m", "immediate", "stop")

    @contextmanager
    def standby(self) -> Iterator[Postgres]:
        """A second server, which follows this one and can only be read until it is told to `promote`."""
        folder = Path(tempfile.mkdtemp(prefix="rtj-pg-"))
        other = Postgres(f"postgresql://{USER}@/postgres?host={folder}", folder / "data", self.tools, self.user)
        try:
            if self.user:
                shutil.chown(folder, self.user)
            copy = ("-D", str(other.data), "-h", str(self.data.parent), "-U", USER, "-R", "-c", "fast", "--no-sync")
            _as_user(self.user, str(self.tools / "pg_basebackup"), *copy)
            other.start()
            try:
                yield other
            finally:
                other.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _tools() -> Path:
    for folder in (Path(f"/usr/lib/postgresql/{version}/bin") for version in range(20, 11, -1)):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    if found is None:
        pytest.skip("a real PostgreSQL needs initdb and pg_ctl, which are not installed")
    return Path(found).resolve().parent


def _as_user(user: str, *command: str) -> None:
    before = ["setpriv", f"--reuid={user}", "--regid=" + str(pwd.getpwnam(user).pw_gid), "--clear-groups"] if user else []
    # What a server keeps open is no pipe of ours, or we would wait for its end.
    with tempfile.TemporaryFile() as told:
        done = subprocess.run(
            [*before, *command], check=False, stdin=subprocess.DEVNULL, stdout=told, stderr=told, timeout=START_S + 10
        )
        told.seek(0)
        if done.returncode:
            pytest.skip(f"a real PostgreSQL cannot be started here: {told.read().decode(errors='replace')[-400:]}")


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server for as long as it is needed."""
    pytest.importorskip("psycopg", reason="the extra rtj[postgres] is not installed")
    tools = _tools()
    user = ""
    if os.geteuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = "postgres" if "postgres" in names else "nobody"
        if shutil.which("setpriv") is None:
            pytest.skip("a real PostgreSQL refuses to be root, and setpriv is not installed")
    folder = Path(tempfile.mkdtemp(prefix="rtj-pg-"))  # a short name: that of a socket is at most 107 bytes
    server = Postgres(f"postgresql://{USER}@/postgres?host={folder}", folder / "data", tools, user)
    try:
        if user:
            shutil.chown(folder, user)
        made = ("-D", str(server.data), "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync")
        _as_user(user, str(tools / "initdb"), *made)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
