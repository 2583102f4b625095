"""Words of our own for what libyaml refuses: where it is, which trap of YAML it is, what to write instead."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from rtj.base.diagnostic import Diagnostic, Fix, Label
from rtj.base.span import Source, Span
from rtj.lang.yaml_fixes import untab, whole_value

QUOTE_WHOLE = "quote the whole value"
NEAR = 400  # characters looked at on each side of a mistake
BLOCK_STYLE = "write each key on a line of its own instead of {…}, or quote the whole value"


def syntax_error(source: Source, error: Any, *, libyaml: bool) -> Diagnostic:
    """Make a YAMLError a diagnostic at the place of the mistake."""
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or error).split("\n")[0]
    at = min(mark.index, len(source.text)) if mark is not None else 0
    context = getattr(error, "context_mark", None)
    opened = context.index if context is not None else None
    for words in (_tab, _unclosed, _quote, _brackets, _colon, _start, _escape, _layout):
        if (found := words(source, problem, at, opened)) is not None:
            return replace(found, fix=_fix(source, found, at, opened))
    hint = "" if libyaml else "PyYAML stands here without libyaml and refuses what it need not: install its wheel"
    return Diagnostic("E001", problem, _one(source, at), hint)


def _fix(source: Source, found: Diagnostic, at: int, opened: int | None) -> Fix | None:
    """Blanks for tabs; quotes around a value that YAML cut in pieces."""
    if found.code == "E003":
        return untab(source, found.span.start)
    return whole_value(source, at, opened) if "quote" in found.hint or "turn it round" in found.hint else None


def _one(source: Source, at: int) -> Span:
    """The character at a place; nothing at the end of a line or text."""
    return Span(source, at, at + (1 if source.text[at : at + 1].strip() else 0))


def _line(source: Source, at: int) -> tuple[str, str]:
    """What stands on the line before and from `at` on; of a very long line what is near."""
    start = max(source.text.rfind("\n", 0, at) + 1, at - NEAR)
    end = source.text.find("\n", at, at + NEAR)
    return source.text[start:at], source.text[at : end if end >= 0 else at + NEAR].rstrip("\r")


def _tab(source: Source, problem: str, at: int, _opened: int | None) -> Diagnostic | None:
    before, rest = _line(source, at)
    if not rest.startswith("\t") and not before.strip() and "\t" in before:
        at += before.index("\t") - len(before)
    elif not rest.startswith("\t") and "tab character" not in problem:
        return None
    return Diagnostic("E003", "a tab where YAML wants spaces", Span(source, at, at + 1))


def _unclosed(source: Source, problem: str, at: int, opened: int | None) -> Diagnostic | None:
    """A quote or bracket that is never closed is reported where it was opened."""
    if opened is None:
        return None
    mark = source.text[opened : opened + 1]
    span = Span(source, opened, opened + 1)
    if "unexpected end of stream" in problem or "unexpected document indicator" in problem:
        return Diagnostic("E001", "a text that is not closed", span, f"close it with {mark}")
    if mark not in "[{" or not mark:
        return None
    here = source.text[at : at + 1]
    later = source.line_col(at)[0] > source.line_col(opened)[0]
    if "',' or" in problem and (not source.text[at:].strip() or (later and here == ":")):
        return Diagnostic("E001", f"`{mark}` is not closed", span, f"close it with {']' if mark == '[' else '}'}")
    return None


def _quote(source: Source, problem: str, at: int, _opened: int | None) -> Diagnostic | None:
    """A value that begins with a quote ends at the next one: the rest has no place."""
    before, rest = _line(source, at)
    match = re.search(r"(?:^|[:,\[{-]\s+|[\[{,]\s*)((['\"]).*\2)\s*$", before)
    if match is None or "did not find expected" not in problem or rest[:1] in ("", "#"):
        return None
    start = at - len(before) + match.start(1)
    other = '"' if match[2] == "'" else "'"
    message = f"a value that begins with {match[2]} ends at the next {match[2]}; found `{rest.split()[0]}` behind it"
    return Diagnostic(
        "E001",
        message,
        Span(source, start, at + len(rest.split()[0])),
        f"put the whole value in {other} quotes, or turn it round",
    )


def _brackets(source: Source, problem: str, at: int, opened: int | None) -> Diagnostic | None:
    """`[`, `{` end a value inside `{…}` and `[…]`."""
    here = source.text[at : at + 1]
    if "did not find expected ',' or" not in problem or opened is None or not here:
        return None
    inside = "{…}" if source.text[opened : opened + 1] == "{" else "[…]"
    labels = (Label(Span(source, opened, opened + 1), "opened here"),)
    if here in "[{]}":
        return Diagnostic("E001", f"`{here}` ends a value inside {inside}", _one(source, at), BLOCK_STYLE, labels)
    close = "}" if inside == "{…}" else "]"
    return Diagnostic("E001", f"expected `,` or `{close}`; found `{here}`", _one(source, at), BLOCK_STYLE, labels)


def _colon(source: Source, problem: str, at: int, _opened: int | None) -> Diagnostic | None:
    if "unexpected ':'" in problem:
        return Diagnostic("E001", "`:` needs a blank behind it", _one(source, at), "write `key: value`")
    if "mapping values are not allowed" not in problem:
        return None
    before, _ = _line(source, at)
    if re.search(r"\w: [^'\"{\[(,]+,\s*\w+$", before):  # send: hello, by: email
        hint = "write each key on a line of its own, or put braces around all of them"
        return Diagnostic("E001", "`: ` inside a value begins another key", _one(source, at), hint)
    if re.search(r"\S:\s", before.lstrip(" -")):
        return Diagnostic("E001", "`: ` inside a value begins another key", _one(source, at), QUOTE_WHOLE)
    word = before.strip()
    span = Span(source, at - len(before) + len(before) - len(before.lstrip()), at)
    hint = "align it with the keys above, or leave the line above without a value"
    return Diagnostic("E001", f"the key `{word}` is indented below a value", span, hint)


def _start(source: Source, problem: str, at: int, opened: int | None) -> Diagnostic | None:
    if re.search(r"URI|alphabetic|alphabetical|directive name|whitespace or line break|mapping keys are not", problem):
        at = opened if opened is not None else at
        mark = source.text[at : at + 1]
        return Diagnostic("E001", f"`{mark}` has a meaning of its own in YAML", _one(source, at), QUOTE_WHOLE)
    here = source.text[at : at + 1]
    if "cannot start any token" not in problem or not here:
        return None
    before, _ = _line(source, at)
    if (bracket := re.search(r"\{[^}]*\w(\[)[^\[\]]*\]\s*$", before)) is not None:
        return Diagnostic("E001", "`[` ends a value inside {…}", _one(source, at - len(before) + bracket.start(1)), BLOCK_STYLE)
    return Diagnostic("E001", f"a value cannot begin with `{here}`", _one(source, at), QUOTE_WHOLE)


def _escape(source: Source, problem: str, at: int, _opened: int | None) -> Diagnostic | None:
    if ("escape" not in problem and "hexdecimal" not in problem) or "URI" in problem:  # `%` in a tag is another thing
        return None
    start = source.text.rfind("\\", 0, at + 1)
    shown = source.text[start : start + 2]
    return Diagnostic(
        "E001", f"`{shown}` means nothing in double quotes", Span(source, start, start + 2), r"use single quotes, or write \\"
    )


def _layout(source: Source, problem: str, at: int, opened: int | None) -> Diagnostic | None:
    """Indentation, list items among keys, things behind the end."""
    before, rest = _line(source, at)
    first = rest.split()[0] if rest.split() else ""
    span = Span(source, at, at + len(first))
    column = source.line_col(opened)[1] if opened is not None else 0
    if "expected node content" in problem:
        return Diagnostic("E001", f"expected a value; found `{first[:1]}`", _one(source, at), QUOTE_WHOLE)
    if "expected '-' indicator" in problem:
        return Diagnostic(
            "E001", f"expected another item `- …` of the list; found `{first}`", span, "indent the keys of an item alike"
        )
    if "block sequence entries are not allowed" in problem:
        return Diagnostic("E001", "a list begins on a line of its own", span, "put `-` on the next line")
    if "expected key" in problem and first == "-":
        return Diagnostic("E001", "a list item among keys", span, "indent it below its key")
    if "expected key" in problem and not before.strip():
        return Diagnostic("E001", f"`{first}` is not indented as the keys it belongs to", span, f"they begin in column {column}")
    if "expected key" in problem:
        return Diagnostic("E001", f"the value ends before `{first}`", span, QUOTE_WHOLE)
    if "<document start>" in problem:
        hint = "what stands above is complete: is its first line `key: value`?"
        return Diagnostic("E001", f"`{first}` stands behind the end of the document", span, hint)
    if "comment or line break" in problem:
        return Diagnostic(
            "E001", f"a text cannot follow `{before.strip()[-1:]}` on its line", span, "write it on the next lines, indented"
        )
    if "could not find expected ':'" in problem:
        start = opened if opened is not None else at
        end = source.text.find("\n", start)
        whole = Span(source, start, end if end >= 0 else len(source.text))
        return Diagnostic("E001", "expected `key: value`", whole, "a value on several lines is indented below its key")
    return None
