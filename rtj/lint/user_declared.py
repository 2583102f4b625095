"""The values of what a project declares, for the project's own rules."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang.types import is_optional, show
from rtj.lint.facts import Facts
from rtj.lint.user_values import Values, ms, text


def project_values(facts: Facts) -> Values:
    project = facts.project
    return {
        "name": text(project.name),
        "timezone": text(project.timezone),
        "journeys": tuple(journey.name for journey in facts.journeys),
        "channels": tuple(channel.name.text for channel in project.channels),
        "caps": len(project.caps),
        "has_quiet_hours": project.quiet_hours is not None,
        "has_holdout": project.holdout is not None,
    }


def declared_values(facts: Facts, kind: str) -> Iterator[tuple[Span, Values]]:
    project = facts.project
    match kind:
        case "event":
            yield from ((event.name.span, _event(facts, event)) for event in project.events)
        case "attribute":
            yield from ((decl.name.span, _attribute(facts, decl)) for decl in project.profile)
        case "audience":
            for audience in project.audiences:
                yield (audience.name.span, {"name": audience.name.text, "is_list": audience.members is not None})
        case "channel":
            yield from ((channel.name.span, _channel(channel)) for channel in project.channels)
        case "webhook":
            yield from ((webhook.name.span, _webhook(webhook)) for webhook in project.webhooks)
        case "cap":
            yield from ((cap.name.span, _cap(cap)) for cap in project.caps)
        case "source":
            for source in project.sources:
                values = {"name": source.name.text, "format": text(source.format), "lateness": ms(source.lateness)}
                yield (source.name.span, values)
        case "project":
            yield (project.span, project_values(facts))
        case _:
            raise AssertionError(kind)


def _event(facts: Facts, event: s.EventDecl) -> Values:
    known = facts.checked.world.events.get(event.name.text)
    fields = known.fields if known is not None else {}
    return {
        "name": event.name.text,
        "business": event.business,
        "fields": tuple(sorted(fields)),
        "optional": tuple(name for name in sorted(fields) if is_optional(fields[name])),
        "has_schema": event.schema is not None,
    }


def _attribute(facts: Facts, decl: s.AttributeDecl) -> Values:
    kind = facts.checked.of(decl.formula) if decl.formula is not None else None
    known = facts.checked.world.attributes.get(decl.name.text)
    shown = show(kind.type) if kind is not None else show(known.type) if known is not None else ""
    return {
        "name": decl.name.text,
        "type": shown,
        "computed": decl.formula is not None,
        "event": decl.source.event.text if decl.source is not None else None,
        "has_default": decl.default is not None,
        "labels": tuple(label.text for label in decl.labels),
    }


def _channel(channel: s.ChannelDecl) -> Values:
    return {
        "name": channel.name.text,
        "purpose": channel.purpose,
        "default": channel.default,
        "has_consent": channel.consent is not None,
        "has_address": channel.address is not None,
        "has_rate": channel.rate is not None,
    }


def _webhook(webhook: s.WebhookDecl) -> Values:
    return {
        "name": webhook.name.text,
        "url": webhook.url.value,
        "timeout": ms(webhook.timeout),
        "retries": webhook.retries.value if webhook.retries is not None else None,
        "returns": tuple(field.name.text for field in webhook.returns),
    }


def _cap(cap: s.CapDecl) -> Values:
    return {
        "name": cap.name.text,
        "of": cap.of,
        "count": cap.at_most.count.value,
        "per": ms(cap.at_most.length),
        "channels": tuple(channel.text for channel in cap.channels),
        "journeys": tuple(journey.text for journey in cap.journeys),
    }
