"""Rows to keep."""

from __future__ import annotations

import os
from typing import Any

from rtj.ir.kept import ProfileRow
from rtj.store.port import Commit, Deployment, Holder, LogRow, OutboxRow, StateStore

NOW = 1_764_000_000_000


def holder(name: str = "lease-1", **other: Any) -> Holder:
    values: dict[str, Any] = {
        "id": name,
        "who": "anna@büro",
        "host": "büro",
        "pid": os.getpid(),
        "operation": "rtj run --env prod",
        "created_ms": NOW,
        "beat_ms": NOW,
    }
    return Holder(**{**values, **other})


def leased(store: StateStore, **other: Any) -> int:
    return store.take_lease(holder(**other), 10_000)


def entry(seq: int, body: bytes = b"body") -> LogRow:
    return LogRow(seq, seq % 3 - 1, NOW + seq, NOW + seq, b"before %d" % seq, body)


def profile(number: int, body: bytes = b"body", **other: Any) -> ProfileRow:
    values: dict[str, Any] = {"due": NOW + number, "recheck": -1, "members": str(1 << 200), "ids": b"\x92\0\xff"}
    return ProfileRow(number, body=body, **{**values, **other})


def message(number: int, profile_: str = "张伟\0🎉", **other: Any) -> OutboxRow:
    values: dict[str, Any] = {"key": f"key {number}", "kind": "message", "channel": "email", "priority": 0, "at": NOW + number}
    return OutboxRow(number=number, profile=profile_, body=b'{"n":%d}' % number, **{**values, **other})


def deployment(serial: int, **other: Any) -> Deployment:
    values: dict[str, Any] = {
        "kind": "deploy",
        "state": "ordered",
        "project": "f" * 64,
        "running": "e" * 64,
        "plan": "d" * 64,
        "who": "anna@büro",
        "at_ms": NOW,
        "message": "اول",
        "body": b"{}",
        "order": b"\0order",
    }
    return Deployment(serial, **{**values, **other})


def batch(number: int, size: int = 5) -> Commit:
    """A commit that can be told from every other: all that it writes has its number."""
    first = number * size
    mark = b"batch %d" % number
    return Commit(
        clock=number,
        entries=[entry(first + place + 1, mark) for place in range(size)],
        streams=[(0, "orders")],
        positions={0: mark},
        profiles=[profile(place, mark) for place in range(size)],
        leftovers={"world": mark},
        outbox=[message(first + place + 1) for place in range(size)],
    )
