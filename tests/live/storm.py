"""A run in a storm: the real process on real files, killed with SIGKILL at random moments, stalled, its disk full for a while,
its input delayed, its receiver failing. Afterwards trace and deliveries are those of a run that nothing happened to.

    python -m tests.live.storm --kills 300 --seed 7
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rtj.store.opening import open_store
from tests.deliver.receiver import SECRET, Receiver, Reply, receiving
from tests.run.everything import Whole, make

RTJ = (sys.executable, "-m", "rtj")
CALM_S = 120.0  # a run that has only to read to the end is done by then
CHUNKS = 40  # the input comes in so many pieces


@dataclass
class Told:
    """What came of a run: the lines of its trace, what each sink got, and what happened on the way."""

    trace: list[bytes]
    filed: list[dict[str, Any]]
    posted: dict[str, dict[str, Any]]
    weather: dict[str, int] = field(default_factory=dict)


def project(seed: int, size: int) -> Whole:
    """A project with everything on but calls, whose answers come when they come."""
    whole = make(seed, size)
    texts = {
        name: json.dumps(_calm(json.loads(text)), ensure_ascii=False) if name.endswith(".yaml") else text
        for name, text in whole.texts.items()
    }
    return replace(whole, texts=texts)


def _calm(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _calm(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_calm(one) for one in part if not (isinstance(one, dict) and "call" in one)]
    return part


@contextmanager
def place(whole: Whole, url: str) -> Iterator[Path]:
    """A folder with the project, its environment, and sources that are still empty."""
    with tempfile.TemporaryDirectory(prefix="storm-") as name:
        folder = Path(name)
        for file, text in whole.texts.items():
            (folder / file).write_text(text, encoding="utf-8")
        config = json.loads(whole.texts["rtj.yaml"])
        sources = {stream: {"file": f"{stream}.jsonl", "idle": "1d"} for stream in whole.streams}
        channels = {
            "email": {"webhook": url, "secret": SECRET, "timeout": "2s", "retries": 1000},
            "*": {"file": "messages.jsonl"},
        }
        config["environments"] = {"storm": {"sources": sources, "channels": channels}}
        (folder / "rtj.yaml").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
        rtj(folder, "deploy", "--env", "storm", "--yes", "--no-validate", "--no-test")
        yield folder


def rtj(folder: Path, *arguments: str) -> None:
    """A command that has to succeed."""
    done = subprocess.run((*RTJ, *arguments), cwd=folder, capture_output=True, text=True, timeout=CALM_S, check=False)
    assert done.returncode == 0, f"rtj {' '.join(arguments)}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-3000:]}"


RUN = ("run", "--env", "storm", "--trace", "trace.jsonl", "--show-pii")


def undisturbed(whole: Whole) -> Told:
    """All input at once, one run to its end."""
    with receiving() as receiver, place(whole, receiver.url) as folder:
        whole.written(folder)
        rtj(folder, *RUN, "--once")
        return told(folder, receiver)


def told(folder: Path, receiver: Receiver) -> Told:
    trace = (folder / "trace.jsonl").read_bytes().splitlines()[1:]
    filed = [json.loads(line) for line in (folder / "messages.jsonl").read_bytes().splitlines()]
    return Told(trace, filed, dict(receiver.taken))


class Weather:
    """What happens to the process, from a seed."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rnd, self.folder = random.Random(seed), folder
        self.counts: dict[str, int] = {}
        self.begun = 0

    def count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def strike(self, process: subprocess.Popen[bytes]) -> None:
        """Let it run for a moment, do something to it, and kill it."""
        if self.rnd.random() < 0.9:
            self._begun(process)
        time.sleep(self.rnd.random() ** 2 * 0.4)
        match self.rnd.choice(("kill", "kill", "kill", "stall", "full", "end")):
            case "stall":
                self.count("stalled")
                process.send_signal(signal.SIGSTOP)
                time.sleep(self.rnd.random() * 0.5)
                process.send_signal(signal.SIGCONT)
                time.sleep(self.rnd.random() * 0.3)
            case "full":
                self.fill(process)
            case "end":
                self.count("ended")
                process.send_signal(signal.SIGTERM)
                time.sleep(self.rnd.random() * 0.5)
        if process.poll() is None:
            self.count("killed")
            process.kill()
        process.wait()

    def _begun(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it has told that it runs."""
        journal, size = self.folder / "journal.txt", self.begun
        until = time.monotonic() + 20
        while time.monotonic() < until and process.poll() is None:
            self.begun = journal.read_bytes().count(b'"running"')
            if self.begun > size:
                return
            time.sleep(0.005)

    def fill(self, process: subprocess.Popen[bytes]) -> None:
        """No file may grow for a while: what a full disk is to who writes."""
        self.count("full disks")
        try:
            size = max((path.stat().st_size for path in self.folder.rglob("*") if path.is_file()), default=0)
            before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size // 2, resource.RLIM_INFINITY))
            time.sleep(self.rnd.random() * 0.6)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)
        except ProcessLookupError:
            pass
        time.sleep(self.rnd.random() * 0.4)


def in_storm(whole: Whole, seed: int, kills: int) -> Told:
    """The input in pieces while the run is killed again and again; then one run to the end."""
    rnd = random.Random(seed)

    def rule(key: str, seen: int) -> Reply:
        drawn = random.Random(f"{seed}{key}{seen}").random()
        if seen > 3 or drawn > 0.4:
            return Reply()
        return Reply(status=503) if drawn > 0.2 else Reply(cut=True)

    with receiving(rule) as receiver, place(whole, receiver.url) as folder:
        weather = Weather(seed, folder)
        pieces = {name: _pieces(lines, rnd) for name, lines in whole.streams.items()}
        for strike in range(kills):
            for name, some in pieces.items():
                wanted = len(some) * (strike + 1) // kills - len(some) * strike // kills
                with (folder / f"{name}.jsonl").open("ab") as file:
                    for _ in range(wanted):
                        file.write(some.pop(0))
            process = subprocess.Popen((*RTJ, *RUN), cwd=folder, stderr=(folder / "journal.txt").open("ab"))
            weather.strike(process)
        for name, some in pieces.items():
            with (folder / f"{name}.jsonl").open("ab") as file:
                file.writelines(some)
        rtj(folder, *RUN, "--once")
        _deliver_all(folder)
        found = told(folder, receiver)
        found.weather = weather.counts
        if "--keep" in sys.argv:
            shutil.copytree(folder, Path(tempfile.gettempdir()) / f"storm-of-{seed}", dirs_exist_ok=True)
        return found


def _deliver_all(folder: Path) -> None:
    """What failed before the end waits for its next try."""
    for _ in range(20):
        store = open_store(str(folder / ".rtj" / "storm.db"), "storm", reading=True)
        left = store.waiting_count()
        store.close()
        if not left:
            return
        rtj(folder, *RUN, "--once")


def _pieces(lines: list[str], rnd: random.Random) -> list[bytes]:
    """The lines of a stream as bytes that may end anywhere, also within a character."""
    data = "".join(line + "\n" for line in lines).encode()
    cuts = sorted(rnd.randrange(len(data)) for _ in range(CHUNKS))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def differences(calm: Told, storm: Told) -> list[str]:
    """What is not as it would have been; empty: nothing."""
    found = []
    if calm.trace != storm.trace:
        pairs = enumerate(zip(calm.trace, storm.trace, strict=False))
        line = next((n for n, (one, other) in pairs if one != other), min(len(calm.trace), len(storm.trace)))
        lines = [one.trace[line : line + 1] for one in (calm, storm)]
        found.append(f"trace line {line + 2:,} of {len(calm.trace):,} / {len(storm.trace):,}: {lines[0]} / {lines[1]}")
    if sorted(calm.posted) != sorted(storm.posted):
        found.append(f"posted: {len(calm.posted)} / {len(storm.posted)}, {sorted(calm.posted.keys() ^ storm.posted.keys())[:5]}")
    keys = [line["key"] for line in storm.filed]
    if len(keys) != len(set(keys)):
        found.append("the file has a message twice")
    by = [{line["key"]: line for line in one.filed} for one in (calm, storm)]
    if by[0] != by[1]:
        found.append(f"filed: {len(by[0])} / {len(by[1])}, {sorted(by[0].keys() ^ by[1].keys())[:5]}")
    orders = [_by_person(one.filed) for one in (calm, storm)]
    if orders[0] != orders[1]:
        found.append("the order of the messages of a person is another")
    return found


def _by_person(filed: list[dict[str, Any]]) -> dict[str, list[str]]:
    orders: dict[str, list[str]] = {}
    for line in filed:
        orders.setdefault(line["profile"], []).append(line["key"])
    return orders


def main() -> None:
    """One storm, and its verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=2_000)
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    whole = project(asked.seed, asked.size)
    began = time.monotonic()
    calm, storm = undisturbed(whole), in_storm(whole, asked.seed, asked.kills)
    wrong = differences(calm, storm)
    print(
        f"{len(calm.trace):,} lines of trace, {len(calm.posted):,} posted, {len(calm.filed):,} filed; {storm.weather};"
        f" {time.monotonic() - began:.0f} s"
    )
    print("\n".join(wrong) if wrong else "as if nothing had happened")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
