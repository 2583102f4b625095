"""Sources of events that are read otherwise, and which events count as copies or as lies (D163)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rtj.ir.program import SourceMap
from rtj.ir.spelling import duration_text
from rtj.plan.changes import Change, Spot
from rtj.plan.declared import matched, quoted
from rtj.plan.roots import Root
from rtj.plan.sides import Side


def roots_of_sources(old: Side, new: Side) -> Iterator[Root]:
    """The differences between what is read, and how."""
    was, now = old.program, new.program
    if was.dedupe_ms != now.dedupe_ms:
        longer = now.dedupe_ms > was.dedupe_ms
        reason = (
            "more events count as copies of earlier ones" if longer else "fewer events count as copies: some are worked twice"
        )
        yield _another(("dedupe",), "dedupe", (duration_text(was.dedupe_ms), duration_text(now.dedupe_ms)), reason)
    if was.max_skew_ms != now.max_skew_ms:
        reason = "it is decided otherwise which events lie too far ahead of the clock"
        yield _another(("max_skew",), "max_skew", (duration_text(was.max_skew_ms), duration_text(now.max_skew_ms)), reason)
    sources = [[(source.name, source) for source in program.sources] for program in (was, now)]
    for name, before, after in matched(sources[0], sources[1]):
        spot: Spot = ("source", name)
        what = f"source {name}"
        if before is None:
            reason = "events of this name are read by its mapping"
            yield Root(Change("D163", "behaviour", what, "", name, reason, concerns="everybody", now=spot))
        elif after is None:
            reason = "events of this name are read as they come, without its mapping"
            yield Root(Change("D163", "behaviour", what, name, "", reason, concerns="everybody", was=spot))
        else:
            yield from _of_source(spot, before, after)


def _of_source(spot: Spot, before: SourceMap, after: SourceMap) -> Iterator[Root]:
    settings = (
        ("format", before.format, after.format, "its records are read as another format"),
        ("lateness", *map(duration_text, (before.lateness_ms, after.lateness_ms)), "other events count as late"),
        ("sequence", before.sequence or "", after.sequence or "", "events of one instant are worked in another order"),
    )
    for part, old, new, reason in settings:
        if old != new:
            yield _another((*spot, part), f"source {spot[1]} {part}", (old, new), reason)
    if before.map != after.map:
        was, now = _mapped(before.map), _mapped(after.map)
        parts = sorted(key for key in was.keys() | now.keys() if was.get(key) != now.get(key))
        texts = [", ".join(f"{key}: {found[key]}" for key in parts if key in found) for found in (was, now)]
        yield _another(
            (*spot, "map"), f"source {spot[1]} map", (quoted(texts[0]), quoted(texts[1])), "its records become other events"
        )


def _mapped(text: str) -> dict[str, str]:
    """What a mapping says, by its top-level words."""
    found = json.loads(text) if text else {}
    parts = found.items() if isinstance(found, dict) else [("map", found)]
    return {key: json.dumps(part, ensure_ascii=False) for key, part in parts}


def _another(spot: Spot, what: str, texts: tuple[str, str], reason: str) -> Root:
    return Root(Change("D163", "behaviour", what, *texts, reason, concerns="everybody", was=spot, now=spot))
