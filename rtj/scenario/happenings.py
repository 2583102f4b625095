"""What happened in a test, as its author may expect it: the records of the trace, who is inside, who is a member. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from rtj.scenario.play import Played
from rtj.scenario.script import Kind

_FACTS: tuple[str, ...] = ("journey", "node", "channel", "reason", "gate", "rule", "cap", "audience")
_RECORDS: Mapping[str, Kind] = {
    "sent": "messages",
    "blocked": "blocked",
    "held": "held",
    "withdrawn": "withdrawn",
    "entered": "entered",
    "left": "left",
    "goal": "goals",
    "refused": "refused",
    "joined": "joins",
    "left_audience": "leaves",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that a test may expect. `at` is None for what is so at the end: who is inside, who is a member. `until`: the end
    of the quiet hours that hold a message, in ms."""

    kind: Kind
    origin: str
    at: int | None
    facts: Mapping[str, str]
    values: Mapping[str, object] = field(default_factory=dict)
    until: int | None = None


def happened(played: Played, journeys: Sequence[str]) -> list[Happened]:
    """What happened in these journeys and in audiences, in the order of the trace; what is so at the end comes last."""
    keys = {str(r["instance"]): str(r["key"]) for _, _, _, r in played.records if r["what"] == "entered" and "key" in r}
    found: list[Happened] = []
    for at, origin, _, record in played.records:
        kind = _RECORDS.get(str(record["what"]))
        if kind is None or ("journey" in record and record["journey"] not in journeys):
            continue
        facts: dict[str, str] = {name: str(record[name]) for name in _FACTS if name in record}
        message = record.get("template", played.sends.get((facts.get("journey", ""), facts.get("node", ""))))
        if message is not None and kind in ABOUT_MESSAGES:
            facts["message"] = str(message)
        key = keys.get(str(record.get("instance"))) if kind != "refused" else record.get("key")
        if key is not None:
            facts["key"] = str(key)
        values = record.get("vars", {})
        until = _instant(str(record["until"])) if kind == "held" else None
        found.append(Happened(kind, origin, at, facts, values if isinstance(values, dict) else {}, until))
    for one in played.inside:
        if one.journey in journeys:
            keyed = {} if one.key is None else {"key": one.key}
            found.append(Happened("inside", one.origin, None, {"journey": one.journey, "node": one.node, **keyed}))
    return [*found, *(Happened("members", origin, None, {"audience": name}) for origin, name in played.members)]


def _instant(text: str) -> int:
    """The instant that a trace tells, in ms."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)


class Words(NamedTuple):
    """What happenings of one kind are called. `link` stands before the reason, node or audience; `became`: what became of a
    message that is named."""

    one: str
    many: str
    was: str
    was_not: str
    link: str = ""
    became: str = ""


WORDS: Mapping[Kind, Words] = {
    "messages": Words("message", "messages", "a message was sent", "no message was sent", became="sent"),
    "blocked": Words("blocked message", "blocked messages", "a message was blocked", "no message was blocked", became="blocked"),
    "held": Words("held message", "held messages", "a message was held", "no message was held", became="held"),
    "withdrawn": Words(
        "withdrawn message", "withdrawn messages", "a message was withdrawn", "no message was withdrawn", became="withdrawn"
    ),
    "entered": Words("entry", "entries", "somebody entered", "nobody entered"),
    "left": Words("end", "ends", "somebody left", "nobody left", "for"),
    "goals": Words("goal", "goals", "a goal was reached", "no goal was reached"),
    "refused": Words("refusal", "refusals", "somebody was refused", "nobody was refused", "for"),
    "joins": Words("joining", "joinings", "somebody joined", "nobody joined", "the audience"),
    "leaves": Words("leaving", "leavings", "somebody left an audience", "nobody left", "the audience"),
    "inside": Words("person inside", "people inside", "somebody is inside", "nobody is inside", "at"),
    "members": Words("membership", "memberships", "somebody is a member", "nobody is a member", "of"),
}
ABOUT_MESSAGES: frozenset[Kind] = frozenset(kind for kind, words in WORDS.items() if words.became)
