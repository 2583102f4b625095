"""Which known word was probably meant: alike in its letters, and of those alike the one that fewest slips of the hand lead to."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

CUTOFF = 0.6  # of difflib's ratio: below it nobody sees the likeness
CANDIDATES_MAX = 4  # that are compared letter by letter
LETTERS_A_SLIP = 2.5  # a hand slips once in so many letters at most: `user` is no `secret`
BEGINNING = 4  # letters of one word with which the other goes on: `order` and `order_id`


def alike(word: str, known: Iterable[str], cutoff: float = CUTOFF) -> list[str]:
    """Known words like `word`, the one that was probably meant first."""
    close = [w for w in difflib.get_close_matches(word, sorted(set(known)), CANDIDATES_MAX, cutoff) if _may_be(word, w)]
    return sorted(close, key=lambda other: slips(word, other)) if len(close) > 1 else close


def nearest(word: str, known: Iterable[str], cutoff: float = CUTOFF) -> str | None:
    """The known word that was probably meant."""
    close = alike(word, known, cutoff)
    return close[0] if close else None


def _may_be(word: str, other: str) -> bool:
    """Are few enough slips between two words, or does one begin with the other?"""
    a, b = (w.lower().replace("_", "").replace("-", "").replace(" ", "") for w in (word, other))
    begins = min(len(a), len(b)) >= BEGINNING and (a.startswith(b) or b.startswith(a))
    return begins or slips(a, b) <= max(1, round(max(len(a), len(b)) / LETTERS_A_SLIP))


def slips(word: str, other: str) -> int:
    """How many slips make one of the other: a letter too many, one too few, a wrong one, two changed round."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word):
        before, last, row = row, before, [i + 1]
        for j, wanted in enumerate(other):
            cost = min(before[j] + (letter != wanted), before[j + 1] + 1, row[j] + 1)
            if i and j and letter == other[j - 1] and word[i - 1] == wanted:
                cost = min(cost, last[j - 1] + 1)
            row.append(cost)
    return row[-1]
