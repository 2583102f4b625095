"""Raw values to identifiers (S2.1): normalised, junk removed, best first."""

from __future__ import annotations

import re

from rtj.ir.identifiers import normalise, phone_library
from rtj.ir.program import Namespace

CACHE_MAX = 1 << 18  # combinations of raw values kept; all are let go when it is full
VALUE_MAX = 1024  # characters of an identifier; a longer one is junk

Identifier = tuple[int, str]
Identifiers = tuple[Identifier, ...]
RawValue = str | int | float | None

_JUNK = frozenset({"", "null", "undefined", "anonymous"})
WORD_MAX = max(map(len, _JUNK))  # no junk word is longer
_BLANKS = " \t\n\r\v\f"
_ZEROS = re.compile(r"[0-]*0[0-]*")


def is_junk(value: str) -> bool:
    """Placeholders, zeros and monsters are no identifiers (S2.1)."""
    bare = value.strip(_BLANKS).lower()
    return bare in _JUNK or len(value) > VALUE_MAX or (bare[0] in "0-" and _ZEROS.fullmatch(bare) is not None)


def number_text(value: int | float) -> str:
    """A number as the text of an id: 12345.0 and 12345 are the same."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


class Reader:
    """Raw values, one per ranked namespace, to identifiers, with a bounded memory."""

    __slots__ = ("known", "namespaces")

    def __init__(self, namespaces: tuple[Namespace, ...]) -> None:
        self.namespaces = namespaces
        self.known: dict[object, Identifiers] = {}
        if any(space.region for space in namespaces):
            phone_library()  # at the start, not at the first number

    def identify(self, key: object) -> Identifiers:
        """Identifiers of `key`: a tuple of raw values, or one raw value when there is a single namespace."""
        values = key if isinstance(key, tuple) else (key,)
        found: Identifiers = ()
        for index, value in enumerate(values):
            if value is not None:
                text = self._one(index, value)
                if text is not None:
                    found += ((index, text),)
        return self._remember(key, found)

    def several(self, key: tuple[tuple[int, RawValue], ...]) -> Identifiers:
        """Identifiers of any number of (namespace index, raw value), also several of one namespace."""
        texts = ((index, self._one(index, value)) for index, value in key if value is not None)
        found = tuple(sorted({(index, text) for index, text in texts if text is not None}))
        return self._remember(key, found)

    def _remember(self, key: object, found: Identifiers) -> Identifiers:
        if len(self.known) >= CACHE_MAX:
            self.known.clear()
        self.known[key] = found
        return found

    def _one(self, index: int, value: str | int | float) -> str | None:
        text = value if isinstance(value, str) else number_text(value)
        # Most are longer than junk words, and begin with neither zeros nor blanks: they need no closer look.
        plain = WORD_MAX < len(text) <= VALUE_MAX and text[0] > "0" and text[-1] > " "
        if not plain and is_junk(text):
            return None
        if not self.namespaces[index].normalize:
            return text
        text = normalise(self.namespaces[index], text)
        return None if is_junk(text) else text
