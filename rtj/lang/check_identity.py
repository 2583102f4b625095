"""`identity:` lowered: kinds of identifiers, and those that are computed from events (S2.1)."""

from __future__ import annotations

from rtj.base.regions import countries, country_meant
from rtj.ir import expr as ir
from rtj.ir.program import Derived, Namespace
from rtj.ir.walk import reads_only_event
from rtj.lang import syntax as s
from rtj.lang.check_base import Context, expect, shorten
from rtj.lang.scope import Scope
from rtj.lang.types import NUMBER, STRING, fits, optional

PRIORITY_DEFAULT = 100  # of a namespace that states none


def check_identity(cx: Context, project: s.Project) -> tuple[Namespace, ...]:
    """Kinds of identifiers; `user_id` where none is declared."""
    if not project.identity:
        return (Namespace("user_id", 1, True),)
    return tuple(
        Namespace(
            name=decl.name.text,
            priority=int(decl.priority.value) if decl.priority is not None else PRIORITY_DEFAULT,
            unique=decl.unique,
            kind=decl.kind,
            normalize=decl.normalize,
            region=_region(cx, decl),
            derived=tuple(made for made in (_derived(cx, rule) for rule in decl.derive) if made is not None),
            labels=tuple(sorted({label.text for label in decl.labels})),
        )
        for decl in project.identity
    )


def _region(cx: Context, decl: s.NamespaceDecl) -> str:
    if decl.region is None:
        return ""
    code, written = decl.region.value.upper(), decl.region.value
    if code not in countries():
        known = "a region is a country of two letters, such as DE"
        cx.report.guess("E323", f"{known}; found `{written}`", decl.region.span, written, country_meant(written))
        return ""
    if "e164" not in decl.normalize:
        cx.report.error("E102", "`region` is for telephone numbers: it needs `normalize: e164`", decl.region.span)
    return code


def _derived(cx: Context, rule: s.DeriveDecl) -> Derived | None:
    """A computed identifier: a text or a number that depends on nothing but the event."""
    event = rule.event.text
    kind = cx.world.events.get(event)
    if kind is None:
        cx.report.unknown("E317", "event type", event, rule.event.span, cx.world.events)
        return None
    if kind.business:
        cx.report.error("E317", f"`{event}` is a business event: it is about no person", rule.event.span)
        return None
    scope = Scope(event=ir.EventOf((event,)), clock="still", place="a computed identifier", no_entry="only a journey has one")
    before = len(cx.report.found)
    typed = cx.check(scope, rule.value)
    if len(cx.report.found) > before:
        return None
    if not reads_only_event(typed.expr):
        cx.report.error(
            "E333", f"`{shorten(rule.value)}` reads more than the event, which is all that tells whose it is", rule.value.span
        )
        return None
    if not fits(typed.type, optional(NUMBER)):
        typed = expect(cx, typed, optional(STRING), rule.value, "an identifier")
    return Derived(event, typed.expr)
