"""How an environment is: its status, its history, what is not as it was deployed, what nobody needs any more."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from rtj.base.errors import InputError, RefusedError
from rtj.deploy.annals import Record, clock_of, halts, paused, ramps, records, running, unfinished
from rtj.deploy.holders import lives
from rtj.ir.journey import WHOLE, Version
from rtj.ir.program import FORMAT, Program, canonical, fingerprint, read_program
from rtj.ir.standing import Tally
from rtj.live.counting import programs_of_records
from rtj.live.sweeping import sweeps_by
from rtj.plan.planned import OLDER
from rtj.plan.stages import Drain
from rtj.plan.status import (
    DeployedRow,
    DriftRow,
    History,
    HistoryRow,
    Olds,
    Runner,
    Status,
    counted_versions,
    version_rows,
)
from rtj.store.port import Deployment, Holder, Store

VERSIONS_MAX = 50  # deployments whose projects are read for the table of versions
LINES_MAX = 40  # of a difference of settings
KEEP_LAST = 20  # deployments whose programs stay
KEEP_MS = 90 * 86_400_000  # and those that are younger


def program_of(store: Store, name: str) -> Program:
    """A program of the store. Raises InputError when it is not what its fingerprint says."""
    content = store.program(name)
    try:
        program = read_program(content)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputError(f"the program {name} in the store cannot be read by this rtj: {error}") from error
    if program.format != FORMAT:
        raise InputError(f"the program {name} in the store is of form {program.format}, this rtj reads {FORMAT}")
    if fingerprint(program) != name:
        raise InputError(f"the program {name} in the store is not what its name says; `rtj drift` tells more")
    return program


def status(store: Store, environment: str, tallies: Iterable[Tally] | None, now_ms: int) -> Status:
    """How an environment is. `tallies`: who is inside; None: it cannot be told now."""
    identity = store.identity()
    found = records(store)
    rows = [record.row for record in found]
    now, begun = running(rows), unfinished(rows)
    last = store.last_entry()
    committed = next((row.taken_ms for row in store.log(last)), None) if last else None
    stopped = paused(found)
    history = []
    for record in found[:VERSIONS_MAX] if tallies is not None else ():
        if record.row.state == "applied" and record.row.kind in ("deploy", "rollback"):
            try:
                history.append((record.row.serial, program_of(store, record.row.project)))
            except InputError:  # collected, or of another rtj: `rtj drift` tells
                continue
    inside = counted_versions(tallies) if tallies is not None else {}
    return Status(
        environment=environment,
        lineage=identity.lineage,
        serial=identity.serial,
        at_ms=now_ms,
        project=now.project if now is not None else "",
        running=now.running if now is not None else "",
        who=now.who if now is not None else "",
        deployed_ms=now.at_ms if now is not None else 0,
        message=now.message if now is not None else "",
        clock=clock_of(store),
        committed_ms=committed,
        run=_runner(store.leaseholder(), now_ms),
        lock=_runner(store.lockholder(), now_ms),
        waiting=store.waiting_count(),
        letters=store.letter_count(),
        paused=tuple((journey, row.serial) for journey, row in sorted(stopped.items())),
        halted=tuple((journey, row.serial, row.message) for journey, row in sorted(halts(found).items())),
        begun=None if begun is None else (begun.serial, begun.state),
        versions=version_rows(history, inside, ramps(found), stopped, Olds(_began(found), _admits(store, now), now_ms)),
    )


def _began(found: Iterable[Record]) -> dict[tuple[str, str], tuple[int, int]]:
    """How many were in each old version at the last deployment that knew of them, and when that was."""
    began: dict[tuple[str, str], tuple[int, int]] = {}
    for record in found:
        if record.plan is None or record.row.state != "applied":
            continue
        for stage in record.plan.stages:
            if isinstance(stage, Drain) and stage.people:
                began.setdefault((stage.journey, stage.version.partition(OLDER)[2]), (stage.people, record.row.at_ms))
    return began


def _admits(store: Store, now: Deployment | None) -> dict[tuple[str, str], float]:
    """Which old versions still let somebody in, and the share of those who enter."""
    if now is None or now.running == now.project:
        return {}
    try:
        journeys = program_of(store, now.running).journeys
    except InputError:  # of another rtj: `rtj drift` tells
        return {}
    olds = [one for one in journeys if isinstance(one, Version) and one.name != one.of]
    shares = {(one.of, one.version): (one.admits[1] - one.admits[0]) * 100 / WHOLE for one in olds}
    return {key: share for key, share in shares.items() if share}


def _runner(found: Holder | None, now_ms: int) -> Runner | None:
    if found is None:
        return None
    alive = lives(found, now_ms)
    return Runner(found.who, found.pid, found.operation, found.created_ms, found.beat_ms, alive, found.id)


def history(store: Store, environment: str, most: int) -> History:
    """What was deployed, and the audit log, verified. Raises DamagedError where its chain breaks."""
    found = records(store)
    lines = [
        HistoryRow(row.number, row.at_ms, row.who, row.action, row.detail.decode("utf-8", "replace"), row.hash)
        for row in store.audit()
    ]
    deployments = [_deployed(record, found[place + 1] if place + 1 < len(found) else None) for place, record in enumerate(found)]
    return History(environment, tuple(deployments[:most]), tuple(lines[-most:]))


def _deployed(record: Record, before: Record | None) -> DeployedRow:
    row, plan = record.row, record.plan
    accepted = () if plan is None else tuple(f"{one.code}@{one.journey}" for one in plan.accepted)
    waived = () if plan is None else plan.waived
    old = plan.base.project if plan is not None else before.row.project if before is not None else ""
    return DeployedRow(
        row.serial, row.at_ms, row.who, row.kind, row.state, old, row.project, row.plan, row.message, accepted, waived
    )


def damaged_programs(store: Store) -> list[DriftRow]:
    """Programs in the store that are not what their names say."""
    found = []
    for name, _ in store.programs():
        try:
            program_of(store, name)
        except InputError as error:
            found.append(DriftRow("program", f"program {name}", str(error)))
    return found


def other_settings(store: Store, settings: str, file: str) -> DriftRow | None:
    """Whether the environment's settings are others than at the last deployment; `file`: where they are written."""
    last = next((record.plan for record in records(store) if record.plan is not None and record.plan.settings), None)
    if last is None or last.settings == settings:
        return None
    before, after = (_spread(text) for text in (last.settings, settings))
    lines = list(difflib.unified_diff(before, after, "deployed", "now", n=0, lineterm=""))[2:]
    told = f"settings of the environment are others than at deployment {last.serial}"
    more = [f"… {len(lines) - LINES_MAX:,} more lines"] if len(lines) > LINES_MAX else []
    return DriftRow("settings", file, told, tuple(lines[:LINES_MAX] + more))


def _spread(text: str) -> list[str]:
    return msgspec.json.format(text.encode(), indent=2).decode().splitlines()


def unneeded(store: Store, now_ms: int, keep_last: int = KEEP_LAST, keep_ms: int = KEEP_MS) -> list[tuple[str, int]]:
    """Programs that nobody needs, with when they were published: no deployment that runs, is one of the last, is young, or has
    taken over in the log that is kept; no sweep; and nobody's record, which may be as the program of its time wrote it."""
    rows = store.deployments()
    now = running(rows)
    kept = {name for row in rows[:keep_last] for name in (row.project, row.running)}
    kept |= {name for row in rows if now_ms - row.at_ms < keep_ms for name in (row.project, row.running)}
    kept |= {now.project, now.running} if now is not None else set()
    kept |= programs_of_records(store) | programs_of_log(store, rows)
    return [(name, at) for name, at in store.programs() if name not in kept and now_ms - at >= keep_ms]


def programs_of_log(store: Store, rows: Sequence[Deployment]) -> set[str]:
    """The fingerprints of programs with which the log that is kept, or a sweep of it, is read: of each deployment since its first
    entry, and of the one before, which may have been taken long after it was ordered."""
    first = next(iter(store.log()), None)
    older = next((place for place, row in enumerate(rows) if first is None or row.at_ms < first.taken_ms), len(rows))
    return {name for row in rows[: older + 1] for name in (row.project, row.running)} | sweeps_by(store)


def collect(store: Store, names: Iterable[str], who: str, now_ms: int) -> None:
    """Let programs go. Raises RefusedError when a deployment is on its way."""
    if unfinished(store.deployments(1)) is not None:
        raise RefusedError("a deployment is on its way; let it end first: `rtj deploy --resume`")
    store.forget_programs(names, who, now_ms)


def settings_of(environment: msgspec.Struct, root: Path) -> str:
    """The settings of an environment as a plan keeps them: texts that name variables stay names, and paths are those within the
    folder of the project."""
    return canonical(environment).decode("utf-8").replace(f'"{root.as_posix()}/', '"')
