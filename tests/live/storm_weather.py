"""What happens to a run in a storm, from a seed: killed, stopped for a while, without room on its disk, asked to end; its clock
wrong; its broker or its database gone for a moment."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.live.storm_ground import Servers

SKEWED = Path(__file__).parent / "skewed"
SKEWS_MS = (0, 0, 0, -90_000, 3_600_000, -2 * 86_400_000, 2 * 86_400_000)
RUNS_S = 40.0  # a run that was begun has told so by then


class Weather:
    """`counts`: what has happened."""

    def __init__(self, seed: int, folder: Path, servers: Servers) -> None:
        self._rnd, self._folder, self._servers = random.Random(seed), folder, servers
        self._moment = 0.4 if servers.kafka is None else 0.9  # a group is joined before anything comes
        self.counts: dict[str, int] = {}
        self.begun = 0
        kinds = ["kill", "kill", "kill", "stall", "full", "end"]
        self._kinds = kinds + (["cut", "cut"] if servers.postgres is not None else [])

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def variables(self) -> dict[str, str]:
        """The environment of a process, whose clock may be wrong."""
        skew = self._rnd.choice(SKEWS_MS)
        if not skew:
            return dict(os.environ)
        self._count("wrong clocks")
        return {**os.environ, "PYTHONPATH": str(SKEWED), "SKEW_MS": str(skew)}

    def strike(self, process: subprocess.Popen[bytes], *, great: bool) -> None:
        """Let it run for a moment, do something to it, and kill it. `great`: its servers are killed too."""
        if great or self._rnd.random() < 0.9:
            self.wait_begun(process)
        time.sleep(self._rnd.random() ** 2 * self._moment)
        if great:
            self._servers_die()
        match self._rnd.choice(self._kinds):
            case "stall":
                self._count("stalled")
                process.send_signal(signal.SIGSTOP)
                time.sleep(self._rnd.random() * 0.5)
                process.send_signal(signal.SIGCONT)
                time.sleep(self._rnd.random() * 0.3)
            case "full":
                self._fill(process)
            case "end":
                self._count("ended")
                process.send_signal(signal.SIGTERM)
                time.sleep(self._rnd.random() * 0.5)
            case "cut":
                self._cut()
        if process.poll() is None:
            self._count("killed")
            process.kill()
        process.wait()

    def wait_begun(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it has told that it runs."""
        journal, size = self._folder / "journal.txt", self.begun
        until = time.monotonic() + RUNS_S
        while time.monotonic() < until and process.poll() is None:
            self.begun = journal.read_bytes().count(b'"running"')
            if self.begun > size:
                return
            time.sleep(0.005)

    def _fill(self, process: subprocess.Popen[bytes]) -> None:
        """No file may grow for a while: what a full disk is to who writes."""
        self._count("full disks")
        size = max((path.stat().st_size for path in self._folder.rglob("*") if path.is_file()), default=0)
        with suppress(ProcessLookupError):
            before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size // 2, resource.RLIM_INFINITY))
            time.sleep(self._rnd.random() * 0.6)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)
        time.sleep(self._rnd.random() * 0.4)

    def _servers_die(self) -> None:
        """As in a power cut; they come back, while the run goes on trying."""
        if self._servers.kafka is not None:
            self._count("brokers killed")
            self._servers.kafka.kill()
            time.sleep(self._rnd.random())
            self._servers.kafka.start()
        if self._servers.postgres is not None:
            self._count("databases killed")
            self._servers.postgres.stop()
            time.sleep(self._rnd.random())
            self._servers.postgres.start()
        time.sleep(self._rnd.random() * 2)

    def _cut(self) -> None:
        """All connections to the database end, some in the middle of a commit."""
        import psycopg

        assert self._servers.postgres is not None
        with psycopg.connect(self._servers.postgres.url, autocommit=True) as connection:
            for _ in range(self._rnd.randint(1, 4)):
                sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'rtj'"
                row = connection.execute(sql).fetchone()
                if row and row[0]:
                    self._count("connections cut")
                time.sleep(self._rnd.random() * 0.2)
