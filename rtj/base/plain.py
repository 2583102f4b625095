"""Texts of authors as they may be shown: nothing in them moves a cursor, hides a word or breaks a line."""

from __future__ import annotations

# Bidirectional controls can make a line look like another one; they are shown as what they are.
_UNSAFE = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "?")
_UNSAFE[ord("\t")] = "    "
_UNSAFE[0x2028] = _UNSAFE[0x2029] = " "


def safe(text: str) -> str:
    """The text as it may be printed: tabs are four blanks, other control characters `?`; lone surrogates too."""
    return text.translate(_UNSAFE).encode("utf-8", "replace").decode("utf-8")


def one_line(text: str) -> str:
    """The text on one physical line."""
    return safe(" ".join(text.split()))
