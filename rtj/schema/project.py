"""The schema of `rtj.yaml` and of the files that it includes."""

from __future__ import annotations

from collections.abc import Iterable

from rtj.base.span import Source
from rtj.lang.read_project import ProjectReader
from rtj.schema import delivery, environments, linting, people, privacy
from rtj.schema.beginnings import begun
from rtj.schema.parts import Schema, mapping, one_or_more, or_nothing, ref, scalar, text

REFUSED = {"offers": "E903", "decisions": "E903", "models": "E905"}


def definitions() -> dict[str, Schema]:
    """What project files refer to."""
    return {**people.definitions(), **delivery.definitions(), **linting.definitions(), **environments.definitions()}


def project(event_types: Iterable[str]) -> Schema:
    """A project file. `event_types`: those that an editor may propose."""
    held, known = delivery.HELD, tuple(event_types)
    sections: dict[str, tuple[Schema, str]] = {
        "project": (ref("name"), "The project's name; it stands in rtj.yaml."),
        "timezone": (scalar("a zone such as Europe/Berlin"), "The zone of people whose own is not known; UTC if left out."),
        "identity": (people.identity(), "How people are recognised. Without the section there is one kind, `user_id`. (S2.1)"),
        "events": (
            people.events(),
            "What happens to people: types and their fields; a `?` behind a type: may be missing. (S1.1)",
        ),
        "business_events": (people.events(), "What happens to things, about no person: offered to everybody. (S5.2)"),
        **people.about_events(known),
        "profile": (people.profile(), "What is known about a person: mapped from events, or computed from history. (S3.1)"),
        "tables": (
            people.tables(),
            "Facts about things, by key: prices, stock, festival days. `products[event.item].price`. (S3.7)",
        ),
        "audiences": (people.audiences(), "Named conditions over people, whose membership changes at the instant. (S4.1)"),
        "webhooks": (delivery.webhooks(), f"What journeys may call. *{delivery.CHANNELS}*"),
        "channels": (delivery.channels(), f"How people are reached. *{delivery.CHANNELS}*"),
        "currency": (
            scalar("three capital letters such as EUR", pattern="^[A-Z]{3}$"),
            f"What costs are counted in, as ISO 4217 has it. *{delivery.CHANNELS}*",
        ),
        "consents": (delivery.consents(), f"Consent that is not a channel's: to everything, by subscription. (S7.2) *{held}*"),
        "messages": (delivery.messages(), f"What is known of messages beside their text. *{held}*"),
        "suppressions": (text("a CSV file"), f"Addresses that nothing is sent to: `channel,address` or `channel,hash`. *{held}*"),
        "caps": (delivery.caps(), f"At most so many messages or entries of a person. (S7.3) *{held}*"),
        "quiet_hours": (delivery.quiet_hours(), f"Local times at which nothing is sent. (S7.4) *{held}*"),
        "holdout": (delivery.holdout(), f"People who get no marketing, to compare with. (S7.1) *{held}*"),
        "policies": (privacy.policies(), "What labelled facts must not be used for. (S3.5) *Privacy*"),
        "retention": (privacy.retention(known), "How long events of a type are kept in the files. (S10.1) *Privacy*"),
        "sources": (people.sources(), f"Where events come from; a source is called like its file. *{people.FILES}*"),
        "dedupe": (ref("length"), "How far apart two copies of an event may lie: an exact length, 24h if left out. (S1.8)"),
        "max_skew": (ref("length"), "How far ahead of its arrival an event may lie: an exact length, 1h if left out. (S1.10)"),
        "secret": (text(), "Keys of messages are hashed with it. (S7.5)"),
        "lint": (linting.lint(), f"What the linter tells, and how much it weighs. *{linting.SECTION}*"),
        "rules": (linting.rules(), f"Rules of the project's own; the name of a rule is its code. *{linting.OWN}*"),
        "environments": (environments.section(), "Where the project runs, what feeds it, where messages go. *environments*"),
        "include": (one_or_more(text("a file")), "Files with sections of the same project, relative to this one."),
        **{word: _refused(word, schema) for word, schema in delivery.not_yet().items()},
    }
    legal = tuple(ProjectReader(Source("", ""), []).readers())
    values = {word: (or_nothing(schema), about) for word, (schema, about) in sections.items()}
    return begun(mapping(legal, values, section="A project"), "project")


def _refused(word: str, schema: Schema) -> tuple[Schema, str]:
    why = f"this version refuses `{word}` ({REFUSED[word]})"
    return {**schema, "deprecationMessage": why, "doNotSuggest": True}, f"Read, and refused in this version. *{delivery.LATER}*"
