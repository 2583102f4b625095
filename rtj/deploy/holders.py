"""Who deploys: the name under which locks are held and lines of audit are written, and whether a holder still lives."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from datetime import UTC, datetime

from rtj.store.holding import gone
from rtj.store.port import Holder

SILENT_MS = 30_000  # of a run, after which nobody waits for it


def myself() -> str:
    """`user@host` of this process; `RTJ_USER` says another user, as in CI."""
    return f"{os.environ.get('RTJ_USER') or _user()}@{socket.gethostname()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return f"uid{os.getuid()}"


def holder(operation: str, now_ms: int) -> Holder:
    """A holder for this process, with an id of its own."""
    return Holder(secrets.token_hex(8), myself(), socket.gethostname(), os.getpid(), operation, now_ms, now_ms)


def lives(found: Holder | None, now_ms: int) -> bool:
    """Is there a holder that lives: which told so lately, and whose process is there, as far as it is on this host?"""
    return found is not None and now_ms - found.beat_ms <= SILENT_MS and not gone(found, socket.gethostname())


def named(found: Holder) -> str:
    """`anna@host since 10:02 (deploy, process 4711)`."""
    return f"{found.who} since {clock(found.created_ms)} ({found.operation}, process {found.pid})"


def clock(ms: int) -> str:
    """`2026-03-01 10:02 UTC`."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
