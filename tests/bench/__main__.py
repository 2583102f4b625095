"""Measure rtj on the reference workload, beside the floor and a hand-written program, all in one run.

    python -m tests.bench                      1M events, about a minute and a half
    python -m tests.bench --events 100000      a quick look
    python -m tests.bench --large              also 10M events, for the memory
    python -m tests.bench validate             what it takes to check a project, and to check it again at every save
    python -m tests.bench people               what a million profiles weigh, and what each feature about people costs
    python -m tests.bench diff                 two versions in git beside `rtj validate`, and over the same events beside a run
    python -m tests.bench audiences            a business event among a million people, and what audiences cost each event

Seconds are of whole processes, the best of `--repeat`. Nothing here passes or fails: it prints.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.bench.audiences import measure_audiences
from tests.bench.checking import measure_checking
from tests.bench.differing import measure_differing
from tests.bench.measure import RTJ, Measured, best, measure
from tests.bench.people import measure_people
from tests.bench.reviewing import JOURNEYS, measure_reviewing
from tests.bench.workload import write_events, write_project

HERE = Path(__file__).parent


def simulate(repeat: int, project: Path, events: Path, *options: str) -> Measured:
    return best(repeat, *RTJ, "simulate", "--project", str(project), "--events", str(events), *options)


def templates(messages: Path) -> Counter[str]:
    """How often each template was sent, out of what `--messages` wrote."""
    with messages.open(encoding="utf-8") as lines:
        return Counter(json.loads(line)["template"] for line in lines)


class Report:
    """The table: one line per measured command, with its ratio to the floor."""

    def __init__(self, events: int, floor: Measured) -> None:
        self.events = events
        self.floor = floor
        print(f"{'':44}{'seconds':>9}{'x floor':>9}{'events/s':>12}{'CPU s':>9}{'peak MB':>9}")
        self.line("floor: typed decoding alone, one process", floor)

    def line(self, what: str, measured: Measured, events: int | None = None) -> None:
        count = events or self.events
        floor = self.floor.seconds * count / self.events
        took = f"{measured.seconds:9.2f}{measured.seconds / floor:9.1f}{count / measured.seconds:12,.0f}"
        print(f"{what:44}{took}{measured.cpu_seconds:9.2f}{measured.peak_mb:9.0f}", flush=True)


def run(chosen: argparse.Namespace, folder: Path) -> None:
    events, repeat, journeys = chosen.events, chosen.repeat, chosen.journeys
    five, crowd, stream = folder / "five", folder / "crowd", folder / "events.jsonl"
    write_project(five, 5)
    write_project(crowd, journeys)
    size = write_events(stream, events)
    print(f"{events:,} events of {size / events:.0f} bytes, {max(10, events // 10):,} people, five journeys")
    print(f"{platform.python_implementation()} {platform.python_version()} on {os.cpu_count()} cores\n")

    python = sys.executable
    report = Report(events, best(repeat, python, str(HERE / "floor.py"), str(stream)))
    hurry = measure(python, str(HERE / "hurry.py"), str(stream))
    report.line("the same by hand, in plain Python", hurry)
    report.line("simulate, 1 worker", simulate(repeat, five, stream, "--workers", "1"))
    two = simulate(repeat, five, stream, "--workers", "2")
    report.line("simulate, 2 workers", two)
    pipe = (*RTJ, "simulate", "--project", str(five), "--events", "-")
    report.line("simulate, through a pipe", best(repeat, *pipe, feed=stream))
    many = simulate(repeat, crowd, stream, "--workers", "2")
    report.line(f"simulate, 2 workers, {journeys:,} journeys", many)
    sent = folder / "messages.jsonl"
    report.line("simulate, 2 workers, messages written", simulate(1, five, stream, "--workers", "2", "--messages", str(sent)))
    if chosen.large:
        more = folder / "more.jsonl"
        write_events(more, events * 10)
        report.line(f"simulate, 2 workers, {events * 10:,} events", simulate(1, five, more, "--workers", "2"), events * 10)

    print(f"\n{journeys:,} journeys cost {many.seconds / two.seconds:.2f} x of five")
    typer = best(3 * repeat, python, "-c", "import typer")
    start_up = best(3 * repeat, *RTJ, "--help")
    print(f"`rtj --help` takes {start_up.seconds:.2f} s, {start_up.seconds / typer.seconds:.1f} x of `import typer`")
    compare(templates(sent), json.loads(hurry.output))


def compare(ours: Counter[str], by_hand: dict[str, int]) -> None:
    print("\nmessages            rtj     by hand")
    for template in sorted(ours.keys() | by_hand.keys()):
        print(f"{template:15}{ours[template]:8,}{by_hand.get(template, 0):12,}")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure rtj on the reference workload.")
    parser.add_argument("what", nargs="?", choices=("simulate", "validate", "people", "audiences", "diff"), default="simulate")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=1_000_000, help="how many profiles `people` holds in memory")
    parser.add_argument("--repeat", type=int, default=2, help="the fastest of so many runs counts")
    parser.add_argument("--journeys", type=int, default=1000, help="how many journeys the crowded project has")
    parser.add_argument("--large", action="store_true", help="also ten times the events: memory must not grow with them")
    parser.add_argument("--keep", type=Path, help="a folder for the workload; default: one that is removed afterwards")
    chosen = parser.parse_args(arguments)
    if chosen.keep:
        chosen.keep.mkdir(parents=True, exist_ok=True)
        start(chosen, chosen.keep)
        return
    with tempfile.TemporaryDirectory(prefix="rtj-bench-") as folder:
        start(chosen, Path(folder))


def start(chosen: argparse.Namespace, folder: Path) -> None:
    if chosen.what == "validate":
        measure_checking(chosen.repeat, chosen.journeys, folder)
    elif chosen.what == "people":
        measure_people(chosen.repeat, chosen.events, chosen.people, folder)
    elif chosen.what == "diff":
        measure_reviewing(chosen.repeat, min(chosen.journeys, JOURNEYS), folder / "reviews")
        measure_differing(chosen.repeat, chosen.events, folder)
    elif chosen.what == "audiences":
        measure_audiences(chosen.people, chosen.repeat)
    else:
        run(chosen, folder)


if __name__ == "__main__":
    main()
