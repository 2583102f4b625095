"""How fast `rtj run` is: the reference workload through the real process, beside `rtj simulate`, and from event to outbox.

Run it with `python -m tests.bench.live [EVENTS]`. Events/s of a live run are of whole processes on SQLite, every batch durable,
with the start of the process in them; ratios are to runs over the same file a moment before. Latency is from the instant at
which an event is written to a file that the run follows (its `ts`) to its row of the outbox being seen by another connection.
"""

from __future__ import annotations

import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.bench.measure import ROOT, RTJ, measure
from tests.bench.sizing import run
from tests.bench.workload import write_events, write_project

EVENTS = 300_000
AWAKE = 1_000_000  # nobody goes cold
PER_SECOND, SECONDS, TICK_S = 5_000, 12, 0.01
ENVIRONMENT = """\
sources:
  web: {format: rtj}
environments:
  live:
    store: store.db
    sources: {web: {file: events.jsonl}}
    channels: {"*": {file: messages.jsonl}}
    policies: {require: []}
"""


def measure_throughput(events: int, folder: Path) -> None:
    """Print how long the same file takes: grouped, in order of arrival, and live."""
    project, stream = folder / "five", folder / "events.jsonl"
    write_project(project, 5)
    write_events(stream, events)
    simulate = (*RTJ, "simulate", "--project", str(project), "--events", str(stream))
    seconds = {
        "simulate, grouped": measure(*simulate).seconds,
        "simulate --order arrival": measure(*simulate, "--order", "arrival").seconds,
        "run --once": run(folder / "live", events, awake=AWAKE).seconds,
    }
    live = seconds["run --once"]
    for name, took in seconds.items():
        print(f"{name:30}{took:8.2f} s{events / took:12,.0f} events/s   run --once takes {live / took:5.2f} x of it", flush=True)


def feed(path: Path, began: float) -> None:
    """Write events at a steady pace; one in ten is a sign-up, which is answered by a message at once."""
    number, per_tick = 0, int(PER_SECOND * TICK_S)
    with path.open("a", encoding="utf-8") as file:
        for tick in range(int(SECONDS / TICK_S)):
            time.sleep(max(0.0, began + tick * TICK_S - time.time()))
            now = time.time_ns() // 1_000_000
            for _ in range(per_tick):
                number += 1
                kind = "signed_up" if number % 10 == 0 else "page_view"
                of = '"first_name":"Ada","plan":"free"' if kind == "signed_up" else '"path":"/","referrer":"","screen":"s"'
                event = f'"id":"e{number}","type":"{kind}","ts":{now},"user_id":"u{number}","properties":{{{of}}}'
                file.write(f"{{{event}}}\n")
            file.flush()


def watch(store: Path, feeder: subprocess.Popen[bytes]) -> list[float]:
    """How many ms each row of the outbox came behind its event."""
    found: list[float] = []
    last, end = 0, float("inf")
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        while time.time() < end:
            rows = connection.execute("SELECT number, at FROM outbox WHERE number > ? ORDER BY number", (last,)).fetchall()
            now = time.time() * 1000
            found += [now - at for _, at in rows]
            last = rows[-1][0] if rows else last
            if feeder.poll() is not None and end == float("inf"):
                end = time.time() + 2
            time.sleep(0.001)
    return found


def measure_latency(folder: Path) -> None:
    """Print how long after an event its message stands in the outbox."""
    write_project(folder, 5)
    with (folder / "rtj.yaml").open("a", encoding="utf-8") as file:
        file.write(ENVIRONMENT)
    stream = folder / "events.jsonl"
    stream.touch()
    measure(*RTJ, "deploy", "--project", str(folder), "--yes")
    live = subprocess.Popen((*RTJ, "run", "--project", str(folder), "--quiet"), cwd=ROOT)
    try:
        time.sleep(4)
        feeder = subprocess.Popen((sys.executable, "-m", "tests.bench.live", "feed", str(stream)), cwd=ROOT)
        late = sorted(watch(folder / "store.db", feeder))
    finally:
        live.terminate()
        live.wait(30)
    expected = PER_SECOND * SECONDS // 10
    if not late:
        print("no message came")
        return
    p50, p99 = late[len(late) // 2], late[len(late) * 99 // 100]
    print(f"event to outbox at {PER_SECOND:,} events/s: p50 {p50:.0f}, p99 {p99:.0f}, max {late[-1]:.0f} ms", end="")
    print(f" ({len(late):,} of {expected:,} messages)")


def main() -> None:
    """Print both."""
    if sys.argv[1:2] == ["feed"]:
        feed(Path(sys.argv[2]), time.time())
        return
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    print(f"{platform.python_implementation()} {platform.python_version()}, {events:,} events, five journeys")
    with tempfile.TemporaryDirectory(prefix="rtj-live-") as folder:
        measure_throughput(events, Path(folder))
        measure_latency(Path(folder) / "latency")


if __name__ == "__main__":
    main()
