"""A receiver of webhooks for tests: it keeps what came, checks signatures by its own means, and misbehaves as it is told."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "whsec_" + base64.b64encode(b"not a secret at all, but long").decode()


@dataclass(frozen=True)
class Reply:
    """How a request is answered. `cut`: not at all, the connection is closed; `stall`: seconds before."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    stall: float = 0.0
    cut: bool = False
    drip: float = 0.0  # seconds between the bytes of the body


Rule = Callable[[str, int], Reply]  # key, how often it came before


def fine(key: str, seen: int) -> Reply:
    return Reply()


class Receiver:
    """`taken`: the bodies by key, in the order in which they were first accepted; `tries`: how often each key came;
    `accepted`: how often it was."""

    def __init__(self, rule: Rule = fine) -> None:
        self.rule = rule
        self.taken: dict[str, dict[str, Any]] = {}
        self.tries: dict[str, int] = {}
        self.accepted: dict[str, int] = {}
        self.unsigned: list[str] = []
        self.connections = 0
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                with receiver._lock:
                    receiver.connections += 1

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # whoever sent it is gone
                    self.close_connection = True
                    return
                key = self.headers["webhook-id"]
                with receiver._lock:
                    seen = receiver.tries.get(key, 0)
                    receiver.tries[key] = seen + 1
                    receiver.at_once += 1
                    receiver.most_at_once = max(receiver.most_at_once, receiver.at_once)
                    if not is_signed(self.headers, body):
                        receiver.unsigned.append(key)
                try:
                    self._reply(receiver.rule(key, seen), key, body)
                finally:
                    with receiver._lock:
                        receiver.at_once -= 1

            def _reply(self, reply: Reply, key: str, body: bytes) -> None:
                threading.Event().wait(reply.stall) if reply.stall else None
                if reply.status < 300 and not reply.drip:
                    with receiver._lock:
                        receiver.taken.setdefault(key, json.loads(body))
                        receiver.accepted[key] = receiver.accepted.get(key, 0) + 1
                if reply.cut:
                    self.close_connection = True
                    with contextlib.suppress(OSError):
                        self.connection.shutdown(socket.SHUT_RDWR)
                    return
                with contextlib.suppress(OSError):
                    self.send_response(reply.status)
                    for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    for byte in reply.body if reply.drip else ():
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        threading.Event().wait(reply.drip)
                    if not reply.drip:
                        self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 64
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"


def is_signed(headers: Any, body: bytes) -> bool:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    found = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return "v1," + found in (headers["webhook-signature"] or "").split()


@contextmanager
def receiving(rule: Rule = fine) -> Iterator[Receiver]:
    receiver = Receiver(rule)
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()
