"""Ways out of the traps of YAML: tabs, values that must be quoted, a comment that was meant as a text.

Libyaml stops at the first mistake, so what stands around it is read here line by line. Where a line can be read in two ways there
is no fix, or an unsafe one; whether the file is better afterwards is seen when it is read again.
"""

from __future__ import annotations

import re

from rtj.base.diagnostic import Edit, Fix
from rtj.base.span import LINE_END, Source, Span
from rtj.lang.mending import LONGEST, quoted, shortened

INDENT = "  "
QUOTE = r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\""
KEY = re.compile(rf"(?P<indent>[ ]*(?:- +)*)(?P<key>[\w.?-]+|{QUOTE})[ ]*:[ ]+")
ITEM = re.compile(r"(?P<indent>[ ]*)(?P<key>)(?:- +)+")
FLOW_KEY = re.compile(rf"(?:[{{,]|^)[ ]*(?P<key>[\w.?-]+|{QUOTE})[ ]*:[ ]+")
NEXT_KEY = re.compile(rf",[ ]*(?:[\w.?-]+|{QUOTE})[ ]*:(?:[ ]|$)")
COMMENT = re.compile(rf"(?:{QUOTE})|(?P<comment>[ \t]+#.*)")
BEHIND = re.compile(r"[ \t\r]*$|[ \t]+#", re.MULTILINE)  # what may stand behind a whole value; within brackets more
BEHIND_FLOW = re.compile(r"[ \t\r]*(?:$|[,\]}])|[ \t]+#", re.MULTILINE)
PHRASES = {  # keys that take a phrase -> its start symbols
    "when": "expr", "until": "moment expr", "after": "expr", "key": "expr", "consent": "expr", "address": "expr", "with": "pairs",
    "set": "assigns", "on": "pattern", "collect": "collecting", "every": "schedule", "once": "once", "wait": "wait",
    "by": "channels", "days": "days", "require": "expr",
}  # fmt: skip


def takes(key: str, value: str) -> bool:
    """Is the value a phrase as the key wants it?"""
    from lark.exceptions import UnexpectedInput

    from rtj.lang.phrase_grammar import phrase_parser  # here: reading a good file needs no parser of phrases for its YAML

    for start in PHRASES.get(key, "").split():
        try:
            phrase_parser().parse(value, start=start)
        except UnexpectedInput:
            continue
        return True
    return False


def quote(span: Span, key: str = "") -> Fix | None:
    """Quote what stands at `span`, the whole value of `key`. Safe where it is the phrase that belongs there."""
    value = span.text
    if not value.strip() or value != value.strip() or len(value) > LONGEST or LINE_END.search(value):
        return None
    fix = Fix(f"quote `{shortened(value)}`", (Edit(span.start, span.end, quoted(value)),), takes(key, value))
    return None if "\t" in value else fix


def braces(span: Span, *, flow: bool) -> Fix | None:
    """`{{ name }}`: YAML begins two mappings, where only a text can be meant."""
    fix = quote(span)
    behind = (BEHIND_FLOW if flow else BEHIND).match(span.source.text, span.end)
    whole = span.text.startswith("{{") and span.text.endswith("}}") and behind is not None
    return Fix(fix.title, fix.edits, safe=True) if fix and whole else None


def tagged(span: Span) -> Fix | None:
    """`!!int 60` is 60 without its tag; `!paid` is a text that begins with `!`."""
    if (tag := re.compile(r"!!\w+[ \t]+(?=\S)").match(span.text)) is not None:
        return Fix(f"remove `{tag[0].strip()}`", (Edit(span.start, span.start + tag.end(), ""),), safe=True)
    return quote(span) if not span.text.startswith("!!") else None


def swallowed(start: int, comment: Span) -> Fix | None:
    """Quote a plain value that begins at `start` with the comment behind it."""
    text = comment.text.rstrip()
    another = re.compile(r"[ \t]+#(?=[ \t])").search(text, 2)
    return quote(Span(comment.source, start, comment.start + (another.start() if another else len(text))))


# ---- tabs


def untab(source: Source, at: int) -> Fix | None:
    """Blanks for tabs. In a file whose indentation is all tabs each is one level; a tab behind `-` or `:` is a blank."""
    starts = source.line_starts()
    row = source.line_col(at)[0] - 1
    begin = starts[row]
    before = source.text[begin:at]
    if before.strip(" \t"):
        tab = re.compile(r"\t+").match(source.text, at)
        if tab is None or not before.rstrip().endswith(("-", ":")):
            return None
        return Fix("write a blank for the tab", (Edit(tab.start(), tab.end(), " "),), safe=True)
    indents = [match for start in starts if (match := re.compile(r"([ \t]+)(?=[^ \t\r\n])").match(source.text, start))]
    if indents and all(set(match[1]) == {"\t"} for match in indents):
        edits = tuple(Edit(m.start(1), m.end(1), INDENT * len(m[1])) for m in indents)
        return Fix("indent with blanks", edits, safe=True)
    here = next((m for m in indents if m.start() == begin), None)
    width = _step([m[1] for m in indents if "\t" not in m[1]])
    if here is None or not width:
        return None
    text = here[1].expandtabs(width) if set(here[1]) == {"\t"} else here[1].replace("\t", " " * width)
    return Fix("indent with blanks", (Edit(here.start(1), here.end(1), text),))


def _step(indents: list[str]) -> int:
    """How many blanks one level has: the smallest indentation of the others."""
    return min((len(indent) for indent in indents), default=0)


# ---- values that must be quoted


def whole_value(source: Source, at: int, opened: int | None) -> Fix | None:
    """Quote the value in which YAML stopped at `at`. `opened`: where the bracket begins within which it stands, if it does."""
    row = source.line_col(at)[0]
    begin, text = source.line_starts()[row - 1], source.line_text(row)
    if len(text) > LONGEST:
        return None
    bracket = opened is not None and source.text[opened : opened + 1] in ("{", "[") and not source.text.startswith("{{", opened)
    found = None if bracket else _to_the_end(text)
    if found is not None and _goes_on(source, row, text):
        return None
    found = found or _in_brackets(text, at - begin)
    if found is None:
        return None
    key, start, end = found
    return quote(Span(source, begin + start, begin + end), key)


def _to_the_end(text: str) -> tuple[str, int, int] | None:
    """Key, start and end of the value of a line; a comment behind it stays."""
    head = KEY.match(text) or ITEM.match(text)
    rest = text[head.end() :] if head is not None else ""
    if head is None or rest[:1] in ("", "|", ">", "[", "#") or (rest[0] == "{" and rest[:2] != "{{"):
        return None
    end = next((m.start() for m in COMMENT.finditer(text, head.end()) if m["comment"]), len(text))
    return head["key"], head.end(), len(text[:end].rstrip())


def _goes_on(source: Source, row: int, text: str) -> bool:
    """Is the next line a part of this value?"""
    starts = source.line_starts()
    indent = len(text) - len(text.lstrip(" -"))
    for following in range(row + 1, len(starts) + 1):
        line = source.line_text(following)
        if line.strip():
            return len(line) - len(line.lstrip(" ")) > indent
    return False


def _in_brackets(text: str, at: int) -> tuple[str, int, int] | None:
    """Key, start and end of the value around `at` in `{key: value, key: value}`: it ends where another key begins, or at the
    bracket that closes the mapping."""
    heads = [m for m in FLOW_KEY.finditer(text) if m.end() <= at]
    if not heads:
        return None
    start = heads[-1].end()
    depth, i = 0, start
    while i < len(text):
        if (string := re.compile(QUOTE).match(text, i)) is not None:
            i = string.end()
            continue
        depth += (text[i] in "[({") - (text[i] in "])}")
        if depth < 0 or (depth == 0 and NEXT_KEY.match(text, i)):
            break
        i += 1
    if i == len(text) and text.rstrip().endswith(","):  # the mapping goes on below
        i = len(text.rstrip()) - 1
    end = len(text[:i].rstrip())
    return (heads[-1]["key"], start, end) if depth < 1 and end >= at and i < len(text) else None
