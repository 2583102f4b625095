"""All rules, in the order in which they run. A rule is a function from facts to diagnostics; it never raises for an author's
mistake, and it stays silent where it is not sure. Each code has a page in `grammar/rules/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from rtj.base.diagnostic import Diagnostic
from rtj.lint.conditions_rules import conditions_of_journey, conditions_of_project
from rtj.lint.facts import Facts, JourneyFacts
from rtj.lint.graph_cases import entry_twice, goal_covers_exit, shadowed_case
from rtj.lint.graph_outlast import outlasts
from rtj.lint.graph_reach import receipt_too_early, unreachable
from rtj.lint.graph_waits import busy_repeat, call_without_else, does_nothing, idle_end, no_timeout
from rtj.lint.holdout import holdout_misuse, project_holdout, shared_salt
from rtj.lint.hours import quiet_outlasts, surge, zone_may_miss
from rtj.lint.people import equal_priority, no_cap, no_purpose
from rtj.lint.pressure import burst, over_cap
from rtj.lint.unused import unused

JourneyRule: TypeAlias = Callable[[Facts, JourneyFacts], Iterator[Diagnostic]]
ProjectRule: TypeAlias = Callable[[Facts], Iterator[Diagnostic]]

JOURNEY_RULES: tuple[JourneyRule, ...] = (
    conditions_of_journey,
    unreachable,
    receipt_too_early,
    busy_repeat,
    no_timeout,
    outlasts,
    idle_end,
    does_nothing,
    shadowed_case,
    goal_covers_exit,
    entry_twice,
    call_without_else,
    holdout_misuse,
    over_cap,
    burst,
    quiet_outlasts,
    surge,
)
PROJECT_RULES: tuple[ProjectRule, ...] = (
    conditions_of_project,
    unused,
    no_purpose,
    no_cap,
    equal_priority,
    project_holdout,
    shared_salt,
    zone_may_miss,
)


def run_rules(facts: Facts) -> Iterator[Diagnostic]:
    """What every rule has to say."""
    for journey in facts.journeys:
        for rule in JOURNEY_RULES:
            yield from rule(facts, journey)
    for project_rule in PROJECT_RULES:
        yield from project_rule(facts)
