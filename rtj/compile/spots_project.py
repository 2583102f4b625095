"""Where the declarations of a project stand in its files: by kind and name, then by their parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from rtj.base.span import Span
from rtj.lang import syntax as s

Placed: TypeAlias = Iterator[tuple[tuple[str, ...], Span]]


def project_spots(project: s.Project) -> Placed:
    """All that a project declares."""
    yield from _known(
        (),
        project=project.name,
        timezone=project.timezone,
        suppressed=project.suppressions,
        dedupe=project.dedupe,
        max_skew=project.max_skew,
        secret=project.secret,
        currency=project.currency,
    )
    yield from _people(project)
    yield from _facts(project)
    yield from _gates(project)
    for source in project.sources:
        at = ("source", source.name.text)
        yield at, source.name.span
        yield from _known(at, format=source.format, lateness=source.lateness, sequence=source.sequence)


def _known(here: tuple[str, ...], **parts: s.Spanned | None) -> Placed:
    for word, part in parts.items():
        if part is not None:
            yield (*here, word.rstrip("_")), part.span


def _people(project: s.Project) -> Placed:
    for space in project.identity:
        at = ("namespace", space.name.text)
        yield at, space.name.span
        yield from _known(at, priority=space.priority, region=space.region)
        yield from _list(at, "labels", space.labels)
        yield from _list(at, "derived", space.derive)
        yield from (((*at, "derived", derived.event.text), derived.span) for derived in space.derive)
    for event in project.events:
        at = ("event", event.name.text)
        yield at, event.name.span
        yield from _known(at, schema=event.schema)
        yield from (((*at, "field", field.name.text), field.span) for field in event.fields)
        yield from (((*at, "field", label.field.text, "labels"), label.span) for label in event.labels)
    yield from ((("event", one.name.text, "spelled"), one.span) for one in project.foreign_names)
    yield from ((("event", rule.event.text, "late"), rule.span) for rule in project.late)
    yield from ((("event", rule.event.text, "replaces"), rule.span) for rule in project.replaces)


def _facts(project: s.Project) -> Placed:
    for attribute in project.profile:
        at = ("attribute", attribute.name.text)
        yield at, attribute.name.span
        yield from _known(at, formula=attribute.formula, from_=attribute.source, type=attribute.type, default=attribute.default)
        yield from _list(at, "codes", [raw for raw, _ in attribute.codes])
        yield from _list(at, "labels", attribute.labels)
    for audience in project.audiences:
        at = ("audience", audience.name.text)
        yield at, audience.name.span
        yield from _known(at, condition=audience.condition, when=audience.condition, members=audience.members)
    for table in project.tables:
        at = ("table", table.name.text)
        yield at, table.name.span
        yield from _known(
            at,
            key=table.key,
            event=table.source,
            rows=table.file or table.sql,
            file=table.file,
            query=table.query,
            valid_from=table.valid_from,
        )
        yield from (((*at, "field", field.name.text), field.span) for field in table.fields)
    for webhook in project.webhooks:
        at = ("webhook", webhook.name.text)
        yield at, webhook.name.span
        yield from _known(at, url=webhook.url, timeout=webhook.timeout, retries=webhook.retries)
        yield from _list(at, "returns", webhook.returns)
        yield from (((*at, "returns", field.name.text), field.span) for field in webhook.returns)


def _gates(project: s.Project) -> Placed:
    for channel in project.channels:
        at = ("channel", channel.name.text)
        yield at, channel.name.span
        yield from _known(
            at,
            address=channel.address,
            consent=channel.consent,
            confirmed=channel.confirmed,
            rate=channel.rate,
            cost=channel.cost,
        )
    if project.consents is not None:
        yield ("consents",), project.consents.span
        yield from _known(("consents",), any=project.consents.any)
        for name, condition in project.consents.subscriptions:
            yield ("subscription", name.text), name.span
            yield ("consents", name.text), name.span
            yield ("subscription", name.text, "consent"), condition.span
    for message in project.messages:
        at = ("message", message.name.text)
        yield at, message.name.span
        yield from _known(at, category=message.category, subscription=message.subscription)
    for cap in project.caps:
        at = ("cap", cap.name.text)
        yield at, cap.name.span
        yield from _known(at, at_most=cap.at_most, zone=cap.zone)
        for word, names in (("channels", cap.channels), ("journeys", cap.journeys), ("categories", cap.categories)):
            yield from _list(at, word, names)
    if (quiet := project.quiet_hours) is not None:
        yield ("quiet_hours",), quiet.span
        yield from _known(("quiet_hours",), start=quiet.start, end=quiet.end, zone=quiet.zone)
        yield from _list(("quiet_hours",), "channels", quiet.channels)
    if project.holdout is not None:
        yield ("holdout",), project.holdout.span
        yield ("holdout", "salt"), project.holdout.salt.span
    for policy in project.policies:
        at = ("policy", policy.name.text)
        yield at, policy.name.span
        yield from _list(at, "labels", policy.labels)
        yield from _list(at, "forbids", policy.forbids)
    yield from ((("retention", kept.event.text), kept.span) for kept in project.retention)


def _list(here: tuple[str, ...], word: str, parts: Sequence[s.Spanned] | Iterable[s.Spanned]) -> Placed:
    """The place of several things in a row: from the first to the last, where both stand in one file."""
    spans = [part.span for part in parts]
    if spans:
        yield (*here, word), spans[0].to(spans[-1]) if spans[0].source is spans[-1].source else spans[0]
