"""All rules, in the order in which they run. A rule is a function from facts to diagnostics; it never raises for an author's
mistake, and it stays silent where it is not sure. Each code has a page in `grammar/rules/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from rtj.base.diagnostic import Diagnostic
from rtj.lint.facts import Facts, JourneyFacts

JourneyRule: TypeAlias = Callable[[Facts, JourneyFacts], Iterator[Diagnostic]]
ProjectRule: TypeAlias = Callable[[Facts], Iterator[Diagnostic]]

JOURNEY_RULES: tuple[JourneyRule, ...] = ()
PROJECT_RULES: tuple[ProjectRule, ...] = ()


def run_rules(facts: Facts) -> Iterator[Diagnostic]:
    """What every rule has to say."""
    for journey in facts.journeys:
        for rule in JOURNEY_RULES:
            yield from rule(facts, journey)
    for project_rule in PROJECT_RULES:
        yield from project_rule(facts)
