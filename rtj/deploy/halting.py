"""A guardrail has tripped: the deployment that halts the journey, made and ordered as a deployer would.

Nothing but what halts it is in it: a ramp goes back to 0 %, so that those who come enter the version before, or the journey is
paused. Nobody inside is moved, and no other journey changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

import rtj
from rtj.base.errors import RefusedError
from rtj.deploy.annals import base_of, ramps, records, unfinished
from rtj.deploy.applying import Means, carry_out, go_on
from rtj.deploy.looking import program_of
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Entry, encode_entries
from rtj.ir.environments import GUARDRAIL
from rtj.ir.journey import WHOLE, Journey, Version
from rtj.ir.program import Program, fingerprint
from rtj.ir.standing import Standing, Takeover, Tally
from rtj.live.guarding import Trip
from rtj.plan.changes import Diff
from rtj.plan.crossing import crossing
from rtj.plan.order import order_of
from rtj.plan.planned import Base, Bounds, Plan, Told, bundle
from rtj.plan.sides import Side
from rtj.plan.stages import Pause, Stage
from rtj.plan.staging import Facts, Linked, Step, stages
from rtj.store.port import Store


class NoHands:
    """Those of a run, which takes the order itself."""

    def standings(self, store: Store) -> Sequence[Standing] | None:
        """Nobody is asked."""
        return None

    def tallies(self, store: Store) -> Sequence[Tally] | None:
        """Nobody is counted."""
        return None

    def rehearse(self, store: Store, programs: Mapping[str, bytes], entries: Sequence[Entry]) -> Mapping[str, int] | None:
        """Nobody is moved, so that nothing goes out."""
        return {}

    def takeover(self) -> Takeover | None:
        """Nobody has tried."""
        return None

    def work(self, store: Store, entries: Sequence[Entry], serial: int) -> None:
        """The run takes it between two commits."""
        raise RefusedError(f"deployment {serial} is ordered, and not taken yet")


@dataclass(frozen=True, slots=True)
class Halting:
    """Orders what halts a trip in an environment."""

    environment: str
    store: Store
    now: Callable[[], int] = lambda: time.time_ns() // 1_000_000

    def __call__(self, trip: Trip) -> None:
        """Record the order, or go on with one that was begun. Raises RefusedError when somebody else deploys just now."""
        store, means = self.store, Means(self.store, NoHands(), wait_ms=0, now=self.now)
        begun = unfinished(store.deployments(1))
        if begun is not None and begun.who == GUARDRAIL:
            if begun.state == "published":
                go_on(store, means)
            return
        carry_out(self.plan(trip), means, store.last_entry())

    def plan(self, trip: Trip) -> Plan:
        """The plan of it. Raises RefusedError when nothing is deployed."""
        base = base_of(self.store)
        if not base.project:
            raise RefusedError("nothing is deployed")
        plan = self._ramped(trip, base) if trip.remedy == "ramp" else self._paused(trip, base)
        return replace(plan, told=Told(GUARDRAIL, self.now(), trip.words, rtj.__version__))

    def _paused(self, trip: Trip, base: Base) -> Plan:
        found: tuple[Stage, ...] = (Pause(trip.journey, 0),)
        return self._plan(base, found, Crossing({}))

    def _ramped(self, trip: Trip, base: Base) -> Plan:
        """What runs stays what it is, but for who is let in."""
        project, ran = program_of(self.store, base.project), program_of(self.store, base.running)
        made = back(ran, trip.journey)
        ways = crossing(Side("what runs", ran), Side("what is to run", made))
        linked, running = Linked(made, ways), fingerprint(made)
        step = Step(project, ran, project, linked, base.running, base.project, running)
        shares = {**ramps(records(self.store)), trip.journey: 0.0}
        published = frozenset(name for name, _ in self.store.programs())
        same = Diff(self.environment, self.environment, base.project, base.project)
        found = stages(step, same, Facts(published, ramps=shares, now=base.clock or 0))
        plan = self._plan(base, found, ways)
        return replace(plan, kind="ramp", running=running, programs=(bundle(made, running),))

    def _plan(self, base: Base, found: tuple[Stage, ...], ways: Crossing) -> Plan:
        return Plan(
            kind="pause",
            environment=self.environment,
            base=base,
            told=Told(GUARDRAIL, self.now()),
            project=base.project,
            running=base.running,
            stages=found,
            diff=Diff(self.environment, self.environment, base.project, base.project),
            level="safe",
            bounds=Bounds(immediate=()),
            order=encode_entries(order_of(found, ways, base.serial + 1)),
        )


def back(program: Program, journey: str) -> Program:
    """The program in which nobody enters the newest version of a journey, and everybody the one before. Raises RefusedError when
    it runs in one version only."""
    olds = [one for one in program.journeys if isinstance(one, Version) and one.of == journey != one.name]
    stable = max(olds, key=lambda one: one.admits[1] - one.admits[0], default=None)
    if stable is None or stable.admits[0] >= stable.admits[1]:
        raise RefusedError(f"{journey} does not ramp")

    def admitting(one: Journey) -> Journey:
        if not isinstance(one, Version) or one.of != journey:
            return one
        return replace(one, admits=(0, WHOLE) if one is stable else (0, 0))

    return replace(program, journeys=tuple(admitting(one) for one in program.journeys))
