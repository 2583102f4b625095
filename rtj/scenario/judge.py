"""What a test expected against what happened: verdicts, with each unmet expectation at its place in the text. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Span
from rtj.ir.program import Namespace
from rtj.run.person import Person
from rtj.scenario.align import align
from rtj.scenario.check import Script, Wanted
from rtj.scenario.play import Played
from rtj.scenario.script import FACTS, Kind
from rtj.scenario.times import offset_text
from rtj.scenario.values import same

UNMET = "unmet"
ANOTHER = 5  # costs more than leaving out both: another message is never taken for the expected one
NAMED_MAX = 4  # unexpected happenings that are named; the rest is counted
_FACTS: tuple[str, ...] = ("journey", "node", "channel", "reason")
_RECORDS: Mapping[str, Kind] = {"sent": "messages", "entered": "entered", "left": "left", "goal": "goals", "refused": "refused"}


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that a test may expect. `at` is None for who is inside at the end."""

    kind: Kind
    origin: str
    at: int | None
    facts: Mapping[str, str]
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`failures`: what was not met, in the order of the text; none: the test has passed."""

    script: Script
    played: Played
    failures: tuple[Diagnostic, ...]
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return not self.failures


def judge(script: Script, played: Played, spaces: Sequence[Namespace]) -> Verdict:
    """Compare every list that the test expects with what happened."""
    failures = list(played.failures)
    judge_of = _Judge(script, played, spaces)
    if not failures:
        for kind, wanted in script.wanted.items():
            failures += judge_of.judged(kind, wanted)
    return Verdict(script, played, tuple(sorted(failures, key=lambda d: d.span.start)))


def happened(played: Played, journeys: Sequence[str]) -> list[Happened]:
    """What happened in these journeys, in the order of the trace; who is inside comes last."""
    keys = {str(r["instance"]): str(r["key"]) for _, _, _, r in played.records if r["what"] == "entered" and "key" in r}
    found: list[Happened] = []
    for at, origin, _, record in played.records:
        kind = _RECORDS.get(str(record["what"]))
        if kind is None or record.get("journey") not in journeys:
            continue
        facts: dict[str, str] = {name: str(record[name]) for name in _FACTS if name in record}
        if kind == "messages":
            facts["message"] = str(record["template"])
        key = keys.get(str(record.get("instance"))) if kind != "refused" else record.get("key")
        if key is not None:
            facts["key"] = str(key)
        values = record.get("vars", {})
        found.append(Happened(kind, origin, at, facts, values if isinstance(values, dict) else {}))
    for one in played.inside:
        if one.journey in journeys:
            keyed = {} if one.key is None else {"key": one.key}
            found.append(Happened("inside", one.origin, None, {"journey": one.journey, "node": one.node, **keyed}))
    return found


class _Judge:
    """Judges one test."""

    def __init__(self, script: Script, played: Played, spaces: Sequence[Namespace]) -> None:
        self.script, self.played, self.spaces = script, played, spaces
        self.happened = happened(played, script.journeys)
        self.several = len({one.origin for one in self.happened}) > 1
        self._people: dict[str, frozenset[str]] = {}

    def judged(self, kind: Kind, wanted: Sequence[Wanted]) -> list[Diagnostic]:
        """What is unmet of one list."""
        real = [one for one in self.happened if one.kind == kind]
        more = self.script.scenario.expect.more
        matched = align(wanted, real, self.cost, more=more)
        failures = [d for i, j in matched.pairs if (d := self.otherwise(wanted[i], real[j])) is not None]
        failures += [self.missing(wanted[i], real) for i in matched.missing]
        if matched.extra and not more:
            failures.append(self.extra(kind, [real[j] for j in matched.extra]))
        return failures

    def origins(self, person: str) -> frozenset[str]:
        """The profiles that a person had."""
        if person not in self._people:
            who = Person(person, self.spaces)
            who.note(self.played.records)
            self._people[person] = who.origins()
        return self._people[person]

    # ---- one line and one happening

    def cost(self, wanted: Wanted, one: Happened) -> int:
        """How little they belong together: the number of facts that differ, and much for another message or person."""
        if one.kind == "messages" and wanted.facts.get("message", one.facts["message"]) != one.facts["message"]:
            return ANOTHER
        if any(one.origin not in self.origins(person) for person in wanted.person):
            return ANOTHER
        return len(self.differences(wanted, one))

    def differences(self, wanted: Wanted, one: Happened) -> list[tuple[Span, str]]:
        """The place of each expected fact that was otherwise, and how it was: `channel push instead of email`."""
        found: list[tuple[Span, str]] = []
        line = wanted.line
        if line.at is not None and one.at is not None and wanted.at != one.at:
            found.append((line.at.span, f"at {self.when(one.at)} instead of {line.at.span.text}"))
        for name, text in wanted.facts.items():
            if text != one.facts.get(name):
                real = f"`{one.facts[name]}`" if name in one.facts else "none"
                found.append((line.facts[name].span, f"{name} {real} instead of `{text}`"))
        for person, identifier in zip(wanted.person, line.person, strict=True):
            if one.origin not in self.origins(person):
                found.append((identifier.span, f"{_name(one.origin)} instead of {person}"))
        for pair in line.values.pairs if line.values is not None else ():
            name = pair.key.value
            if name in wanted.values and not (name in one.values and same(wanted.values[name], one.values[name])):
                real = _json(one.values[name]) if name in one.values else "not given"
                found.append((pair.value.span, f"{name} {real} instead of {_json(wanted.values[name])}"))
        return found

    def when(self, at: int) -> str:
        return offset_text(at, self.script.clock.start)

    def told(self, one: Happened) -> str:
        """`cart_reminder at +30m`, with the person when there are several."""
        name = one.facts.get(FACTS[one.kind][0], "")
        words = [f"`{name}`" if name else "", "" if one.at is None else f"at {self.when(one.at)}"]
        return " ".join([*filter(None, words), *([f"({_name(one.origin)})"] if self.several else [])])

    # ---- what is unmet

    def otherwise(self, wanted: Wanted, one: Happened) -> Diagnostic | None:
        """It happened, but not as expected."""
        found = self.differences(wanted, one)
        if not found:
            return None
        span = found[0][0] if len(found) == 1 else wanted.line.span
        subject = f"`{one.facts['message']}` was sent" if one.kind == "messages" else _WORDS[one.kind].was
        return Diagnostic(UNMET, f"{subject} otherwise: {', '.join(how for _, how in found)}", span)

    def missing(self, wanted: Wanted, real: Sequence[Happened]) -> Diagnostic:
        """It did not happen."""
        line = wanted.line
        name = wanted.facts.get(FACTS[line.kind][0], "")
        at = f" at {line.at.span.text}" if line.at is not None else ""
        who = f" ({wanted.person[0]})" if wanted.person else ""
        words = _WORDS[line.kind]
        if line.kind == "messages" and name:
            message = f"`{name}` was not sent{at}{who}"
        else:
            message = f"{words.was_not}{at}{f' {words.link} `{name}`' if name else ''}{who}"
        hint = f"there {'was' if len(real) == 1 else 'were'} {self.listed(real)}" if real else "there was none at all"
        if any(one.facts.get("reason") == "draining" for one in self.happened):
            hint += "; somebody was not let in after the last event: `until: …` lets the test go on as before"
        return Diagnostic(UNMET, message, line.span, hint)

    def extra(self, kind: Kind, real: Sequence[Happened]) -> Diagnostic:
        """It happened, and no line expects it."""
        span = self.script.scenario.expect.lists[kind][0]
        number = f"{len(real):,} {_WORDS[kind].one if len(real) == 1 else _WORDS[kind].many}"
        hint = "`more: true` allows what no line expects"
        return Diagnostic(UNMET, f"{number} that no line expects: {self.listed(real)}", span, hint)

    def listed(self, real: Sequence[Happened]) -> str:
        more = f" and {len(real) - NAMED_MAX:,} more" if len(real) > NAMED_MAX else ""
        return ", ".join(self.told(one) for one in real[:NAMED_MAX]) + more


class _Words(NamedTuple):
    """What happenings of one kind are called. `link` stands before the reason or node."""

    one: str
    many: str
    was: str
    was_not: str
    link: str = ""


_WORDS: Mapping[Kind, _Words] = {
    "messages": _Words("message", "messages", "a message was sent", "no message was sent"),
    "entered": _Words("entry", "entries", "somebody entered", "nobody entered"),
    "left": _Words("end", "ends", "somebody left", "nobody left", "for"),
    "goals": _Words("goal", "goals", "a goal was reached", "no goal was reached"),
    "refused": _Words("refusal", "refusals", "somebody was refused", "nobody was refused", "for"),
    "inside": _Words("person inside", "people inside", "somebody is inside", "nobody is inside", "at"),
}


def _name(origin: str) -> str:
    """The value of an origin, which is what people are called by in a test."""
    return origin.split(":", 1)[-1]


def _json(value: object) -> str:
    return f"`{value}`" if isinstance(value, str) else f"`{msgspec.json.encode(value).decode()}`"
