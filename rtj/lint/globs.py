"""Patterns of paths: `journeys/**/*.yaml`, `legacy/`, a plain file. Paths have `/`, whatever the system."""

from __future__ import annotations

import re
from functools import lru_cache

RANGE = re.compile(r".-.|.", re.DOTALL)
PIECE = re.compile(r"/?\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|[^*?\[]+|\[")


@lru_cache(maxsize=512)
def _pattern(glob: str) -> re.Pattern[str]:
    whole = "".join(_piece(piece) for piece in PIECE.findall(glob.removeprefix("./").removesuffix("/")))
    return re.compile(f"{whole}(?:/.*)?", re.DOTALL)


def _piece(piece: str) -> str:
    match piece:
        case "**/":
            return "(?:.*/)?"
        case "/**/":
            return "/(?:.*/)?"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
    return _one_of(piece[1:-1]) if len(piece) > 2 and piece[0] == "[" else re.escape(piece)


def _one_of(inside: str) -> str:
    """`[a-c!]`, `[!ab]`: one character of those, never a `/`. A range that runs backwards means its three signs."""
    negated, inside = inside.startswith("!"), inside.removeprefix("!")
    whole = "".join(_range(span) for span in RANGE.findall(inside))
    return f"(?!/)[{'^' if negated else ''}{whole}]" if whole else re.escape("[!]")


def _range(span: str) -> str:
    if len(span) == 3 and span[0] <= span[2]:
        return f"{re.escape(span[0])}-{re.escape(span[2])}"
    return re.escape(span)


def matches(glob: str, path: str) -> bool:
    """Does the pattern name this path, or a folder above it? `**` spans folders, `*` and `?` stay within one."""
    return _pattern(glob).fullmatch(path) is not None
