"""Stands before a real server and is a bad network: connections are cut, torn within a message, refused, slow, or half open, so
that what is sent is swallowed and nobody is told.

A connection that was half open once stays so until one of its sides gives it up: what it has lost cannot be made good.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

Target: TypeAlias = tuple[str, int] | Path  # of TCP, or a socket in a folder
T = TypeVar("T")

PIECE_BYTES = 1 << 16
LINKS_MAX = 500  # beyond, the oldest are cut
CONNECT_S = 10.0
ANSWER_S = 30.0  # the longest that the thread may take for what it is told
_RESET = struct.pack("ii", 1, 0)  # of SO_LINGER: whoever closes does not say goodbye


class _Link:
    """A connection, from the one who came to the server. `silent`: what comes is swallowed; `torn`: it breaks within what it
    carries next."""

    def __init__(self, here: asyncio.StreamWriter, there: asyncio.StreamWriter) -> None:
        self.sides = here, there
        self.silent = self.torn = False

    def reset(self) -> None:
        for side in self.sides:
            reset(side)


def reset(side: asyncio.StreamWriter) -> None:
    """End a connection without a goodbye."""
    with contextlib.suppress(OSError):
        side.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    side.transport.abort()


class Cutter:
    """`address` is where clients connect instead. `made`: how many connections there ever were; `seed` is that of the places at
    which messages are torn, and of delays. Any thread may call."""

    def __init__(self, target: Target, seed: int = 0) -> None:
        self._target, self._rnd = target, random.Random(seed)
        self._links: dict[_Link, None] = {}  # the oldest first
        self._is_silent = self._is_closed = False
        self._delay_s, self._rate = 0.0, 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self.made = 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.host, self.port = "127.0.0.1", int(self._socket.getsockname()[1])
        self.address = f"{self.host}:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cutter", daemon=True)
        self._thread.start()
        self._server: asyncio.Server = self._told(asyncio.start_server(self._serve, sock=self._socket, limit=PIECE_BYTES))

    def _told(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_S)

    def _do(self, work: Callable[[], T]) -> T:
        async def within() -> T:
            return work()

        return self._told(within())

    # -- what a network does

    @property
    def open(self) -> int:
        """How many connections there are."""
        return self._do(lambda: len(self._links))

    def cut(self) -> int:
        """Reset every connection. Returns how many there were."""

        def all_of_them() -> int:
            links = list(self._links)
            for link in links:
                link.reset()
            return len(links)

        return self._do(all_of_them)

    def tear(self) -> int:
        """Every connection is reset within what it carries next. Returns how many there are."""

        def all_of_them() -> int:
            for link in self._links:
                link.torn = True
            return len(self._links)

        return self._do(all_of_them)

    def silence(self) -> int:
        """From now on everything is swallowed, also of new connections. Returns how many are half open now."""

        def all_of_them() -> int:
            self._is_silent = True
            for link in self._links:
                link.silent = True
            return len(self._links)

        return self._do(all_of_them)

    def refuse(self) -> None:
        """Cut all, and refuse new ones."""

        def do() -> None:
            self._is_closed = True
            for link in list(self._links):
                link.reset()

        self._do(do)

    def slow(self, delay_s: float, bytes_per_s: float = 0.0) -> None:
        """Each piece takes up to `delay_s`, and so many bytes go through in a second (0: no bound)."""

        def do() -> None:
            self._delay_s, self._rate = delay_s, bytes_per_s

        self._do(do)

    def mend(self) -> None:
        """New connections are as they should be; what is half open stays so."""

        def do() -> None:
            self._is_silent = self._is_closed = False
            self._delay_s = self._rate = 0.0

        self._do(do)

    def close(self) -> None:
        """Cut all and listen no more."""
        if self._loop.is_closed():
            return
        self._told(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWER_S)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        for link in list(self._links):
            link.reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- the thread

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.made += 1
        try:
            if self._is_closed:
                reset(writer)
                return
            try:
                back, there = await asyncio.wait_for(self._connected(), CONNECT_S)
            except (OSError, TimeoutError):
                reset(writer)
                return
            link = _Link(writer, there)
            link.silent = self._is_silent
            self._links[link] = None
            if len(self._links) > LINKS_MAX:
                next(iter(self._links)).reset()
            try:
                await asyncio.gather(self._pump(link, reader, there), self._pump(link, back, writer))
            finally:
                link.reset()
                del self._links[link]
        except asyncio.CancelledError:
            pass
        finally:
            self._tasks.discard(task)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(str(self._target), limit=PIECE_BYTES)
        return await asyncio.open_connection(*self._target, limit=PIECE_BYTES)

    async def _pump(self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry what comes, until there is no more. The end of a half open one is swallowed too: the other side does not hear of
        it, and is waited for."""
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE_BYTES):
                if link.silent:
                    continue
                if self._delay_s or self._rate:
                    await asyncio.sleep(self._delay_s * self._rnd.random() + (len(piece) / self._rate if self._rate else 0.0))
                    if link.silent:
                        continue
                if link.torn:
                    writer.write(piece[: self._rnd.randrange(len(piece))])
                    await writer.drain()
                    link.reset()
                    return
                writer.write(piece)
                await writer.drain()
        if not link.silent:
            with contextlib.suppress(OSError, RuntimeError):
                writer.write_eof()


@contextmanager
def cutting(target: Target, seed: int = 0) -> Iterator[Cutter]:
    """One before a server, while the block runs."""
    cutter = Cutter(target, seed)
    try:
        yield cutter
    finally:
        cutter.close()
