"""Whatever comes to the door, it is answered or let go within bounds, and the next one is served as if nothing had happened."""

from __future__ import annotations

import gzip
import io
import json
import socket
import time
import zlib
from collections.abc import Iterator

import httpx
import pytest
import zstandard

from rtj.live.http_bodies import BODY_MAX, RECORD_MAX, RECORDS_MAX, RefusalError, kind_of, split, unpacked
from rtj.live.http_protocol import HEAD_MAX, GuardedProtocol
from tests.live.httpdoor import EVENT, KEY, KEYS, WAIT_S, Run

HEAD = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n".encode()


def packed(data: bytes) -> bytes:
    """Without the time of day, or no two workers would name the tests alike."""
    return gzip.compress(data, mtime=0)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    run = Run()
    yield run
    run.close()


@pytest.fixture(autouse=True)
def _alive_afterwards(run: Run) -> Iterator[None]:
    """Whatever a test did, the door still serves, and holds nothing."""
    yield
    assert run.post(EVENT).status_code == 202
    assert run.get("/healthz").status_code == 200
    assert run.status._routes.counter.flight == 0
    assert run.status._routes.counter.requests == 0


# ---- bodies


def test_a_body_that_is_too_large(run: Run) -> None:
    """Refused by what it says of itself, before it is read; or once it turns out to be."""
    assert run.post(b" " * (BODY_MAX + 1)).status_code == 413
    assert b"413" in run.raw(HEAD + b"Content-Length: 99999999999\r\n\r\n")[:20]
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with run.wire() as wire:
        wire.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        with pytest.raises((ConnectionError, TimeoutError)):  # answered, drained for a while, cut
            wire.sendall(chunk * 1_000)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_bombs(run: Run, encoding: str) -> None:
    """Two hundred megabytes of blanks in a small body."""
    if encoding == "zstd":
        packer = zstandard.ZstdCompressor(level=19).compressobj(size=-1)
        bomb = b"".join(packer.compress(b" " * 10_000_000) for _ in range(20)) + packer.flush()
    else:
        worker = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
        bomb = b"".join(worker.compress(b" " * 10_000_000) for _ in range(20)) + worker.flush()
    assert len(bomb) < BODY_MAX
    before = time.monotonic()
    answer = run.post(bomb, content_encoding=encoding)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert time.monotonic() - before < 10


@pytest.mark.parametrize(
    ("data", "encoding", "status"),
    [
        (b"not packed", "gzip", 400),
        (packed(b"[]")[:-4], "gzip", 400),
        (packed(b"[]") + b"more", "gzip", 400),
        (b"\x28\xb5\x2f\xfd broken", "zstd", 400),
        (b"{}", "br", 415),
        (packed(packed(b"{}")), "gzip, gzip", 415),
    ],
)
def test_broken_packing(run: Run, data: bytes, encoding: str, status: int) -> None:
    answer = run.post(data, content_encoding=encoding)
    assert (answer.status_code, answer.json()["error"]) == (status, "encoding")


def test_a_zstd_frame_that_asks_for_much_memory() -> None:
    huge = zstandard.ZstdCompressionParameters(window_log=27, compression_level=3)
    data = zstandard.ZstdCompressor(compression_params=huge).compressobj(size=-1)
    packed = data.compress(b"{}") + data.flush()
    with pytest.raises(RefusalError) as caught:
        unpacked(packed, "zstd")
    assert caught.value.status == 400
    raw = zlib.compressobj(9, wbits=-15)
    assert unpacked(raw.compress(b"{}") + raw.flush(), "deflate") == b"{}"


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/xml", "multipart/form-data", "application/json; charset=latin-1"]
)
def test_wrong_content_types(run: Run, kind: str) -> None:
    answer = run.post(EVENT, content_type=kind)
    assert (answer.status_code, answer.json()["error"]) == (415, "media_type")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"[]", "empty"),
        (b'{"batch": []}', "empty"),
        (b"[", "json"),
        (b'{"id": 1} {"id": 2}', "json"),
        (b"\xff\xfe\x00", "encoding"),
        (b'{"id": "\xed\xa0\x80"}', "encoding"),
        (b"[" * 200_000, "json"),
        (b'{"a":' * 200_000, "json"),
        (b"NaN", "json"),
    ],
    ids=repr,
)
def test_bodies_that_are_nothing(run: Run, body: bytes, word: str) -> None:
    answer = run.post(body)
    assert (answer.status_code, answer.json()["error"]) == (400, word)


def test_depth_inside_a_record_costs_only_the_record(run: Run) -> None:
    deep = b'{"specversion":"1.0","id":"1","type":"purchase","time":"2026-03-01T10:00:00Z","data":' + b"[" * 5_000 + b"]" * 5_000
    good = json.dumps(EVENT).encode()
    answer = run.post(b"\n".join([good, deep + b"}"]), content_type="application/x-ndjson")
    assert answer.json()["accepted"] == 1


def test_too_many_and_too_long() -> None:
    with pytest.raises(RefusalError) as caught:
        split(b"[" + b"1," * RECORDS_MAX + b"1]", "json")
    assert caught.value.status == 413


def test_a_record_that_is_too_long(run: Run) -> None:
    long = {**EVENT, "properties": {"total": 1, "x": "y" * RECORD_MAX}}
    answer = run.post([long, EVENT])
    assert answer.json()["errors"][0]["reason"] == "too_long"
    assert answer.json()["accepted"] == 1


def test_numbers_without_end(run: Run) -> None:
    text = (
        b'{"id":"n","type":"purchase","ts":"2026-03-01T10:00:00Z","email":"a@x.org","properties":{"total":'
        + b"9" * 500_000
        + b"}}"
    )
    assert run.post(text).status_code in (202, 400)


def test_kinds_are_told_by_headers() -> None:
    assert kind_of({"content-type": 'application/json;charset="utf-8"'}) == "json"
    assert kind_of({"content-type": "APPLICATION/X-NDJSON"}) == "lines"
    assert kind_of({"ce-specversion": "1.0"}) == "binary"


# ---- wires


def test_garbage(run: Run) -> None:
    for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"\x00" * 1_000, b"POST / HTTP/9.9\r\n\r\n"):
        found = run.raw(data, 2)
        assert found == b"" or b" 400 " in found[:20], data


def test_garbage_behind_a_good_request(run: Run) -> None:
    body = json.dumps(EVENT).encode()
    good = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    found = run.raw(good + good + b"\x00\x01garbage\r\n\r\n", 3)
    assert found.count(b" 202 ") <= 2  # what was whole may be answered, the rest ends the connection


def test_two_lengths(run: Run) -> None:
    """Which of two says where the next request begins is not guessed."""
    data = HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n"
    assert b" 400 " in run.raw(data, 2)[:20]
    assert b" 400 " in run.raw(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde", 2)[:20]


def test_a_pipeline_without_end(run: Run) -> None:
    found = run.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 5_000, 2)
    assert found.count(b"HTTP/1.1 200") < 5_000


def test_a_head_without_end(run: Run) -> None:
    with run.wire() as wire:
        wire.settimeout(5)
        wire.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        found = b""
        try:
            for _ in range(2 * HEAD_MAX // 1_000):
                wire.sendall(b"y" * 1_000)
                time.sleep(0.001)
            found = wire.recv(100)
        except OSError:
            pass
    assert found == b"" or b" 431 " in found


def test_many_headers(run: Run) -> None:
    found = run.raw(b"GET /healthz HTTP/1.1\r\n" + b"a: b\r\n" * 20_000 + b"\r\n", 2)
    assert b" 200 " not in found[:20]


def test_an_upgrade_is_not_made(run: Run) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
    assert b" 200 " in run.raw(head, 1)[:20]


# ---- time


@pytest.fixture(scope="module")
def hasty() -> Iterator[Run]:
    """A door that waits for nobody for long."""
    patience = GuardedProtocol.head_s
    GuardedProtocol.head_s = 0.4
    run = Run()
    run.status._routes.counter.body_s = 0.4
    yield run
    run.close()
    GuardedProtocol.head_s = patience


LONG_S = 20.0  # whoever is patient waits longer than that


def closed_after(wire: socket.socket, data: bytes, pause: float) -> tuple[float, bytes]:
    """Seconds until the other side closes while a byte is sent now and then, and what it said."""
    began, found = time.monotonic(), b""
    wire.settimeout(pause)
    while time.monotonic() - began < LONG_S:
        try:
            wire.sendall(data)
            part = wire.recv(1_000)
            if not part:
                break
            found += part
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - began, found


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"", b""),
        (b"POST /v1/events HTTP/1.1\r\nX: ", b"y"),
        (b"", b"\r\n"),
        (HEAD + b"Content-Length: 1000\r\n\r\n", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["silent", "head", "blank lines", "body", "chunks"],
)
def test_slow_ones_are_let_go(hasty: Run, start: bytes, drop: bytes) -> None:
    with hasty.wire() as wire:
        wire.sendall(start)
        seconds, found = closed_after(wire, drop, 0.1)
    assert seconds < LONG_S
    assert found == b"" or b" 408 " in found[:20]


def test_slow_ones_hold_nobody_up(hasty: Run) -> None:
    wires = [hasty.wire() for _ in range(200)]
    try:
        for wire in wires:
            wire.sendall(HEAD + b"Content-Length: 1000\r\n\r\n{")
        before = time.monotonic()
        assert hasty.post(EVENT).status_code == 202
        assert time.monotonic() - before < 5
    finally:
        for wire in wires:
            wire.close()


def test_who_leaves_in_the_middle_leaves_nothing(run: Run) -> None:
    for _ in range(20):
        with run.wire() as wire:
            wire.sendall(HEAD + b"Content-Length: 1000\r\n\r\n{")
    time.sleep(0.2)


def closed(wire: socket.socket) -> bool:
    """Does the other side close?"""
    try:
        return wire.recv(1) == b""
    except ConnectionError:
        return True


def posted(run: Run) -> int:
    """The answer to an event; 0: none, for the connection was cut."""
    try:
        return run.post(EVENT).status_code
    except httpx.TransportError:
        return 0


def test_too_many_connections() -> None:
    """Beyond the bound a connection is cut; when others have gone there is room again."""
    most = GuardedProtocol.most
    run = Run(keys=KEYS)
    run.status._server.config.http_protocol_class.most = 20
    try:
        wires = [run.wire() for _ in range(60)]
        for wire in wires[20:]:  # the first of them have their places
            wire.settimeout(WAIT_S)
            assert closed(wire)
        assert len(run.status._server.server_state.connections) <= 20
        for wire in wires:
            wire.close()
        run.until(lambda: posted(run) == 202)
    finally:
        run.close()
    assert GuardedProtocol.most == most


def test_nothing_private_is_written_down(run: Run) -> None:
    run.post({**EVENT, "email": "secret@example.com", "ts": "secret"})
    run.raw(b"GET /secret HTTP/1.1\r\nsecret\r\n\r\n", 1)
    run.post(EVENT, key="secret-secret-secret")
    text = run.journal_text.getvalue()
    assert "secret" not in text and KEY not in text
    for line in io.StringIO(text):
        assert {"time", "level", "event"} <= json.loads(line).keys()
