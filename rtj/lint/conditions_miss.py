"""W319, W410: keys and values of messages that may be missing, where nothing has asked before whether they are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtj.base.diagnostic import Diagnostic
from rtj.ir import expr as ir
from rtj.lang import syntax as s
from rtj.lang.types import is_optional, show
from rtj.lint.conditions_place import Fact, Place, shorten
from rtj.lint.conditions_walk import Sent, WayIn


def key_may_miss(site: WayIn) -> Iterator[Diagnostic]:
    """W319: who has no key is not let in."""
    key = site.entry.key
    kind = _missing(key, site.place, site.facts) if key is not None else None
    if key is not None and kind is not None:
        message = f"the key may be missing: `{shorten(key)}` is {show(kind)}, and who has no key is not let in"
        hint = f"ask for it, `when: {shorten(key)} is not missing`, or give a default: `… ?? …`"
        yield Diagnostic("W319", message, key.span, hint, severity="warning")


def message_may_miss(site: Sent) -> Iterator[Diagnostic]:
    """W410: a hole in a message."""
    for pair in site.node.pairs:
        kind = _missing(pair.value, site.place, site.place.facts)
        if kind is not None:
            message = f"`{pair.name.text}` of message `{site.node.message.text}` may be missing: it is {show(kind)}"
            yield Diagnostic("W410", message, pair.value.span, "give a default: `… ?? …`", severity="warning")


def _missing(tree: s.Expr, place: Place, facts: Sequence[Fact]) -> ir.Type | None:
    """The type of a value that may be missing; None when it is there, by its type or by what is so."""
    kind = place.trees.kind(tree)
    if kind is None or not is_optional(kind):
        return None
    reading = place.read(tree)
    if reading is not None and not reading.possible([reading.missing(tree)], facts):
        return None
    return kind
