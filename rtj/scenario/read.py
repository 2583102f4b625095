"""Test files from YAML: suites with exact places. What is wrong in the form is collected; names are looked up later."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rtj.base.diagnostic import Diagnostic, Edit, Fix, Label
from rtj.base.span import Source, Span
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.shape import IDENTIFIER, Keys, Reader
from rtj.scenario.script import FACTS, Expected, Given, Identifier, Kind, Line, Scenario, Suite, When
from rtj.scenario.times import EXAMPLES, read_time

TESTS_MAX = 2_000  # in one file
SUITE_KEYS = ("journey", "start", "person", "profile", "tests")
TEST_KEYS = ("name", "events", "until", "expect", "start", "person", "profile")
EVENT_KEYS = ("at", "type", "properties", "id", "channel")
BESIDE_HEAD = ("id", "channel")
SHORT = "write `- +20m purchase: {total: 40}`"
# `- +20m purchase {total: 40}`: YAML ends the text at the first `: `, whatever stands around it.
NO_COLON = re.compile(r"\s*- *['\"]?([+-]\S+(?: \w+)?|\d{4}-\S+) +(\w+)(?= *\{)")


def read_suites(source: Source, spaces: Sequence[str] | None, found: list[Diagnostic]) -> list[Suite]:
    """All suites of a file, one in each YAML document. `spaces`: the kinds of identifiers of the project, None where they are not
    known. What is wrong goes to `found`."""
    before = len(found)
    documents = y.read_documents(source, found)
    found[before:] = [_without_colon(source, d.span.start) or d if d.code == "E001" else d for d in found[before:]]
    reader = SuiteReader(source, spaces, found)
    return [suite for d in documents if (suite := reader.suite(d)) is not None]


def _without_colon(source: Source, at: int) -> Diagnostic | None:
    """An event whose properties stand behind its type without a `:`, on the line of `at`."""
    row = source.line_col(at)[0]
    begin = source.line_starts()[row - 1]
    match = NO_COLON.match(source.text, begin, begin + len(source.line_text(row)))
    if match is None:
        return None
    quoted = match[0].lstrip(" -")[:1] in ("'", '"')
    end = match.end()
    fix = None if quoted else Fix(f"put a `:` behind `{match[2]}`", (Edit(end, end, ":"),), safe=True)
    hint = f"write `{match[2]}: {{`" + (", without quotes" if quoted else "")
    span = Span(source, match.start(2), end)
    return Diagnostic("E105", "the properties of an event stand behind a `:`", span, hint, fix=fix)


class SuiteReader(Reader):
    """Reads one document."""

    def __init__(self, source: Source, spaces: Sequence[str] | None, found: list[Diagnostic]) -> None:
        super().__init__(source, found)
        self.spaces = spaces

    def suite(self, node: y.YamlNode) -> Suite | None:
        """The suite; None when it names no journey or holds no test."""
        before = self.errors()
        if isinstance(node, y.Sequence):
            hint = "write `journey: its_name` and `tests:` above it; the tests stand below `tests:`"
            self.wrong_kind(node, "a mapping: a file of tests", hint)
            return None
        keys = self.keys(node, "a file of tests", SUITE_KEYS)
        if keys is None:
            return None
        hint = "a test file begins with `journey: its_name`, the journey whose messages are judged"
        named = keys.need("journey", hint)
        if isinstance(named, y.Sequence) and not named.items:
            self.report("E102", "`journey` is empty", keys.key_span("journey"), hint)
            return None
        journeys = self.names(named, "a journey's name")
        start, person = self.start(keys.get("start")), self.person(keys.get("person"))
        profile, tests = self.known(keys), self.tests(keys)
        if not journeys:
            return None
        return Suite(self.source, node.span, journeys, tests, start, person, self.errors() == before, profile)

    def known(self, keys: Keys) -> y.Mapping | None:
        """What is known of the person before the first event."""
        return self.mapping(keys.get("profile"), "attributes and their values: {tier: gold}")

    def tests(self, keys: Keys) -> tuple[Scenario, ...]:
        items = self.listed(keys, "tests", "tests, each with `name`, `events` and `expect`")
        if len(items) > TESTS_MAX:
            self.report("E005", f"more than {TESTS_MAX:,} tests in one file", items[TESTS_MAX].span, "split it into several")
            items = items[:TESTS_MAX]
        found: list[Scenario] = []
        names: dict[str, Span] = {}
        for item in items:
            test = self.test(item)
            if test is None:
                continue
            if (first := names.setdefault(test.name.value, test.name.span)) is not test.name.span:
                label = (Label(first, "the first stands here"),)
                self.found.append(Diagnostic("E318", "two tests with one name", test.name.span, "say what differs", label))
            found.append(test)
        return tuple(found)

    def test(self, node: y.YamlNode) -> Scenario | None:
        keys = self.keys(node, "a test", TEST_KEYS, None)
        if keys is None:
            return None
        name = self.text(keys.need("name", "what is shown, for example `name: who buys gets no reminder`"), "a name")
        profile = self.known(keys)
        if "events" in keys or profile is None:
            items = self.listed(keys, "events", "what happens, at which time")
        else:  # somebody is there already, of whom a schedule may know
            items = ()
            if "until" not in keys:
                keys.lacks(("until",), "without `events` a test needs `until`", "for example `until: +1 week`")
        events = tuple([e for item in items if (e := self.event(item)) is not None])
        expect = self.expect(keys)
        start, until = self.start(keys.get("start")), self.when(keys.get("until"))
        person = self.person(keys.get("person"))
        if name is None or expect is None:
            return None
        return Scenario(name.span, name, events, expect, start, until, person, profile)

    def listed(self, keys: Keys, key: str, what: str) -> tuple[y.YamlNode, ...]:
        """The items of a list that must be there, and not be empty."""
        node = keys.need(key, f"a list of {what}")
        if isinstance(node, y.Sequence) and not node.items:
            self.report("E102", f"`{key}` is empty", keys.key_span(key), f"a list of {what}")
        return self.items(node, what)

    # ---- places in time and people

    def when(self, node: y.YamlNode | None) -> When | None:
        text = self.text(node, f"a time {EXAMPLES}")
        return None if text is None else self.when_of(text.value, text.span)

    def start(self, node: y.YamlNode | None) -> When | None:
        """What all other times count from: a moment itself."""
        when = self.when(node)
        if when is not None and when.time.moment is None:
            self.report("E105", "`start` is a moment, such as 2026-03-02T09:00", when.span, "other times count from it")
            return None
        return when

    def when_of(self, text: str, span: Span) -> When | None:
        time = read_time(text)
        if time is not None:
            return When(span, time)
        plus = read_time(f"+{text.strip()}")
        hint = f"did you mean `+{text.strip()}`?" if plus is not None and plus.moment is None else ""
        self.report("E105", f"`{text}` is not a time; expected one {EXAMPLES}", span, hint)
        return None

    def person(self, node: y.YamlNode | None) -> tuple[Identifier, ...]:
        """A person: an identifier's value, or a mapping of several."""
        if isinstance(node, y.Mapping):
            self.keys(node, "a person", self.legal(node, ()))
            return self.identifiers(node, ())
        text = self.text(node, "an identifier such as ada, or {user_id: ada}")
        return () if text is None else (Identifier(text.span, None, text),)

    def identifiers(self, node: y.Mapping, others: Sequence[str]) -> tuple[Identifier, ...]:
        """The pairs of a mapping that are no `others`: kinds of identifiers and their values."""
        found: list[Identifier] = []
        for pair in node.pairs:
            name = pair.key.value
            if name in others or (self.spaces is not None and name not in self.spaces):
                continue
            value = self.text(pair.value, f"the {name} of a person")
            if value is not None:
                found.append(Identifier(pair.key.span.to(value.span), s.Name(pair.key.span, name), value))
        return tuple(found)

    def legal(self, node: y.Mapping, others: Sequence[str]) -> tuple[str, ...]:
        """The keys that may stand where identifiers may: while the project is not known, any name is one."""
        spaces = self.spaces if self.spaces is not None else [p.key.value for p in node.pairs]
        return (*others, *spaces)

    # ---- events

    def event(self, node: y.YamlNode) -> Given | None:
        """An event in its short form, `+20m purchase: {…}`, or with all keys."""
        match node:
            case y.Scalar():
                return self.short_text(node)
            case y.Mapping():
                head = next((p for p in node.pairs if " " in p.key.value.strip() and p.key.value not in EVENT_KEYS), None)
                return self.short(node, head) if head is not None else self.long(node)
            case y.Broken():
                return None
            case y.Sequence():
                self.wrong_kind(node, "an event", SHORT)
                return None

    def short_text(self, node: y.Scalar) -> Given | None:
        text = self.text(node, "an event")
        if text is None:
            return None
        if self.lacks_colon(node):
            return None
        head = self.head(node)
        return None if head is None else Given(text.span, *head)

    def short(self, node: y.Mapping, pair: y.Pair) -> Given | None:
        """`+20m purchase: {…}`, perhaps with identifiers beside it."""
        if self.lacks_colon(pair.key):
            return None
        keys = self.keys(node, "an event", self.legal(node, (pair.key.value, *BESIDE_HEAD)))
        head = self.head(pair.key)
        if keys is None or head is None:
            return None
        empty = isinstance(pair.value, y.Scalar) and pair.value.empty
        properties = None if empty else self.mapping(pair.value, "the properties of the event")
        return self.given((pair.key.span, *head), properties, keys, (pair.key.value, *BESIDE_HEAD))

    def lacks_colon(self, node: y.Scalar) -> bool:
        found = _without_colon(self.source, node.span.start) if "{" in node.value else None
        if found is not None:
            self.found.append(found)
        return found is not None

    def head(self, node: y.Scalar) -> tuple[When, s.Name] | None:
        """Time and type of a short form."""
        text = node.value.rstrip()
        at = text.rfind(" ") + 1
        located = self.located(node)
        span = located.piece(at, len(text))
        if not IDENTIFIER.fullmatch(text[at:]) or not at:
            self.report("E105", f"`{text}` is not an event; expected a time and a type", located.piece(0, len(text)), SHORT)
            return None
        when = self.when_of(text[:at].strip(), located.piece(0, len(text[:at].rstrip())))
        return None if when is None else (when, s.Name(span, text[at:]))

    def long(self, node: y.Mapping) -> Given | None:
        keys = self.keys(node, "an event", self.legal(node, EVENT_KEYS))
        if keys is None:
            return None
        when = self.when(keys.need("at", f"a time {EXAMPLES}"))
        name = self.name(keys.need("type", "an event type, such as purchase"), "an event type")
        properties = self.mapping(keys.get("properties"), "the properties of the event")
        if when is None or name is None:
            return None
        return self.given((name.span, when, name), properties, keys, EVENT_KEYS)

    def given(self, head: tuple[Span, When, s.Name], properties: y.Mapping | None, keys: Keys, others: Sequence[str]) -> Given:
        """The event, with what stands beside its head: whose it is, its id, its channel. `others` are no identifiers."""
        person = self.identifiers(keys.node, others)
        return Given(*head, properties, person, self.text(keys.get("id"), "an id"), self.text(keys.get("channel")))

    # ---- expectations

    def expect(self, keys: Keys) -> Expected | None:
        hint = "for example `expect: {messages: []}`: nothing may be sent"
        inner = self.keys(keys.need("expect", hint), "what is expected", (*FACTS, "more"))
        if inner is None:
            return None
        lists: dict[Kind, tuple[Span, tuple[Line, ...]]] = {}
        for kind in FACTS:
            if kind in inner:
                items = self.items(inner.get(kind), f"what is expected of `{kind}`; `[]` is nothing at all")
                lines = tuple([line for item in items if (line := self.line(kind, item)) is not None])
                lists[kind] = (inner.key_span(kind), lines)
        if not lists:
            inner.lacks(tuple(FACTS), "nothing is expected", hint)
        return Expected(lists, self.flag(inner.get("more")))

    def line(self, kind: Kind, node: y.YamlNode) -> Line | None:
        """One expected happening; a bare text is what it is called by."""
        main, *others = FACTS[kind]
        if isinstance(node, y.Scalar) and main:
            text = self.text(node, f"a {main}")
            return None if text is None else Line(kind, node.span, facts={main: text})
        legal = (main, *others) if main else tuple(others)
        keys = self.keys(node, f"a line of `{kind}`", legal)
        if keys is None:
            return None
        facts: dict[str, s.Text] = {}
        for name in legal:
            if (
                name in keys
                and name not in ("at", "until", "person", "with")
                and (text := self.text(keys.get(name), f"a {name}"))
            ):
                facts[name] = text
        at = self.when(keys.get("at")) if "at" in keys else None
        until = self.when(keys.get("until")) if "until" in keys else None
        person = self.person(keys.get("person"))
        values = self.mapping(keys.get("with"), "values of the message")
        return Line(kind, node.span, at, facts, person, values, until)
