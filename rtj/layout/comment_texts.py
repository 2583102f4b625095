"""Comments as texts: where they stand among the words of the journey language, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtj.lang.dsl_words import PIECE

BREAKS = re.compile("[\r\x85\u2028\u2029]")  # in YAML these end a comment
WORD = re.compile(r"^#(?=\w)")


def comments_in(text: str) -> Iterator[re.Match[str]]:
    """The comments of a text in the journey language, or of a phrase."""
    return (match for match in PIECE.finditer(text) if match.lastgroup == "comment")


def phrase_comments(text: str) -> list[str]:
    """The comments of a phrase, as they are written."""
    return [clean(match.group()) for match in comments_in(text)]


def clean(text: str) -> str:
    """A comment as it is written: on one line in both spellings, and with a blank before its first word, for behind a YAML value
    `#12` looks like a part of it."""
    return WORD.sub("# ", BREAKS.sub(" ", text)).rstrip()
