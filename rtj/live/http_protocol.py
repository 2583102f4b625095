"""The wire, guarded by bounds that uvicorn leaves to a proxy: slow heads, endless heads, pipelines without end, peers that never
read."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_MAX = 32_768  # bytes before a body
HEAD_S = 10.0  # from the first byte of a request (or the connection) to the end of its head
KEEP_ALIVE_S = 30.0
PIPELINE_MAX = 32  # requests that wait for the one before them
CONNECTIONS_MAX = 4_000
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class GuardedProtocol(HttpToolsProtocol):
    """One connection. `most` of them at once: who comes then is let go without a word."""

    most = CONNECTIONS_MAX
    head_s = HEAD_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A peer has come."""
        super().connection_made(transport)
        self._head = 0
        self._in_head = True
        self._cut = False  # what still comes of this connection is not looked at
        self._timer: asyncio.TimerHandle | None = None
        if len(self.connections) > self.most:
            transport.abort()
        else:
            self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer has gone."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes, whatever they are."""
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and self._head > HEAD_MAX:
            self._end(_TOO_LONG)
        elif self._timer is None and not self._answering:
            self._arm()  # blank lines between requests, which the parser passes over, must end too

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._head = True, 0
        self._arm()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._in_head = False
        self._disarm()
        if self._cut:
            return
        if sum(len(name) + len(value) for name, value in self.headers) + len(self.url) > HEAD_MAX:
            self._cut = True
            self._end(_TOO_LONG)
        elif len(self.pipeline) >= PIPELINE_MAX:
            self._cut = True
            self.transport.abort()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of its body."""
        if not self._cut:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if not self._cut:
            super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more came. Who did not even take the answer does not get it."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    @property
    def _answering(self) -> bool:
        cycle: Any = self.cycle  # there is none before the first request
        return cycle is not None and not cycle.response_complete

    def _arm(self) -> None:
        self._disarm()
        self._timer = self.loop.call_later(self.head_s, self._too_slow)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self._in_head and self._head:
            self._end(_TOO_SLOW)
        else:
            self._end(b"")

    def _end(self, words: bytes) -> None:
        """Say it, unless somebody is still being answered, and close."""
        if self.transport.is_closing():
            return
        if words and not self._answering:
            self.transport.write(words)
        self.transport.close()
        self.loop.call_later(1.0, _abort, self.transport)


def _abort(transport: Any) -> None:
    """For peers that do not read what they were told."""
    transport.abort()
