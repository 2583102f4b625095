"""Names that other tools give to people, events and texts: what is read here in their place."""

from __future__ import annotations

import re
from collections.abc import Container

from rtj.ir.functions import FUNCTIONS
from rtj.ir.records import RECEIPTS
from rtj.lang import syntax as s
from rtj.lang.scope import Scope
from rtj.lang.types import TYPE_NAMES

PEOPLE = frozenset((
    "user", "users", "customer", "client", "contact", "person", "people", "recipient", "subscriber", "member", "visitor",
    "account", "lead", "traits", "attributes", "attribute", "me", "self",
))  # fmt: skip
HAPPENED = frozenset((
    "trigger", "context", "payload", "properties", "data", "params", "message", "body", "request", "input", "journeyevent",
    "event_data",
))  # fmt: skip
ISO_LENGTH = re.compile(r"P(?:[0-9]+[YMWD])*(?:T[0-9HMS]*)?")
INSIDE = frozenset((
    "properties", "traits", "data", "payload", "attributes", "fields", "context",
))  # fmt: skip
MOMENTS = frozenset((
    "timestamp", "time", "created_at", "occurred_at", "happened_at", "sent_at", "date", "datetime", "event_time", "at",
))  # fmt: skip
KINDS = frozenset((
    "event", "event_name", "event_type", "name", "kind",
))  # fmt: skip
CONSENT = frozenset((
    "consent", "consents", "permission", "permissions", "optin", "opt_in", "optins", "opt_ins",
))  # fmt: skip
CONSENT_HINT = (
    "consent is not asked here but at each `send`, as the channel says (`consent:` in rtj.yaml); what a person said is an "
    "attribute: `profile.…`"
)
OF_A_PERSON = frozenset(("id", "person_id", "profile_id", "uuid", "identifier", "identity"))
GOES_ALONG = "who it is about goes along with every message and call, without being named"
ANSWERS = ("channel", "key")  # what the answer of a send has
SHOWN = 30  # characters of a word that is shown in quotes


def field_behind(e: s.Name) -> str:
    """The name behind the dot that follows a name; "" when none does."""
    found = re.compile(r"\s*\.\s*(\w+)").match(e.span.source.text, e.span.end)
    return found[1] if found is not None else ""


def root_meant(e: s.Name, scope: Scope) -> str | None:
    """The root that a name before a dot means."""
    word, behind = e.text.lower(), field_behind(e)
    if not behind or behind in scope.names:
        return None
    if word in PEOPLE:
        return "profile"
    if word in HAPPENED:
        return "event" if scope.event is not None else "entry" if scope.entry is not None else None
    return None


def name_hint(e: s.Name, scope: Scope) -> str:
    """What a name that is like no known one was meant to be."""
    behind = field_behind(e)
    if behind in scope.names:
        return f"`{behind}` is a name of its own; nothing stands before it"
    if behind in ANSWERS:
        return f"`as` gives the answer of a send a name: `{{send: welcome, as: mail}}`, then `mail.{behind}`"
    if behind in RECEIPTS:
        return f"receipts are waited for: `wait_for: [{{on: {e.text}.{behind}}}, {{after: 3d}}]`"
    if behind:
        return ""
    if e.text.lower() in CONSENT:
        return CONSENT_HINT
    if e.text in ("else", "otherwise"):
        return "`else` is an arm of its own, without `when`"
    if e.text in TYPE_NAMES:
        return f"a type stands behind `type`: `{{type: {e.text}}}`"
    if e.text in FUNCTIONS or e.text == "now":
        return f"it is a function: `{e.text}{'()' if e.text in ('now', 'today') else '(…)'}`"
    if ISO_LENGTH.fullmatch(e.text) and e.text != "P":
        return "lengths are written 30m, 2h, 7d, 1 month"
    return f"a text stands in quotes: `'{e.text}'`" if len(e.text) <= SHOWN else "a text stands in quotes"


def field_hint(name: str, of: str, behind: str, identifiers: Container[str]) -> tuple[str, str | None]:
    """For a field that `of` does not have: a hint, and the field that is meant, if it is one that every event has. `behind`: the
    name that follows it."""
    if name in INSIDE and behind:
        return f"its fields stand right behind it: `{of}.{behind}`", None
    if name in MOMENTS:
        return "did you mean `ts`?", "ts"
    if name in KINDS:
        return "did you mean `type`?", "type"
    if name in identifiers:
        return f"`{name}` is an identifier, which tells who it is about and cannot be read; a field of another name can", None
    return "", None
