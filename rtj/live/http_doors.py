"""The doors of a run: for each address one server in a thread of its own, shared by all that listen there."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rtj.base.errors import MissingExtra, UsageError
from rtj.connect.feed_port import Lag
from rtj.connect.inbox import Inbox
from rtj.connect.kinds import Reads
from rtj.connect.lanes import Lanes
from rtj.ir.environments import HttpSource, looked_up
from rtj.ir.program import Program
from rtj.live.http_gate import Gate, Patience
from rtj.live.http_keys import Keys
from rtj.live.http_records import Clerk
from rtj.live.journal import Bridge, Journal
from rtj.live.vitals import Questions, Vitals

if TYPE_CHECKING:
    from uvicorn import Server

    from rtj.live.http_events import Source

BACKLOG = 1_024
START_S = 10.0  # a server has to listen after so long
STOP_S = 5.0  # and to be gone
FILES_LEFT = 256  # of the files that the process may open: for the store, the log, other sources


@dataclass(slots=True)
class Doors:
    """All doors of one run. The main thread makes it, adds to it, and closes it last of all: `/readyz` answers as long as the run
    drains."""

    vitals: Vitals
    questions: Questions
    journal: Journal
    patience: Patience = field(default_factory=Patience)
    _open: dict[tuple[str, int], Door] = field(default_factory=dict)

    def at(self, listen: str) -> Door:
        """The door of an address `host:port`, opened when it is asked for first. Port 0: a free one, each time another. Raises
        UsageError when nobody can listen there, MissingExtra without the extra `http`."""
        host, port = address(listen)
        door = self._open.get((host, port)) if port else None
        if door is None:
            door = Door(self, host, port)
            self._open[host, port or door.port] = door
        return door

    def serve(self, listen: str, keys: str) -> Door:
        """Health, readiness, metrics, profiles at an address."""
        what, where = "serve", looked_up(listen)
        found = Keys(looked_up(keys), what)
        found.held_to_loopback(address(where)[0], what)
        door = self.at(where)
        door.show(found)
        return door

    def source(self, name: str, feed: HttpSource, program: Program, reads: Reads, lanes: Lanes) -> HttpFeeder:
        """A source of events; a `rtj.connect.feed_port.Feeder`."""
        return HttpFeeder(self, name, feed, Clerk(name, program, reads), lanes)

    def close(self) -> None:
        """Let nobody in any more, and end the threads."""
        for door in self._open.values():
            door.close()
        self._open.clear()


def address(listen: str) -> tuple[str, int]:
    """`host:port`, `[::1]:port`, or `:port` for every address. Raises UsageError."""
    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isdigit() or int(port) > 65_535:
        raise UsageError(f'"{listen}" is no address to listen at; expected host:port such as 127.0.0.1:8080')
    return host, int(port)


class Door:
    """One server at one address."""

    def __init__(self, doors: Doors, host: str, port: int) -> None:
        try:
            import httptools  # noqa: F401 (the parser of GuardedProtocol)
            import uvicorn

            from rtj.live.http_app import Routes
        except ImportError as error:
            raise MissingExtra("HTTP", "http") from error
        self._socket = _listening(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.host = host
        self._routes = Routes(doors.vitals, doors.questions, doors.journal)
        self._server: Server = uvicorn.Server(_config(self._routes, doors.journal))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failures: list[BaseException] = []
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"http:{self.port}", daemon=True)
        self._thread.start()
        if not self._started.wait(START_S) or not self._server.started:
            raise UsageError(f"cannot serve HTTP at {host}:{port}: {'; '.join(map(str, self._failures)) or 'it does not start'}")

    @property
    def alive(self) -> bool:
        """Does it serve?"""
        return self._thread.is_alive()

    def failure(self) -> BaseException | None:
        """What ended its thread, though nobody had asked for that."""
        return self._failures[0] if self._failures and not self._server.should_exit else None

    def show(self, keys: Keys) -> None:
        """Health, readiness, metrics, profiles are here."""
        self._call(self._routes.show, keys)

    def add(self, source: Source, gate: Gate) -> None:
        """Events of a source come in here from now on."""
        self._call(self._routes.add, source, gate)

    def remove(self, gate: Gate) -> None:
        """No more of it: later requests hear that the run drains."""
        self._call(gate.close)

    def _call(self, work: Callable[..., None], *given: Any) -> None:
        """Have something done in the loop, and wait for it. Raises what it raises."""
        assert self._loop is not None
        done: Future[None] = Future()

        def act() -> None:
            try:
                work(*given)
                done.set_result(None)
            except Exception as error:  # for who waits
                done.set_exception(error)

        try:
            self._loop.call_soon_threadsafe(act)
        except RuntimeError:
            return  # the loop has ended
        with suppress(TimeoutError):  # a server that hangs is told of by `alive` and by readiness, and must not hang the run
            done.result(STOP_S if self.alive else 0)

    def close(self) -> None:
        """End the server: who is being answered is answered, for a moment."""
        self._server.should_exit = True
        self._thread.join(STOP_S)
        if self._thread.is_alive():
            self._server.force_exit = True
            self._thread.join(STOP_S)
        self._socket.close()

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._watch)
            await self._server.serve(sockets=[self._socket])

        try:
            asyncio.run(serve())
        except BaseException as error:  # told by who waits for the start
            self._failures.append(error)
        finally:
            self._started.set()

    def _watch(self) -> None:
        """Tell when it listens, and count connections."""
        assert self._loop is not None
        if self._server.started:
            self._started.set()
        self._routes.counter.vitals.connections = len(self._server.server_state.connections)
        self._loop.call_later(0.5 if self._server.started else 0.01, self._watch)


def _config(routes: Any, journal: Journal) -> Any:
    import uvicorn

    from rtj.live.http_protocol import CONNECTIONS_MAX, GuardedProtocol

    for name in ("uvicorn", "uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [Bridge(journal)], False
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    most = min(CONNECTIONS_MAX, max(16, files - FILES_LEFT)) if files > 0 else CONNECTIONS_MAX
    bounded = type("Bounded", (GuardedProtocol,), {"most": most})
    return uvicorn.Config(
        routes.app, http=bounded, ws="none", lifespan="off", loop="asyncio", log_config=None, access_log=False,
        server_header=False, date_header=True, proxy_headers=False, timeout_keep_alive=30, timeout_graceful_shutdown=3,
        backlog=BACKLOG,
    )  # fmt: skip


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio sets TCP_NODELAY on what it accepts; without, answers wait 40 ms for an acknowledgement.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise UsageError(f"cannot listen at {host}:{port}: {error.strerror or error}") from error
    return made


class HttpFeeder:
    """One source of events by HTTP; see `rtj.connect.feed_port.Feeder`. `clerk.pinned` is the format of its stream in the log."""

    def __init__(self, doors: Doors, name: str, feed: HttpSource, clerk: Clerk, lanes: Lanes) -> None:
        """Raises UsageError for keys that cannot be read, or that are missing where strangers may come."""
        what = f"source {name}"
        self._doors, self._name, self._lanes, self.clerk = doors, name, lanes, clerk
        self._keys, self._listen = Keys(looked_up(feed.keys), what), looked_up(feed.listen)
        self._keys.held_to_loopback(address(self._listen)[0], what)
        self._door: Door | None = None
        self._gate: Gate | None = None
        self._source: Source | None = None

    @property
    def name(self) -> str:
        """That of the source and of its stream."""
        return self._name

    @property
    def format(self) -> str:
        """The format of its lines in the log: what its stream is pinned to."""
        return self.clerk.pinned

    @property
    def port(self) -> int:
        """Where it listens, once it does."""
        assert self._door is not None
        return self._door.port

    def start(self, inbox: Inbox, positions: Mapping[str, bytes]) -> None:
        """Let requests in. There is no position to go on from: what was not answered with 202 is sent again by its sender."""
        del positions
        self._door = self._doors.at(self._listen)
        from rtj.live.http_events import Source

        self._gate = Gate(self._name, inbox, self._lanes, self._doors.patience)
        self._source = Source(self._name, self._keys, self.clerk)
        self._door.add(self._source, self._gate)

    def take_program(self, program: Program, reads: Reads) -> None:
        """Another program runs from now on: requests are checked by it."""
        self.clerk = Clerk(self._name, program, reads)
        if self._source is not None:
            self._source.clerk = self.clerk

    def stop(self) -> None:
        """Refuse requests from now on; those in the inbox still hear of their commit."""
        if self._door is not None and self._gate is not None:
            self._door.remove(self._gate)

    def close(self) -> None:
        """After the last commit. The server itself ends with all doors, `Doors.close`."""
        self.stop()

    def lag(self) -> Mapping[str, Lag]:
        """Senders know how much they have left."""
        return {}

    def counts(self) -> Mapping[str, int]:
        """Requests are counted by the vitals."""
        return {"unanswered": self._gate.unanswered} if self._gate is not None else {}

    def trouble(self) -> str:
        """What keeps it from reading."""
        return "" if self._door is not None and self._door.alive else "the server does not run"

    def failure(self) -> BaseException | None:
        """What ended the server by a mistake of ours."""
        return None if self._door is None else self._door.failure()
