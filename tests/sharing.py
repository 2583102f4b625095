"""Which tests stay together when several workers share them (`pytest -n auto`).

The tests of a file are one piece: some build on each other, most share what they compile. Files that ask for a server that is
started once are one piece as well, so that no worker starts another. Of long tests each is a piece of its own, unless their
file has a fixture for all of it: a file of them would keep one core busy long after the other is done.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parent.parent
SERVERS = {"kafka": ": Kafka", "postgres": ": Postgres"}  # a fixture of tests/conftest.py, and how a file that asks for it tells


class Sharing(LoadScopeScheduling):
    """Hands whole pieces to workers, those of the most tests first."""

    def _split_scope(self, nodeid: str) -> str:
        return piece(nodeid, long=self.config.option.markexpr == "long")


def piece(nodeid: str, *, long: bool) -> str:
    """The name of the piece that a test belongs to."""
    file = nodeid.partition("::")[0]
    together, shares = _told(file)
    return nodeid if long and not shares else together


@cache
def _told(file: str) -> tuple[str, bool]:
    """What a file goes by, and whether its tests share something that is costly to make."""
    path = ROOT / file
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    beside = path.with_name("conftest.py")
    texts = text + (beside.read_text(encoding="utf-8") if beside.is_file() and beside.parent != ROOT / "tests" else "")
    for server, sign in SERVERS.items():
        if sign in texts:
            return server, True
    return file, 'scope="module"' in text
