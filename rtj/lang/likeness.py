"""Which known word was probably meant: alike in its letters, and of those alike the one that fewest slips of the hand lead to."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

CUTOFF = 0.6  # of difflib's ratio: below it nobody sees the likeness
CANDIDATES_MAX = 4  # that are compared letter by letter
LETTERS_A_SLIP = 2.5  # a hand slips once in so many letters at most: `user` is no `secret`
WORD_MAX = 64  # letters of a word that is guessed at
KNOWN_MAX = 100  # words that are all compared; out of more those are, that become the same when each loses a letter
SHORT = 3  # letters of a value that is cut off
BEGINNING = 4  # letters of one word with which the other goes on: `order` and `order_id`


def alike(word: str, known: Iterable[str], cutoff: float = CUTOFF) -> list[str]:
    """Known words like `word`, the one that was probably meant first."""
    words = _candidates(word, frozenset(known)) if len(word) <= WORD_MAX else []
    close = [w for w in difflib.get_close_matches(word, words, CANDIDATES_MAX, cutoff) if _may_be(word, w)]
    return sorted(close, key=lambda other: slips(word, other)) if len(close) > 1 else close


def nearest(word: str, known: Iterable[str], cutoff: float = CUTOFF) -> str | None:
    """The known word that was probably meant."""
    close = alike(word, known, cutoff)
    return close[0] if close else None


def _candidates(word: str, known: frozenset[str]) -> list[str]:
    """The known words that are compared with a word, sorted."""
    if len(known) <= KNOWN_MAX:
        return sorted(known)
    index = _by_letters(known)
    found = {other for form in _forms(word) for other in index.get(form, ())}
    return sorted(found)[:KNOWN_MAX]


@lru_cache(maxsize=8)
def _by_letters(known: frozenset[str]) -> Mapping[str, list[str]]:
    """The known words by all that becomes of them when they lose a letter at most."""
    index: dict[str, list[str]] = {}
    for word in known:
        for form in _forms(word) if len(word) <= WORD_MAX else ():
            index.setdefault(form, []).append(word)
    return index


def _forms(word: str) -> set[str]:
    plain = _plain(word)
    return {plain, *(plain[:at] + plain[at + 1 :] for at in range(len(plain)))}


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")


def _may_be(word: str, other: str) -> bool:
    """Are few enough slips between two words, or does one begin with the other?"""
    a, b = _plain(word), _plain(other)
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


def one_of_these(word: str, values: Sequence[str]) -> str | None:
    """The value that was probably meant, also by its first letters: `Mon`."""
    begins = [value for value in values if len(word) >= SHORT and value.lower().startswith(word.lower())]
    return begins[0] if len(begins) == 1 else nearest(word, values)
