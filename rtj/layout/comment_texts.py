"""Comments as texts: where they stand among the words of the journey language, and how they are written."""

from __future__ import annotations

import re

# Texts, in which `#` is a letter, and comments, which are group 1.
TOKEN = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|(#[^\n]*)""")
BREAKS = re.compile("[\r\x85\u2028\u2029]")  # in YAML these end a comment
WORD = re.compile(r"^#(?=\w)")


def phrase_comments(text: str) -> list[str]:
    """The comments of a phrase, as they are written."""
    return [clean(match[1]) for match in TOKEN.finditer(text) if match[1] is not None]


def clean(text: str) -> str:
    """A comment as it is written: on one line in both spellings, and with a blank before its first word, for behind a YAML value
    `#12` looks like a part of it."""
    return WORD.sub("# ", BREAKS.sub(" ", text)).rstrip()
