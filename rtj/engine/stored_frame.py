"""What stands around everything that the engine puts into a store: a format number, what it was written for, a checksum.

Nothing is taken for what it is not: what is newer, broken, or written for another program is refused before it is read.
"""

from __future__ import annotations

import marshal
from typing import Any
from zlib import crc32

from rtj.base.errors import InputError

FORMAT = 1  # of records; raise it when what is in them changes
MARSHAL = 2  # no references in it, so that equal values are equal bytes
HEAD = 9  # bytes before the payload: format, layout, checksum
ANY_PROGRAM = bytes(4)  # the layout of what no program shapes

_FORMAT = bytes([FORMAT])
_loads, _dumps = marshal.loads, marshal.dumps


class StoredError(InputError):
    """What is stored cannot be read: it is damaged, of a newer version, or of another program."""


def seal(payload: Any, layout: bytes = ANY_PROGRAM) -> bytes:
    """A payload of plain values as a record. Raises ValueError where something in it is not plain."""
    data = _dumps(payload, MARSHAL)
    return b"".join((_FORMAT, layout, crc32(data).to_bytes(4, "little"), data))


def unseal(record: bytes, layout: bytes = ANY_PROGRAM) -> Any:
    """The payload of a record. Raises StoredError."""
    data = record[HEAD:]
    if data and record[:1] == _FORMAT and record[1:5] == layout and crc32(data) == int.from_bytes(record[5:9], "little"):
        return _loads(data)
    raise StoredError(_why(record, layout))


def payload_of(record: bytes, layout: bytes) -> Any:
    """The same of a record that was checked as a whole just now, where it was read."""
    if record[:1] == _FORMAT and record[1:5] == layout:
        return _loads(memoryview(record)[HEAD:])
    raise StoredError(_why(record, layout))


def layout_of(record: bytes) -> bytes:
    """For which layout a record was written."""
    return record[1:5]


def _why(record: bytes, layout: bytes) -> str:
    if len(record) <= HEAD:
        return "a stored record is cut off"
    if record[0] > FORMAT:
        return f"a stored record has format {record[0]}, this version of rtj reads up to {FORMAT}: use a newer rtj"
    if crc32(record[HEAD:]) != int.from_bytes(record[5:9], "little") or record[0] < FORMAT:
        return "a stored record is damaged: its checksum is wrong"
    return f"a stored record was written for another program (layout {layout_of(record).hex()}, not {layout.hex()})"
