"""Guesses about words that are not known at some place: which of those that are known there was probably meant."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from rtj.lang.key_habits import key_meant, told
from rtj.lang.likeness import alike, nearest

LIKELY = 0.75  # how alike a misspelt key and a legal one must be for its value to be read


def closest(word: str, legal: Iterable[str]) -> str | None:
    """What was probably meant by `word`."""
    words = list(legal)
    if word in ("true", "True") and "on" in words:
        return "on"
    return nearest(word.lower(), words)


def likely(word: str, legal: Iterable[str]) -> str | None:
    """What was meant by `word` with so little doubt that what stands behind it is read as such, to find what else is wrong."""
    words = list(legal)
    if word in ("true", "True") and "on" in words:
        return "on"
    return nearest(word.lower(), words, LIKELY)


def close_words(word: str, legal: Iterable[str]) -> set[str]:
    """All that may have been meant by `word`."""
    words = list(legal)
    if (one := closest(word, words)) == "on" and word in ("true", "True"):
        return {one}
    return set(alike(word.lower(), words))


def near(word: str, legal: Iterable[str]) -> str:
    """A hint: what was probably meant, or what is known, in a few words."""
    words = list(dict.fromkeys(legal))
    if (close := closest(word, words)) is not None:
        return f"did you mean `{close}`?"
    return known_here(words)


def known_here(words: Sequence[str]) -> str:
    """A hint: what is known, in a few words."""
    if not words:
        return ""
    shown = ", ".join(f"`{w}`" for w in words[:8])
    return f"known here: {shown}" + (f" and {len(words) - 8} more" if len(words) > 8 else "")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a mapping is (as messages call it), the keys that it may have, and those of them that are proposed (all if none)."""

    what: str
    legal: Sequence[str]
    proposed: Sequence[str] = ()

    @property
    def fitting(self) -> Sequence[str]:
        return self.proposed or self.legal

    def foreign(self, key: str) -> bool:
        """Is it a key of other tools, whose meaning is known here?"""
        return told(self.what, key) is not None or key_meant(key, self.fitting, ()) is not None

    def meant(self, key: str, there: Container[str]) -> str | None:
        """The key that was probably meant; by a key that has no like here, the one that its hint comes to."""
        if (instead := told(self.what, key)) is not None:
            return instead.instead or None
        return key_meant(key, self.fitting, there) or closest(key, self.fitting)

    def sure(self, key: str, there: Container[str]) -> str | None:
        """The same, with so little doubt that what stands behind it is read as such."""
        if told(self.what, key) is not None:
            return None
        return key_meant(key, self.fitting, there) or likely(key, self.fitting)
