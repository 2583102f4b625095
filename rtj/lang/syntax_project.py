"""The syntax tree of a project file: types and declarations. `rtj.lang.syntax` re-exports all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from rtj.base.span import Span
from rtj.lang.syntax_environments import EnvironmentDecl
from rtj.lang.syntax_lint import Lint, RuleDecl
from rtj.lang.syntax_phrases import Clock, Expr, Length, Name, Number, Period, Spanned, Text, Unit

# ---- types


@dataclass(frozen=True, slots=True)
class TypeName(Spanned):
    """`string`, `number?`: one of string number bool instant date duration."""

    name: Literal["string", "number", "bool", "instant", "date", "duration"]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class OneOfType(Spanned):
    """`{one_of: [a, b]}`; optional where the field's key ends in `?`."""

    values: tuple[Text, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ListType(Spanned):
    """`[item]`; optional where the field's key ends in `?`."""

    item: TypeTree
    optional: bool = False


@dataclass(frozen=True, slots=True)
class RecordType(Spanned):
    """`{field: type, …}`; optional where the field's key ends in `?`."""

    fields: tuple[FieldDecl, ...]
    optional: bool = False


TypeTree: TypeAlias = TypeName | OneOfType | ListType | RecordType


@dataclass(frozen=True, slots=True)
class FieldDecl(Spanned):
    """A field of an event, a record, a table or an answer. `name.text` is without the `?` that makes it optional."""

    name: Name
    type: TypeTree


# ---- who and what


@dataclass(frozen=True, slots=True)
class DeriveDecl(Spanned):
    """An identifier that is computed from events of a type."""

    event: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class NamespaceDecl(Spanned):
    """A kind of identifier; a smaller priority is better. `region`: the country of telephone numbers that name none."""

    name: Name
    kind: Literal["person", "device", "cookie"]
    priority: Number | None = None
    unique: bool = False
    normalize: tuple[Literal["trim", "lower", "e164"], ...] = ()
    labels: tuple[Name, ...] = ()
    region: Text | None = None
    derive: tuple[DeriveDecl, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldLabels(Spanned):
    """What a field of an event is labelled. `field.text` is without a `?`."""

    field: Name
    labels: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class EventDecl(Spanned):
    """An event type. `schema`: a JSON Schema file instead of fields, relative to the file that names it."""

    name: Name
    fields: tuple[FieldDecl, ...]
    business: bool = False
    schema: Text | None = None
    labels: tuple[FieldLabels, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignName(Spanned):
    """How sources spell an event type; a `*` at the end makes a group."""

    name: Name
    spelled: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class LateRule(Spanned):
    event: Name
    rule: Literal["facts", "reject"]


@dataclass(frozen=True, slots=True)
class ReplacesRule(Spanned):
    """`replaces: {email_changed: email}`: this event type gives a person a new value of a unique namespace (S2.4)."""

    event: Name
    namespace: Name


@dataclass(frozen=True, slots=True)
class EventField(Spanned):
    """`signed_up.first_name`; a deeper path for a field of a record."""

    event: Name
    path: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class AttributeDecl(Spanned):
    """An attribute: computed (`formula`), mapped (`source`) or only written by `set` (neither). `codes` replaces raw values.
    `type` is also where `one_of` ends up."""

    name: Name
    formula: Expr | None = None
    source: EventField | None = None
    type: TypeTree | None = None
    default: Text | None = None
    codes: tuple[tuple[Text, Text], ...] = ()
    labels: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class AudienceDecl(Spanned):
    """A condition, or `members`: a CSV file of identifiers, relative to the file that names it. One of the two."""

    name: Name
    condition: Expr | None = None
    members: Text | None = None


@dataclass(frozen=True, slots=True)
class TableDecl(Spanned):
    """Facts about things by `key`: rows from the last event of a type (`source`), a file (`file`, of a SQLite file what `query`
    gives), or a database (`sql`: its address, or `env:NAME`). `valid_from`: the column that says since when a row holds."""

    name: Name
    key: Name
    fields: tuple[FieldDecl, ...]
    source: Name | None = None
    file: Text | None = None
    sql: Text | None = None
    query: Text | None = None
    valid_from: Text | None = None


# ---- decisions


@dataclass(frozen=True, slots=True)
class AtMost(Spanned):
    """`2 per 24h` (`length`: rolling), `1 per week` (`unit`: calendar), `500 in total` (neither)."""

    count: Number
    length: Length | None = None
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class OfferDecl(Spanned):
    """`table`/`bind`: one offer per row (`each: products as p`)."""

    name: Name
    when: Expr | None = None
    priority: Number | None = None
    score: Expr | None = None
    valid: Period | None = None
    at_most: tuple[AtMost, ...] = ()
    table: Name | None = None
    bind: Name | None = None
    placements: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionDecl(Spanned):
    """Groups of offers in sequence."""

    name: Name
    groups: tuple[tuple[Name, ...], ...]
    placement: Name | None = None
    fallback: Name | None = None


@dataclass(frozen=True, slots=True)
class WebhookDecl(Spanned):
    name: Name
    url: Text
    timeout: Length | None = None
    retries: Number | None = None
    returns: tuple[FieldDecl, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelDecl(Spanned):
    """A model file and what goes into it: (name, expression)."""

    name: Name
    file: Text
    inputs: tuple[tuple[Name, Expr], ...] = ()


# ---- messages


@dataclass(frozen=True, slots=True)
class ChannelDecl(Spanned):
    """`default`: what holds for people of whom no consent is known, if that was said. `rate` is the sink's limit: (count,
    length). `confirmed`: double opt-in. `cost`: of one message. `whole` False: something of it could not be read."""

    name: Name
    address: Expr | None = None
    purpose: Literal["marketing", "transactional"] | None = None
    consent: Expr | None = None
    default: Literal["granted", "denied"] | None = None
    rate: AtMost | None = None
    whole: bool = True
    confirmed: Expr | None = None
    cost: Number | None = None


@dataclass(frozen=True, slots=True)
class ConsentsDecl(Spanned):
    """Consent that is not a channel's: for everything (`any`), and by subscription. `span` is that of its first key."""

    any: Expr | None = None
    subscriptions: tuple[tuple[Name, Expr], ...] = ()


@dataclass(frozen=True, slots=True)
class MessageDecl(Spanned):
    """What is known of a message beside its text."""

    name: Name
    purpose: Literal["marketing", "transactional"] | None = None
    category: Name | None = None
    subscription: Name | None = None


@dataclass(frozen=True, slots=True)
class CapDecl(Spanned):
    """At most so many messages or entries; no channels (journeys, categories) means all. `zone`: of a calendar period; None: the
    profile's. `zone_at` is where an author wrote one, be it `profile`."""

    name: Name
    at_most: AtMost
    of: Literal["messages", "entries"] = "messages"
    channels: tuple[Name, ...] = ()
    journeys: tuple[Name, ...] = ()
    categories: tuple[Name, ...] = ()
    zone: Text | None = None
    zone_at: Span | None = None


@dataclass(frozen=True, slots=True)
class QuietHours(Spanned):
    """From (inclusive) to (exclusive), in minutes after midnight. `zone` None: the profile's; `of_profile` is where an author
    wrote so. No channels means all."""

    start: Clock
    end: Clock
    zone: Text | None = None
    then: Literal["hold", "drop"] = "hold"
    days: tuple[int, ...] = ()
    of_profile: Span | None = None
    channels: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Holdout(Spanned):
    """`share` in millionths."""

    share: int
    salt: Text


@dataclass(frozen=True, slots=True)
class PolicyDecl(Spanned):
    """Facts that bear any of `labels` must not reach what `forbids` names: purposes, channels, webhooks."""

    name: Name
    labels: tuple[Name, ...]
    forbids: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class RetentionDecl(Spanned):
    """How long events of a type are kept; the type `*` stands for those that are not named."""

    event: Name
    keep: Length


@dataclass(frozen=True, slots=True)
class SourceDecl(Spanned):
    """How the records of one source become events. `map` is canonical JSON (`{}` when there is none)."""

    name: Name
    format: Text | None = None
    lateness: Length | None = None
    sequence: Text | None = None
    map: str = "{}"


@dataclass(frozen=True, slots=True)
class Project(Spanned):
    """The project file with all it includes. `span` is the project's name, or the beginning of a file without one.
    `whole` False: something of it could not be read, so a name that is missing may have been meant."""

    name: Name | None = None
    timezone: Text | None = None
    identity: tuple[NamespaceDecl, ...] = ()
    events: tuple[EventDecl, ...] = ()
    foreign_names: tuple[ForeignName, ...] = ()
    late: tuple[LateRule, ...] = ()
    replaces: tuple[ReplacesRule, ...] = ()
    profile: tuple[AttributeDecl, ...] = ()
    audiences: tuple[AudienceDecl, ...] = ()
    tables: tuple[TableDecl, ...] = ()
    offers: tuple[OfferDecl, ...] = ()
    decisions: tuple[DecisionDecl, ...] = ()
    webhooks: tuple[WebhookDecl, ...] = ()
    models: tuple[ModelDecl, ...] = ()
    channels: tuple[ChannelDecl, ...] = ()
    currency: Text | None = None
    consents: ConsentsDecl | None = None
    messages: tuple[MessageDecl, ...] = ()
    suppressions: Text | None = None
    caps: tuple[CapDecl, ...] = ()
    quiet_hours: QuietHours | None = None
    holdout: Holdout | None = None
    policies: tuple[PolicyDecl, ...] = ()
    retention: tuple[RetentionDecl, ...] = ()
    sources: tuple[SourceDecl, ...] = ()
    dedupe: Length | None = None
    max_skew: Length | None = None
    secret: Text | None = None
    lint: Lint | None = None
    rules: tuple[RuleDecl, ...] = ()
    environments: tuple[EnvironmentDecl, ...] = ()
    includes: tuple[Text, ...] = ()
    whole: bool = True
