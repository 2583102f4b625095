"""A whole project, checked: what the engine runs, what `rtj compile` prints, what a fingerprint names."""

from __future__ import annotations

import hashlib
from typing import Any, Literal, TypeAlias

import msgspec

from rtj.ir.expr import Expr, Length, OneOf, Type
from rtj.ir.journey import Journey, Version

Struct = msgspec.Struct
EVERYONE = "everyone"  # the audience that is there in every project
FORMAT = 1  # of the canonical JSON; raised when its meaning changes


class Derived(Struct, frozen=True):
    """An identifier that is computed from an event of this type; null: the event carries none."""

    event: str
    value: Expr


class Namespace(Struct, frozen=True):
    """A kind of identifier (S2.1). A smaller `priority` is better. `region` (two letters) completes phone numbers that are
    written without a country (`e164`); `derived`: how events bring it that do not carry it; `labels` as of attributes."""

    name: str
    priority: int
    unique: bool = False
    kind: Literal["person", "device", "cookie"] = "person"
    normalize: tuple[Literal["trim", "lower", "e164"], ...] = ()
    region: str = ""
    derived: tuple[Derived, ...] = ()
    labels: tuple[str, ...] = ()


class EventField(Struct, frozen=True, omit_defaults=True):
    """A property of an event type; an optional type means it may be absent or null. `labels` as of attributes."""

    name: str
    type: Type
    labels: tuple[str, ...] = ()


class EventType(Struct, frozen=True):
    """`business`: about no person. `replaces`: namespaces whose new value takes the place of the old (S2.4). `spelled`: the
    names sources use for it (`*` at the end makes a prefix); empty: its own name."""

    name: str
    fields: tuple[EventField, ...]
    business: bool = False
    late: Literal["facts", "reject"] = "facts"
    replaces: tuple[str, ...] = ()
    spelled: tuple[str, ...] = ()


class Mapping(Struct, frozen=True):
    """An attribute. `event`/`field` is where it comes from (both None: only `set` writes it); `codes` replaces raw values;
    `one_of` lists what is allowed (another value counts as `bad_value` and changes nothing); `default` stands while missing."""

    name: str
    type: Type
    event: str | None = None
    field: str | None = None
    default: str | int | float | bool | None = None
    codes: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def one_of(self) -> tuple[str, ...]:
        kind = self.type
        inner = getattr(kind, "of", kind)
        return inner.values if isinstance(inner, OneOf) else ()


class Window(Struct, frozen=True):
    """Sliding (`over`), the present calendar unit (`this`), since the newest event of a type, or (none set) for ever.
    `over` an exact length looks at (now - D, now]; a calendar length keeps an entry until its ts + length is reached."""

    over: Length | None = None
    this: Literal["day", "week", "month", "quarter", "year"] | None = None
    since: str | None = None


class Aggregate(Struct, frozen=True):
    """A computed attribute or a history expression (S3.3): `function` over the events that pass `where`, of `value`.

    `keep` (only with a History that has a `where` of its own): fields of the event to keep with each entry."""

    name: str
    function: Literal["count", "sum", "min", "max", "avg", "last", "first", "previous", "distinct", "top"]
    events: tuple[str, ...]
    type: Type
    where: Expr | None = None
    value: Expr | None = None
    window: Window = Window()
    keep: tuple[str, ...] = ()


class Tracker(Struct, frozen=True):
    """Since when has `condition` held without a break (S4.5)? Re-evaluated whenever facts change."""

    name: str
    condition: Expr


class Audience(Struct, frozen=True):
    """`needs` are the audiences that its condition reads, so that they are evaluated first. `members`: a fixed list of
    (namespace, value), from a file; then `condition` is None."""

    name: str
    condition: Expr | None
    needs: tuple[str, ...] = ()
    members: tuple[tuple[str, str], ...] = ()


Cell: TypeAlias = str | int | float | bool | None
Rows: TypeAlias = tuple[tuple[str | int | float, tuple[Cell, ...], int | None], ...]
"""Rows of a table: (key, values in the order of its fields, since when it holds: ms since the epoch, None for ever)."""


class Table(Struct, frozen=True):
    """Facts about things, by key (S3.7). `event`: the last business event of that type is the row of its key, one without a key
    none; else `rows`, read from a file or a database when the program was compiled, by key, then instant. `fields`, by name, are
    those of its rows besides the key."""

    name: str
    key: EventField
    fields: tuple[EventField, ...]
    event: str | None = None
    rows: Rows = ()


class Channel(Struct, frozen=True):
    """What the gates read of a channel (S7.1). `address`: where it reaches a profile, or `identifier`: the best value of that
    namespace is the address; neither: everybody is reached. `consent`: true a grant, false a withdrawal, null not known.
    `confirmed`: double opt-in, without which a grant does not count. `granted`: what holds while nothing is known. `cost`: of one
    message, in the project's currency."""

    name: str
    address: Expr | None = None
    purpose: str = ""
    consent: Expr | None = None
    granted: bool = False
    identifier: str = ""
    confirmed: Expr | None = None
    cost: float = 0.0


class Consents(Struct, frozen=True):
    """Consent that is not a channel's. `any`: false overrules all others, true stands where they are not known.
    `subscriptions`: by name, for messages that belong to one."""

    any: Expr | None = None
    subscriptions: tuple[tuple[str, Expr], ...] = ()


class Message(Struct, frozen=True):
    """What is known of a message beside its text. `purpose` "": that of the channel."""

    name: str
    purpose: Literal["", "marketing", "transactional"] = ""
    category: str = ""
    subscription: str = ""


class Cap(Struct, frozen=True):
    """At most `at_most` messages (or entries) of a profile: rolling (`over`) or per calendar `unit` in `zone` (None: the
    profile's) (S7.3). Empty `channels`, `journeys`, `categories`: all."""

    name: str
    at_most: int
    over: Length | None = None
    unit: Literal["day", "week", "month", "quarter", "year"] | None = None
    zone: str | None = None
    of: Literal["messages", "entries"] = "messages"
    channels: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class QuietHours(Struct, frozen=True):
    """From `start` (inclusive) to `end` (exclusive), in minutes after local midnight; overnight when `end` is not later (S7.4).
    `days`: 0 is Monday, the day on which they begin; empty: every day. `zone` None: the profile's. Empty `channels`: all."""

    start: int
    end: int
    zone: str | None = None
    then: Literal["hold", "drop"] = "hold"
    days: tuple[int, ...] = ()
    channels: tuple[str, ...] = ()


class Holdout(Struct, frozen=True):
    """This share (in millionths) of all profiles gets no marketing, chosen by a hash of (salt, origin)."""

    share: int
    salt: str


class Policy(Struct, frozen=True):
    """What labelled facts may not be used for (S3.5): any of `labels` must not reach what `forbids` names (purposes, channels,
    webhooks)."""

    name: str
    labels: tuple[str, ...]
    forbids: tuple[str, ...]


class Retention(Struct, frozen=True):
    """How long events of a type are kept in the log (S10); `event` "*" stands for all others."""

    event: str
    keep: Length


class Webhook(Struct, frozen=True):
    name: str
    url: str
    timeout_ms: int = 5_000
    retries: int = 0
    returns: tuple[EventField, ...] = ()


class SourceMap(Struct, frozen=True):
    """`sources:`: how the records of one source become events. `map` is canonical JSON of its mapping, read by `rtj.connect`."""

    name: str
    format: str = "auto"
    lateness_ms: int = 0
    sequence: str | None = None
    map: str = ""


class Program(Struct, frozen=True):
    """Everything checked. Tuples keep a canonical order: declarations by name, journeys by name; attributes, aggregates and
    audiences stand so that what is read stands before its reader. `suppressed`: (channel or "" for all, keyed hash of the
    address), sorted. `currency`: the three letters of what costs are counted in, "" for none."""

    project: str
    timezone: str
    namespaces: tuple[Namespace, ...]
    events: tuple[EventType, ...]
    mappings: tuple[Mapping, ...]
    aggregates: tuple[Aggregate, ...]
    trackers: tuple[Tracker, ...]
    audiences: tuple[Audience, ...]
    journeys: tuple[Journey | Version, ...]
    channels: tuple[Channel, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    sources: tuple[SourceMap, ...] = ()
    tables: tuple[Table, ...] = ()
    consents: Consents = Consents()
    messages: tuple[Message, ...] = ()
    caps: tuple[Cap, ...] = ()
    quiet_hours: QuietHours | None = None
    holdout: Holdout | None = None
    suppressed: tuple[tuple[str, str], ...] = ()
    policies: tuple[Policy, ...] = ()
    retention: tuple[Retention, ...] = ()
    dedupe_ms: int = 86_400_000
    max_skew_ms: int = 3_600_000
    secret: str = ""
    currency: str = ""
    format: int = FORMAT

    @property
    def ranked(self) -> tuple[Namespace, ...]:
        """Namespaces best first: by priority, then name. An identifier's namespace index is the place in this tuple."""
        return tuple(sorted(self.namespaces, key=lambda n: (n.priority, n.name)))


def canonical(value: Any) -> bytes:
    """Canonical JSON: keys sorted, no blanks, UTF-8."""
    return msgspec.json.encode(value, order="sorted")


def fingerprint(value: Any) -> str:
    """The first 16 hex digits of the BLAKE2b hash of the canonical form (S12.1)."""
    return hashlib.blake2b(canonical(value), digest_size=8).hexdigest()


def read_program(text: bytes) -> Program:
    """Read what `canonical` wrote. Raises msgspec.ValidationError when it is not a program."""
    return msgspec.json.decode(text, type=Program)
