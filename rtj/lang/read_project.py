"""The project file from YAML."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source, Span
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.guesses import Kind
from rtj.lang.mending import shortened
from rtj.lang.read_addresses import LIKE_ENV
from rtj.lang.read_environments import EnvironmentReader

ORDER = ("project", "timezone", "identity", "events", "profile", "audiences", "channels", "include")  # named first in hints
JOURNEY_KEYS = ("journey", "journeys", "enter", "do")
ASIDE = ("lint", "rules", "environments")  # declare nothing that another section could name


def read_project(source: Source, found: list[Diagnostic]) -> s.Project | None:
    """The declarations of one file, `include` not followed. None when it is no mapping."""
    before = len(found)
    documents = y.read_documents(source, found)
    lost = any(d.severity == "error" for d in found[before:])
    for extra in documents[1:]:
        found.append(Diagnostic("E103", "a project file is one document", Span(source, extra.span.start, extra.span.start + 1)))
    project = ProjectReader(source, found).project(documents[0]) if documents else None
    return replace(project, whole=project.whole and not lost) if project is not None else None


class ProjectReader(EnvironmentReader):
    """Reads the sections of a file and puts them together."""

    def project(self, node: y.YamlNode) -> s.Project | None:
        sections = self.readers()
        before = self.errors()
        mapping = self.mapping(node, "a project")
        if mapping is None:
            return None
        values: dict[str, Any] = {}
        for pair in mapping.pairs:
            key = pair.key.value
            if key not in sections:
                guessed = self.unknown_section(pair, mapping, tuple(sections))
                if guessed is not None and all(other.key.value != guessed for other in mapping.pairs):
                    values[guessed] = sections[guessed](pair.value)
            elif isinstance(pair.value, y.Scalar) and pair.value.empty:
                continue
            elif not isinstance(pair.value, y.Broken):
                earlier = self.errors()
                values[key] = sections[key](pair.value)
                if key in ASIDE:
                    before += self.errors() - earlier
        events = (*values.pop("events", ()), *values.pop("business_events", ()))
        name, includes = values.pop("project", None), values.pop("include", ())
        span = name.span if name is not None else Span(self.source, mapping.span.start, mapping.span.start)
        return s.Project(span, name, events=events, includes=includes, whole=self.errors() == before, **values)

    def unknown_section(self, pair: y.Pair, mapping: y.Mapping, sections: tuple[str, ...]) -> str | None:
        """Report a key that is no section; the section that it means, if that is beyond doubt."""
        key, kind = pair.key.value, Kind("a project", (*ORDER, *sections))
        if key in JOURNEY_KEYS:
            hint = "journeys stand in files called *.journey.yaml"
            self.report("E101", f"unknown key `{key}` in a project", pair.key.span, hint)
            return None
        self.unknown_key(pair, mapping, kind)
        nothing = isinstance(pair.value, y.Broken) or (isinstance(pair.value, y.Scalar) and pair.value.empty)
        return None if nothing else kind.sure(key, {other.key.value for other in mapping.pairs})

    def readers(self) -> dict[str, Callable[[y.YamlNode], Any]]:
        """Every key of a project file and its reader; the keys are fields of `syntax.Project`."""
        return {
            "project": lambda n: self.name(n, "the project's name"),
            "timezone": lambda n: self.text(n, "a zone such as Europe/Berlin"),
            "identity": self.identity,
            "events": self.events,
            "business_events": self.business_events,
            "foreign_names": self.foreign_names,
            "late": self.late,
            "replaces": self.replaces,
            "profile": self.profile,
            "audiences": self.audiences,
            "tables": self.tables,
            "offers": self.offers,
            "decisions": self.decisions,
            "webhooks": self.webhooks,
            "models": self.models,
            "channels": self.channels,
            "currency": self.currency,
            "consents": self.consents,
            "messages": self.messages,
            "suppressions": self.suppressions,
            "caps": self.caps,
            "quiet_hours": self.quiet_hours,
            "holdout": self.holdout,
            "policies": self.policies,
            "retention": self.retention,
            "sources": self.sources,
            "dedupe": self.length,
            "max_skew": self.length,
            "secret": self.masking_secret,
            "lint": self.lint,
            "rules": self.rules,
            "environments": self.environments,
            "include": self.includes,
        }

    def masking_secret(self, node: y.YamlNode) -> s.Text | None:
        """What hashes are keyed with. A name of a variable, which environments look up, would be a key that everybody guesses."""
        text = self.text(node, "a text")
        if text is not None and re.match(LIKE_ENV, text.value) is not None:
            message = "the secret of a project is the text itself: it is deployed with the project, and no variable is looked up"
            self.report("E105", f"{message}; found `{shortened(text.value)}`", text.span, "write a long text that nobody guesses")
        return text

    def includes(self, node: y.YamlNode) -> tuple[s.Text, ...]:
        return tuple([t for n in self.one_or_more(node) if (t := self.text(n, "a file")) is not None])
