"""A program written down for golden files: one line for each part, without what has its default value."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from rtj.ir.journey import Journey
from rtj.ir.program import Program


def brief(value: Any) -> Any:
    """Structs as objects with the fields that differ from their defaults."""
    if isinstance(value, tuple):
        return [brief(part) for part in value]
    if not isinstance(value, msgspec.Struct):
        return value
    tag = type(value).__struct_config__.tag
    shown: dict[str, Any] = {"is": tag} if tag is not None else {}
    for field in msgspec.structs.fields(value):
        part = getattr(value, field.name)
        if part != field.default:
            shown[field.name] = brief(part)
    return shown


def line(value: Any) -> str:
    return json.dumps(brief(value), ensure_ascii=False)


def outline_journey(journey: Journey) -> str:
    """Headers, entries, goals, exits and nodes, one a line."""
    bare = msgspec.structs.replace(journey, entries=(), goals=(), exits=(), nodes=())
    lines = [line(bare)]
    for word, found in (("enter", journey.entries), ("goal", journey.goals), ("exit", journey.exits), ("node", journey.nodes)):
        lines += [f"{word} {line(one)}" for one in found]
    return "\n".join(lines) + "\n"


def outline_project(program: Program) -> str:
    """All declarations, one a line."""
    lines = [f"project {program.project} {program.timezone} {program.dedupe_ms} {program.max_skew_ms}"]
    for word in ("namespaces", "events", "mappings", "aggregates", "trackers", "audiences", "channels", "webhooks", "sources"):
        lines += [f"{word} {line(one)}" for one in getattr(program, word)]
    return "\n".join(lines) + "\n"
