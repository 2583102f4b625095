"""The story of one person: trace records in words, with the reason of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal, TypeAlias

import msgspec

from rtj.report.moments import clock_words, moment_words
from rtj.report.summary import GATES, REFUSED

Record: TypeAlias = Mapping[str, object]
Tone: TypeAlias = Literal["", "good", "strong", "dim"]

CAUSES = {
    "schedule": "by its schedule",
    "condition": "as its condition came to hold",
    "start": "started by another journey",
}
CONSENT = {
    "any": "no consent (withdrawn for everything)",
    "channel": "no consent (withdrawn for the channel)",
    "subscription": "no consent (withdrawn for the subscription)",
    "unknown": "no consent (nothing is known)",
    "unconfirmed": "the consent is not confirmed",
}
UNANSWERED = {
    "failed": "all tries failed",
    "misfit": "the answer is not what it returns",
    "late": "nobody waits any longer",
}
LEFT = {
    "completed": "nothing was left to do",
    "goal": "the goal was reached",
    "exit": "an exit",
    "restarted": "entered anew",
    "merged": "two profiles became one",
    "error": "a call failed",
    "dropped": "a newer version has dropped the node",
    "stranded": "a newer version had no place for it",
    "erased": "the person was erased",
    "max_duration": "stayed for the longest time allowed",
    "holdout": "drawn for the holdout",
    "paused": "the journey was paused, and those who had stopped were to leave",
    "runaway": "1,000 nodes or consequences at one instant",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: when (local wall clock), in which journey ("" for none), what, and why."""

    at: datetime
    journey: str
    what: str
    why: str
    tone: Tone = ""


def tell(records: Iterable[Record], zone: tzinfo) -> list[Happening]:
    """The records of one person as a story; the header of a trace is left out. Pure."""
    return [_tell(record, zone) for record in records if record.get("what") != "header"]


def read_trace(text: bytes) -> list[dict[str, object]]:
    """The records of a trace written as JSON lines."""
    return [msgspec.json.decode(row, type=dict[str, object]) for row in text.splitlines() if row]


def _tell(record: Record, zone: tzinfo) -> Happening:
    what, why, tone = _words(record, zone)
    return Happening(read_moment(record.get("at"), zone), _text(record, "journey"), what, why, tone)


def read_moment(text: object, zone: tzinfo) -> datetime:
    """An RFC 3339 text as a wall clock in `zone`."""
    moment = datetime.fromisoformat(str(text))
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment.astimezone(UTC)


def _words(record: Record, zone: tzinfo) -> tuple[str, str, Tone]:
    """What happened, why, and how loud it is."""
    what = _text(record, "what")
    node, key = _text(record, "node"), _text(record, "key")
    match what:
        case "entered":
            return "enters" + (f" with key {key}" if key else ""), _cause(_text(record, "cause")), "strong"
        case "refused":
            reason = _text(record, "reason")
            why = f"the cap {_text(record, 'cap')}" if reason == "capped" else REFUSED.get(reason, reason)
            return "is not let in" + (f" with key {key}" if key else ""), why, "dim"
        case "waits":
            return f"waits at {node}", _until(record, zone), ""
        case "goes":
            return f"goes from {node} to {_text(record, 'to')}", "", ""
        case "sent":
            return f"gets {_text(record, 'template')} by {_text(record, 'channel')}", f"at {node}{_pairs(record, 'vars')}", "good"
        case "blocked" | "held" | "withdrawn":
            return _message_words(what, record, zone)
        case "called":
            return f"calls {_text(record, 'webhook')}", f"at {node}", ""
        case "answered":
            return f"is answered by {_text(record, 'webhook')}", f"at {node}", ""
        case "unanswered":
            why = UNANSWERED.get(_text(record, "reason"), "")
            return f"gets no answer from {_text(record, 'webhook')}", f"at {node}: {why}", "dim"
        case "stopped":
            return f"stops at {node}", "the journey is paused", ""
        case "goes_on":
            return f"goes on at {node}", f"the pause is over; it stays {_until(record, zone)}", ""
        case "set":
            return f"is set{_pairs(record, 'attributes', ' ')}", f"at {node}", ""
        case "emitted":
            return f"emits {_text(record, 'event')}", f"at {node}", ""
        case "started":
            return f"starts {_text(record, 'other')}", f"at {node}", ""
        case "goal":
            return "reaches the goal", _cause(_text(record, "cause")), "good"
        case "left":
            reason = _text(record, "reason")
            return "leaves", LEFT.get(reason, reason) + (f", at {node}" if node else ""), "strong"
        case _:
            return _profile_words(what, record, zone)


def _message_words(what: str, record: Record, zone: tzinfo) -> tuple[str, str, Tone]:
    """What became of a message that was not sent at once (S7.1, S7.4)."""
    node, channel = _text(record, "node"), _text(record, "channel")
    match what:
        case "held":
            return f"is not sent by {channel} yet: held {_until(record, zone)}", f"at {node}, quiet hours", ""
        case "withdrawn":
            return f"is not sent by {channel} any more", f"at {node}, what is held is withdrawn", ""
        case _:
            return f"is not sent {_text(record, 'template')} by {channel}", f"at {node}: {_gate_words(record)}", "dim"


def _gate_words(record: Record) -> str:
    return gate_words(_text(record, "gate"), _text(record, "rule"))


def gate_words(gate: str, rule: str) -> str:
    """Why a gate was shut."""
    match gate:
        case "consent":
            return CONSENT.get(rule, f"no consent ({rule})")
        case "suppression":
            return "the address is on the list of suppressed ones" if rule == "list" else "the address is suppressed"
        case "holdout":
            return f"in the holdout ({rule})"
        case "quiet_hours":
            return "quiet hours" if rule == "drop" else "it would be held for more than 7 days"
        case "cap":
            return f"the cap {rule} is reached"
        case _:
            return GATES.get(gate, gate)


def _profile_words(what: str, record: Record, zone: tzinfo) -> tuple[str, str, Tone]:
    """What concerns the person and no journey."""
    match what:
        case "born":
            return "appears", _cause(_text(record, "event")), "dim"
        case "linked":
            return f"is also {_text(record, 'identifier')}", "seen together", "dim"
        case "moved":
            return f"takes over {_text(record, 'identifier')}", f"from {_text(record, 'from')}", "dim"
        case "link_refused":
            return f"is not given {_text(record, 'identifier')}", f"it belongs to {_text(record, 'owner')}", "dim"
        case "let_go":
            why = "of more than 50 identifiers" if record.get("why") == "limit" else "a newer one took its place"
            return f"lets go of {_text(record, 'identifier')}", why, "dim"
        case "junk":
            return f"nobody owns {_text(record, 'identifier')} any more", "it was seen with more than 50 people", "dim"
        case "merged":
            return f"becomes one with {_text(record, 'other')}", "they turned out to be the same person", "dim"
        case "late":
            return f"event {_text(record, 'event')} comes late", f"it happened {_when(record.get('ts'), zone)}", "dim"
        case "suppressed":
            cause = _cause(_text(record, "cause"))
            return f"gets nothing more by {_text(record, 'channel')}", f"the address is suppressed, {cause}", "strong"
        case "unsubscribed":
            of = _text(record, "of").replace(":", " ")
            return "unsubscribes from " + ("everything" if of == "any" else of), _cause(_text(record, "cause")), "strong"
        case "joined":
            return f"joins {_text(record, 'audience')}", "", "dim"
        case "left_audience":
            return f"leaves {_text(record, 'audience')}", "", "dim"
        case "folded":
            return f"has too many entries in {_text(record, 'attribute')}", "the oldest hour became one", "dim"
        case _:
            rest = ", ".join(
                f"{k} {v}" for k, v in record.items() if k not in ("at", "profile", "n", "what", "journey", "instance")
            )
            return what.replace("_", " "), rest, "dim"


def _until(record: Record, zone: tzinfo) -> str:
    """Until when, without the date when it is today's."""
    if not record.get("until"):
        return ""
    now, end = (read_moment(record[name], zone) for name in ("at", "until"))
    return f"until {clock_words(end) if end.date() == now.date() else moment_words(end)}"


def _when(ts: object, zone: tzinfo) -> str:
    moment = read_moment(ts, zone)
    return f"on {moment_words(moment)}"


def _cause(cause: str) -> str:
    return CAUSES.get(cause, f"event {cause}") if cause else ""


def _text(record: Record, name: str) -> str:
    found = record.get(name)
    return "" if found is None else str(found)


def _pairs(record: Record, name: str, lead: str = ", ") -> str:
    found = record.get(name)
    if not isinstance(found, Mapping) or not found:
        return ""
    return lead + ", ".join(f"{key} = {_value(value)}" for key, value in found.items())


def _value(value: object) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
