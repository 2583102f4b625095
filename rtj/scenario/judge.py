"""What a test expected against what happened: verdicts, with each unmet expectation at its place in the text. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Span
from rtj.ir.program import Namespace
from rtj.run.person import Person
from rtj.scenario.align import align
from rtj.scenario.check import Script, Wanted
from rtj.scenario.happenings import ABOUT_MESSAGES, WORDS, Happened, happened
from rtj.scenario.play import Played
from rtj.scenario.script import FACTS, Kind
from rtj.scenario.times import offset_text
from rtj.scenario.values import same

UNMET = "unmet"
TOLD_APART: frozenset[Kind] = ABOUT_MESSAGES | {"joins", "leaves", "members"}  # by their message or audience
ANOTHER = 5  # costs more than leaving out both: another message or audience is never taken for the expected one
NAMED_MAX = 4  # unexpected happenings that are named; the rest is counted


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
        main = FACTS[one.kind][0] if one.kind in TOLD_APART else ""
        if main and wanted.facts.get(main, one.facts.get(main)) != one.facts.get(main):
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
        if line.until is not None and one.until is not None and wanted.until != one.until:
            found.append((line.until.span, f"until {self.when(one.until)} instead of {line.until.span.text}"))
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
        match one.kind:
            case "blocked":
                words.append(f"by {one.facts['channel']}: {one.facts['gate']}, rule `{one.facts['rule']}`")
            case "held" if one.until is not None:
                words.append(f"by {one.facts['channel']} until {self.when(one.until)}")
            case "refused" if "cap" in one.facts:
                words.append(f"by the cap `{one.facts['cap']}`")
            case _:
                pass
        return " ".join([*filter(None, words), *([f"({_name(one.origin)})"] if self.several else [])])

    # ---- what is unmet

    def otherwise(self, wanted: Wanted, one: Happened) -> Diagnostic | None:
        """It happened, but not as expected."""
        found = self.differences(wanted, one)
        if not found:
            return None
        span = found[0][0] if len(found) == 1 else wanted.line.span
        words = WORDS[one.kind]
        message = one.facts.get("message") if one.kind in ABOUT_MESSAGES else None
        subject = words.was if message is None else f"`{message}` was {words.became}"
        return Diagnostic(UNMET, f"{subject} otherwise: {', '.join(how for _, how in found)}", span)

    def missing(self, wanted: Wanted, real: Sequence[Happened]) -> Diagnostic:
        """It did not happen."""
        line = wanted.line
        name = wanted.facts.get(FACTS[line.kind][0], "")
        at = f" at {line.at.span.text}" if line.at is not None else ""
        who = f" ({wanted.person[0]})" if wanted.person else ""
        words = WORDS[line.kind]
        if words.became and name:
            message = f"`{name}` was not {words.became}{at}{who}"
        else:
            message = f"{words.was_not}{at}{f' {words.link} `{name}`' if name else ''}{who}"
        hint = f"there {'was' if len(real) == 1 else 'were'} {self.listed(real)}" if real else "there was none at all"
        hint += self.instead(wanted)
        if any(one.facts.get("reason") == "draining" for one in self.happened):
            hint += "; somebody was not let in after the last event: `until: …` lets the test go on as before"
        return Diagnostic(UNMET, message, line.span, hint)

    def instead(self, wanted: Wanted) -> str:
        """What became of a message that a line is about instead of what it expects: `; blocked: …`."""
        kind, name = wanted.line.kind, wanted.facts.get("message")
        if kind not in ABOUT_MESSAGES or name is None:
            return ""
        others = [
            one
            for one in self.happened
            if one.kind in ABOUT_MESSAGES - {kind}
            and one.facts.get("message") == name
            and all(one.origin in self.origins(person) for person in wanted.person)
        ]
        groups = {words.became: [one for one in others if one.kind == of] for of, words in WORDS.items() if words.became}
        return "".join(f"; {became}: {self.listed(group)}" for became, group in groups.items() if group)

    def extra(self, kind: Kind, real: Sequence[Happened]) -> Diagnostic:
        """It happened, and no line expects it."""
        span = self.script.scenario.expect.lists[kind][0]
        number = f"{len(real):,} {WORDS[kind].one if len(real) == 1 else WORDS[kind].many}"
        hint = "`more: true` allows what no line expects"
        return Diagnostic(UNMET, f"{number} that no line expects: {self.listed(real)}", span, hint)

    def listed(self, real: Sequence[Happened]) -> str:
        more = f" and {len(real) - NAMED_MAX:,} more" if len(real) > NAMED_MAX else ""
        return ", ".join(self.told(one) for one in real[:NAMED_MAX]) + more


def _name(origin: str) -> str:
    """The value of an origin, which is what people are called by in a test."""
    return origin.split(":", 1)[-1]


def _json(value: object) -> str:
    return f"`{value}`" if isinstance(value, str) else f"`{msgspec.json.encode(value).decode()}`"
