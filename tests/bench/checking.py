"""What it takes to check a project: as a whole process, with and without what was kept of former times, and at every save.

Cold is a machine on which rtj was installed but never run: its bytecode is there, its cache is empty. All is measured in one run,
beside a process that does nothing.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.measure import ROOT, RTJ, Measured, best, measure

SHOP = ROOT / "examples" / "shop"
SMALL = 20  # journeys of the small project
SAVES = 20


def write_copies(folder: Path, journeys: int) -> None:
    """The shop of the examples with so many journeys: its own, under other names, again and again."""
    (folder / "journeys").mkdir(parents=True, exist_ok=True)
    shutil.copy(SHOP / "rtj.yaml", folder / "rtj.yaml")
    found = sorted((SHOP / "journeys").glob("*.journey"))
    for number in range(journeys):
        path = found[number % len(found)]
        name = path.name.split(".")[0]
        text = path.read_text(encoding="utf-8").replace(f"journey {name} ", f"journey {name}_{number} ")
        (folder / "journeys" / f"{name}_{number}.journey").write_text(text, encoding="utf-8")


class Table:
    """Milliseconds of the clock and of processors, and the first as multiples of a process that does nothing. The clock suffers
    from whatever else the machine does, processors hardly."""

    def __init__(self, floor: float) -> None:
        self.floor = floor
        print(f"{'':52}{'ms':>10}{'x nothing':>10}{'CPU ms':>10}")

    def line(self, what: str, seconds: float, cpu_seconds: float | None = None) -> None:
        """One row."""
        cpu = "" if cpu_seconds is None else f"{cpu_seconds * 1000:10,.0f}"
        print(f"{what:52}{seconds * 1000:10,.0f}{seconds / self.floor:10.1f}{cpu}", flush=True)

    def process(self, what: str, measured: Measured) -> None:
        """The row of a whole process."""
        self.line(what, measured.seconds, measured.cpu_seconds)


def measure_checking(repeat: int, journeys: int, folder: Path) -> None:
    """Print the table."""
    settings = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    warm = {**settings, "XDG_CACHE_HOME": str(folder / "cache")}
    nothing = best(3 * repeat, sys.executable, "-c", "pass", settings=settings)
    table = Table(nothing.seconds)
    table.process("python -c pass", nothing)
    projects = ((folder / "small", SMALL), (folder / "large", journeys))
    for project, count in projects:
        write_copies(project, count)
        measure(*RTJ, "validate", "--project", str(project), settings=warm)
    table.process("rtj --help", best(3 * repeat, *RTJ, "--help", settings=settings))
    for project, count in projects:
        command = (*RTJ, "validate", "--project", str(project))
        empty = ({**settings, "XDG_CACHE_HOME": str(folder / f"empty-{count}-{number}")} for number in range(repeat))
        cold = min((measure(*command, settings=one) for one in empty), key=lambda one: one.seconds)
        table.process(f"validate, {count:,} journeys, cold", cold)
        table.process(f"validate, {count:,} journeys, nothing changed", best(repeat, *command, settings=warm))
        seen, told = watch(project, {**os.environ, "PYTHONPATH": str(ROOT), **warm})
        table.line(f"watch, {count:,} journeys, from a save to the line", seen)
        table.line("  of which it says itself that it took", told)


def watch(project: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds from a save of one file to the status line, and those that the line names: medians of `SAVES`."""
    path = sorted((project / "journeys").glob("*.journey"))[0]
    text = path.read_text(encoding="utf-8")
    seen: list[float] = []
    told: list[float] = []
    command = (*RTJ, "watch", "--project", str(project), "--quiet")
    environment = {**environment, "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            next_status(process)
            time.sleep(1)  # the bell hangs
            for number in range(SAVES):
                began = time.perf_counter()
                path.write_text(f"{text}# {number}\n", encoding="utf-8")
                told.append(next_status(process))
                seen.append(time.perf_counter() - began)
                time.sleep(0.1)
        finally:
            process.kill()
            path.write_text(text, encoding="utf-8")
    return statistics.median(seen), statistics.median(told)


def next_status(process: subprocess.Popen[str]) -> float:
    """Read up to the next status line; the seconds that it names."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(("✓", "✗", "!")):
            return float(line.split(" ms")[0].rsplit(" ", 1)[-1].replace(",", "")) / 1000
    raise RuntimeError(f"rtj watch ended with {process.wait()}")
