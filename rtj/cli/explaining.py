"""`rtj diff --explain D114`: what a code of a change means, what happens to people inside, and an example, without a network."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import msgspec

from rtj.base.errors import InputError, UsageError
from rtj.cli.outcome import OK
from rtj.cli.page_layout import WIDEST, inline, mixed, prose, sections
from rtj.cli.screen import Line, Piece, Screen, Style, columns, line, wrap
from rtj.plan.catalogue import CHANGES
from rtj.plan.changes import Level
from rtj.plan.pages import ChangePage, change_page

STYLES: dict[Level, Style] = {"none": "dim", "safe": "good", "behaviour": "warn", "needs-migration": "warn", "breaking": "bad"}


def explain(words: Sequence[str], layout: str, screen: Screen) -> int:
    """Show the pages of codes or names of changes; a table of all for none, or for the word `all`. `layout`: `text`, `json` or
    `markdown`.

    Raises UsageError for a word that names nothing."""
    words = [word for word in words if word != "all"]
    codes = [_meant(word) for word in words] or list(CHANGES)
    if layout == "json":
        content = msgspec.json.encode([_object(code) for code in codes])
        screen.exact(msgspec.json.format(content, indent=2) + b"\n")
    elif layout == "markdown":
        screen.exact("\n".join(_page(code).sheet.markdown for code in codes).encode())
    elif words:
        screen.answer(_pages(list(dict.fromkeys(codes)), columns(sys.stdout)))
    else:
        screen.answer(_table(columns(sys.stdout)))
    return OK


def _meant(word: str) -> str:
    names = {kind.name: code for code, kind in CHANGES.items()}
    if word.upper() in CHANGES:
        return word.upper()
    name = word.lower().replace("_", "-")
    if name in names:
        return names[name]
    if word[:1] in "EWew" and word[1:].isdigit():
        raise UsageError(f"`{word}` is no code of a change; `rtj rule {word.upper()}` explains findings")
    near = get_close_matches(word.upper(), CHANGES, n=1) or [names[found] for found in get_close_matches(name, names, n=1)]
    told = f"did you mean {near[0]} ({CHANGES[near[0]].name})?" if near else "the catalogue of all is `rtj diff --explain all`"
    raise UsageError(f"there is no change `{word}`; {told}")


def _page(code: str) -> ChangePage:
    found = change_page(code)
    if found is None:
        raise InputError(f"the installation is incomplete: the page of {code} is missing")
    return found


def _table(limit: int) -> Iterator[Line]:
    """Code, name, the usual level, and one line of meaning."""
    longest = max(len(kind.name) for kind in CHANGES.values())
    for code, kind in CHANGES.items():
        level = kind.levels[0]
        begin = line(Piece(code, STYLES[level]), f"  {kind.name:<{longest}}  {level:<15}  ")
        yield from wrap([*begin, *inline(kind.meaning)], limit, sum(len(piece.text) for piece in begin))


def _pages(codes: Sequence[str], limit: int) -> Iterator[Line]:
    width = min(limit or WIDEST, WIDEST)
    for number, code in enumerate(codes):
        if number:
            yield ()
        kind, found = CHANGES[code], _page(code).sheet
        style = STYLES[kind.levels[0]]
        yield line(Piece(code, style), Piece(f" {kind.name}", "strong"))
        yield line(Piece(_levels(kind.levels), "dim"))
        yield ()
        yield from prose(found.summary, width)
        for heading, text in sections(found.markdown):
            yield ()
            yield line(Piece(heading, "strong"))
            yield ()
            yield from mixed(text, width, style)


def _levels(levels: tuple[Level, ...]) -> str:
    return f"{levels[0]}; may be {' or '.join(levels[1:])}" if len(levels) > 1 else levels[0]


def _object(code: str) -> dict[str, object]:
    page, kind = _page(code), CHANGES[code]
    found = page.sheet
    return {
        "code": code,
        "name": kind.name,
        "meaning": kind.meaning,
        "levels": kind.levels,
        "summary": found.summary,
        "people_inside": found.sections["People inside"],
        "when_safe": found.sections["When it is safe"],
        "what_to_do": found.sections["What to do"],
        "example": {"level": page.level, "kind": page.old.info, "old": page.old.body, "new": page.new.body},
        "markdown": found.markdown,
    }
