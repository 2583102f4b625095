"""Edits of an author's text that a fix is made of: a word for a word, or a piece of a phrase in whatever style of YAML it stands.

An edit says what the text will read as. Where a style cannot hold the new text at that place, the whole value is quoted; where
that is not certain either, there is no edit: a fix is left out rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import yaml

from rtj.base.diagnostic import Edit, Fix
from rtj.base.span import Span
from rtj.lang.scalar_map import Located

LONGEST = 20_000  # characters of a value that is mended; a longer one is left to its author
SHOWN = 60  # characters of a value in the title of a fix
HARMLESS = re.compile(r"\w[\w.-]*(?: [\w.-]+)*\??")  # means the same in every style of YAML, and inside a text of a phrase
EMPTY_WORDS = ("null", "~")
WRITTEN = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}  # in double quotes


class Change(NamedTuple):
    """Put `text` in the place of the characters [start, end) of a value."""

    start: int
    end: int
    text: str


def respelt(span: Span, old: str, new: str, *, safe: bool = False) -> Fix | None:
    """The word or text literal `old`, which stands at `span`, becomes `new`. None when it does not stand there letter by letter,
    or when `new` may have another meaning there."""
    if not HARMLESS.fullmatch(new) or new in EMPTY_WORDS or new == old:
        return None
    for quote in ("", "'", '"', "''", '\\"'):
        if span.text == f"{quote}{old}{quote}":
            edit = Edit(span.start + len(quote), span.end - len(quote), new)
            return Fix(f"change `{old}` to `{new}`", (edit,), safe)
    return None


def quoted(value: str) -> str:
    """The value in quotes, on one line: in those that need no escapes, if there are such."""
    if "\n" in value or "\t" in value or ("'" in value and '"' not in value and "\\" not in value):
        return '"' + "".join(WRITTEN.get(c, c) for c in value) + '"'
    return "'" + value.replace("'", "''") + "'"


def shortened(value: str) -> str:
    """A value as titles show it."""
    text = " ".join(value.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def changed(value: str, changes: Sequence[Change]) -> str:
    """The value after changes that are sorted and do not overlap."""
    parts: list[str] = []
    at = 0
    for change in changes:
        parts += [value[at : change.start], change.text]
        at = change.end
    return "".join([*parts, value[at:]])


def mended(located: Located, changes: Sequence[Change]) -> tuple[Edit, ...] | None:
    """Edits of the file after which the value reads as changed; changes are sorted and do not overlap. None when no edits are
    certain to do so."""
    if not located.exact or len(located.text) > LONGEST or not changes:
        return None
    value = changed(located.text, changes)
    edits = tuple(_edit(located, change) for change in changes)
    match located.style:
        case "|" | ">":
            return edits if _fits_block(located, changes) else None
        case "'" | '"':
            return edits if _reads_as(_rewritten(located, edits), value, flow=False) else None
        case "":
            return _mended_plain(located, edits, value)
        case "dsl":  # no style of YAML: the phrase stands there as it is
            return edits
        case _:
            return None


def _place(located: Located, change: Change) -> Span:
    """Where a change is made. What is put between two characters stands at the second, behind the indentation of its line."""
    if change.start == change.end < len(located.text):
        at = located.piece(change.start, change.end + 1).start
        return Span(located.span.source, at, at)
    return located.piece(change.start, change.end)


def _edit(located: Located, change: Change) -> Edit:
    span = _place(located, change)
    match located.style:
        case "'":
            text = change.text.replace("'", "''")
        case '"':
            text = "".join(WRITTEN.get(c, c) for c in change.text)
        case _:
            text = change.text
    return Edit(span.start, span.end, text)


def _outer(located: Located) -> Span:
    """The scalar with its quotes."""
    span = located.span
    inner = located.pieces is None and located.style in ("'", '"')
    return Span(span.source, span.start - 1, span.end + 1) if inner else span


def _rewritten(located: Located, edits: Sequence[Edit]) -> str:
    """The source text of the scalar after the edits."""
    outer = _outer(located)
    return changed(outer.text, [Change(e.start - outer.start, e.end - outer.start, e.text) for e in edits])


def _mended_plain(located: Located, edits: tuple[Edit, ...], value: str) -> tuple[Edit, ...] | None:
    """A plain value stays plain where the new one can; else it is quoted as a whole."""
    if located.span.start == located.span.end:  # nothing stands there that could be changed
        return None
    text = _rewritten(located, edits)
    # What reads alike inside brackets may stand inside brackets: then the new text must as well.
    flow = _reads_as(located.span.text, located.text, flow=True)
    if value not in EMPTY_WORDS and _reads_as(text, value, flow=flow):
        return edits
    if "\n" in value:
        return None
    whole = quoted(value)
    return (Edit(located.span.start, located.span.end, whole),) if _reads_as(whole, value, flow=True) else None


def _reads_as(text: str, value: str, *, flow: bool) -> bool:
    """Is this text one scalar with that value? `flow`: inside brackets."""
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    try:
        events = list(yaml.parse(f"[{text}\n]" if flow else text, Loader=loader))
    except yaml.YAMLError:
        return False
    scalars = [e for e in events if isinstance(e, yaml.ScalarEvent)]
    nodes = [e for e in events if isinstance(e, yaml.NodeEvent)]
    plain = len(scalars) == 1 and len(nodes) == 1 + flow and scalars[0].tag is None and scalars[0].anchor is None
    return plain and scalars[0].value == value


def _fits_block(located: Located, changes: Sequence[Change]) -> bool:
    """The lines of a block keep what tells YAML where they begin: nothing but characters within lines changes."""
    if "\n" in "".join(change.text for change in changes):
        return False
    source = located.span.source
    for change in changes:
        start, end = _place(located, change).start, _place(located, change).end
        if change.end > len(located.text.rstrip("\n")):  # how many line ends count is said by the header
            return False
        line_start = max(source.text.rfind("\n", 0, start), source.text.rfind("\r", 0, start)) + 1
        first = source.text[line_start:start].strip(" ") == ""
        new_first = (change.text + source.text[end : end + 1])[:1]
        old_first = source.text[start : start + 1]
        if source.text[start:end].strip("\r\n") != source.text[start:end]:
            return False
        if first and (new_first in " \t\r\n" or old_first in " \t\r\n"):
            return False
    return True
