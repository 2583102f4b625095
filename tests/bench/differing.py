"""What it takes to replay two versions over the same events, beside one simulation that only counts: in one run, in turns, by
processor time and by the clock, and the least of some rounds counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import RTJ, Measured, measure
from tests.bench.telling import measure_telling
from tests.bench.workload import write_events, write_project

COMPARE = """\
import sys
import tempfile
from pathlib import Path
from rtj.compile import compile_project
from rtj.run.comparing import compare
from rtj.run.options import CompareOptions, SimulateOptions
old, new, events, workers = sys.argv[1:]
programs = [compile_project((), Path(folder) / "rtj.yaml").program for folder in (old, new)]
replay = SimulateOptions((events,), workers=int(workers) or None, now_ms=4_000_000_000_000)
with tempfile.TemporaryDirectory() as folder:  # who is inside at the end is told as well, as the command does
    found = compare(*programs, CompareOptions(replay, standings=folder + "/instances"))
print(f"{found.people:,} people, of whom {found.differ:,} get something else")
"""


@dataclass(frozen=True)
class Edit:
    """A change of one journey: (journey, old text, new text)."""

    name: str
    journey: str = ""
    old: str = ""
    new: str = ""

    def write(self, folder: Path) -> None:
        """Write the newer version."""
        write_project(folder, 5)
        if self.journey:
            path = folder / f"{self.journey}.journey.yaml"
            text = path.read_text(encoding="utf-8")
            assert self.old in text, self
            path.write_text(text.replace(self.old, self.new), encoding="utf-8")


EDITS = (
    Edit("nothing"),
    Edit("a condition", "welcome", "profile.orders == 0", "profile.orders <= 1"),
    Edit("a wait of many", "abandoned_cart", "wait: 24h", "wait: 12h"),
)


def measure_differing(rounds: int, events: int, folder: Path) -> None:
    """Print how many times one simulation a comparison takes, by edit, with one worker and with as many as there are cores; then
    what the structural difference alone takes."""
    stream, plain = folder / "events.jsonl", folder / "old"
    write_events(stream, events)
    write_project(plain, 5)
    for edit in EDITS:
        edit.write(folder / edit.name.replace(" ", "-"))
    print(f"{events:,} events, the least of {rounds} rounds\n")
    print(f"{'':40}{'CPU s':>9}{'x':>7}{'seconds':>10}{'x':>7}{'peak MB':>9}")
    for workers in ("1", "0"):
        simulate = (*RTJ, "simulate", "--project", str(plain), "--events", str(stream))
        commands = {"simulate": simulate if workers == "0" else (*simulate, "--workers", workers)}
        for edit in EDITS:
            new = folder / edit.name.replace(" ", "-")
            commands[edit.name] = (RTJ[0], "-c", COMPARE, str(plain), str(new), str(stream), workers)
        _tell(_least(rounds, commands), "1 worker" if workers == "1" else "all cores")
    measure_telling(rounds)


def _least(rounds: int, commands: Mapping[str, tuple[str, ...]]) -> dict[str, list[Measured]]:
    found: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(measure(*command))
    return found


def _tell(found: Mapping[str, list[Measured]], crew: str) -> None:
    plain = found["simulate"]
    base, clock = min(one.cpu_seconds for one in plain), min(one.seconds for one in plain)
    for name, all_of in found.items():
        cpu, seconds, peak = (
            min(values) for values in zip(*((m.cpu_seconds, m.seconds, m.peak_mb) for m in all_of), strict=True)
        )
        what = f"{crew}: {'one simulation' if name == 'simulate' else f'diff, edited {name}'}"
        print(f"{what:40}{cpu:9.2f}{cpu / base:7.2f}{seconds:10.2f}{seconds / clock:7.2f}{peak:9.0f}", flush=True)
        if name != "simulate":
            print(f"  {all_of[0].output.strip()}")
