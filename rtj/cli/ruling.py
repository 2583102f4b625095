"""`rtj rule`: what a code means, why it matters, and how it looks wrong and right, without a network."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import msgspec

from rtj.base.codes import CODES, RETIRED
from rtj.base.errors import InputError, UsageError
from rtj.cli.diagnostics import STYLES
from rtj.cli.outcome import OK
from rtj.cli.page_layout import WIDEST, inline, mixed, prose, sections
from rtj.cli.screen import Line, Piece, Screen, Style, columns, line, wrap
from rtj.lint.pages import FIXABLE, Example, Page, page, severity_of
from rtj.lint.rulebook import PREFIX, Rulebook

__all__ = ["Screen", "rule"]


def rule(words: Sequence[str], layout: str, screen: Screen) -> int:
    """Show the pages of the rules that the words name, a table of those that a prefix names, or of all. `layout`: `text`,
    `json` or `markdown`. Raises UsageError for a word that names nothing."""
    codes = [code for word in words for code in _meant(word)] or list(CODES)
    one_by_one = bool(words) and not any(_is_prefix(word) for word in words)
    if layout == "json":
        content = msgspec.json.encode([_object(_page(code)) for code in codes])
        screen.exact(msgspec.json.format(content, indent=2) + b"\n")
    elif layout == "markdown":
        screen.exact("\n".join(_page(code).markdown for code in codes).encode())
    elif one_by_one:
        screen.answer(_pages([_page(code) for code in dict.fromkeys(codes)], columns(sys.stdout)))
    else:
        screen.answer(_table(codes, columns(sys.stdout)))
    return OK


def _is_prefix(word: str) -> bool:
    return PREFIX.fullmatch(word) is not None


def _meant(word: str) -> tuple[str, ...]:
    for code, name in RETIRED.items():
        if word.upper() == code or word.lower().replace("_", "-") == name:
            raise UsageError(f"{code} {name} is retired: this version reports nothing by that name")
    book = Rulebook()
    found = book.meant(word.upper()) or book.meant(word.lower().replace("_", "-"))
    if not found:
        raise UsageError(f"there is no rule `{word}`; {book.nearest(word)}")
    return found


def _page(code: str) -> Page:
    found = page(code)
    if found is None:
        raise InputError(f"the installation is incomplete: the page of {code} is missing")
    return found


# ---- a table of many


def _table(codes: Sequence[str], limit: int) -> Iterator[Line]:
    """Code, name, severity, whether `--fix` can help, and one line of meaning."""
    longest = max(len(CODES[code][0]) for code in codes)
    for code in codes:
        name, meaning = CODES[code]
        severity = severity_of(code)
        fix = "fix" if code in FIXABLE else ""
        begin = line(Piece(code, _style(code)), f"  {name:<{longest}}  {severity:<7}  ", Piece(f"{fix:<3}", "good"), "  ")
        yield from wrap([*begin, *inline(meaning)], limit, sum(len(piece.text) for piece in begin))


def _style(code: str) -> Style:
    return STYLES[severity_of(code)]


# ---- pages, laid out


def _pages(shown: Sequence[Page], limit: int) -> Iterator[Line]:
    for number, one in enumerate(shown):
        if number:
            yield ()
        yield from _laid_out(one, min(limit or WIDEST, WIDEST))


def _laid_out(one: Page, limit: int) -> Iterator[Line]:
    yield line(Piece(one.code, _style(one.code)), Piece(f" {one.name}", "strong"))
    fix = "; `--fix` can often mend it" if one.code in FIXABLE else ""
    yield line(Piece(f"{one.severity}{fix}", "dim"))
    yield ()
    yield from prose(one.summary, limit)
    for heading, text in sections(one.markdown):
        yield ()
        yield line(Piece(heading, "strong"))
        yield ()
        yield from mixed(text, limit, _style(one.code))


# ---- for programs


def _object(one: Page) -> dict[str, object]:
    return {
        "code": one.code,
        "name": one.name,
        "severity": one.severity,
        "meaning": CODES[one.code][1],
        "fixable": one.code in FIXABLE,
        "summary": one.summary,
        "why": one.why,
        "bad": [_example(example) for example in one.bad],
        "good": [_example(example) for example in one.good],
        "exceptions": one.exceptions,
        "markdown": one.markdown,
    }


def _example(example: Example) -> dict[str, str]:
    return {"kind": example.info, "text": example.body}
