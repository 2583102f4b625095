"""Journeys from YAML: headers, triggers, nodes."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import replace
from typing import Literal, cast

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source, Span
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.dsl_words import BLANKS
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.read_versions import ON_DEPLOY, TIMERS, VersionReader
from rtj.lang.shape import PHRASES_MAX, TOO_MANY, Keys
from rtj.lang.yaml_fixes import PHRASES

HEADERS = (
    "journey", "title", "priority", "runs", "max_duration", "on_resume", "catch_up", "stability", "formerly", "on_deploy",
    "timers", "moved", "dropped", "enter", "goal", "exit", "do",
)  # fmt: skip
ON_RESUME = ("go", "leave")
STABILITIES = ("draft", "beta", "stable")
DSL = re.compile(BLANKS + r"(journey\s+\w+)\s*(?:['\"][^\n]*['\"]\s*)?\{")


def read_journeys(source: Source, found: list[Diagnostic]) -> list[s.Journey]:
    """All journeys of a file, one in each YAML document. What is wrong goes to `found`."""
    if (other := DSL.match(source.text)) is not None:
        span = Span(source, other.start(1), other.end(1))
        found.append(Diagnostic("E103", "this is the journey language, not YAML", span, "its files end in .journey"))
        return []
    before = len(found)
    documents = y.read_documents(source, found)
    broken = sorted(d.span.start for d in found[before:] if d.severity == "error")
    journeys: list[s.Journey] = []
    if (last := _too_much(documents)) is not None:  # before any of them is read, which takes long
        found.append(Diagnostic("E005", TOO_MANY, last.span, "split it into several files"))
        return []
    reader = JourneyReader(source, found)
    for document in documents:
        journey = reader.journey(document)
        if journey is not None:
            lost = bisect_left(broken, document.span.start) < bisect_right(broken, document.span.end)
            journeys.append(replace(journey, whole=journey.whole and not lost))
    return journeys


def _too_much(documents: list[y.YamlNode]) -> y.Scalar | None:
    """The phrase with which there are more in a file than are read."""
    signs, todo = 0, documents[::-1]
    while todo:
        node = todo.pop()
        if isinstance(node, y.Sequence):
            todo += node.items[::-1]
        elif isinstance(node, y.Mapping):
            for pair in node.pairs[::-1]:
                todo.append(pair.value)
            for pair in node.pairs:
                if pair.key.value in PHRASES and isinstance(pair.value, y.Scalar):
                    signs += len(pair.value.value)
                    if signs > PHRASES_MAX:
                        return pair.value
    return None


class JourneyReader(VersionReader):
    """Reads one document."""

    def journey(self, node: y.YamlNode) -> s.Journey | None:
        """The journey; None when it has no name, for then nothing can refer to it."""
        before = self.errors()
        keys = self.keys(node, "a journey", HEADERS)
        if keys is None:
            return None
        name = self.name_or_raw(keys.need("journey", "a journey file begins with `journey: its_name`"), "a journey's name")
        entries = [e for n in self.many(keys, "enter") if (e := self.entry(n)) is not None]
        goals = [g for n in self.many(keys, "goal") if (g := self.watch(n, "goal")) is not None]
        exits = [x for n in self.many(keys, "exit") if (x := self.watch(n, "exit")) is not None]
        if "enter" not in keys or "enter" in keys.guessed:
            keys.lacks(("enter",), "`enter` is missing", "nobody could enter; for example enter: {on: signed_up}")
        nodes = self.nodes(keys.get("do")) if "do" in keys and not self.empty(keys, "do") else ()
        on_resume = self.choice(keys.get("on_resume"), ON_RESUME, "go or leave")
        stability = self.choice(keys.get("stability"), STABILITIES, "draft, beta or stable") or "stable"
        title = self.text(keys.get("title"), "a title")
        priority = self.whole(keys.get("priority"), -(10**9))
        runs = self.phrase(keys.get("runs"), "runs", FormBuilder.runs, "dates: from 2026-01-01 to 2026-12-31")
        max_duration, catch_up = self.length(keys.get("max_duration")), self.length(keys.get("catch_up"))
        formerly = self.name(keys.get("formerly"), "the journey's name in earlier versions")
        on_deploy = self.choice(keys.get("on_deploy"), ON_DEPLOY, "migrate, pin or boundary")
        timers = self.choice(keys.get("timers"), TIMERS, "keep, rebase or restart")
        moved, dropped = self.moved(keys.get("moved")), self.dropped(keys.get("dropped"))
        if name is None:
            return None
        return s.Journey(
            name.span,
            name,
            tuple(entries),
            tuple(goals),
            tuple(exits),
            nodes,
            title,
            priority,
            runs,
            max_duration,
            cast('Literal["go", "leave"] | None', on_resume),
            catch_up,
            self.errors() == before,
            cast('Literal["draft", "beta", "stable"]', stability),
            formerly,
            moved,
            dropped,
            cast('Literal["migrate", "pin", "boundary"] | None', on_deploy),
            cast('Literal["keep", "rebase", "restart"] | None', timers),
        )

    def many(self, keys: Keys, key: str) -> tuple[y.YamlNode, ...]:
        """One trigger or a list of them."""
        return self.one_or_more(keys.get(key))

    def empty(self, keys: Keys, key: str) -> bool:
        value = keys.pairs[key].value
        return isinstance(value, y.Scalar) and value.empty
