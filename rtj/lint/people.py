"""Channels and caps as a project declares them: what reaches people, and what holds it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtj.base.diagnostic import Diagnostic, Label
from rtj.lang import syntax as s
from rtj.lint.facts import Facts, JourneyFacts
from rtj.lint.sends import Sent, counts, every_send, listed, marketing, of_journey, sends_of

LABELS_MAX = 4  # places that one finding points at
NAMES_MAX = 4  # names that one finding tells
JOURNEYS_MIN = 2  # that send by a channel before it needs a cap: one alone is bounded by itself, where its author sees it


def no_purpose(facts: Facts) -> Iterator[Diagnostic]:
    """W402: a channel in use that says neither marketing nor transactional."""
    used: dict[str, Sent] = {}
    for sent in every_send(facts):
        for channel in sent.channels if not sent.purpose else ():
            used.setdefault(channel, sent)
    for decl in facts.project.channels:
        name = decl.name.text
        if decl.purpose is None and decl.whole and name in used:
            message = f"`{name}` has no `purpose`: nobody can tell whether its messages need consent and count under caps"
            hint = "`purpose: marketing` or `purpose: transactional`"
            label = Label(used[name].tree.message.span, f"sent by `{name}`")
            yield Diagnostic("W402", message, decl.name.span, hint, (label,), "warning")


def no_cap(facts: Facts) -> Iterator[Diagnostic]:
    """W403: marketing messages of several journeys that no cap counts; in one finding where the project has no caps."""
    if not facts.project.whole:
        return
    open_: dict[str, dict[str, Sent]] = {}
    reach = marketing(facts)
    for journey in facts.journeys:
        for sent in sends_of(facts, journey):
            for channel in sorted(set(sent.channels)):
                if not sent.sells(channel, reach) or any(counts(cap, sent, channel) for cap in facts.project.caps):
                    continue
                open_.setdefault(channel, {}).setdefault(journey.name, sent)
    bare = [decl for decl in facts.project.channels if len(open_.get(decl.name.text, {})) >= JOURNEYS_MIN]
    if not facts.project.caps and bare:
        whole = {name: sent for decl in bare for name, sent in open_[decl.name.text].items()}
        yield _uncapped(bare, whole)
        return
    for decl in bare:
        yield _uncapped([decl], open_[decl.name.text])


def _uncapped(channels: list[s.ChannelDecl], senders: dict[str, Sent]) -> Diagnostic:
    names = [decl.name.text for decl in channels]
    message = f"no cap limits the marketing that one person gets by {listed(names, NAMES_MAX)} from {len(senders)} journeys"
    hint = f"for example `caps: {{gentle: {{at_most: 2, per: 24h, channels: [{', '.join(names)}]}}}}`"
    labels = tuple(Label(sent.tree.message.span, f"by `{name}`") for name, sent in list(senders.items())[:LABELS_MAX])
    return Diagnostic("W403", message, channels[0].name.span, hint, labels, "warning")


def equal_priority(facts: Facts) -> Iterator[Diagnostic]:
    """W404: journeys of one priority whose messages or entries fall under one cap; the same group once for all caps."""
    found: dict[tuple[str, ...], tuple[int | float, list[JourneyFacts], list[s.CapDecl]]] = {}
    reach = marketing(facts)
    asked = [(one, [sent for sent in sends_of(facts, one) if sent.sells(sent.first, reach)]) for one in facts.journeys]
    for cap in facts.project.caps:
        groups: dict[int | float, list[JourneyFacts]] = {}
        for journey in _competing(asked, cap):
            priority = journey.tree.priority
            groups.setdefault(priority.value if priority is not None else 0, []).append(journey)
        for value, group in groups.items():
            if len(group) > 1:
                found.setdefault(tuple(journey.name for journey in group), (value, group, []))[2].append(cap)
    for value, group, caps in found.values():
        yield _of_one_priority(value, group, caps)


def _of_one_priority(value: float, group: list[JourneyFacts], caps: list[s.CapDecl]) -> Diagnostic:
    first = min(journey.name for journey in group)
    limits = listed([cap.name.text for cap in caps], NAMES_MAX)
    message = f"{len(group)} journeys of priority {value} compete for {limits}: at one instant `{first}` wins by its name"
    labels = tuple(Label(journey.tree.name.span, f"priority {value}") for journey in group[:LABELS_MAX])
    hint = f"`priority: {value + 10}` in one of them lets it go first"
    return Diagnostic("W404", message, caps[0].name.span, hint, labels, "warning")


def _competing(asked: Sequence[tuple[JourneyFacts, list[Sent]]], cap: s.CapDecl) -> Iterator[JourneyFacts]:
    """The journeys that a cap counts. `asked`: each journey, and what it sends that caps may block."""
    for journey, sends in asked:
        if cap.of == "entries":
            if of_journey(cap, journey.name):
                yield journey
        elif any(counts(cap, sent, sent.first) for sent in sends):
            yield journey
