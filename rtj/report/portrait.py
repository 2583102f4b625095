"""A portrait of a person in words: a few sections of short rows, for whoever has them on the telephone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, Literal, TypeAlias

import msgspec

from rtj.ir.portraits import Known, Message, Portrait, Refusal, Says
from rtj.ir.records import Day, Instant
from rtj.ir.standing import Reach, Shut, StandingInstance
from rtj.report.moments import day_words, moment_words, wall_clock
from rtj.report.timeline import gate_words

Tone: TypeAlias = Literal["", "good", "bad", "warn", "dim", "name"]

VALUE_MAX = 200  # characters of a value that are shown
DAY_MS = 86_400_000
STATES: dict[str, tuple[str, Tone]] = {
    "waiting": ("waits to go out", ""),
    "done": ("delivered", "good"),
    "failed": ("failed", "bad"),
    "withdrawn": ("withdrawn", "warn"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What it is about (a name), what is told of it, and what is less important."""

    name: str
    text: str
    aside: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Section:
    """`rows` under a title; `none` is told where there are none."""

    title: str
    rows: Sequence[Row]
    none: str


def sections(portrait: Portrait, zone: tzinfo) -> list[Section]:
    """All of a portrait, the most asked first. `zone`: of all times."""
    return [
        Section("names", [Row("", one) for one in portrait.identifiers], "none"),
        Section("inside", [_inside(one, zone) for one in portrait.inside], "no journey"),
        Section("messages", [_message(one, zone) for one in portrait.messages], "none that is still remembered"),
        Section("not done", [_refusal(one, zone) for one in portrait.refused], ""),
        Section("can reach", [_reach(channel, one) for channel, one in sorted(portrait.reach.items())], "no channel"),
        Section("consent", [*_consent(portrait.consent, zone), *_suppressed(portrait.suppressed)], "nothing was said"),
        Section("facts", list(_facts(portrait.attributes, portrait.computed, zone)), "none"),
        Section("audiences", list(_audiences(portrait, zone)), "none"),
    ]


def moment(at: int, zone: tzinfo) -> str:
    """`1 March 2026 09:30`."""
    return moment_words(wall_clock(at, zone))


def _since(at: Instant | None, zone: tzinfo) -> str:
    return "" if at is None else f"since {moment(at, zone)}"


def _inside(one: StandingInstance, zone: tzinfo) -> Row:
    """Where they stand, since when, and what happens next."""
    if one.held is not None:
        next_ = f"a message by {one.held.channel} is held until {moment(one.held.until, zone)}"
    elif one.due is not None:
        next_ = f"until {moment(one.due, zone)}"
    else:
        next_ = "until something happens"
    since = "" if one.since is None else f"{_since(one.since, zone)}, "
    key = "" if one.key is None else f" for {one.key}"
    ends = "" if one.expires is None else f", ends {moment(one.expires, zone)} at the latest"
    return Row(one.journey, f"at {one.node}{key}, {since}{next_}", f"entered {moment(one.entered, zone)}{ends}")


def _message(one: Message, zone: tzinfo) -> Row:
    state, tone = STATES.get(one.state, (one.state, ""))
    tries = f" after {one.tries:,} tries" if one.tries > 1 else ""
    error = f": {one.error}" if one.error else ""
    what = f"calls {one.channel}" if one.call else f"{one.template} by {one.channel}"
    return Row(moment(one.at, zone), f"{what}  {state}{tries}{error}", f"{one.journey} at {one.node}", tone)


def _refusal(one: Refusal, zone: tzinfo) -> Row:
    by = f" by {one.channel}" if one.channel else ""
    return Row(moment(one.at, zone), f"{one.journey}{by}: {one.reason}", "", "dim")


def _reach(channel: str, reach: Reach) -> Row:
    """By which channel a message could go out now; where one thing stops both kinds, it is told once."""
    news, answers = reach.marketing, reach.transactional
    if news is None and answers is None:
        return Row(channel, "yes", "", "good")
    if news == answers:
        return Row(channel, f"no: {_shut(news)}", "", "bad")
    parts = [f"{what} {'yes' if shut is None else f'no: {_shut(shut)}'}" for what, shut in (("news", news), ("answers", answers))]
    return Row(channel, "; ".join(parts), "", "warn")


def _shut(shut: Shut | None) -> str:
    return "" if shut is None else gate_words(shut.gate, shut.rule)


def _consent(found: Sequence[Says], zone: tzinfo) -> Iterator[Row]:
    for one in found:
        text, tone = {None: ("not known", "dim"), True: ("yes", "good"), False: ("no", "bad")}[one.says]
        why = "withdrawn by a receipt" if one.withdrawn else ""
        aside = ", ".join(part for part in (why, _since(one.since, zone)) if part)
        yield Row(one.source.replace(":", " "), text, aside, tone)  # type: ignore[arg-type]


def _suppressed(channels: Sequence[str]) -> Iterator[Row]:
    for channel in channels:
        yield Row(channel or "every channel", "an address is suppressed", "", "bad")


def _facts(attributes: Mapping[str, Known], computed: Mapping[str, Any], zone: tzinfo) -> Iterator[Row]:
    """What was said, then what is computed; what is not known is left out."""
    for name, known in sorted(attributes.items()):
        if known.value is not None:
            yield Row(name, value_words(known.value, zone), _since(known.since, zone) or "nobody said so")
    for name, value in sorted(computed.items()):
        if value is not None and name not in attributes:
            yield Row(name, value_words(value, zone), "computed")


def _audiences(portrait: Portrait, zone: tzinfo) -> Iterator[Row]:
    return (Row(one.name, _since(one.since, zone)) for one in portrait.audiences)


def value_words(value: Any, zone: tzinfo) -> str:
    """A value as people read it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Instant():
            return moment(value, zone)
        case Day():
            return day_words(wall_clock(value * DAY_MS, UTC))
        case str():
            text = value
        case list() | tuple():
            text = ", ".join(value_words(part, zone) for part in value) or "none"
        case dict():
            text = ", ".join(f"{name} {value_words(part, zone)}" for name, part in value.items())
        case _:
            text = msgspec.json.encode(value).decode()
    return text if len(text) <= VALUE_MAX else f"{text[: VALUE_MAX - 1]}…"
