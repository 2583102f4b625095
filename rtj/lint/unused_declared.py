"""What is declared and does nothing: things that nothing uses, and attributes that are read and never set."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang.check_declared import example_source
from rtj.lang.node_ids import statements
from rtj.lang.scope import meant
from rtj.lint.facts import Facts
from rtj.lint.unused_reads import Reads

LABELS_MAX = 3  # places at which an attribute is read
OF_THE_ENGINE = frozenset({"timezone"})  # read though no text names it: the zone of a person (S1.1)


def unused_declaration(facts: Facts, found: Reads) -> Iterator[Diagnostic]:
    """W910: attributes, tables, channels, subscriptions, messages, webhooks and journeys entered by `start` that nothing uses.
    Event types are facts about the sources: they may be declared and not read. Audiences are looked at from outside."""
    if not facts.complete or not facts.journeys:
        return
    project = facts.project
    nodes = [node for journey in facts.journeys for node in statements(journey.tree.nodes)]
    used = {*found.attributes, *_set_by(nodes), *OF_THE_ENGINE}
    for attribute in project.profile:
        if attribute.name.text not in used:
            yield _unused(
                "attribute",
                attribute.name,
                "nothing reads it" if attribute.source or attribute.formula else "nothing reads or sets it",
            )
    for table in project.tables:
        if table.name.text not in found.tables:
            yield _unused("table", table.name, "nothing looks up a row of it")
    yield from _unused_ways_out(project, nodes)
    started = {node.journey.text for node in nodes if isinstance(node, s.StartJourney)}
    for journey in facts.journeys:
        entries = journey.tree.entries
        if entries and all(isinstance(entry.trigger, s.OnStart) for entry in entries) and journey.name not in started:
            yield _unused("journey", journey.tree.name, "it is entered by `start`, and nothing starts it")


def _set_by(nodes: list[s.Node]) -> frozenset[str]:
    sets = [node for node in nodes if isinstance(node, s.SetAttributes)]
    return frozenset(assign.path[-1].text for node in sets for assign in node.assigns)


def _unused_ways_out(project: s.Project, nodes: list[s.Node]) -> Iterator[Diagnostic]:
    sends = [node for node in nodes if isinstance(node, s.Send)]
    channels = {channel.text for node in sends for channel in node.channels}
    only_one = len(project.channels) == 1 and bool(sends)  # it need not be named
    for channel in project.channels:
        if channel.name.text not in channels and not only_one:
            yield _unused("channel", channel.name, "nothing is sent by it")
    sent = {node.message.text for node in sends}
    for message in project.messages:
        if message.name.text not in sent:
            yield _unused("message", message.name, "nothing sends it", meant(message.name.text, sent))
    followed = {message.subscription.text for message in project.messages if message.subscription is not None}
    for name, _ in project.consents.subscriptions if project.consents is not None else ():
        if name.text not in followed:
            yield _unused("subscription", name, "no message belongs to it")
    called = {node.webhook.text for node in nodes if isinstance(node, s.CallWebhook)}
    for webhook in project.webhooks:
        if webhook.name.text not in called:
            yield _unused("webhook", webhook.name, "nothing calls it")


def _unused(what: str, name: s.Name, why: str, hint: str = "") -> Diagnostic:
    return Diagnostic("W910", f"{what} `{name.text}` is declared and not used: {why}", name.span, hint, (), "warning")


def never_set(facts: Facts, found: Reads) -> Iterator[Diagnostic]:
    """W411: an attribute that is read, that has no event to come from, and that no journey sets."""
    if not facts.complete:
        return
    bare = [decl for decl in facts.project.profile if decl.source is None and decl.formula is None]
    if not bare:
        return
    nodes = [node for journey in facts.journeys for node in statements(journey.tree.nodes)]
    written = _set_by(nodes)
    for decl in bare:
        name = decl.name.text
        places = _in_order(found.attributes.get(name, []))
        if name not in written and places:
            always = f"`{decl.default.value}`" if decl.default is not None else "missing"
            message = f"attribute `{name}` is read, and nothing ever sets it: it is always {always}"
            labels = tuple(Label(place, "read here") for place in places[:LABELS_MAX])
            hint = f"an event brings it, such as `{example_source(facts.checked.world, name)}`, or a `set` in a journey"
            yield Diagnostic("W411", message, decl.name.span, hint, labels, "warning")


def _in_order(places: list[Span]) -> list[Span]:
    return sorted(places, key=lambda span: (span.source.path, span.start))
