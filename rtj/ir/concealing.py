"""What is remembered of who was erased, so that a copy of one of their events is known for one: keyed hashes, which nobody can
read (S10.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable

from rtj.ir.addresses import HASH_BYTES, hash_key


def concealed(secret: str, name: Hashable) -> bytes:
    """The hash that stands for the id of an event, or for the best identifier of one. No id that a source sends is bytes."""
    plain = repr(name).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(plain, digest_size=HASH_BYTES, key=hash_key(secret), person=b"copies").digest()
