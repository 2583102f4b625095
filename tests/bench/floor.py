"""The floor: what it costs to do nothing but decode the stream, typed, in one process. No design can be faster than its input.

python floor.py events.jsonl        prints the number of events
"""

from __future__ import annotations

import sys

import msgspec

CHUNK = 1 << 20


class Properties(msgspec.Struct, gc=False):
    """Every property that a journey of the workload reads, flat."""

    item: str | None = None
    price: float | None = None
    dwell_s: float | None = None
    cart_id: str | None = None
    value: float | None = None
    order_id: str | None = None
    total: float | None = None
    first_name: str | None = None


class Line(msgspec.Struct, gc=False):
    id: str
    type: str
    ts: str
    user_id: str
    properties: Properties


def count(path: str) -> int:
    decoder = msgspec.json.Decoder(Line)
    found = 0
    with open(path, "rb") as lines:
        rest = b""
        while chunk := lines.read(CHUNK):
            whole, _, tail = (rest + chunk).rpartition(b"\n")
            found += len(decoder.decode_lines(whole))
            rest = tail
    return found + (len(decoder.decode_lines(rest)) if rest else 0)


if __name__ == "__main__":
    print(count(sys.argv[1]))
