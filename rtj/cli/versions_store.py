"""What runs in an environment, out of its store: the program that was deployed, and who is inside of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rtj.deploy.annals import MOST, running
from rtj.deploy.looking import program_of
from rtj.deploy.sessions import Sessions
from rtj.ir.environments import Environment, looked_up
from rtj.ir.program import Program, fingerprint
from rtj.ir.standing import Standing
from rtj.store.opening import POSTGRES, open_store


@dataclass(frozen=True, slots=True)
class InStore:
    """`program` is what was deployed last, with nothing of older versions; `standings`: who is inside of it, `at` the instant up
    to which everything was worked; `draining`: how many instances are inside of older versions."""

    program: Program
    standings: Sequence[Standing]
    at: int
    draining: int


def deployed_in(environment: Environment) -> InStore | None:
    """What was deployed there; None where there is no store, or nothing in it. A run is not disturbed.

    Raises UsageError where the store is a variable that is not set, and as `open_store`."""
    place = looked_up(environment.store)
    if not place.startswith(POSTGRES) and not Path(place).exists():
        return None
    with closing(open_store(place, environment.name, reading=True)) as store, store.still():
        latest = running(store.deployments(MOST))
        if latest is None:
            return None
        program = program_of(store, latest.project)
        standings, draining = _of_these(Sessions().standings(store) or (), program)
        return InStore(program, standings, store.clock() or 0, draining)


def _of_these(standings: Sequence[Standing], program: Program) -> tuple[list[Standing], int]:
    """Those who are inside of journeys of this program, and how many instances are of others."""
    now = {fingerprint(journey) for journey in program.journeys}
    found = [Standing(one.profile, tuple(inst for inst in one.instances if inst.version in now)) for one in standings]
    every = sum(len(one.instances) for one in standings)
    return [one for one in found if one.instances], every - sum(len(one.instances) for one in found)
