"""A schema registry in small: answers which Avro schema a number is, in the way of Confluent's."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Registry:
    """`url` for clients; `schemas` may grow; `down`: it answers 503."""

    def __init__(self) -> None:
        self.schemas: dict[int, dict[str, Any]] = {}
        self.down = False
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = self.path.split("?")[0].strip("/").split("/")
                schema = registry.schemas.get(int(parts[2])) if parts[:2] == ["schemas", "ids"] and len(parts) == 3 else None
                status = 503 if registry.down else 404 if schema is None else 200
                body: dict[str, Any] = {"error_code": 40403, "message": "Schema not found"}
                if status == 200:
                    body = {"schema": json.dumps(schema)}
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def encode(self, number: int, record: dict[str, Any]) -> bytes:
        """A record in the wire format of registries: a zero, the number of the schema, Avro."""
        from fastavro import parse_schema, schemaless_writer

        out = io.BytesIO()
        out.write(b"\0" + number.to_bytes(4, "big"))
        schemaless_writer(out, parse_schema(self.schemas[number]), record)
        return out.getvalue()


@contextmanager
def running_registry() -> Iterator[Registry]:
    """A registry while the block runs."""
    registry = Registry()
    thread = threading.Thread(target=registry.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield registry
    finally:
        registry.server.shutdown()
        thread.join()
        registry.server.server_close()
