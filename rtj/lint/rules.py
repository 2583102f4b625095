"""All rules, in the order in which they run. A rule is a function from facts to diagnostics; it never raises for an author's
mistake, and it stays silent where it is not sure. Each code has a page in `grammar/rules/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from rtj.base.diagnostic import Diagnostic
from rtj.base.memory import Is, Memory
from rtj.ir.program import Program
from rtj.lint.conditions_rules import conditions_of_journey, conditions_of_project
from rtj.lint.consenting import never_confirmed, nobody_consents
from rtj.lint.environments import no_sink
from rtj.lint.facts import Facts, JourneyFacts
from rtj.lint.graph_cases import entry_twice, goal_covers_exit, shadowed_case
from rtj.lint.graph_late import late_at_once
from rtj.lint.graph_outlast import outlasts
from rtj.lint.graph_reach import receipt_too_early, unreachable
from rtj.lint.graph_waits import busy_repeat, call_without_else, does_nothing, idle_end, no_timeout
from rtj.lint.hashes import hash_without_secret
from rtj.lint.holdout import holdout_misuse, project_holdout, shared_salt
from rtj.lint.hours import quiet_outlasts, surge, zone_may_miss
from rtj.lint.idle import idle_gate
from rtj.lint.passwords import password_in_text, secret_in_text
from rtj.lint.people import equal_priority, no_cap, no_purpose
from rtj.lint.policies import policies
from rtj.lint.pressure import burst, over_cap
from rtj.lint.retention import kept_for_ever, kept_too_short
from rtj.lint.routing import asks_everybody
from rtj.lint.rows import no_such_row
from rtj.lint.sources import source_cannot_be_read
from rtj.lint.templates import template_in_text
from rtj.lint.unused import unused

JourneyRule: TypeAlias = Callable[[Facts, JourneyFacts], Iterator[Diagnostic]]
ProjectRule: TypeAlias = Callable[[Facts], Iterator[Diagnostic]]
ProgramRule: TypeAlias = Callable[[Facts, Program | None], Iterator[Diagnostic]]

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
    late_at_once,
    call_without_else,
    holdout_misuse,
    over_cap,
    burst,
    quiet_outlasts,
    surge,
    template_in_text,
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
    source_cannot_be_read,
    hash_without_secret,
    nobody_consents,
    never_confirmed,
    idle_gate,
    no_such_row,
    password_in_text,
    secret_in_text,
    no_sink,
)

PROGRAM_RULES: tuple[ProgramRule, ...] = (policies, kept_too_short, kept_for_ever, asks_everybody)


def run_program_rules(facts: Facts, program: Program | None) -> Iterator[Diagnostic]:
    """What the rules have to say that follow facts through the whole program; nothing when there is none."""
    for rule in PROGRAM_RULES:
        yield from rule(facts, program)


def run_rules(facts: Facts, memory: Memory | None = None) -> Iterator[Diagnostic]:
    """What every rule has to say. A rule about a journey is shown no other, so that what it said holds until the journey, a
    declaration, a mistake in either, or one of the few facts about all journeys is another."""
    memory = memory or Memory()
    wrong = _mistakes(facts)
    for journey in facts.journeys:
        alone = replace(facts, journeys=(journey,))
        mistakes = wrong.get(journey.tree.span.source.path), wrong.get("")
        parts = (Is(journey.checked), journey.machine is None, facts.complete, facts.emitted, mistakes)
        yield from memory.recall("rules", parts, partial(_about, alone, journey))
    for project_rule in PROJECT_RULES:
        yield from project_rule(facts)


def _about(facts: Facts, journey: JourneyFacts) -> tuple[Diagnostic, ...]:
    return tuple(found for rule in JOURNEY_RULES for found in rule(facts, journey))


def _mistakes(facts: Facts) -> dict[str, tuple[Diagnostic, ...]]:
    """What checking has reported, by the path of the journey's file; under "" what stands in no such file."""
    paths = {journey.tree.span.source.path for journey in facts.journeys}
    found: dict[str, list[Diagnostic]] = {}
    for diagnostic in facts.checked.diagnostics:
        path = diagnostic.span.source.path
        found.setdefault(path if path in paths else "", []).append(diagnostic)
    return {path: tuple(diagnostics) for path, diagnostics in found.items()}
