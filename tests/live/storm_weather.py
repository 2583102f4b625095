"""What happens to a run in a storm, from a seed: killed, stopped for a while, asked to end; its disk full, slow, or failing; its
clock wrong; its links cut, torn, half open, refused or slow; its broker or its database gone for a moment. Now and then it
outlives all of that, and has to go on."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.live.storm_ground import Ground, Servers
from tests.servers.disk import Disk

RTJ = (sys.executable, "-m", "rtj")
RUN = ("run", "--trace", "trace.jsonl", "--show-pii")
SKEWED = Path(__file__).parent / "skewed"
SKEWS_MS = (0, 0, 0, -90_000, 3_600_000, -2 * 86_400_000, 2 * 86_400_000)
RUNS_S = 60.0  # a run that was begun has told so by then
PAUSE_MS = 3_000  # the longest that a message waits for its next try: storms are shorter than those that a webhook is made for


def ours_first() -> str:
    """PYTHONPATH for whoever reads our module first."""
    return os.pathsep.join(filter(None, (str(SKEWED), os.environ.get("PYTHONPATH"))))


class Crew:
    """The processes that run the environment; with `standby` there are two, one of which waits. `ended`: exit codes of those who
    are gone."""

    def __init__(self, ground: Ground, *, standby: bool) -> None:
        self._ground, self._standby = ground, standby
        self.alive: list[subprocess.Popen[bytes]] = []
        self.ended: list[int] = []

    def muster(self, variables: dict[str, str]) -> None:
        """Start who is missing."""
        self.bury()
        while len(self.alive) < 1 + self._standby:
            words = (*RUN, "--standby") if self._standby else RUN
            with (self._ground.folder / "journal.txt").open("ab") as journal:
                process = subprocess.Popen((*RTJ, *words), cwd=self._ground.folder, stderr=journal, env=variables)
            self.alive.append(process)

    def bury(self) -> None:
        """Forget who has ended."""
        codes = [process.poll() for process in self.alive]
        self.ended += [code for code in codes if code is not None]
        self.alive = [process for process, code in zip(self.alive, codes, strict=True) if code is None]

    def leader(self) -> subprocess.Popen[bytes] | None:
        """The one who runs it, else the one who was started first; None: nobody is alive."""
        self.bury()
        pid = self._ground.leader() if len(self.alive) > 1 else 0
        return next((one for one in self.alive if one.pid == pid), self.alive[0] if self.alive else None)

    def disband(self) -> None:
        """Kill all."""
        for process in self.alive:
            process.kill()
            process.wait()
        self.alive.clear()


class Weather:
    """`counts`: what has happened."""

    def __init__(self, seed: int, ground: Ground, servers: Servers, disk: Disk) -> None:
        self.seed, self._rnd, self._ground, self._servers, self._disk = seed, random.Random(seed), ground, servers, disk
        self._moment = 0.4 if servers.kafka is None else 0.9  # a group is joined before anything comes
        self.counts: dict[str, int] = {}
        self._begun = 0
        self._spared: subprocess.Popen[bytes] | None = None
        kinds = ["kill", "kill", "kill", "stall", "full", "end", "link", "link", "disk"]
        self._kinds = kinds + (["link"] * 3 if len(ground.links) > 1 else []) + (["ended"] if servers.postgres else [])

    def count(self, name: str, number: int = 1) -> None:
        """Something has happened."""
        self.counts[name] = self.counts.get(name, 0) + number

    def variables(self) -> dict[str, str]:
        """The environment of a process, whose clock may be wrong."""
        skew = self._rnd.choice(SKEWS_MS)
        if skew:
            self.count("wrong clocks")
        ours = {"PYTHONPATH": ours_first(), "SKEW_MS": str(skew), "PAUSE_MAX_MS": str(PAUSE_MS)}
        return {**os.environ, **self._disk.variables(), **ours}

    def strike(self, crew: Crew, *, great: bool) -> None:
        """Let it run for a moment, do something to it, and mostly kill it. `great`: its servers are killed too."""
        crew.muster(self.variables())
        process = self._begun_one(crew) if great or self._rnd.random() < 0.9 else crew.leader()
        time.sleep(self._rnd.random() ** 2 * self._moment)
        if great:
            self._servers_die()
        if process is not None:
            self._happens(process)
        spared = not great and self._rnd.random() < 0.25
        process = process if process is not None and process.poll() is None else crew.leader()
        if process is not None and process.poll() is None and not spared:
            self.count("killed")
            process.kill()
            process.wait()
        elif process is not None:
            self.count("spared")
        self._spared = process
        crew.bury()
        for code in crew.ended:
            if code not in (0, -signal.SIGKILL):
                self.count(f"ended with {code}")
        crew.ended.clear()

    def _happens(self, process: subprocess.Popen[bytes]) -> None:
        match self._rnd.choice(self._kinds):
            case "stall":
                self.count("stopped")
                process.send_signal(signal.SIGSTOP)
                time.sleep(self._rnd.random() * 0.5)
                process.send_signal(signal.SIGCONT)
                time.sleep(self._rnd.random() * 0.3)
            case "full":
                self._fill(process)
            case "end":
                self.count("asked to end")
                process.send_signal(signal.SIGTERM)
                time.sleep(self._rnd.random() * 0.5)
            case "link":
                self._link()
            case "disk":
                self._fail()
            case "ended":
                self._end_sessions()

    def _begun_one(self, crew: Crew) -> subprocess.Popen[bytes] | None:
        """Wait until one has told that it runs."""
        if self._spared is not None and self._spared.poll() is None:
            return self._spared
        until = time.monotonic() + RUNS_S
        while time.monotonic() < until and crew.leader() is not None:
            begun = self._ground.begun()
            if begun > self._begun:
                self._begun = begun
                break
            time.sleep(0.005 if len(crew.alive) < 2 else 0.05)
        return crew.leader()

    # -- its links

    def _link(self) -> None:
        """Something happens to one of its links, in the middle of whatever goes over it."""
        rnd = self._rnd
        name = rnd.choice(sorted(self._ground.links))
        link = self._ground.links[name]
        what = rnd.choice(("cut", "torn", "half open", "refused", "slow"))
        self.count(f"{name} {what}")
        match what:
            case "cut":
                for _ in range(rnd.randint(1, 4)):
                    link.cut()
                    time.sleep(rnd.random() * 0.2)
            case "torn":
                link.tear()
                time.sleep(rnd.random() * 0.5)
            case "half open":
                link.silence()
                time.sleep(rnd.random())
            case "refused":
                link.refuse()
                time.sleep(rnd.random())
            case "slow":
                link.slow(rnd.random() * 0.2, 100_000)
                time.sleep(rnd.random() * 1.5)
        link.mend()
        time.sleep(rnd.random() * 0.5)

    # -- its disk

    def _fail(self) -> None:
        what, often = self._rnd.choice(("reading", "writing", "forcing", "stalling")), self._rnd.choice((1.0, 0.3, 0.05))
        self.count(f"disk: {what}")
        self._disk.fails(what, often)
        time.sleep(self._rnd.random() * 0.8)
        self._disk.fails("nothing")
        time.sleep(self._rnd.random() * 0.4)

    def _fill(self, process: subprocess.Popen[bytes]) -> None:
        """No file may grow for a while: what a full disk is to who writes."""
        self.count("disk: full")
        size = max((path.stat().st_size for path in self._ground.folder.rglob("*") if path.is_file()), default=0)
        with suppress(ProcessLookupError):
            before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size // 2, resource.RLIM_INFINITY))
            time.sleep(self._rnd.random() * 0.6)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)
        time.sleep(self._rnd.random() * 0.4)

    # -- its servers

    def _servers_die(self) -> None:
        """As in a power cut; they come back, while the run goes on trying."""
        if self._servers.kafka is not None:
            self.count("brokers killed")
            self._servers.kafka.kill()
            time.sleep(self._rnd.random())
            self._servers.kafka.start()
        if self._servers.postgres is not None:
            self.count("databases killed")
            self._servers.postgres.stop()
            time.sleep(self._rnd.random())
            self._servers.postgres.start()
        time.sleep(self._rnd.random() * 2)

    def _end_sessions(self) -> None:
        """The database ends all of them, some in the middle of a commit."""
        import psycopg

        assert self._servers.postgres is not None
        with psycopg.connect(self._servers.postgres.url, autocommit=True) as connection:
            for _ in range(self._rnd.randint(1, 4)):
                sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'rtj'"
                row = connection.execute(sql).fetchone()
                self.count("sessions ended", row[0] if row else 0)
                time.sleep(self._rnd.random() * 0.2)
