"""Signs typed by habit: full-width punctuation, typographic quotes, blanks that are none. Each is told, with its fix, and read as
the sign that was meant; a text keeps its length, so that places stay what they are."""

from __future__ import annotations

import re

from rtj.base.diagnostic import Diagnostic, Edit, Fix
from rtj.base.span import Source, Span
from rtj.lang.dsl_words import CLOSING, FULL_WIDTH, PIECE

ANY = re.compile("[" + "".join(map(re.escape, FULL_WIDTH)) + "：？＆｜]")
TOLD_MAX = 50  # signs of one file that are told one by one


def straightened(source: Source, found: list[Diagnostic]) -> str:
    """The text with such signs outside of texts and comments as they are meant."""
    text = source.text
    if ANY.search(text) is None:
        return text
    signs: list[tuple[tuple[int, ...], str]] = []  # one, or the two of a text
    at = 0
    lines: dict[str, int] = {}  # for a closing quote: up to where none stands, so that none is looked for again
    while at < len(text):
        match = PIECE.match(text, at)
        assert match is not None
        at = match.end()
        sign = match.group()
        if match.lastgroup != "sign" or sign not in FULL_WIDTH:
            continue
        if sign in CLOSING and (closed := _closed(text, match.start(), lines)) is not None:
            quote = FULL_WIDTH[sign]
            if quote not in text[match.start() + 1 : closed]:
                signs.append(((match.start(), closed), quote))
                at = closed + 1
                continue
        signs.append(((match.start(),), FULL_WIDTH[sign]))
    for places, meant in signs[:TOLD_MAX]:
        found.append(_told(source, places, meant))
    if len(signs) > TOLD_MAX:
        place = signs[TOLD_MAX][0][0]
        found.append(
            Diagnostic("E010", f"{len(signs) - TOLD_MAX:,} more such signs in this file", Span(source, place, place + 1))
        )
    characters = list(text)
    for places, meant in signs:
        for place in places:
            characters[place] = meant
    return "".join(characters)


def _closed(text: str, at: int, lines: dict[str, int]) -> int | None:
    """Where the text that begins with a typographic quote ends on its line."""
    closing = CLOSING[text[at]]
    if at < lines.get(closing, -1):
        return None
    match = re.compile(f"[^\n{re.escape(closing)}]*").match(text, at + 1)
    assert match is not None
    if text[match.end() : match.end() + 1] in tuple(closing):
        return match.end()
    lines[closing] = match.end()
    return None


def _told(source: Source, places: tuple[int, ...], meant: str) -> Diagnostic:
    span = Span(source, places[0], places[0] + 1)
    shown = meant if meant.strip() else "a plain blank"
    fix = Fix(f"write {shown}", tuple(Edit(place, place + 1, meant) for place in places), safe=True)
    if not meant.strip():
        return Diagnostic("E010", "a blank that is not a plain one", span, "write a plain blank", fix=fix)
    return Diagnostic("E010", f"`{span.text}` is no sign of the language", span, f"write `{meant}`", fix=fix)
