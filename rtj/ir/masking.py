"""What is labelled `pii` is not read in print (S10.2): identifiers become keyed hashes that keep people apart, values stars.

Everything that prints asks one `Masker`: traces, stories, dead letters, failures of tests, lists of people. Messages are
deliveries and stay whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Mapping
from typing import Any

import msgspec

from rtj.ir.addresses import hash_key
from rtj.ir.facts import Fact
from rtj.ir.flows import spread
from rtj.ir.identifiers import normalise
from rtj.ir.program import Program

PII = "pii"
STARS = "***"
SIGN = "~"  # begins the hash that stands for an identifier
HASH_BYTES = 8  # so that a billion people are told apart
WITHHELD = "withheld: the project labels facts as pii; --show-pii writes it"
ENVELOPE = ("id", "type", "ts", "received_at")  # of an event that is no event: what may be read of it

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_WORD = re.compile(r"[A-Za-z_$][A-Za-z_$ .-]{0,39}[0-9]{0,2}")  # what a program calls a key
_NAMED = ("identifier", "owner", "other", "from")  # parts of records that name an identifier or an origin
_PLAIN: dict[str, Any] = {}


class Masker:
    """Masks by the labels of one program. `active` is False where nothing is labelled pii, or where `show` asks for all: then
    everything passes as it is. Pure: one serves any number of threads."""

    def __init__(self, program: Program, *, show: bool = False) -> None:
        self._key = hash_key(program.secret)
        self._all = {n.name: n for n in program.namespaces}
        self._spread = spread(program, frozenset(("value",))) if not show else None
        self._spaces = frozenset(name for name in self._all if self._hides(("identifier", name)))
        self.active = self._spread is not None and any(self._hides(fact) for fact in self._spread.came)
        self._fields = frozenset(
            (kind.name, field.name)
            for kind in program.events
            for field in kind.fields
            if not self._hides(("field", kind.name, field.name))
        )

    def _hides(self, fact: Fact) -> bool:
        return self._spread is not None and PII in self._spread.came.get(fact, _PLAIN)

    def identifier(self, spelled: str) -> str:
        """`namespace:value`, or the origin of a profile: the value of a pii namespace becomes a keyed hash, the same in every
        run of the project. The order of hashes is the order in which masked lists are sorted."""
        space, colon, value = spelled.partition(":")
        if not colon or space not in self._spaces:
            return spelled
        return f"{space}:{self._hashed(value)}"

    def _hashed(self, value: str) -> str:
        plain = value.encode("utf-8", "surrogatepass")
        return SIGN + hashlib.blake2b(plain, digest_size=HASH_BYTES, key=self._key).hexdigest()

    def asked(self, text: str, names: Container[str] = ()) -> str:
        """How a person was called by who asks: `namespace:value`, or the bare value of any namespace. What is printed is passed
        on more easily than what was typed; a bare value is shown where one of `names`, identifiers of that person, is in a
        namespace that is not masked."""
        space, colon, value = text.partition(":")
        if colon and space in self._all:
            found = self._all[space]
            return self.identifier(f"{space}:{normalise(found, value)}")
        plain = any(f"{space}:{text}" in names for space in self._all.keys() - self._spaces)
        return text if plain or not self._spaces else self._hashed(text)

    def value(self, attribute: str, value: Any) -> Any:
        """The value of an attribute; null stays null."""
        return STARS if value is not None and self._hides(("attribute", attribute)) else value

    def field(self, event: str, name: str, value: Any) -> Any:
        """The value of a field of an event."""
        return STARS if value is not None and self._hides(("field", event, name)) else value

    def pairs(self, journey: str, node: str, pairs: Mapping[str, Any]) -> dict[str, Any]:
        """What a node writes, sends or hands over, by name."""
        return {
            name: STARS if value is not None and self._hides(("pair", journey, node, name)) else value
            for name, value in pairs.items()
        }

    def key(self, journey: str, key: str) -> str:
        """The key of an instance."""
        return STARS if self._hides(("key", journey)) else key

    def record(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A record of the trace: its payload, or a whole line with its `profile`."""
        if not self.active:
            return dict(payload)
        found = dict(payload)
        journey, node = str(payload.get("journey", "")), str(payload.get("node", ""))
        for name in (*_NAMED, "profile"):
            if isinstance(found.get(name), str):
                found[name] = self.identifier(found[name])
        if isinstance(found.get("key"), str) and found.get("what") != "sent":  # the key of a message is a hash
            found["key"] = self.key(journey, found["key"])
        for name in ("vars", "attributes"):
            if isinstance(found.get(name), Mapping):
                found[name] = self.pairs(journey, node, found[name])
        return found

    def detail(self, text: str) -> str:
        """Why something could not be read: what is quoted may be anybody's."""
        return _QUOTED.sub(STARS, text) if self.active else text

    def broken_line(self, text: str) -> str:
        """A line that is no event. Of one that is JSON the keys can be read, the envelope, and the fields of its type that are
        not labelled; of any other nothing."""
        if not self.active or not text:
            return text
        try:
            record = msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            record = None
        if not isinstance(record, dict):
            return f"{len(text):,} characters {WITHHELD}"
        kind = record.get("type")
        return msgspec.json.encode(self._readable(record, kind if isinstance(kind, str) else "")).decode()

    def _readable(self, record: dict[str, Any], kind: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in record.items():
            if name in ENVELOPE and not isinstance(value, dict | list):
                found[name] = value
            elif name == "properties" and isinstance(value, dict):
                found[name] = self._properties(value, kind)
            else:
                _put(found, name, _starred(value))
        return found

    def _properties(self, value: dict[str, Any], kind: str) -> dict[str, Any]:
        """What is inside a field may have keys that are data."""
        found: dict[str, Any] = {}
        for name, part in value.items():
            if (kind, name) in self._fields:
                found[name] = part
            else:
                _put(found, name, part if part is None else STARS)
        return found


def _put(found: dict[str, Any], key: str, value: Any) -> None:
    """A key that is no word, such as an address, is as private as a value."""
    found[key if _WORD.fullmatch(key) else STARS] = value


def _starred(value: Any) -> Any:
    """The same keys, as far as they are words, without values."""
    match value:
        case None:
            return None
        case dict():
            starred: dict[str, Any] = {}
            for name, part in value.items():
                _put(starred, name, _starred(part))
            return starred
        case list():
            return [_starred(part) for part in value]
        case _:
            return STARS
