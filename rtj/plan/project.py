"""Two versions of what a project declares -> what is different of it, and in the journeys that use it."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.plan.changes import Change
from rtj.plan.project_events import roots_of_events
from rtj.plan.project_facts import roots_of_facts
from rtj.plan.project_gates import roots_of_gates
from rtj.plan.project_rules import roots_of_rules
from rtj.plan.project_sources import roots_of_sources
from rtj.plan.project_texts import needs_of_texts, roots_of_texts
from rtj.plan.roots import Root, Users, worked_out
from rtj.plan.sides import Side


def changes_of_project(old: Side, new: Side) -> Iterator[Change]:
    """Everything but the journeys themselves. Both programs are aligned (`rtj.ir.aligned`). Changes of the project come first;
    then those of journeys that use what is different, which have a `journey`: D171, and D133 for what texts newly need."""
    users = Users(old, new)
    yield from worked_out(_roots(old, new), users)
    yield from needs_of_texts(users)


def _roots(old: Side, new: Side) -> Iterator[Root]:
    yield from roots_of_rules(old, new)
    yield from roots_of_sources(old, new)
    yield from roots_of_events(old, new)
    yield from roots_of_facts(old, new)
    yield from roots_of_gates(old, new)
    yield from roots_of_texts(old, new)
