"""Typical slips of the hand, one at a time, put into a journey that is right."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rtj.lang.dsl_words import ENTRY_CLAUSES, FULL_WIDTH, HEADERS, PIECE, STATEMENTS

ROOT = Path(__file__).parents[2]
WORDS = {*STATEMENTS, *HEADERS, *ENTRY_CLAUSES, "on", "after", "until", "by", "with", "else", "journey"}
PASTED = {  # what is pasted above a statement
    "yaml": "- {send: hello, by: email}\n  ",
    "json": '{"send": "hello", "by": "email"},\n  ',
    "canvas": '{"type": "message", "id": 7}\n  ',
    "note": "// a note\n  ",
    "call": "send(hello, email)\n  ",
    "if": "if profile.vip == true {\n exit \n} else { exit }\n  ",
    "unknown": "frobnicate x by y\n  ",
    "half": "send\n  ",
    "dash": "- ",
}


@dataclass(frozen=True, slots=True)
class Slip:
    kind: str
    at: int
    text: str


def corpus() -> dict[str, str]:
    """Every example and playbook in the journey language, by its path."""
    paths = [path for folder in ("examples", "journeys") for path in sorted((ROOT / folder).glob("**/*.journey"))]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths if "broken" not in path.parts}


def slips(text: str) -> Iterator[Slip]:
    """Each slip that could happen at each piece of the text."""
    wide = {plain: sign for sign, plain in FULL_WIDTH.items() if plain.strip()}
    for match in PIECE.finditer(text):
        piece, at, end = match.group(), match.start(), match.end()
        changed = _word(piece, text, at) if match.lastgroup == "word" else _sign(piece, text[end : end + 1], wide)
        for kind, new in changed if match.lastgroup in ("word", "sign", "text") else ():
            yield Slip(kind, at, text[:at] + new + text[end:])


def _word(piece: str, text: str, at: int) -> Iterator[tuple[str, str]]:
    if piece in WORDS:
        yield "upper", piece.capitalize()
        yield "colon", f"{piece}:"
    if piece in WORDS and len(piece) > 3:
        yield "swapped", piece[0] + piece[2] + piece[1] + piece[3:]
        yield "cut", piece[:-1]
    if piece[-1] == "%":
        yield "share", piece[:-1]
    if piece[0] == "@" and len(piece) > 1:
        yield "no_at", piece[1:]
        yield "id_key", f"id: {piece[1:]}"
    if piece in STATEMENTS and not text[text.rfind("\n", 0, at) + 1 : at].strip():
        yield from ((kind, pasted + piece) for kind, pasted in PASTED.items())
    if piece in ("and", "or", "not"):
        yield piece, {"and": "&&", "or": "||", "not": "!"}[piece]
    if re.fullmatch(r"\d+m", piece):
        yield "minutes", f"{piece[:-1]} minutes"


def _sign(piece: str, after: str, wide: dict[str, str]) -> Iterator[tuple[str, str]]:
    if piece in ("{", "}"):
        yield f"no_{piece}", ""
        yield f"two_{piece}", piece * 2
    if piece == ",":
        yield "no_comma", " "
    if piece == "{":
        yield "round", "("
    if piece in wide:
        yield "wide", wide[piece]
    if len(piece) > 1:
        yield "open_text", piece[:-1]
        yield "smart", f"“{piece[1:-1]}”"


def sampled(number: int, seed: int) -> list[tuple[str, Slip]]:
    """So many slips of the whole corpus, the same for the same seed."""
    every = [(name, slip) for name, text in corpus().items() for slip in slips(text)]
    return random.Random(seed).sample(every, min(number, len(every)))
