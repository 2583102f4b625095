"""A run in a storm: the real process, killed with SIGKILL at random moments, while whatever it works with fails too: its disk,
its links, its servers, those who deploy. Its input comes in pieces and twice. Afterwards trace and deliveries are those of a run
that nothing happened to.

    python -m tests.live.storm --kills 300 --seed 7 [--kafka] [--store postgres] [--standby]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.deliver.receiver import Receiver, Reply, Rule, fine, receiving
from tests.live.storm_ground import WAYS, Ground, Servers, Told, linked
from tests.live.storm_orders import DEPLOY, ORDERS, Order, command, give, give_in_storm
from tests.live.storm_weather import PAUSE_MS, RTJ, RUN, Crew, Weather, ours_first
from tests.run.everything import Whole, make
from tests.servers.disk import Disk
from tests.servers.kafka import running_kafka
from tests.servers.postgres import running_postgres

CALM_S = 300.0  # a run that has only to read to the end is done by then, on a machine that is busy too
ALONE = Servers()
FIRST = ORDERS[:1]


@dataclass(frozen=True)
class Wind:
    """How strong a storm is. `orders`: what is deployed meanwhile, each `tries` times by who is disturbed; `standby`: two
    processes, one of which waits."""

    seed: int
    kills: int
    orders: tuple[Order, ...] = FIRST
    standby: bool = False
    tries: int = 3


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
    with (
        tempfile.TemporaryDirectory(prefix="storm-") as folder,
        receiving(rule) as receiver,
        linked(servers, receiver) as links,
    ):
        ground = Ground(name, Path(folder), whole, servers, links)
        ground.written()
        try:
            done = command(ground.folder, *DEPLOY)
            assert done.returncode == 0, done.stdout + done.stderr
            yield ground, receiver
        finally:
            if "--keep" in sys.argv:
                shutil.copytree(folder, Path(tempfile.gettempdir()) / f"{name}-of-{whole.seed}", dirs_exist_ok=True)


def journal_of(ground: Ground) -> str:
    """The last that the runs have said."""
    return (ground.folder / "journal.txt").read_text(encoding="utf-8", errors="replace")[-3000:]


@contextmanager
def running(ground: Ground) -> Iterator[subprocess.Popen[bytes]]:
    """A run that nothing happens to, until it is asked to end."""
    before = ground.begun()
    patient = {**os.environ, "PYTHONPATH": ours_first(), "PAUSE_MAX_MS": str(PAUSE_MS)}
    with (ground.folder / "journal.txt").open("ab") as journal:
        process = subprocess.Popen((*RTJ, *RUN), cwd=ground.folder, stderr=journal, env=patient)
    try:
        yield process
        until = time.monotonic() + CALM_S
        while ground.begun() == before:  # who is not there yet does not hear that it is to end
            assert process.poll() is None and time.monotonic() < until, journal_of(ground)
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(CALM_S) == 0, journal_of(ground)
    finally:
        process.kill()


def settle(ground: Ground, process: subprocess.Popen[bytes], *, delivered: bool) -> None:
    """Wait until all that was poured is worked, and, if asked for, delivered."""
    until = time.monotonic() + CALM_S
    while not ground.is_settled(delivered=delivered):
        assert process.poll() is None and time.monotonic() < until, f"{ground.state()}\n{journal_of(ground)}"
        time.sleep(0.05)


def finish(ground: Ground) -> None:
    """To the end of the input, until all is delivered: what failed before waits for its next try."""
    if ground.carrier.last:
        done = command(ground.folder, *RUN, *ground.carrier.last)
        assert done.returncode == 0, f"{done.returncode}: {done.stderr[-3000:]}"
        if not ground.waiting():
            return
    with running(ground) as process:
        settle(ground, process, delivered=True)


def is_replayed(ground: Ground) -> bool:
    """Does the log give the very trace?"""
    done = command(ground.folder, "simulate", "--log", ground.name, "--trace", "again.jsonl", "--show-pii", "-q")
    assert done.returncode == 0, done.stderr
    return (ground.folder / "again.jsonl").read_bytes() == (ground.folder / "trace.jsonl").read_bytes()


def undisturbed(whole: Whole, servers: Servers = ALONE, orders: tuple[Order, ...] = FIRST) -> Told:
    """Each part of the input at once, and once; nothing fails."""
    with place("calm", whole, servers) as (ground, receiver):
        for number, part in enumerate(ground.inlets(None, len(orders) + 1)):
            for inlet, lines in part.items():
                ground.carrier.pour(inlet, ground.carrier.pieces(lines, random.Random(0)))
            if number < len(orders):
                with running(ground) as process:
                    settle(ground, process, delivered=False)
                give(ground, orders[number])
        finish(ground)
        return ground.told(receiver, {})


def in_storm(whole: Whole, wind: Wind, servers: Servers = ALONE) -> Told:
    """The input in pieces while the run is killed again and again, an equal part of the times before each order; then one run to
    the end."""
    rnd = random.Random(wind.seed)

    def rule(key: str, seen: int) -> Reply:
        drawn = random.Random(f"{wind.seed}{key}{seen}").random()
        if seen > 1 or drawn > 0.4:
            return Reply()
        return Reply(status=503) if drawn > 0.2 else Reply(cut=True)

    with tempfile.TemporaryDirectory(prefix="disk-") as built, place("storm", whole, servers, rule) as (ground, receiver):
        weather = Weather(wind.seed, ground, servers, Disk(ground.folder, Path(built)))
        crew = Crew(ground, standby=wind.standby)
        great = set(range(3, wind.kills, max(wind.kills // 5, 4))) if servers != ALONE else set()
        parts = ground.inlets(rnd, len(wind.orders) + 1)
        try:
            for number, part in enumerate(parts):
                pieces = {inlet: ground.carrier.pieces(lines, rnd) for inlet, lines in part.items()}
                strikes = range(wind.kills * number // len(parts), wind.kills * (number + 1) // len(parts))
                for strike in strikes:
                    for inlet, some in pieces.items():
                        wanted = -(-len(some) // (strikes.stop - strike))
                        ground.carrier.pour(inlet, some[:wanted])
                        del some[:wanted]
                    weather.strike(crew, great=strike in great)
                crew.disband()
                if number < len(wind.orders):
                    ordered(ground, wind.orders[number], weather, crew, wind.tries)
        finally:
            crew.disband()
        finish(ground)
        told = ground.told(receiver, weather.counts)
        assert is_replayed(ground), "`rtj simulate --log` gives another trace"
        for name in ("journal.txt", "orders.txt"):
            text = (ground.folder / name).read_text(encoding="utf-8", errors="replace")
            assert "internal error" not in text and "Traceback" not in text, text[-3000:]
        return told


def ordered(ground: Ground, order: Order, weather: Weather, crew: Crew, tries: int) -> None:
    """All that was poured is worked, and an order is given, beside a run or without one."""
    with running(ground) as process:
        settle(ground, process, delivered=False)
    if random.Random(f"{weather.seed} {order}").random() < 0.6:
        crew.muster(weather.variables())
    give_in_storm(ground, order, weather, crew, tries)
    crew.disband()


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
    orders = [(_by_person(one.filed), _by_person(list(one.posted.values()))) for one in (calm, storm)]
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
    parser.add_argument("--standby", action="store_true", help="a second process waits to take over")
    parser.add_argument("--keep", action="store_true", help="leave the folders in that for temporary files")
    asked = parser.parse_args()
    began, whole, wind = time.monotonic(), project(asked.seed, asked.size), Wind(asked.seed, asked.kills, ORDERS, asked.standby)
    again = f"again: python -m tests.live.storm {shlex.join(sys.argv[1:])}"
    try:
        with ExitStack() as stack:
            broker = stack.enter_context(running_kafka(WAYS)) if asked.kafka else None
            database = stack.enter_context(running_postgres()) if asked.store == "postgres" else None
            servers = Servers(broker, database)
            calm, storm = undisturbed(whole, servers, ORDERS), in_storm(whole, wind, servers)
    except BaseException:
        print(again)
        raise
    wrong, events = differences(calm, storm), sum(map(len, whole.streams.values()))
    print(
        f"{events:,} lines in, {len(calm.trace):,} of trace, {len(calm.posted):,} posted, {len(calm.filed):,} filed;"
        f" copies at sinks: {storm.copies} (calm: {calm.copies}); {time.monotonic() - began:.0f} s"
    )
    print("weather:", ", ".join(f"{name} {number}" for name, number in sorted(storm.weather.items())))
    print("\n".join((*wrong, again)) if wrong else "as if nothing had happened")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
