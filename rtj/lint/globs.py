"""Patterns of paths: `journeys/**/*.yaml`, `legacy/`, a plain file. Paths have `/`, whatever the system."""

from __future__ import annotations

import re
from functools import lru_cache

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
    if len(piece) > 2 and piece[0] == "[":
        inside = piece[1:-1]
        negated, inside = inside.startswith("!"), inside.removeprefix("!")
        return f"[{'^/' if negated else ''}{re.escape(inside).replace(chr(92) + '-', '-')}]"
    return re.escape(piece)


def matches(glob: str, path: str) -> bool:
    """Does the pattern name this path, or a folder above it? `**` spans folders, `*` and `?` stay within one."""
    return _pattern(glob).fullmatch(path) is not None
