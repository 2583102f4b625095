"""What a run needs, for the sizing table of examples/operations: the real process over a file, its memory and its store.

    python -m tests.bench.sizing [EVENTS]

Each figure is the difference of two runs, or of what stands in the store divided by its number: so it holds for more of the same.
"""

from __future__ import annotations

import marshal
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import RTJ, Measured, measure
from tests.bench.workload import write_events, write_project

EVENTS = 300_000
FEW = 500  # profiles awake where nearly all are to be cold
SMALL = 20_000  # events of a short run, which has as much in its hands at a time as a long one: one batch


@dataclass(frozen=True)
class Store:
    """Bytes and rows of a table of a store, by its name; `ids`: ids of copies that are kept, and their bytes."""

    tables: dict[str, tuple[int, int]]
    ids: tuple[int, int]
    size: int


def environment(name: str, dedupe: str, awake: int, store: str) -> str:
    return (
        f"dedupe: {dedupe}\nsources:\n  web: {{format: rtj}}\n"
        f'environments:\n  {name}:\n    store: "{store}"\n    sources: {{web: {{file: events.jsonl, idle: 1d}}}}\n'
        f'    channels: {{"*": {{file: messages.jsonl}}}}\n    policies: {{awake: {awake}, require: []}}\n'
    )


def run(folder: Path, events: int, *, awake: int, dedupe: str = "24h", store: str = "store.db") -> Measured:
    """Deploy, and read the whole file. The environment has the name of the folder."""
    write_project(folder, 5)
    with (folder / "rtj.yaml").open("a", encoding="utf-8") as file:
        file.write(environment(folder.name, dedupe, awake, store))
    write_events(folder / "events.jsonl", events)
    measure(*RTJ, "deploy", "--project", str(folder), "--yes")
    return measure(*RTJ, "run", "--project", str(folder), "--once", "--quiet")


def look(path: Path) -> Store:
    """What is in a store, with its indexes; ids of copies are rows of `leftovers`."""
    with closing(sqlite3.connect(path)) as store:
        sizes = store.execute("SELECT m.tbl_name, SUM(d.pgsize) FROM dbstat d JOIN sqlite_master m USING (name) GROUP BY 1")
        tables = {name: (size, store.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0]) for name, size in sizes.fetchall()}
        kept = [body for (body,) in store.execute("SELECT body FROM leftovers WHERE name LIKE 'ids/%'")]
    ids = sum(len(marshal.loads(body)) for body in kept)
    return Store(tables, (ids, sum(map(len, kept))), path.stat().st_size)


def figures(events: int, folder: Path) -> Iterator[tuple[str, str]]:
    base = run(folder / "base", SMALL, awake=FEW, dedupe="1m")
    awake = run(folder / "awake", events, awake=10 * events)
    cold = run(folder / "cold", events, awake=FEW)
    bare = run(folder / "bare", events, awake=FEW, dedupe="1m")
    half = run(
        folder / "half", events // 2, awake=FEW, dedupe="1m"
    )  # by then the pages that SQLite holds have grown to their bound
    store = look(folder / "cold" / "store.db")
    people, entries = store.tables["profiles"][1], store.tables["log"][1]
    more = people - look(folder / "half" / "store.db").tables["profiles"][1]
    per_cold = (bare.peak_mb - half.peak_mb) / more * 1000
    count = events - SMALL
    line = (folder / "cold" / "events.jsonl").stat().st_size / events
    ids, held = store.ids
    yield "events", f"{events:,} of {line:.0f} bytes, {people:,} people, five journeys"
    yield "events/s, all awake", f"{count / (awake.seconds - base.seconds):,.0f}"
    yield "events/s, nearly all cold", f"{count / (cold.seconds - base.seconds):,.0f}"
    yield "MB of a short run", f"{base.peak_mb:.0f}"
    yield "MB of the long one, nearly all cold", f"{bare.peak_mb:.0f}"
    yield "MB per 1,000 people awake", f"{(awake.peak_mb - cold.peak_mb) / (people - FEW) * 1000 + per_cold:.1f}"
    yield "MB per 1,000 people cold", f"{per_cold:.1f}"
    yield "bytes of memory per id of three horizons", f"{(cold.peak_mb - bare.peak_mb) * 1e6 / max(1, ids):.0f}"
    yield "bytes of store per id of three horizons", f"{held / max(1, ids):.0f} ({ids:,} ids)"
    yield "bytes of store per profile", f"{(store.tables['profiles'][0] + store.tables['owners'][0]) / people:.0f}"
    yield "bytes of store per event of the log", f"{store.tables['log'][0] / events:.0f} ({entries:,} entries)"
    sent, messages = store.tables["outbox"]
    yield "bytes of store per message", f"{sent / max(1, messages):.0f} ({messages:,} messages)"
    yield "MB of the store", f"{store.size / 1e6:.0f}"


def main() -> None:
    """Print the table."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    print(f"{platform.python_implementation()} {platform.python_version()} on {os.cpu_count()} cores, {platform.machine()}")
    with tempfile.TemporaryDirectory(prefix="rtj-sizing-") as folder:
        for name, value in figures(events, Path(folder)):
            print(f"{name:44}{value}", flush=True)


if __name__ == "__main__":
    main()
