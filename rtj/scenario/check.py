"""Tests against the project: names are looked up, times become instants, values get their types. What comes out can be played."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Span
from rtj.connect.identify import Reader as Identities
from rtj.engine.calendar import DAY_MS, find_zone, to_instant
from rtj.ir.program import EventType
from rtj.ir.records import RECEIPTS
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.guesses import near
from rtj.scenario.known import REASONS_REFUSED, RULES, Judged, Known, types_of
from rtj.scenario.script import AT_THE_END, Expected, Given, Identifier, Kind, Line, Scenario, Suite, When
from rtj.scenario.times import DEFAULT_START, Clock, instant_of
from rtj.scenario.values import ValueReader

DEFAULT_PERSON = "ada"
YEARS_MAX = 20  # between the start of a test and its events and end: every hour of them is passed
AWAY_MAX_MS = YEARS_MAX * 366 * DAY_MS
KEY = re.compile(r"[0-9a-f]{24}")  # of a message, as sinks see it


@dataclass(frozen=True, slots=True)
class Cue:
    """An event that is ready to happen. `identifiers`: (index of the kind, value). `receipt`: the message, or the node that sent
    it, whose key the event shall carry."""

    at: int
    given: Given
    id: str
    type: str
    identifiers: tuple[tuple[int, str], ...] = ()
    properties: Mapping[str, object] = field(default_factory=dict)
    channel: str | None = None
    receipt: s.Text | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """An expected happening that is ready to be compared. `person`: identifiers as `kind:value`, or a value alone."""

    line: Line
    at: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    person: tuple[str, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """A test that can be played. `cues` are in the order of time; `until` None: on until nobody is inside. `known`: attributes of
    `person` before the first event, as JSON; None: nobody is known then."""

    suite: Suite
    scenario: Scenario
    clock: Clock
    cues: tuple[Cue, ...]
    until: int | None
    wanted: Mapping[Kind, tuple[Wanted, ...]]
    person: tuple[tuple[int, str], ...] = ()
    known: Mapping[str, object] | None = None

    @property
    def journeys(self) -> tuple[str, ...]:
        """The journeys that are judged."""
        return tuple(name.text for name in self.suite.journeys)


def check_suite(suite: Suite, known: Known, found: list[Diagnostic]) -> list[Script]:
    """The tests of a suite, ready to be played; what is wrong goes to `found`."""
    checker = _Checker(suite, known, found)
    checker.journeys()
    return [checker.script(scenario) for scenario in suite.tests]


class _Checker:
    """Checks the tests of one suite."""

    def __init__(self, suite: Suite, known: Known, found: list[Diagnostic]) -> None:
        self.suite, self.known, self.found = suite, known, found
        self.zone = find_zone(known.timezone) or UTC
        self.judged: Judged | None = known.judged(name.text for name in suite.journeys)
        self.identities = Identities(known.spaces)
        self.clock = Clock(0, self.zone)

    def report(self, code: str, message: str, span: Span, hint: str = "") -> None:
        self.found.append(Diagnostic(code, message, span, hint))

    def unknown(self, message: str, span: Span, word: str, legal: Sequence[str]) -> None:
        """Report a name that is not there."""
        self.report("E601", message, span, near(word, legal))

    def journeys(self) -> None:
        """Look up the journeys that are judged."""
        for name in self.suite.journeys:
            if name.text not in self.known.journeys and self.known.complete:
                hint = near(name.text, sorted(self.known.journeys)) or "the project has no journeys"
                self.report("E601", f"there is no journey `{name.text}`", name.span, hint)

    def script(self, scenario: Scenario) -> Script:
        self.clock = Clock(to_instant(DEFAULT_START, self.zone), self.zone)
        start = scenario.start or self.suite.start
        began = None if start is None else self.instant(start)
        if began is not None:
            self.clock = Clock(began, self.zone)
        until = None if scenario.until is None else self.near(scenario.until)
        people = self.person(scenario.person or self.suite.person)
        cues = [cue for n, given in enumerate(scenario.events, 1) if (cue := self.cue(n, given, people)) is not None]
        for cue in cues:
            if until is not None and cue.at > until:
                self.report("E105", "this event lies after `until`: it would never happen", cue.given.when.span)
        cues.sort(key=lambda cue: cue.at)
        wanted = self.wanted(scenario.expect)
        for kind in AT_THE_END:
            if kind in wanted and scenario.until is None:
                span = scenario.expect.lists[kind][0]
                self.report("E102", f"`{kind}` needs `until`", span, "without it a test goes on until nobody is inside")
        known, owner = (
            self.profile(scenario),
            self.identities.several(people or ((0, DEFAULT_PERSON),)) if self.known.spaces else (),
        )
        return Script(self.suite, scenario, self.clock, tuple(cues), until, wanted, owner, known if owner else None)

    def instant(self, when: When) -> int | None:
        ms = instant_of(when.time, self.clock)
        if ms is None:
            self.report("E105", f"`{when.span.text}` lies outside the years 1 to 9999", when.span)
        return ms

    def near(self, when: When) -> int | None:
        """An instant that time has to pass on the way: one that is near enough to the start."""
        ms = self.instant(when)
        if ms is not None and abs(ms - self.clock.start) > AWAY_MAX_MS:
            self.report("E105", f"`{when.span.text}` lies more than {YEARS_MAX} years from the start", when.span)
            return None
        return ms

    # ---- events

    def person(self, identifiers: Sequence[Identifier]) -> tuple[tuple[int, str], ...]:
        """Identifiers as (index of the kind, value); of a bare value the best kind."""
        places = {space.name: index for index, space in enumerate(self.known.spaces)}
        found: list[tuple[int, str]] = []
        for one in identifiers:
            place = 0 if one.space is None else places.get(one.space.text)
            if place is None:  # reported where it was read
                continue
            if self.known.spaces and not self.identities.several(((place, one.value.value),)):
                self.report("E602", f"`{one.value.value}` is no identifier", one.value.span, "it stands for nobody in a source")
            found.append((place, one.value.value))
        return tuple(found)

    def profile(self, scenario: Scenario) -> dict[str, object] | None:
        """What is known of the person before the first event; None where nothing is said."""
        given = [node for node in (self.suite.profile, scenario.profile) if node is not None]
        found: dict[str, object] = {}
        for node in given:
            before = len(self.found)
            found |= self.facts_of(node)
            if node is self.suite.profile and scenario is not self.suite.tests[0]:
                del self.found[before:]  # was told of the first
        return found if given else None

    def facts_of(self, node: y.Mapping) -> dict[str, object]:
        """Attributes and their values, as JSON."""
        reader = ValueReader(self.suite.source, self.found, "E602", self.clock)
        found: dict[str, object] = {}
        for pair in node.pairs:
            name = pair.key.value
            kind = self.known.attributes.get(name)
            if kind is None:
                self.no_attribute(name, pair.key.span)
            elif (value := reader.value(pair.value, kind, f"`{name}`")) is not None:
                found[name] = value.json
        return found

    def no_attribute(self, name: str, span: Span) -> None:
        spaces = [space.name for space in self.known.spaces]
        if name in self.known.computed:
            self.report("E601", f"`{name}` is computed: it cannot be given", span, "script the events that it comes from")
        elif name in spaces:
            hint = (
                f"write it beside the others, under `person`: {{{spaces[0]}: …, {name}: …}}"
                if name != spaces[0]
                else "write `person:`"
            )
            self.report("E601", f"`{name}` is an identifier, no attribute", span, hint)
        else:
            self.unknown(f"there is no attribute `{name}`", span, name, sorted(self.known.attributes))

    def cue(self, number: int, given: Given, people: tuple[tuple[int, str], ...]) -> Cue | None:
        """An event, ready to happen; None when its time or type is wrong."""
        at = self.near(given.when)
        kind = self.known.events.get(given.type.text)
        if kind is None:
            self.unknown(
                f"there is no event type `{given.type.text}`", given.type.span, given.type.text, sorted(self.known.events)
            )
        own = self.person(given.person)
        if at is None or kind is None:
            return None
        identifiers = self.whose(given, kind, own or people)
        beside = frozenset(space.name for space in self.known.spaces)
        reader = ValueReader(self.suite.source, self.found, "E602", self.clock, beside)
        receipt, properties = self.receipt(given)
        fields = {f.name: f.type for f in kind.fields}
        values = reader.fields(properties, fields, f"`{kind.name}`", given.type.span)
        if given.channel is not None and given.channel.value not in self.known.channels:
            self.no_channel(given.channel)
        name = given.id.value if given.id is not None else f"#{number}"
        channel = None if given.channel is None else given.channel.value
        return Cue(at, given, name, _spelled(kind), identifiers, values, channel, receipt)

    def whose(self, given: Given, kind: EventType, found: tuple[tuple[int, str], ...]) -> tuple[tuple[int, str], ...]:
        """The identifiers of an event; a business event has none."""
        if kind.business:
            if given.person:
                hint = "everybody is offered it"
                self.report("E602", f"`{kind.name}` is about no person", given.person[0].span, hint)
            return ()
        found = found or ((0, DEFAULT_PERSON),)
        if self.known.spaces and not self.identities.several(found) and not given.person:
            best = self.known.spaces[0].name
            self.report("E602", f"`{kind.name}` is about nobody", given.type.span, f"name somebody: {best}: …")
        return found

    def receipt(self, given: Given) -> tuple[s.Text | None, y.Mapping | None]:
        """The message that a receipt is about, by name, and the other properties."""
        properties = given.properties
        if given.type.text not in RECEIPTS or properties is None:
            return None, properties
        pair = next((p for p in properties.pairs if p.key.value == "message"), None)
        if pair is None or not isinstance(pair.value, y.Scalar) or pair.value.empty or KEY.fullmatch(pair.value.value):
            return None, properties
        name = s.Text(pair.value.span, pair.value.value)
        if name.value not in self.known.messages and not self.known.unsure:
            self.unknown(f"nothing sends `{name.value}`", name.span, name.value, sorted(self.known.messages))
        return name, y.Mapping(properties.span, tuple(p for p in properties.pairs if p is not pair), properties.flow)

    def no_channel(self, channel: s.Text) -> None:
        self.unknown(f"there is no channel `{channel.value}`", channel.span, channel.value, sorted(self.known.channels))

    # ---- expectations

    def wanted(self, expect: Expected) -> dict[Kind, tuple[Wanted, ...]]:
        return {kind: tuple(self.line(line) for line in lines) for kind, (_, lines) in expect.lists.items()}

    def line(self, line: Line) -> Wanted:
        at = None if line.at is None else self.instant(line.at)
        until = None if line.until is None else self.instant(line.until)
        self.facts(line)
        facts = {name: text.value for name, text in line.facts.items()}
        self.person(line.person)
        person = tuple(f"{i.space.text}:{i.value.value}" if i.space is not None else i.value.value for i in line.person)
        return Wanted(line, at, facts, person, self.values(line), until)

    def facts(self, line: Line) -> None:
        """Look up what a line names."""
        judged = self.judged
        for name, text in line.facts.items():
            match name:
                case "channel" if text.value not in self.known.channels:
                    self.no_channel(text)
                case "journey" if text.value not in [j.text for j in self.suite.journeys]:
                    legal = [j.text for j in self.suite.journeys]
                    self.unknown(f"`{text.value}` is not judged here", text.span, text.value, legal)
                case "message" if judged is not None and text.value not in judged.sends:
                    self.no_message(text, judged)
                case "node" if judged is not None and text.value not in judged.nodes:
                    self.unknown(f"there is no node `{text.value}`", text.span, text.value, sorted(judged.nodes))
                case "reason" if line.kind == "refused" and text.value not in REASONS_REFUSED:
                    self.unknown(f"nobody is refused for `{text.value}`", text.span, text.value, REASONS_REFUSED)
                case "reason" if line.kind == "left" and judged is not None and text.value not in judged.reasons:
                    self.unknown(f"nobody leaves for `{text.value}`", text.span, text.value, sorted(judged.reasons))
                case "audience" if text.value not in self.known.audiences:
                    self.unknown(f"there is no audience `{text.value}`", text.span, text.value, sorted(self.known.audiences))
                case "cap" if text.value not in self.known.caps:
                    self.unknown(f"there is no cap `{text.value}`", text.span, text.value, self.known.caps)
                case "gate" if text.value not in RULES:
                    self.unknown(f"there is no gate `{text.value}`", text.span, text.value, tuple(RULES))
                case "rule":
                    self.rule(line, text)
                case _:
                    pass

    def rule(self, line: Line, text: s.Text) -> None:
        """Look up the rule by which a gate is shut."""
        gate = line.facts.get("gate")
        if gate is not None and gate.value not in RULES:  # reported by itself
            return
        legal = self.known.rules("" if gate is None else gate.value)
        if text.value not in legal:
            by = "no gate is" if gate is None else f"the gate `{gate.value}` is never"
            self.unknown(f"{by} shut by a rule `{text.value}`", text.span, text.value, legal)

    def no_message(self, text: s.Text, judged: Judged) -> None:
        other = self.known.sender(text.value)
        if other:
            hint = (
                f"`{other}` sends it: name that journey too, journey: [{', '.join(j.text for j in self.suite.journeys)}, {other}]"
            )
            self.report("E601", f"no journey that is judged here sends `{text.value}`", text.span, hint)
        else:
            self.unknown(f"nothing sends `{text.value}`", text.span, text.value, sorted(judged.sends))

    def values(self, line: Line) -> dict[str, object]:
        """What `with` expects, by the types that the journey gives."""
        if line.values is None or self.judged is None:
            return {}
        named = line.facts.get("message")
        groups = self.judged.sends
        sends = [send for name, group in groups.items() if named is None or name == named.value for send in group]
        types = types_of(sends)
        found: dict[str, object] = {}
        for pair in line.values.pairs:
            name = pair.key.value
            if name not in types:
                if sends:
                    what = f"`{named.value}` is" if named is not None else "messages are"
                    self.unknown(f"{what} given no `{name}`", pair.key.span, name, sorted(types))
                continue
            misfits: list[Diagnostic] = []
            for kind in types[name]:
                reader = ValueReader(self.suite.source, misfits, "E601", self.clock)
                if (value := reader.value(pair.value, kind, f"`{name}`")) is not None:
                    found[name] = value.json
                    break
            else:
                self.found.extend(misfits[:1])
        return found


def _spelled(kind: EventType) -> str:
    """A name by which sources call the type; of a group (`TEST_*`) the stem."""
    return kind.spelled[0].removesuffix("*") if kind.spelled else kind.name
