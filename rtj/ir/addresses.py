"""Addresses that must not be written to, as keyed hashes: they can be looked up, and nobody can read them (S7.1)."""

from __future__ import annotations

import hashlib
from functools import lru_cache

HASH_BYTES = 16
KEYS_MAX = 64  # secrets whose keys are remembered


@lru_cache(maxsize=KEYS_MAX)
def hash_key(secret: str) -> bytes:
    """The key of a project's hashes. BLAKE2b takes keys of at most 64 bytes; a longer secret is hashed first."""
    key = secret.encode("utf-8", "surrogatepass")
    return key if len(key) <= hashlib.blake2b.MAX_KEY_SIZE else hashlib.blake2b(key).digest()


def address_hash(secret: str, address: str) -> str:
    """The hash under which an address is suppressed: 32 hex digits. Blanks around it and capitals make no difference."""
    plain = address.strip().lower().encode("utf-8", "surrogatepass")
    return hashlib.blake2b(plain, digest_size=HASH_BYTES, key=hash_key(secret)).hexdigest()
