"""Who may write: the lease of the run and the lock of whoever deploys."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from rtj.base.errors import RefusedError
from rtj.store.database import Database, plain
from rtj.store.port import Holder
from rtj.store.tables import HOLDERS

What: TypeAlias = Literal["lease", "lock"]

WAIT_FIRST_MS, WAIT_MOST_MS = 1_000, 16_000  # between two tries at a lock: doubled each time
TAKING_MAX = 8  # times that a dead holder is taken over before somebody else is said to be faster


def holder_of(database: Database, what: What) -> Holder | None:
    """Who holds it."""
    names = ", ".join(HOLDERS.names()[1:])
    found = database.rows(f"SELECT {names} FROM holders WHERE what = ?", what)
    return Holder(*found[0]) if found else None


def held(database: Database, what: What, holder: Holder, lost: Callable[[Holder], bool]) -> Holder | None:
    """Within a transaction: hold it, unless somebody has it who is not `lost`: that one is returned. Of two who try at once one
    inserts its row first, and the other one sees it."""
    for _ in range(TAKING_MAX):
        other = holder_of(database, what)
        if other is not None:
            if other.id == holder.id:  # it was taken, and nobody could say so
                return None
            if not lost(other):
                return other
            database.run("DELETE FROM holders WHERE what = ? AND id = ?", what, other.id)
        row = (what, plain(holder.id), plain(holder.who), plain(holder.host), holder.pid, plain(holder.operation))
        names = ", ".join(HOLDERS.names())
        sql = f"INSERT INTO holders ({names}) VALUES ({', '.join('?' * len(HOLDERS.columns))}) ON CONFLICT DO NOTHING"
        if database.run(sql, *row, holder.created_ms, holder.beat_ms) == 1:
            return None
    found = holder_of(database, what)
    return found or holder


def let_go(database: Database, what: What) -> None:
    """Nobody holds it any more."""
    database.run("DELETE FROM holders WHERE what = ?", what)


def gone(other: Holder, host: str) -> bool:
    """Whether the process of a holder has ended on this host. Of other hosts nothing is known."""
    if other.host != plain(host) or other.pid <= 0:
        return False
    try:
        os.kill(other.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is there, and somebody else's
        return False
    return False


def moment(ms: int) -> str:
    """An instant in a message."""
    try:
        return datetime.fromtimestamp(ms / 1_000, UTC).isoformat(sep=" ", timespec="seconds").replace("+00:00", " UTC")
    except (ValueError, OverflowError, OSError):
        return f"{ms} ms"


def refusal(where: str, what: What, other: Holder) -> RefusedError:
    """Why something is refused, and what to do if the holder is gone for good."""
    named = "environment is run" if what == "lease" else "environment is locked"
    return RefusedError(
        f"{where}: the {named} by {other.who} (process {other.pid} on {other.host}) for `{other.operation}` since"
        f" {moment(other.created_ms)}; if that has ended for good: rtj unlock {other.id}"
    )


def waits(wait_ms: int) -> list[int]:
    """How long to wait before each further try, 1 s doubling to 16 s, so that all are `wait_ms`."""
    left, step, found = wait_ms, WAIT_FIRST_MS, []
    while left > 0:
        found.append(min(step, left))
        left -= found[-1]
        step = min(step * 2, WAIT_MOST_MS)
    return found


def rest(ms: int) -> None:
    """Wait."""
    time.sleep(ms / 1_000)
