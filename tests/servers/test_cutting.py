"""The bad network of the tests does what it is told, or storms would prove nothing: before an echo over TCP and in a folder."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.cutting import Cutter, Target, cutting

SOON_S = 20.0  # generous: machines may be busy
SHORT_S = 0.1  # so long nothing comes of a connection that is half open


class Echo(socketserver.BaseRequestHandler):
    """Says what it hears; `open` counts who is connected."""

    open = 0

    def handle(self) -> None:
        Echo.open += 1
        try:
            while heard := self.request.recv(1 << 16):
                self.request.sendall(heard)
        except OSError:
            pass
        finally:
            Echo.open -= 1


class Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True


class Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@pytest.fixture(params=["tcp", "unix"])
def cutter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cutter]:
    server: socketserver.BaseServer
    target: Target
    if request.param == "tcp":
        tcp = Tcp(("127.0.0.1", 0), Echo)
        server, target = tcp, ("127.0.0.1", int(tcp.server_address[1]))
    else:
        target = tmp_path / "echo"
        server = Unix(str(target), Echo)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        with cutting(target, seed=1) as found:
            yield found
        until(lambda: Echo.open == 0)  # whoever listens behind it is let go with it
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def connected(cutter: Cutter) -> socket.socket:
    return socket.create_connection((cutter.host, cutter.port), timeout=SOON_S)


def said(client: socket.socket, text: bytes) -> bytes:
    """What comes back of a text; fewer bytes where the connection ends before."""
    client.sendall(text)
    heard = b""
    while len(heard) < len(text):
        piece = client.recv(1 << 16)
        if not piece:
            break
        heard += piece
    return heard


def is_reset(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


def is_refused(cutter: Cutter) -> bool:
    """Is a connection reset as soon as it is made, if not before?"""
    try:
        with connected(cutter) as client:
            return is_reset(client)
    except ConnectionError:
        return True


def test_what_is_said_goes_through_and_so_does_the_end(cutter: Cutter) -> None:
    text = bytes(range(256)) * 2_000
    with connected(cutter) as client:
        assert said(client, text) == text
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert cutter.made == 1
    until(lambda: cutter.open == 0)


def test_connections_are_cut_and_others_can_be_made(cutter: Cutter) -> None:
    with connected(cutter) as one, connected(cutter) as two:
        assert (said(one, b"a"), said(two, b"b")) == (b"a", b"b")
        assert cutter.cut() == 2
        assert is_reset(one)
        assert is_reset(two)
    with connected(cutter) as three:
        assert said(three, b"c") == b"c"


def test_a_torn_message_arrives_in_part(cutter: Cutter) -> None:
    with connected(cutter) as client:
        assert said(client, b"whole") == b"whole"
        assert cutter.tear() == 1
        try:
            heard = said(client, b"x" * 1_000)
        except ConnectionError:
            heard = b""
        assert len(heard) < 1_000


def test_half_open_connections_swallow_everything_and_never_recover(cutter: Cutter) -> None:
    with connected(cutter) as client:
        assert said(client, b"before") == b"before"
        assert cutter.silence() == 1
        with connected(cutter) as later:
            for one in (client, later):
                one.settimeout(SHORT_S)
                one.sendall(b"lost")
                with pytest.raises(TimeoutError):
                    one.recv(1)
        cutter.mend()
        client.sendall(b"lost too")
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert Echo.open >= 1  # the server knows of nothing
        with connected(cutter) as fresh:
            assert said(fresh, b"heard") == b"heard"


def test_refused_ones_are_reset(cutter: Cutter) -> None:
    with connected(cutter) as client:
        assert said(client, b"a") == b"a"
        cutter.refuse()
        assert is_reset(client)
        assert is_refused(cutter)
        cutter.mend()
    with connected(cutter) as client:
        assert said(client, b"b") == b"b"


def test_a_slow_one_carries_everything_in_its_order(cutter: Cutter) -> None:
    text = bytes(range(256)) * 40
    cutter.slow(0.02, bytes_per_s=200_000)
    with connected(cutter) as client:
        began = time.monotonic()
        assert said(client, text) == text
        assert time.monotonic() - began >= 2 * len(text) / 200_000
        cutter.mend()
        assert said(client, text) == text


def test_where_nobody_listens_the_connection_is_reset(tmp_path: Path) -> None:
    with cutting(tmp_path / "nobody") as cutter:
        assert is_refused(cutter)
