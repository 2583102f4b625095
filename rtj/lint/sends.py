"""The messages of a project: which journey sends what, by which channel, and what is known of the channels."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rtj.lang import syntax as s
from rtj.lang.node_ids import statements
from rtj.lint.facts import Facts, JourneyFacts


@dataclass(frozen=True, slots=True)
class Sent:
    """A `send`: `channels` as they are written, or the only one of the project; `purpose`, `category` and `subscription` as the
    message states them ("": it does not)."""

    journey: JourneyFacts
    tree: s.Send
    channels: tuple[str, ...]
    purpose: str = ""
    category: str = ""
    subscription: str = ""

    @property
    def id(self) -> str:
        return self.journey.ids[id(self.tree)]

    @property
    def first(self) -> str:
        """The channel that is taken if nothing stands against it."""
        return self.channels[0] if self.channels else ""

    def sells(self, channel: str, marketing: Collection[str]) -> bool:
        """Is it marketing by this channel? What the message states goes before what its channel does."""
        return self.purpose == "marketing" if self.purpose else channel in marketing


def sends_of(facts: Facts, journey: JourneyFacts) -> Iterator[Sent]:
    """All sends of a journey, in the order of the text."""
    known = [channel.name.text for channel in facts.project.channels]
    messages = {decl.name.text: decl for decl in facts.project.messages}
    for node in statements(journey.tree.nodes):
        if isinstance(node, s.Send):
            named = tuple(channel.text for channel in node.channels)
            channels = named or (tuple(known) if len(known) == 1 else ())
            decl = messages.get(node.message.text)
            purpose = (decl.purpose or "") if decl is not None else ""
            category = decl.category.text if decl is not None and decl.category is not None else ""
            subscription = decl.subscription.text if decl is not None and decl.subscription is not None else ""
            yield Sent(journey, node, channels, purpose, category, subscription)


def every_send(facts: Facts) -> Iterator[Sent]:
    """All sends of all journeys."""
    for journey in facts.journeys:
        yield from sends_of(facts, journey)


def purpose_by(sent: Sent, channel: s.ChannelDecl) -> str:
    """What the message is by this channel; "" where neither says. `default: denied` means something for marketing alone."""
    return sent.purpose or channel.purpose or ("marketing" if channel.default == "denied" else "")


def marketing(facts: Facts) -> frozenset[str]:
    """The channels that are declared as marketing: what they carry falls under caps unless it says otherwise (S7.2)."""
    return frozenset(channel.name.text for channel in facts.project.channels if channel.purpose == "marketing")


def counts(cap: s.CapDecl, sent: Sent, channel: str) -> bool:
    """Does the cap count this message when it goes out by this channel?"""
    if not of_journey(cap, sent.journey.name):
        return False
    if cap.channels and channel not in {name.text for name in cap.channels}:
        return False
    return not cap.categories or sent.category in {name.text for name in cap.categories}


def is_held(hours: s.QuietHours, sent: Sent) -> bool:
    """Do quiet hours concern the message by the channel that is taken first?"""
    concerned = not hours.channels or sent.first in {name.text for name in hours.channels}
    return concerned and sent.purpose != "transactional"


def of_journey(cap: s.CapDecl, journey: str) -> bool:
    """Does the cap count what this journey does?"""
    return not cap.journeys or journey in {name.text for name in cap.journeys}


def listed(names: list[str], most: int) -> str:
    """`a` and `b`; `a`, `b` and 3 more."""
    shown = [f"`{name}`" for name in names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
