"""What it takes to see what is different between a commit and the working tree: whole processes, beside `rtj validate` of the
same project, all in one run, by processor time and by the clock.

Warm is with what was kept of former times, cold is an empty cache: the first look of a machine that reviews. Bytecode is there in
both.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.bench.checking import write_copies
from tests.bench.measure import RTJ, Measured, measure

JOURNEYS = 500
NUMBERS = re.compile(r"(?<=wait )\d+|(?<= at )\d+(?=:00)|(?<=>= )\d+")
AUTHOR = ("-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false")


def write_versions(folder: Path, journeys: int, edited: int) -> None:
    """A repository with the copies of the shop as its only commit, and so many of them edited since."""
    write_copies(folder, journeys)
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "journeys")):
        subprocess.run(("git", *AUTHOR, *words), cwd=folder, check=True)
    for path in sorted((folder / "journeys").glob("*.journey"))[:edited]:
        text, found = NUMBERS.subn(lambda number: str(int(number[0]) + 1), path.read_text(encoding="utf-8"), count=1)
        assert found, path
        path.write_text(text, encoding="utf-8")


def measure_reviewing(rounds: int, journeys: int, folder: Path) -> None:
    """Print what `rtj diff` takes by how many journeys are edited, and how many times `rtj validate` that is."""
    settings = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    commands: dict[str, tuple[str, ...]] = {}
    for edited in sorted({0, 1, journeys // 10, journeys}):
        project = folder / f"edited-{edited}"
        write_versions(project, journeys, edited)
        if not commands:
            commands["validate"] = (*RTJ, "validate", "--project", str(project))
        commands[f"diff, {edited:,} edited"] = (*RTJ, "diff", "--project", str(project), "--fail-on", "never")
    cache = folder / "cache"
    _least(1, commands, settings, cache, fresh=False)  # writes the bytecode and the cache
    print(f"\n{journeys:,} journeys in git, the least of {rounds} rounds\n")
    print(f"{'':40}{'CPU s':>9}{'x':>7}{'seconds':>10}{'x':>7}{'peak MB':>9}")
    _tell(_least(rounds, commands, settings, cache, fresh=False), "warm")
    _tell(_least(rounds, commands, settings, cache, fresh=True), "cold")


def _least(
    rounds: int, commands: Mapping[str, tuple[str, ...]], settings: Mapping[str, str], cache: Path, *, fresh: bool
) -> dict[str, list[Measured]]:
    """All rounds, in turns. `fresh`: with an empty cache each time."""
    found: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            if fresh:
                shutil.rmtree(cache, ignore_errors=True)
            found[name].append(measure(*command, settings={**settings, "XDG_CACHE_HOME": str(cache)}))
    return found


def _tell(found: Mapping[str, list[Measured]], kind: str) -> None:
    base, clock = (min(values) for values in zip(*((m.cpu_seconds, m.seconds) for m in found["validate"]), strict=True))
    for name, all_of in found.items():
        cpu, seconds, peak = (
            min(values) for values in zip(*((m.cpu_seconds, m.seconds, m.peak_mb) for m in all_of), strict=True)
        )
        what = f"{kind}: {name}"
        print(f"{what:40}{cpu:9.2f}{cpu / base:7.2f}{seconds:10.2f}{seconds / clock:7.2f}{peak:9.0f}", flush=True)
