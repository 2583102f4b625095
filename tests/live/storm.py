"""A run in a storm: the real process, killed with SIGKILL at random moments, while whatever it works with fails too. Its input
comes in pieces and twice. Afterwards trace and deliveries are those of a run that nothing happened to.

    python -m tests.live.storm --kills 300 --seed 7 [--kafka] [--store postgres]
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.deliver.receiver import Receiver, Reply, Rule, fine, receiving
from tests.live.storm_ground import Ground, Servers, Told
from tests.live.storm_weather import Weather
from tests.run.everything import Whole, make
from tests.servers.kafka import running_kafka
from tests.servers.postgres import running_postgres

RTJ = (sys.executable, "-m", "rtj")
CALM_S = 120.0  # a run that has only to read to the end is done by then
DEPLOY = ("deploy", "--yes", "--no-validate", "--no-test")
ALONE = Servers()
RUN = ("run", "--trace", "trace.jsonl", "--show-pii")


def project(seed: int, size: int, *, erasing: bool = False) -> Whole:
    """A project with everything on but calls, whose answers come when they come, and, unless they are asked for, erasures, which
    withdraw what has not gone out by then."""
    whole = make(seed, size)
    texts = {
        name: json.dumps(_calm(json.loads(text)), ensure_ascii=False) if name.endswith(".yaml") else text
        for name, text in whole.texts.items()
    }
    streams = {name: [line for line in lines if erasing or '"erase"' not in line] for name, lines in whole.streams.items()}
    return replace(whole, texts=texts, streams=streams)


def _calm(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _calm(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_calm(one) for one in part if not (isinstance(one, dict) and "call" in one)]
    return part


@contextmanager
def place(name: str, whole: Whole, servers: Servers, rule: Rule = fine) -> Iterator[tuple[Ground, Receiver]]:
    """An environment of that name to which the project is deployed, and the receiver of its webhooks."""
    with tempfile.TemporaryDirectory(prefix="storm-") as folder, receiving(rule) as receiver:
        ground = Ground(Path(folder), name, whole, servers)
        ground.written(receiver.url)
        rtj(ground.folder, *DEPLOY)
        yield ground, receiver
        if "--keep" in sys.argv:
            shutil.copytree(folder, Path(tempfile.gettempdir()) / f"{name}-of-{whole.seed}", dirs_exist_ok=True)


def rtj(folder: Path, *arguments: str) -> None:
    """A command that has to succeed."""
    done = subprocess.run((*RTJ, *arguments), cwd=folder, capture_output=True, text=True, timeout=CALM_S, check=False)
    assert done.returncode == 0, f"rtj {' '.join(arguments)}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-3000:]}"


@contextmanager
def running(ground: Ground) -> Iterator[subprocess.Popen[bytes]]:
    """A run that nothing happens to, until it is asked to end."""
    with (ground.folder / "journal.txt").open("ab") as journal:
        process = subprocess.Popen((*RTJ, *RUN), cwd=ground.folder, stderr=journal)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(CALM_S) == 0, (ground.folder / "journal.txt").read_text(encoding="utf-8")[-3000:]
    finally:
        process.kill()


def settle(ground: Ground, process: subprocess.Popen[bytes]) -> None:
    """Wait until all that was poured is worked and delivered."""
    until = time.monotonic() + CALM_S
    while not ground.is_settled():
        journal = ground.folder / "journal.txt"
        assert process.poll() is None and time.monotonic() < until, f"{ground.state()}\n{journal.read_text()[-3000:]}"
        time.sleep(0.05)


def deploy_in_the_middle(ground: Ground, *, live: bool) -> None:
    """All of the first half is worked; then a journey changes. `live`: while somebody runs, else when nobody does."""
    with running(ground) as process:
        settle(ground, process)
        if live:
            ground.changed()
            rtj(ground.folder, *DEPLOY)
    if not live:
        ground.changed()
        rtj(ground.folder, *DEPLOY)


def finish(ground: Ground) -> None:
    """To the end of the input, until all is delivered: what failed before waits for its next try."""
    if not ground.carrier.last:
        with running(ground) as process:
            settle(ground, process)
        return
    rtj(ground.folder, *RUN, *ground.carrier.last)
    if ground.waiting():
        with running(ground) as process:
            settle(ground, process)


def undisturbed(whole: Whole, servers: Servers = ALONE) -> Told:
    """Each half of the input at once, and once; nothing fails."""
    with place("calm", whole, servers) as (ground, receiver):
        for number, half in enumerate(ground.inlets(None)):
            for inlet, lines in half.items():
                ground.carrier.pour(inlet, ground.carrier.pieces(lines, random.Random(0)))
            if number == 0:
                deploy_in_the_middle(ground, live=False)
        finish(ground)
        return ground.told(receiver, {})


def in_storm(whole: Whole, seed: int, kills: int, servers: Servers = ALONE) -> Told:
    """The input in pieces while the run is killed again and again, half of the times before the deployment; then one run to the
    end."""
    rnd = random.Random(seed)

    def rule(key: str, seen: int) -> Reply:
        drawn = random.Random(f"{seed}{key}{seen}").random()
        if seen > 1 or drawn > 0.4:
            return Reply()
        return Reply(status=503) if drawn > 0.2 else Reply(cut=True)

    with place("storm", whole, servers, rule) as (ground, receiver):
        weather = Weather(seed, ground.folder, servers)
        great = set(range(3, kills, max(kills // 5, 4))) if servers != ALONE else set()
        for number, half in enumerate(ground.inlets(rnd)):
            pieces = {inlet: ground.carrier.pieces(lines, rnd) for inlet, lines in half.items()}
            strikes = range(kills * number // 2, kills * (number + 1) // 2)
            for strike in strikes:
                for inlet, some in pieces.items():
                    wanted = -(-len(some) // (strikes.stop - strike))
                    ground.carrier.pour(inlet, some[:wanted])
                    del some[:wanted]
                journal = (ground.folder / "journal.txt").open("ab")
                process = subprocess.Popen((*RTJ, *RUN), cwd=ground.folder, stderr=journal, env=weather.variables())
                journal.close()
                weather.strike(process, great=strike in great)
            if number == 0:
                deploy_in_the_middle(ground, live=seed % 2 == 0)
        finish(ground)
        return ground.told(receiver, weather.counts)


def differences(calm: Told, storm: Told) -> list[str]:
    """What is not as it would have been; empty: nothing."""
    found = []
    if calm.trace != storm.trace:
        pairs = enumerate(zip(calm.trace, storm.trace, strict=False))
        line = next((n for n, (one, other) in pairs if one != other), min(len(calm.trace), len(storm.trace)))
        lines = [one.trace[line : line + 1] for one in (calm, storm)]
        found.append(f"trace line {line + 1:,} of {len(calm.trace):,} / {len(storm.trace):,}: {lines[0]} / {lines[1]}")
    if calm.posted != storm.posted:
        found.append(f"posted: {len(calm.posted)} / {len(storm.posted)}, {sorted(calm.posted.keys() ^ storm.posted.keys())[:5]}")
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
    parser.add_argument("--kafka", action="store_true", help="topics in and out")
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--keep", action="store_true", help="leave the folders in that for temporary files")
    asked = parser.parse_args()
    began, whole = time.monotonic(), project(asked.seed, asked.size)
    with ExitStack() as stack:
        broker = stack.enter_context(running_kafka()) if asked.kafka else None
        database = stack.enter_context(running_postgres()) if asked.store == "postgres" else None
        servers = Servers(broker, database)
        calm, storm = undisturbed(whole, servers), in_storm(whole, asked.seed, asked.kills, servers)
    wrong = differences(calm, storm)
    events = sum(map(len, whole.streams.values()))
    print(
        f"{events:,} lines in, {len(calm.trace):,} of trace, {len(calm.posted):,} posted, {len(calm.filed):,} filed;"
        f" copies at sinks: {storm.copies} (calm: {calm.copies}); {storm.weather}; {time.monotonic() - began:.0f} s"
    )
    print("\n".join(wrong) if wrong else "as if nothing had happened")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
