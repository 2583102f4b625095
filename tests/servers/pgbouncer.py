"""A real pgbouncer before the PostgreSQL of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.postgres import USER, Postgres

START_S = 30.0
PORT = 6432  # of a socket in a folder of its own
SETTINGS = """\
[databases]
postgres = host={server} port=5432 user={user}
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = any
pool_mode = {mode}
logfile = {folder}/log
"""


@contextmanager
def running_pgbouncer(postgres: Postgres, mode: str) -> Iterator[str]:
    """The URL by which the server is reached through it. `mode`: session, transaction, statement."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    folder = Path(tempfile.mkdtemp(prefix="rtj-pgb-"))
    settings = folder / "pgbouncer.ini"
    settings.write_text(SETTINGS.format(server=postgres.data.parent, user=USER, port=PORT, folder=folder, mode=mode))
    as_user = ("-u", postgres.user) if postgres.user else ()
    if postgres.user:
        shutil.chown(folder, postgres.user)
    process = subprocess.Popen((program, "-q", *as_user, str(settings)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + START_S
        while not (folder / f".s.PGSQL.{PORT}").exists():
            if process.poll() is not None or time.monotonic() > until:
                pytest.skip(
                    f"pgbouncer cannot be started here: {(folder / 'log').read_text() if (folder / 'log').exists() else ''}"
                )
            time.sleep(0.02)
        yield f"postgresql://{USER}@:{PORT}/postgres?host={folder}"
    finally:
        process.terminate()
        process.wait(START_S)
        shutil.rmtree(folder, ignore_errors=True)
