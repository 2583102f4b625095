"""Texts that hold the marks of a template language: nothing fills them, they go out as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang.node_ids import statements
from rtj.lint.facts import Facts, JourneyFacts

FILLED = re.compile(r"\{\{\s*([\w.]+)[^{}]*\}\}|\$\{\{?\s*([\w.]+)[^{}]*\}\}?")


def template_in_text(_: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W802: `'Hello {{ profile.first_name }}'` as a value of a message, call, event or attribute."""
    for node in statements(journey.tree.nodes):
        for value in _values(node):
            for text in _texts(value):
                found = FILLED.search(text.value)
                if found is not None:
                    yield _told(text, found)


def _told(text: s.Text, found: re.Match[str]) -> Diagnostic:
    written = found[0]
    at = text.span.text.find(written)
    span = Span(text.span.source, text.span.start + at, text.span.start + at + len(written)) if at >= 0 else text.span
    message = f"`{written}` is not filled: the text goes out as it stands"
    return Diagnostic("W802", message, span, f"texts are joined by `+`: `'… ' + {found[1] or found[2]}`", severity="warning")


def _values(node: s.Node) -> Iterator[s.Expr]:
    """What a node gives to something."""
    match node:
        case s.Send(pairs=pairs) | s.CallWebhook(pairs=pairs) | s.Emit(pairs=pairs) | s.StartJourney(pairs=pairs):
            yield from (pair.value for pair in pairs)
        case s.SetAttributes(assigns=assigns):
            yield from (assign.value for assign in assigns)
        case _:
            return


def _texts(tree: s.Expr) -> Iterator[s.Text]:
    """The texts that a value may become, or that are joined to it."""
    todo = [tree]
    while todo:
        match todo.pop():
            case s.Text() as text:
                yield text
            case s.Binary(op="+" | "??", left=left, right=right):
                todo += (right, left)
            case s.Choose(then=then, otherwise=otherwise):
                todo += (otherwise, then)
            case s.Items(items=items):
                todo += reversed(items)
            case _:
                pass
