"""What a run tells the service manager that started it: systemd's protocol of a datagram to the socket in NOTIFY_SOCKET.

Without that variable, and where nobody listens, nothing happens.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress


class Supervisor:
    """Speaks for one process. `variables`: of the process."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        name = variables.get("NOTIFY_SOCKET", "")
        self._address = "\0" + name[1:] if name.startswith("@") else name

    def ready(self) -> None:
        """All is begun: a unit of `Type=notify` is started now."""
        self._tell("READY=1\nSTATUS=running")

    def alive(self) -> None:
        """The thread that works has come round. Under `WatchdogSec` a process that no longer says so is ended and begun anew."""
        self._tell("WATCHDOG=1\nSTATUS=running")

    def troubled(self, words: str) -> None:
        """It lives, and something does not work."""
        self._tell(f"WATCHDOG=1\nSTATUS={' '.join(words.split())}")

    def stopping(self) -> None:
        """It ends."""
        self._tell("STOPPING=1\nSTATUS=draining")

    def _tell(self, state: str) -> None:
        if self._address:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaker:
                speaker.setblocking(False)  # a manager that does not listen must not hold anybody up
                speaker.sendto(state.encode("utf-8"), self._address)
