"""Checksums of rows, so that what is read is what was written, and the chain of the audit log."""

from __future__ import annotations

from hashlib import blake2b
from zlib import crc32

from rtj.store.port import DamagedError

RESTORE = "restore it from a backup: what is read of it now cannot be trusted"


def seal(blob: bytes, *rest: int | str) -> int:
    """The checksum of the values of a row; `blob` is the long one."""
    return crc32(blob, crc32(repr(rest).encode("utf-8", "surrogatepass")))


def body_seal(body: bytes, number: int) -> int:
    """That of the body of a profile, as `seal` makes it, in a shorter time."""
    return crc32(body, crc32(b"(%d,)" % number))


def head_seal(ids: bytes, number: int, due: int, recheck: int, members: str) -> int:
    """The same for what is read of everybody at each start, in the shortest time."""
    return crc32(ids, crc32(f"{number} {due} {recheck} {members}".encode()))


def damaged(where: str, table: str, row: object) -> DamagedError:
    """What is raised of a row whose checksum is wrong."""
    return DamagedError(f"{where}: row {row} of the table {table} is not what was written (its checksum is wrong); {RESTORE}")


def chained(before: str, *fields: int | str | bytes) -> str:
    """The hash of a line of the audit log: of the hash of the line above and of its fields, each with its length."""
    parts = [field if isinstance(field, bytes) else str(field).encode() for field in (before, *fields)]
    return blake2b(b"".join(b"%d:%b" % (len(part), part) for part in parts), digest_size=32).hexdigest()
