"""What is deployed in a storm, between two parts of the input: changes, pauses, ramps, a rollback. Whoever orders is killed in
the middle, two order at once, and the run dies meanwhile; in the end each has happened once."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.live.storm_ground import Ground
from tests.live.storm_weather import RTJ, Crew, Weather

DEPLOY = ("deploy", "--yes", "--no-validate", "--no-test", "--accept-level", "breaking")
QUICKLY = ("--yes", "--wait", "20s")
GIVEN_S = 240.0  # an order that nobody disturbs any more is in force by then
COMMAND_S = 120.0
SPAN_S = 1.6  # within which whoever orders is killed: what a command takes


@dataclass(frozen=True)
class Order:
    """`words` of the command; `edit`: what is written into the project before."""

    words: tuple[str, ...]
    edit: tuple[str, str, str] | None = None  # file, what stands there, what shall


ORDERS = (
    Order(DEPLOY, ("chain", '"hesitant"', '"wavering"')),
    Order(("pause", "cart", *QUICKLY)),
    Order((*DEPLOY, "--ramp", "40%"), ("views", '"looking"', '"gazing"')),
    Order(("resume", "cart", *QUICKLY, "--then", "go")),
    Order(("ramp", "views", "70%", *QUICKLY)),
    Order(("rollback", "1", *QUICKLY, "-m", "storm")),
)


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command, and what it said."""
    return subprocess.run((*RTJ, *words), cwd=folder, capture_output=True, text=True, timeout=COMMAND_S, check=False)


def edit(folder: Path, order: Order) -> None:
    """Write what is to be deployed."""
    if order.edit is not None:
        name, old, new = order.edit
        path = folder / f"{name}.journey.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def give(ground: Ground, order: Order) -> None:
    """By a command that nothing happens to."""
    edit(ground.folder, order)
    done = command(ground.folder, *order.words)
    assert done.returncode == 0, f"{order}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-3000:]}"


def give_in_storm(ground: Ground, order: Order, weather: Weather, crew: Crew, tries: int) -> None:
    """So often by those who are killed, beside a run that is, or is not there at all; then by one whom nothing happens to, if it
    is not in force yet. `crew` may be empty: nobody runs then."""
    edit(ground.folder, order)
    rnd = random.Random(f"{weather.seed} {order.words}")
    serial = ground.deployed()[0] + 1
    with (ground.folder / "orders.txt").open("ab") as told:
        for _ in range(tries):
            deployers = [
                subprocess.Popen((*RTJ, *order.words), cwd=ground.folder, stdout=told, stderr=told)
                for _ in range(rnd.randint(1, 2))
            ]
            weather.count("two deployers at once", len(deployers) - 1)
            time.sleep(rnd.uniform(0.3, SPAN_S))
            if crew.alive and rnd.random() < 0.5:
                weather.count("runs killed beside deployers")
                crew.disband()
                crew.muster(weather.variables())
            for deployer in deployers:
                if deployer.poll() is None and rnd.random() < 0.7:
                    weather.count("deployers killed")
                    deployer.kill()
            for deployer in deployers:
                deployer.wait(COMMAND_S)
            if ground.deployed() == (serial, "applied"):
                break
    _until(lambda: _settled(ground, order, serial))


def _settled(ground: Ground, order: Order, serial: int) -> str:
    """Do what is left to do, as someone would who reads what the last command said. "": it is in force, else why not."""
    newest, state = ground.deployed()
    assert newest <= serial, f"{order} was carried out {newest - serial + 1} times"
    if newest == serial and state == "applied":
        return ""
    words = ("deploy", "--resume", "--yes") if newest == serial else order.words
    done = command(ground.folder, *words)
    return f"{order}: {newest} {state}, {words} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-3000:]}"


def _until(why_not: Callable[[], str]) -> None:
    until = time.monotonic() + GIVEN_S
    while why := why_not():
        assert time.monotonic() < until, why
        time.sleep(0.5)
