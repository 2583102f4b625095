"""Plans, status, history and drift as JSON: one object each, on one line. `schema` is raised when a reader has to change."""

from __future__ import annotations

from typing import Any

import msgspec

from rtj.plan.planned import STRANDED, Plan, homeless, unaccepted, whose
from rtj.plan.stages import people
from rtj.plan.status import DriftRow, History, Status
from rtj.report.diff_json import diff_json
from rtj.report.diff_places import Places
from rtj.report.findings_json import encoded

SCHEMA = 1


def plan_json(plan: Plan, places: Places, outcome: dict[str, Any] | None = None) -> bytes:
    """A plan. `outcome`: what became of it, where it was carried out."""
    immediate, takeover = plan.bounds.immediate, plan.bounds.takeover
    record = {
        "schema": SCHEMA,
        "kind": plan.kind,
        "environment": plan.environment,
        "plan": plan.hash,
        "serial": plan.serial,
        "base": msgspec.to_builtins(plan.base),
        "project": plan.project,
        "running": plan.running,
        "author": plan.told.author,
        "at": plan.told.at_ms,
        "message": plan.told.message or None,
        "commit": plan.told.commit or None,
        "level": plan.level,
        "stages": [{**msgspec.to_builtins(stage), "people": people(stage)} for stage in plan.stages],
        "checks": msgspec.to_builtins(plan.checks),
        "guardrails": msgspec.to_builtins(plan.guardrails),
        "waived": list(plan.waived),
        "accepted": [f"{one.code}@{one.journey}" for one in plan.accepted],
        "unaccepted": [
            *(f"{judged.change.code}@{whose(judged)}" for judged in unaccepted(plan)),
            *(f"{STRANDED}@{journey}" for journey, _, _ in homeless(plan)),
        ],
        "approvals": plan.bounds.approvals,
        "immediate": None if immediate is None else dict(immediate),
        "immediate_max": plan.bounds.immediate_max,
        "takeover": None if takeover is None else {**msgspec.to_builtins(takeover), "still_s": takeover.still_s},
        "undone": None if plan.undone is None else msgspec.to_builtins(plan.undone),
        "diff": msgspec.json.decode(diff_json(plan.diff, None, places)),
        "outcome": outcome,
    }
    return _line(record)


def status_json(status: Status) -> bytes:
    """The status of an environment."""
    return _line({"schema": SCHEMA, **msgspec.to_builtins(status)})


def history_json(history: History) -> bytes:
    """What was deployed, and the audit log."""
    return _line({"schema": SCHEMA, "verified": True, **msgspec.to_builtins(history)})


def drift_json(environment: str, found: tuple[DriftRow, ...]) -> bytes:
    """What is not as it was deployed."""
    return _line({"schema": SCHEMA, "environment": environment, "drift": msgspec.to_builtins(found)})


def done_json(command: str, environment: str, told: dict[str, Any]) -> bytes:
    """What became of a command that has nothing else to tell."""
    return _line({"schema": SCHEMA, "command": command, "environment": environment, **told})


def _line(record: dict[str, Any]) -> bytes:
    return (encoded(record) + "\n").encode("utf-8")
