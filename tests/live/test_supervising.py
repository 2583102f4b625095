"""A run tells systemd what it does where systemd asks for it, and never waits for it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from rtj.live.supervising import Supervisor


@pytest.mark.parametrize("abstract", [False, True])
def test_it_says_when_it_is_ready_lives_has_trouble_and_ends(tmp_path: Path, abstract: bool) -> None:
    name = f"@{tmp_path}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name[1:] if abstract else name)
        speaker = Supervisor({"NOTIFY_SOCKET": name})
        speaker.ready()
        speaker.alive()
        speaker.troubled("the disk\nis full")
        speaker.stopping()
        heard = [manager.recv(1000) for _ in range(4)]
    assert heard == [
        b"READY=1\nSTATUS=running",
        b"WATCHDOG=1\nSTATUS=running",
        b"WATCHDOG=1\nSTATUS=the disk is full",
        b"STOPPING=1\nSTATUS=draining",
    ]


def test_where_nobody_listens_nothing_happens(tmp_path: Path) -> None:
    Supervisor({}).ready()
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).alive()


def test_a_manager_that_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        speaker = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        for _ in range(10_000):
            speaker.alive()
