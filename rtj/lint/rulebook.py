"""Which words name rules: codes (`W204`), names (`no-timeout`), prefixes of codes (`W2`), and the project's own rules."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from rtj.base.codes import CODES, RETIRED
from rtj.lang.likeness import nearest

PREFIX = re.compile(r"[EW]\d{0,2}")
CODE_OF = {name: code for code, (name, _) in CODES.items()}
EXACT = 100  # how exactly a whole code or name tells what is meant; a prefix counts its letters


def keeps_from_compiling(code: str) -> bool:
    """Is a finding of this code a reason why there is no program? Such a one cannot be ignored: it would still not run."""
    return code in CODES and code.startswith("E") and not code.startswith("E6")


@dataclass(frozen=True, slots=True)
class Rulebook:
    """`own`: the names of the project's rules, which are their codes."""

    own: Collection[str] = ()

    def meant(self, word: str) -> tuple[str, ...]:
        """The codes that a word names; none when it means nothing."""
        if word in self.own or word in CODES:
            return (word,)
        if word in RETIRED or word in RETIRED.values():
            return (word,)  # nothing is ever called so again; whoever ignored it once need not be told
        if word in CODE_OF:
            return (CODE_OF[word],)
        return tuple(code for code in CODES if code.startswith(word)) if PREFIX.fullmatch(word) else ()

    def nearest(self, word: str) -> str:
        """A hint: which name was probably meant."""
        near = word.upper() if word.upper() in CODES else nearest(word, (*CODES, *CODE_OF, *self.own))
        return f"did you mean `{near}`?" if near else "`rtj rule` lists all"


def exactness(word: str, code: str) -> int:
    """How exactly `word` names `code`: 0 not at all, EXACT by its code or name, between them the length of a prefix."""
    if word == code or CODE_OF.get(word) == code:
        return EXACT
    if code in CODES and PREFIX.fullmatch(word) and code.startswith(word):
        return len(word)
    return 0
