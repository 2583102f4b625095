"""What it costs to commit to a store, by the size of the micro-batch, and to read it at a start.

    python -m tests.bench.committing                                   SQLite, in a folder for temporary files
    python -m tests.bench.committing --store postgres                  a PostgreSQL that is started for it
    python -m tests.bench.committing --store postgresql://…            a database that may be written
    python -m tests.bench.committing --profiles 1000000                as many people

Each commit changes profiles drawn from all of them (the worst case: nobody comes twice soon), logs 200 bytes for each, puts a
fifth as many messages into the outbox and settles those of the commit before.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rtj.ir.kept import ProfileRow
from rtj.store.opening import open_store
from rtj.store.port import Commit, Holder, LogRow, OutboxRow, Outcome, Store
from tests.servers.postgres import running_postgres

SIZES = ((50, 1_000), (500, 200), (5_000, 20))  # profiles of a commit, and how many commits
IDS = b"\x91\x92\x00\xb8" + b"x" * 24


def profile(drawn: random.Random, number: int) -> ProfileRow:
    """One of 200 to 800 bytes."""
    return ProfileRow(
        number, drawn.randrange(1 << 41), drawn.randrange(1 << 41), "12", IDS, drawn.randbytes(drawn.randrange(200, 800))
    )


def commits(drawn: random.Random, people: int, size: int, rounds: int, first: int) -> list[Commit]:
    """Commits in a row, made before anything is measured. `first`: how many there were."""
    found, share = [], size // 5
    for n in range(first, first + rounds):
        start = n * SIZES[-1][0]
        outbox = [
            OutboxRow(
                start + i, f"key {start + i}", "message", f"u{drawn.randrange(people)}", "email", 0, n, drawn.randbytes(300)
            )
            for i in range(share)
        ]
        settled = [Outcome(o.number, "done", 1) for o in found[-1].outbox] if found else []
        entry = LogRow(n + 1, 0, n, n, b"", drawn.randbytes(size * 200))
        changed = [profile(drawn, drawn.randrange(people)) for _ in range(size)]
        found.append(Commit(n, [entry], [(0, "orders")], {0: b"%d" % n}, changed, outbox=outbox, outcomes=settled))
    return found


def run(place: str, people: int) -> None:
    """Fill a store, commit to it, read it."""
    store: Store = open_store(place, "bench")
    epoch = store.take_lease(Holder("bench", "bench", "bench", os.getpid(), "bench", 0, 0), 0)
    drawn, before = random.Random(1), 0
    begin = time.perf_counter()
    for start in range(0, people, 10_000):
        numbers = range(start, min(people, start + 10_000))
        profiles, owners = [profile(drawn, n) for n in numbers], {(0, f"u{n}"): n for n in numbers}
        store.commit(Commit(0, profiles=profiles, owners=owners), epoch)
    print(f"{people:,} new profiles: {people / (time.perf_counter() - begin):,.0f} a second")
    for size, rounds in SIZES:
        took, cpu = [], time.process_time()
        made = commits(drawn, people, size, rounds, before)
        cpu, before = time.process_time(), before + rounds
        for commit in made:
            begin = time.perf_counter()
            store.commit(commit, epoch)
            took.append((time.perf_counter() - begin) * 1e3)
        cpu = (time.process_time() - cpu) / (size * rounds) * 1e6
        rate, took = size * rounds / sum(took) * 1e3, sorted(took)
        tail = f"p99 {took[len(took) * 99 // 100]:.1f}, at most {took[-1]:.1f} ms"
        print(
            f"{size:5} profiles a commit: {rate:9,.0f} a second, median {took[len(took) // 2]:.2f}, {tail}, CPU {cpu:.1f} us each"
        )
    begin = time.perf_counter()
    print(f"{sum(1 for _ in store.heads()):,} heads read in {time.perf_counter() - begin:.2f} s")
    begin = time.perf_counter()
    for _ in range(200):
        store.bodies([drawn.randrange(people) for _ in range(100)])
    print(f"a body read in {(time.perf_counter() - begin) / 20_000 * 1e6:.1f} us, a hundred at once")
    store.close()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", default="")
    parser.add_argument("--profiles", type=int, default=300_000)
    asked = parser.parse_args()
    with ExitStack() as stack:
        place = asked.store or str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "store.db")
        run(stack.enter_context(running_postgres()).url if place == "postgres" else place, asked.profiles)


if __name__ == "__main__":
    main()
