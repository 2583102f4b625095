"""A real Redis that tests start themselves; it writes each command to disk, so it can be killed and started again."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.kafka import free_ports

START_S = 10


class RedisServer:
    """`url` stays the same when the server is started again."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("redis-server") is None:
            pytest.skip("redis-server is not installed (apt install redis-server)")
        self._folder, self._port = folder, free_ports(1)[0]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def client(self) -> Any:
        """A client of it."""
        from redis import Redis

        return Redis.from_url(self.url)

    def start(self) -> None:
        """Start it, also again after `kill`, and wait until it answers."""
        from redis import RedisError

        guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        where = ["--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        keep = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--loglevel", "warning"]
        self._process = subprocess.Popen([*guard, "redis-server", *where, *keep], stdout=subprocess.DEVNULL)
        until = time.monotonic() + START_S
        with contextlib.closing(self.client()) as client:
            while time.monotonic() < until:
                with contextlib.suppress(RedisError):
                    client.ping()
                    return
                time.sleep(0.02)
        pytest.fail(f"redis-server did not start within {START_S} s")

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@contextlib.contextmanager
def running_redis() -> Iterator[RedisServer]:
    """A server while the block runs."""
    pytest.importorskip("redis", reason="Redis needs rtj[redis]")
    with tempfile.TemporaryDirectory(prefix="rtj-redis-", ignore_cleanup_errors=True) as folder:
        server = RedisServer(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.kill()
