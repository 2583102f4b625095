"""The rules about conditions and values, of a journey and of the project, in one walk each."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic
from rtj.lang import syntax as s
from rtj.lint.conditions import Judge
from rtj.lint.conditions_arms import swallowed
from rtj.lint.conditions_dates import years_compared
from rtj.lint.conditions_miss import key_may_miss, message_may_miss
from rtj.lint.conditions_place import Place, Trees
from rtj.lint.conditions_values import values
from rtj.lint.conditions_walk import Condition, Sent, Value, Watched, WayIn, Ways, sites
from rtj.lint.conditions_watch import out_of_reach, refused
from rtj.lint.conditions_windows import patterns, windows
from rtj.lint.facts import Facts, JourneyFacts


def conditions_of_journey(facts: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W311 to W320, and W410, of one journey."""
    trees, judge = Trees(facts.checked), Judge()
    found = sites(facts, journey, trees)
    for site in found:
        if isinstance(site, Condition | Value):
            yield from _look(judge, site, trees)
    ways = [site for site in found if isinstance(site, WayIn)]
    for site in found:
        match site:
            case Ways():
                yield from swallowed(site, judge.settled)
            case Watched():
                already = list(refused(facts, ways, site, judge.settled))
                yield from already or out_of_reach(ways, site, judge.settled)
            case WayIn():
                yield from key_may_miss(site)
            case Sent():
                yield from message_may_miss(site)
            case Condition() | Value():
                pass
    yield from patterns(journey.tree)


def _look(judge: Judge, site: Condition | Value, trees: Trees) -> Iterator[Diagnostic]:
    odd = [*values(site.tree, site.place), *windows(site.tree, trees), *years_compared(site.tree, trees)]
    yield from odd
    if isinstance(site, Condition):
        yield from judge.condition(site.tree, site.place, watched=site.watched)
    else:
        yield from judge.value(site.tree, site.place)


def conditions_of_project(facts: Facts) -> Iterator[Diagnostic]:
    """The same of audiences, computed attributes and channels."""
    trees, judge = Trees(facts.checked), Judge()
    place = Place(trees)
    conditions: list[s.Expr | None] = [audience.condition for audience in facts.project.audiences]
    conditions += [channel.consent for channel in facts.project.channels]
    for tree in conditions:
        if tree is not None:
            yield from _look(judge, Condition(tree, place), trees)
    for attribute in facts.project.profile:
        if attribute.formula is not None:
            yield from _look(judge, Value(attribute.formula, place), trees)
