"""What was deployed: what runs now, what is paused, what ramps, and where a rollback goes to, out of the rows of a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rtj.base.errors import RefusedError, UsageError
from rtj.engine.calendar import INFINITY
from rtj.ir.environments import GUARDRAIL
from rtj.plan.planned import Base, Plan, read_record
from rtj.plan.stages import Pause, Ramp, Resume
from rtj.store.port import Deployment, Store

MOST = 10_000  # deployments that are looked at; of further ones nothing is asked


@dataclass(frozen=True, slots=True)
class Record:
    """A deployment with its plan; None where another rtj wrote it."""

    row: Deployment
    plan: Plan | None


def records(store: Store, most: int = MOST) -> list[Record]:
    """The deployments, newest first."""
    return [Record(row, read_record(row.body)) for row in store.deployments(most)]


def base_of(store: Store) -> Base:
    """The state of a store, for which a plan is made."""
    identity = store.identity()
    latest = running(store.deployments(MOST))
    ran = ("", "") if latest is None else (latest.project, latest.running)
    return Base(identity.lineage, identity.serial, *ran, clock_of(store))


def clock_of(store: Store) -> int | None:
    """The clock of the people of an environment; None where no event has come yet."""
    clock = store.clock()
    return None if clock is None or clock <= -INFINITY else clock


def running(rows: Sequence[Deployment]) -> Deployment | None:
    """The deployment that is in force: the newest that is applied; where one is on its way, that counts, for it will be."""
    return next((row for row in rows if row.state in ("applied", "ordered", "published")), None)


def unfinished(rows: Iterable[Deployment]) -> Deployment | None:
    """The newest deployment if it was begun and is not in force yet."""
    latest = next(iter(rows), None)
    return latest if latest is not None and latest.state in ("published", "ordered") else None


def paused(found: Sequence[Record]) -> dict[str, Deployment]:
    """The journeys that are paused now, each with the deployment that did it."""
    now: dict[str, Deployment] = {}
    for record in reversed(found):
        if record.plan is None or record.row.state == "halted":
            continue
        for stage in record.plan.stages:
            if isinstance(stage, Pause):
                now[stage.journey] = record.row
            elif isinstance(stage, Resume):
                now.pop(stage.journey, None)
    return now


def ramps(found: Sequence[Record]) -> Mapping[str, float]:
    """The share of those who enter the new version, by journey, where it is not all of them."""
    now: dict[str, float] = {}
    for record in reversed(found):
        if record.plan is None or record.row.state == "halted":
            continue
        if record.row.kind in ("deploy", "rollback"):
            now.clear()
        for stage in record.plan.stages:
            if isinstance(stage, Ramp):
                now[stage.journey] = stage.percent
    return {journey: percent for journey, percent in now.items() if percent < 100}


def halts(found: Sequence[Record]) -> dict[str, Deployment]:
    """The journeys that a guardrail has halted, each with the deployment that did it, as long as nobody has let them go on."""
    now: dict[str, Deployment] = {}
    for record in reversed(found):
        if record.plan is None or record.row.state == "halted":
            continue
        if record.row.kind in ("deploy", "rollback"):
            now = {journey: row for journey, row in now.items() if row.kind == "pause"}
        for stage in record.plan.stages:
            if isinstance(stage, Pause) or (isinstance(stage, Ramp) and record.row.who == GUARDRAIL and stage.percent == 0):
                if record.row.who == GUARDRAIL:
                    now[stage.journey] = record.row
            elif isinstance(stage, Resume) or (isinstance(stage, Ramp) and stage.percent > 0):
                now.pop(stage.journey, None)
    return now


def target(found: Sequence[Record], serial: int | None) -> Record:
    """Where a rollback goes to: the deployment of that serial, or the last one before the present one that ran for everybody.

    Raises UsageError when there is no such deployment, RefusedError when there is none to go back to."""
    rows = [record.row for record in found]
    now = running(rows)
    if now is None:
        raise RefusedError("nothing was deployed yet, so there is nothing to go back to")
    if serial is not None:
        chosen = next((record for record in found if record.row.serial == serial), None)
        if chosen is None:
            raise UsageError(f"there is no deployment {serial}; `rtj history` lists them")
        if chosen.row.state != "applied":
            raise RefusedError(f"deployment {serial} was never applied (it is {chosen.row.state})")
        return chosen
    for place, record in enumerate(found):
        before = record.row.serial < now.serial and record.row.state == "applied"
        if before and record.row.project != now.project and not ramps(found[place:]):
            return record
    raise RefusedError("no earlier deployment ran for everybody with another project; name one with its serial")
