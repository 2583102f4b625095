"""How fast `rtj run` is: the reference workload through the real process, beside `rtj simulate`, and from event to outbox.

    python -m tests.bench.live [EVENTS]                     on SQLite
    python -m tests.bench.live [EVENTS] --store postgres    on SQLite, then on a PostgreSQL that is started for it
    python -m tests.bench.live [EVENTS] --cold              the same with nearly everybody cold, without latencies

Events/s of a live run are of whole processes, every batch durable, with the start of the process in them; ratios are to runs over
the same file a moment before. Latency is from the instant at which an event is written to a file that the run follows (its `ts`)
to its row of the outbox being seen by another connection.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

from rtj.store.opening import open_store
from tests.bench.measure import ROOT, RTJ, measure
from tests.bench.sizing import FEW, run
from tests.bench.workload import write_events, write_project
from tests.servers.postgres import running_postgres

EVENTS = 300_000
TABLES = ("profiles", "owners", "log", "outbox")
AWAKE = 1_000_000  # nobody goes cold
PER_SECOND, SECONDS, TICK_S = 5_000, 12, 0.01
ENVIRONMENT = """\
sources:
  web: {{format: rtj}}
environments:
  live:
    store: "{store}"
    sources: {{web: {{file: events.jsonl}}}}
    channels: {{"*": {{file: messages.jsonl}}}}
    policies: {{require: []}}
"""


def measure_throughput(events: int, folder: Path, stores: dict[str, str], awake: int) -> None:
    """Print how long the same file takes: grouped, in order of arrival, and live in each store."""
    project, stream = folder / "five", folder / "events.jsonl"
    write_project(project, 5)
    write_events(stream, events)
    simulate = (*RTJ, "simulate", "--project", str(project), "--events", str(stream))
    seconds = {
        "simulate, grouped": measure(*simulate).seconds,
        "simulate --order arrival": measure(*simulate, "--order", "arrival").seconds,
    }
    for name, place in stores.items():
        live = run(folder / f"live_{name}", events, awake=awake, store=place)
        seconds[f"run --once, {name}"] = live.seconds
        more = f"; {sizes(place, f'live_{name}', events)}" if "://" in place else ""
        print(f"{name}: {live.cpu_seconds:.2f} s of the processor in the process itself, {live.peak_mb:.0f} MB{more}", flush=True)
    for name, took in seconds.items():
        ratios = ", ".join(f"{took / other:.2f} x {of}" for of, other in seconds.items() if of != name)
        print(f"{name:26}{took:8.2f} s{events / took:12,.0f} events/s   {ratios}", flush=True)


def sizes(url: str, environment: str, events: int) -> str:
    """What stands in a store of PostgreSQL, with its indexes, by what it is of."""
    with closing(open_store(url, environment, reading=True)) as store:
        rows = store._database.rows  # type: ignore[attr-defined]
        held = {name: rows("SELECT pg_total_relation_size(?::text::regclass)", name)[0][0] for name in TABLES}
        people, messages = (rows(f"SELECT COUNT(*) FROM {name}")[0][0] for name in ("profiles", "outbox"))
    person = (held["profiles"] + held["owners"]) / people
    return f"{person:.0f} bytes a person, {held['log'] / events:.0f} an event, {held['outbox'] / messages:.0f} a message"


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


def watch(store: str, feeder: subprocess.Popen[bytes]) -> list[float]:
    """How many ms each row of the outbox came behind its event."""
    found: list[float] = []
    last, end = 0, float("inf")
    with closing(open_store(store, "live", reading=True)) as seen:
        while time.time() < end:
            rows = seen._database.rows(  # type: ignore[attr-defined]
                "SELECT number, at FROM outbox WHERE number > ? ORDER BY number", last
            )
            now = time.time() * 1000
            found += [now - at for _, at in rows]
            last = rows[-1][0] if rows else last
            if feeder.poll() is not None and end == float("inf"):
                end = time.time() + 2
            time.sleep(0.001)
    return found


def measure_latency(folder: Path, name: str, store: str) -> None:
    """Print how long after an event its message stands in the outbox."""
    write_project(folder, 5)
    with (folder / "rtj.yaml").open("a", encoding="utf-8") as file:
        file.write(ENVIRONMENT.format(store=store))
    stream = folder / "events.jsonl"
    stream.touch()
    measure(*RTJ, "deploy", "--project", str(folder), "--yes")
    live = subprocess.Popen((*RTJ, "run", "--project", str(folder), "--quiet"), cwd=ROOT)
    try:
        time.sleep(4)
        feeder = subprocess.Popen((sys.executable, "-m", "tests.bench.live", "--feed", str(stream)), cwd=ROOT)
        late = sorted(watch(store if "://" in store else str(folder / store), feeder))
    finally:
        live.terminate()
        live.wait(30)
    expected = PER_SECOND * SECONDS // 10
    if not late:
        print("no message came")
        return
    p50, p99 = late[len(late) // 2], late[len(late) * 99 // 100]
    print(f"{name}: event to outbox at {PER_SECOND:,} events/s: p50 {p50:.0f}, p99 {p99:.0f}, max {late[-1]:.0f} ms", end="")
    print(f" ({len(late):,} of {expected:,} messages)", flush=True)


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("events", nargs="?", type=int, default=EVENTS)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--feed", type=Path, default=None, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.feed is not None:
        feed(asked.feed, time.time())
        return
    print(f"{platform.python_implementation()} {platform.python_version()}, {asked.events:,} events, five journeys")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="rtj-live-"))
        stores = {"sqlite": "store.db"}
        if asked.store == "postgres":
            stores["postgres"] = stack.enter_context(running_postgres()).url
        measure_throughput(asked.events, Path(folder), stores, FEW if asked.cold else AWAKE)
        for name, place in () if asked.cold else stores.items():
            measure_latency(Path(folder) / f"latency_{name}", name, place)


if __name__ == "__main__":
    main()
