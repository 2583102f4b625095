"""A store is compacted without all of it in memory, however large it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BLOBS = 180  # of 1 MB
MOST_KB = 110_000  # beside what it takes to begin; the cache is most of it
COMPACTING = f"""
import resource, sys
from rtj.store.sqlite import SqliteDatabase

def peak_kb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

first = SqliteDatabase(sys.argv[1])
first.run("CREATE TABLE t (a BLOB)")
for _ in range({BLOBS}):
    first.run("INSERT INTO t VALUES (randomblob(1000000))")
first.sweep()
first.close()
before = peak_kb()
again = SqliteDatabase(sys.argv[1])
again.compact()
again.close()
print(peak_kb() - before)
"""


@pytest.mark.long
def test_memory_does_not_hold_all_of_it(tmp_path: Path) -> None:
    asked = (sys.executable, "-c", COMPACTING, str(tmp_path / "large.db"))
    done = subprocess.run(asked, capture_output=True, timeout=60, check=True)
    assert int(done.stdout) < MOST_KB
