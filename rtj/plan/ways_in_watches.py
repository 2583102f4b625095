"""Goals and exits: what is watched wherever people stand, so that any change of it concerns all who are inside."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Literal, TypeAlias

from rtj.ir import journey as j
from rtj.ir.spelling import length_text
from rtj.plan.both import Told
from rtj.plan.changes import Change
from rtj.plan.guards import At, whole_condition
from rtj.plan.ways_in_base import (
    Part,
    Turn,
    Ways,
    by_condition,
    by_length,
    by_step,
    paired,
    told_at_least,
    turned_over,
)
from rtj.plan.words import Words

Kind: TypeAlias = Literal["goal", "exit"]
ADDED: dict[Kind, str] = {
    "goal": "whoever is inside leaves as soon as it is reached",
    "exit": "whoever is inside leaves as soon as it is met",
}
STAYING = "whoever is inside is counted as soon as it is reached, and stays"
REMOVED: dict[Kind, str] = {
    "goal": "whoever is inside does not reach it any more, and goes on",
    "exit": "whoever is inside does not leave by it any more, and goes on",
}
REASONS: dict[tuple[Kind, Turn], str] = {
    ("goal", "wider"): "more of those who are inside reach it",
    ("goal", "narrower"): "fewer of those who are inside reach it",
    ("goal", "another"): "others of those who are inside reach it",
    ("exit", "wider"): "more of those who are inside leave by it",
    ("exit", "narrower"): "fewer of those who are inside leave by it",
    ("exit", "another"): "others of those who are inside leave by it",
}
STAY = {True: "stay", False: ""}
ORDER = "of two that are met at once, the first is told as the reason"


def watches(ways: Ways, kind: Kind) -> Iterator[Change]:
    """All changes of goals, or of exits."""
    old, new = (one.goals if kind == "goal" else one.exits for one in (ways.old, ways.new))
    pairs = paired(old, new, _kind)
    for was, now in pairs:
        if was is not None and now is not None:
            two = old[was], new[now]
            yield from told_at_least(_changed(ways, kind, (was, now), two), _rewritten(ways, kind, (was, now), two))
        elif now is not None:
            reason = STAYING if new[now].stay else ADDED[kind]
            told = Told(f"{kind} {now + 1}", "", _text(ways, 1, new[now]), "behaviour", reason, "inside")
            yield ways.change("D153", None, (kind, str(now)), told)
        elif was is not None:
            told = Told(f"{kind} {was + 1}", _text(ways, 0, old[was]), "", "behaviour", REMOVED[kind], "inside")
            yield ways.change("D153", (kind, str(was)), None, told)
    if turned_over(pairs):
        meet = any(_may_meet(one, other) for one, other in combinations(new, 2))
        texts = tuple("; ".join(_text(ways, side, one) for one in these) for side, these in enumerate((old, new)))
        told = Told(
            f"order of {kind}s", texts[0], texts[1], level="safe", reason="no two of them are met at once", concerns="nobody"
        )
        if meet:
            told = Told(f"order of {kind}s", texts[0], texts[1], level="behaviour", reason=ORDER, concerns="inside")
        yield ways.change("D153" if meet else "D001", (kind,), (kind,), told)


def unchanged(ways: Ways, kind: Kind) -> dict[int, int]:
    """By their places: the goals, or exits, of the new version that mean the same as one of the old."""
    old, new = (one.goals if kind == "goal" else one.exits for one in (ways.old, ways.new))
    return {
        was: now
        for was, now in paired(old, new, _kind)
        if was is not None and now is not None
        if all(change.level == "safe" for change in _changed(ways, kind, (was, now), (old[was], new[now])))
    }


def _kind(watch: j.Watch) -> object:
    return type(watch.trigger)


def _may_meet(one: j.Watch, other: j.Watch) -> bool:
    match one.trigger, other.trigger:
        case j.OnEvents(steps=ours), j.OnEvents(steps=theirs):
            names, others = ({name for step in steps for name in step.events} for steps in (ours, theirs))
            return "any" in names | others or not names.isdisjoint(others)
        case _:
            return type(one.trigger) is type(other.trigger)


def _text(ways: Ways, side: int, watch: j.Watch) -> str:
    words = ways.words[side]
    when = f" when {words.expr(watch.when)}" if watch.when is not None else ""
    within = f" within {length_text(watch.within)}" if watch.within is not None else ""
    return f"{words.trigger(watch.trigger)}{when}{within}{' stay' if watch.stay else ''}"


def _rewritten(ways: Ways, kind: Kind, places: tuple[int, int], two: tuple[j.Watch, j.Watch]) -> Change | None:
    """What is left to tell of one that is written otherwise."""
    texts = _text(ways, 0, two[0]), _text(ways, 1, two[1])
    if texts[0] == texts[1]:
        return None
    told = Told(f"{kind} {places[1] + 1}", *texts, "safe", "it means the same", "nobody")
    return ways.change("D001", (kind, str(places[0])), (kind, str(places[1])), told)


def _changed(ways: Ways, kind: Kind, places: tuple[int, int], two: tuple[j.Watch, j.Watch]) -> Iterator[Change]:
    old, new = two
    for part in (*_parts(ways, old, new), *by_length("within", (old.within, new.within), longer="wider")):
        safe = part.turn == "same"
        reason = "it means the same" if safe else REASONS[kind, part.turn]
        word = "" if safe else f" {part.turn}"
        told = Told(
            f"{kind} {places[1] + 1} {part.called}{word}",
            *part.texts,
            "safe" if safe else "behaviour",
            reason,
            "nobody" if safe else "inside",
            part.notes,
        )
        was = None if part.added else (kind, str(places[0]), *part.address)
        now = None if part.removed else (kind, str(places[1]), *part.address)
        yield ways.change("D153", was, now, told)
    if old.stay != new.stay:
        reason = STAYING if new.stay else ADDED[kind]
        said = Told(f"{kind} {places[1] + 1} stay", STAY[old.stay], STAY[new.stay], "behaviour", reason, "inside")
        yield ways.change("D153", (kind, str(places[0]), "stay"), (kind, str(places[1]), "stay"), said)


def _parts(ways: Ways, old: j.Watch, new: j.Watch) -> Iterator[Part]:
    """What is different in what is watched."""
    match old.trigger, new.trigger:
        case j.OnEvents(steps=(first,)), j.OnEvents(steps=(second,)):
            yield from by_step(ways, (first, second))
            whole = (whole_condition(first, old.when), whole_condition(second, new.when))
            yield from by_condition(ways, "when", whole, At(tuple(sorted({*first.events, *second.events}))))
        case j.OnCondition(condition=before), j.OnCondition(condition=after):
            yield from by_condition(ways, "when", (before, after), At())
        case before, after if before != after:
            yield Part("on", "another", ways.spelt(Words.trigger, before, after))
