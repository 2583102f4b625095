"""A process that sends an outbox of SQLite to a file or a webhook until it is killed: `python killed.py OUTBOX TARGET`."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from rtj.deliver.deliverer import Deliverer, Route, Routes
from rtj.deliver.file import FileWriter
from rtj.deliver.port import Sink
from rtj.deliver.webhook import Poster
from rtj.store.port import OutboxRow, WaitingRow
from tests.deliver.receiver import SECRET


class Kept:
    """What of a store is needed, over SQLite."""

    def __init__(self, path: str) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)

    def waiting(self, after: int, most: int) -> list[WaitingRow]:
        found = self.db.execute(
            "select number, profile, body, tries from outbox where state = 'waiting' and number > ? order by number limit ?",
            (after, most),
        )
        return [WaitingRow(OutboxRow(n, f"k{n:06d}", "message", who, "email", n % 3, 0, body), t) for n, who, body, t in found]

    def outbox_bodies(self, numbers: Sequence[int]) -> dict[int, bytes]:
        marks = ",".join("?" * len(numbers))
        return dict(self.db.execute(f"select number, body from outbox where number in ({marks})", numbers))


def make(path: str, people: Sequence[str]) -> None:
    """An outbox with a message for each of them, in this order."""
    with sqlite3.connect(path) as db:
        db.execute("pragma journal_mode = wal")
        db.execute("create table outbox (number integer primary key, profile, body, state default 'waiting', tries default 0)")
        rows = [(n, who, b'{"key":"k%06d","profile":"%s","n":%d}' % (n, who.encode(), n)) for n, who in enumerate(people, 1)]
        db.executemany("insert into outbox (number, profile, body) values (?, ?, ?)", rows)
    db.close()


def main(path: str, target: str) -> None:
    store = Kept(path)
    sink: Sink = Poster(target, SECRET, timeout_ms=2_000, retries=50) if "://" in target else FileWriter(Path(target))
    deliverer = Deliverer(Routes({"*": Route("to", sink)}, {}))
    random = Random()
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    while store.db.execute("select 1 from outbox where state = 'waiting' limit 1").fetchone():
        deliverer.pump(store)
        time.sleep(random.random() * 0.02)
        outcomes, _ = deliverer.results(random.choice((1, 10, 40)))
        time.sleep(random.random() * 0.02)  # written, and not committed
        store.db.execute("begin immediate")
        store.db.executemany(
            "update outbox set state = ?, tries = ? where number = ?", [(one.state, one.tries, one.number) for one in outcomes]
        )
        store.db.execute("commit")
    deliverer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
