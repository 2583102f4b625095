"""How long events are kept, against how far is looked back and what they carry (S10.1)."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.ir.expr import History, Length
from rtj.ir.masking import PII
from rtj.ir.program import Aggregate, Program
from rtj.lang import syntax as s
from rtj.lang.check_base import shorten
from rtj.lang.read_privacy import OTHERS
from rtj.lint.facts import Facts

DAY_MS = 86_400_000
NEWEST = ("last", "previous")  # asked in passing, mostly just after they happened: what is older is seldom meant
MONTH_DAYS = (28, 31)  # the shortest and the longest


def kept_too_short(facts: Facts, program: Program | None) -> Iterator[Diagnostic]:
    """History that looks further back than its events are kept: from a retained log it cannot be filled again. A computed
    attribute, or what a journey or an audience asks itself."""
    if program is None or not program.retention:
        return
    kept = {one.event: one.keep for one in program.retention}
    places = {decl.event.text: decl.keep.span for decl in facts.project.retention}
    for aggregate, tree in _looking_back(facts):
        if not isinstance(tree, s.Name) and aggregate.window.over is None and aggregate.function in NEWEST:
            continue
        for event in aggregate.events:
            rule = event if event in kept else OTHERS
            if rule in kept and _shorter(kept[rule], aggregate):
                back = "over a time that is longer" if aggregate.window.over is not None else "without end"
                message = f"`{shorten(tree)}` looks back {back}, and `{event}` is kept for `{places[rule].text}`"
                hint = "keep the event longer, or look back `over` a shorter time"
                yield Diagnostic("W422", message, tree.span, hint, (Label(places[rule], "kept so long"),), "warning")
                break


def _looking_back(facts: Facts) -> Iterator[tuple[Aggregate, s.Spanned]]:
    """What looks back, once, with the name of the attribute that it is, or as it first stands."""
    checked = facts.checked
    names = {decl.name.text: decl.name for decl in facts.project.profile}
    found: dict[str, s.Spanned] = {}
    for tree, typed in checked.typed.values():
        if isinstance(typed.expr, History):
            first: s.Spanned = found.get(typed.expr.aggregate, tree)
            found[typed.expr.aggregate] = min(tree, first, key=_place)
    found |= {key: names[name] for name, key in checked.attributes.items() if name in names}
    for key, place in sorted(found.items(), key=lambda item: _place(item[1])):
        if key in checked.aggregates:
            yield checked.aggregates[key], place


def _place(tree: s.Spanned) -> tuple[str, int]:
    return tree.span.source.path, tree.span.start


def _shorter(keep: Length, aggregate: Aggregate) -> bool:
    """Is an event surely gone while it would still count?"""
    window = aggregate.window
    if window.over is not None:
        return _longest(keep) < _shortest(window.over)
    if window.this is not None:
        return False  # a calendar unit ends by itself
    return window.since is None


def _shortest(length: Length) -> int:
    return length.ms + (length.days + length.months * MONTH_DAYS[0]) * DAY_MS


def _longest(length: Length) -> int:
    return length.ms + (length.days + length.months * MONTH_DAYS[1]) * DAY_MS


def kept_for_ever(facts: Facts, program: Program | None) -> Iterator[Diagnostic]:
    """An event type with a field that is labelled pii, or feeds an attribute that is, of which `retention:` says nothing."""
    if program is None or not program.retention or any(one.event == OTHERS for one in program.retention):
        return
    told = {one.event for one in program.retention}
    for event, span, what in _carried(facts):
        if event not in told:
            told.add(event)
            message = f"`{event}` carries `{what}`, labelled `{PII}`, and is kept for ever"
            yield Diagnostic("W423", message, span, f"say under `retention:` how long: `{event}: 2 years`", (), "warning")


def _carried(facts: Facts) -> Iterator[tuple[str, Span, str]]:
    """What is labelled pii and comes by an event: its type, the place that says so, what is labelled."""
    for event in facts.project.events:
        for given in event.labels:
            for label in given.labels:
                if label.text == PII:
                    yield event.name.text, label.span, f"{event.name.text}.{given.field.text}"
    for decl in facts.project.profile:
        if decl.source is not None and any(label.text == PII for label in decl.labels):
            yield decl.source.event.text, decl.source.event.span, decl.name.text
