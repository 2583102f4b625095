"""Entries: who can enter that could not, and the other way round; who may enter again, and by which key people are told apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import combinations

import msgspec

from rtj.ir import journey as j
from rtj.ir.expr import Expr
from rtj.ir.meaning import meant
from rtj.ir.walk import renamed
from rtj.plan.both import Told, compare_lengths
from rtj.plan.changes import Change, Concerns, Level
from rtj.plan.guard_names import completing
from rtj.plan.guards import At, whole_condition
from rtj.plan.ways_in_base import (
    TURNED,
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

REASONS: dict[Turn, str] = {
    "same": "it means the same",
    "wider": "more people can enter; those who are inside stay",
    "narrower": "fewer people enter; those who are inside stay",
    "another": "other people enter; those who are inside stay",
}
AGAIN: dict[Turn, str] = {
    "same": "it means the same",
    "wider": "people who have been inside can enter again sooner",
    "narrower": "people who have been inside have to wait for longer before they enter again",
    "another": "people who have been inside can enter again at other times",
}
INSIDE = {
    "restart": "what lets in ends the passage of whoever is inside, and a new one begins",
    "ignore": "what lets in does nothing to whoever is inside",
}
KEYED = "people who are inside stand under the old key: nothing finds them by the new one, and they can enter a second time"
FILLED = {True: "who is in the audience already is let in too", False: "who is in the audience already is not let in"}
FLAG = {True: "true", False: ""}
replace = msgspec.structs.replace


def entries(ways: Ways) -> Iterator[Change]:
    """All changes of entries."""
    old, new = ways.old.entries, ways.new.entries
    pairs = paired(old, new, _kind)
    for was, now in pairs:
        if was is not None and now is not None:
            yield from told_at_least(_changed(ways, (was, now)), _rewritten(ways, was, now))
        elif now is not None:
            told = Told(f"entry {now + 1}", "", _text(ways, 1, new[now]), "behaviour", REASONS["wider"], "entrants")
            yield ways.change("D151", None, ("entry", str(now)), told)
        elif was is not None:
            told = Told(f"entry {was + 1}", _text(ways, 0, old[was]), "", "behaviour", REASONS["narrower"], "entrants")
            yield ways.change("D151", ("entry", str(was)), None, told)
    if turned_over(pairs):
        yield _order(ways)


def unchanged_entries(ways: Ways) -> dict[int, int]:
    """By their places: the entries of the new version that mean the same as one of the old."""
    return {
        was: now
        for was, now in paired(ways.old.entries, ways.new.entries, _kind)
        if was is not None and now is not None
        if all(change.level == "safe" for change in _changed(ways, (was, now)))
    }


def _kind(entry: j.Entry) -> object:
    return type(entry.trigger)


def _text(ways: Ways, side: int, entry: j.Entry) -> str:
    words = ways.words[side]
    when = f" when {words.expr(entry.when)}" if entry.when is not None else ""
    key = f" key {words.expr(entry.key)}" if entry.key is not None else ""
    return words.trigger(entry.trigger) + when + key


def _order(ways: Ways) -> Change:
    texts = tuple("; ".join(_text(ways, side, one) for one in two.entries) for side, two in enumerate((ways.old, ways.new)))
    told = Told("order of entries", texts[0], texts[1], level="safe", reason="no event is one of two of them", concerns="nobody")
    code = "D001"
    if any(not _events(one).isdisjoint(_events(other)) for one, other in combinations(ways.new.entries, 2)):
        reason = "of two entries that one event fulfils, the first lets in"
        code, told = "D151", Told("order of entries", texts[0], texts[1], level="behaviour", reason=reason, concerns="entrants")
    return ways.change(code, ("entry",), ("entry",), told)


def _events(entry: j.Entry) -> frozenset[str]:
    """What may let somebody in at one instant; conditions and schedules count as one."""
    match entry.trigger:
        case j.OnEvents(steps=steps):
            return frozenset(name for step in steps for name in step.events)
        case j.OnCondition() | j.OnSchedule():
            return frozenset(("time",))
        case j.OnStart():
            return frozenset(("start",))


def _rewritten(ways: Ways, was: int, now: int) -> Change | None:
    """What is left to tell of an entry that is written otherwise."""
    texts = _text(ways, 0, ways.old.entries[was]), _text(ways, 1, ways.new.entries[now])
    if texts[0] == texts[1]:  # another name for the event is told where names are
        return None
    told = Told(f"entry {now + 1}", *texts, "safe", REASONS["same"], "nobody")
    return ways.change("D001", ("entry", str(was)), ("entry", str(now)), told)


# ---- one entry


def _changed(ways: Ways, places: tuple[int, int]) -> Iterator[Change]:
    old, new = ways.old.entries[places[0]], ways.new.entries[places[1]]
    for part in _parts(ways, old, new):
        level: Level = "safe" if part.turn == "same" else "behaviour"
        concerns: Concerns = "nobody" if part.turn == "same" else "entrants"
        yield _change(ways, "D151", places, part, (level, REASONS[part.turn], concerns))
    if old.again != new.again:
        texts = ways.spelt(Words.again, old.again, new.again)
        turn = _again(old.again, new.again)
        yield _change(ways, "D152", places, Part("again", turn, texts), ("behaviour", AGAIN[turn], "entrants"))
    if old.while_inside != new.while_inside:
        part = Part("while_inside", "another", (old.while_inside, new.while_inside))
        yield _change(ways, "D152", places, part, ("behaviour", INSIDE[new.while_inside], "inside"))
    if meant(_key(old)) != meant(_key(new)):
        texts = ways.spelt(Words.expr, old.key, new.key)
        part = Part("key", "another", texts, added=old.key is None, removed=new.key is None)
        yield _change(ways, "D154", places, part, ("breaking", KEYED, "inside"))
    if old.backfill != new.backfill:
        part = Part("backfill", "wider" if new.backfill else "narrower", (FLAG[old.backfill], FLAG[new.backfill]))
        yield _change(ways, "D151", places, part, ("behaviour", FILLED[new.backfill], "entrants"))


def _change(ways: Ways, code: str, places: tuple[int, int], part: Part, said: tuple[Level, str, Concerns]) -> Change:
    level, reason, concerns = said
    word = f" {part.turn}" if code == "D151" and part.turn != "same" else ""
    was = None if part.added else ("entry", str(places[0]), *part.address)
    now = None if part.removed else ("entry", str(places[1]), *part.address)
    what = f"entry {places[1] + 1} {part.called}{word}"
    return ways.change(code, was, now, Told(what, *part.texts, level, reason, concerns, part.notes))


def _key(entry: j.Entry) -> Expr | None:
    """The key, whatever the event is called in it."""
    step = completing(entry.trigger)
    if entry.key is None or step is None or step.bind is None or step.count > 1:
        return entry.key
    return renamed(entry.key, step.bind, "event")


def _again(old: j.Again, new: j.Again) -> Turn:
    """May people enter again sooner? `never` is the strictest rule."""
    if "never" in (old.rule, new.rule):
        return "wider" if old.rule == "never" else "narrower"
    if old.rule == new.rule == "after":
        found = compare_lengths(old.gap, new.gap)
        return "wider" if found == "shorter" else "narrower" if found == "longer" else "another"
    if "after" in (old.rule, new.rule):
        return "wider" if old.rule == "after" else "narrower"
    return "same"


def _parts(ways: Ways, old: j.Entry, new: j.Entry) -> Iterator[Part]:
    """What is different in who comes in."""
    match old.trigger, new.trigger:
        case j.OnEvents(steps=ours), j.OnEvents(steps=theirs) if len(ours) == len(theirs):
            yield from _pattern(ways, (old, new), (ours, theirs))
            return
        case j.OnCondition(condition=before), j.OnCondition(condition=after):
            yield from by_condition(ways, "when", (before, after), At())
        case j.OnSchedule() as before, j.OnSchedule() as after:
            yield from _schedule(ways, before, after)
        case before, after if before != after:
            yield Part("on", "another", ways.spelt(Words.trigger, before, after))
    yield from by_condition(ways, "when", (old.when, new.when), _at(old, new))


def _at(old: j.Entry, new: j.Entry) -> At:
    steps = completing(old.trigger), completing(new.trigger)
    events = sorted({name for step in steps if step is not None for name in step.events})
    ours, theirs = (step.bind if step is not None and step.count == 1 else None for step in steps)
    return At(tuple(events), (ours, theirs))


def _pattern(ways: Ways, two: tuple[j.Entry, j.Entry], steps: tuple[tuple[j.Step, ...], tuple[j.Step, ...]]) -> Iterator[Part]:
    old, new = two
    alone = len(steps[0]) == 1 and all(step.count == 1 for step in (steps[0][0], steps[1][0]))
    for number, (before, after) in enumerate(zip(*steps, strict=True)):
        found = [*by_step(ways, (before, after)), *by_length("within", (before.within, after.within), longer="wider")]
        if not alone and before.where != after.where:
            events = tuple(sorted({*before.events, *after.events}))
            found += by_condition(ways, "where", (before.where, after.where), At(events))
        if before.absent and after.absent:
            found = [dataclasses.replace(part, turn=TURNED[part.turn]) for part in found]
        yield from (part if len(steps[0]) == 1 else dataclasses.replace(part, step=number) for part in found)
    if alone:
        first, second = steps[0][0], steps[1][0]
        whole = (whole_condition(first, old.when), whole_condition(second, new.when))
        yield from by_condition(ways, "when", whole, _at(old, new))
    else:
        yield from by_condition(ways, "when", (old.when, new.when), _at(old, new))


def _schedule(ways: Ways, old: j.OnSchedule, new: j.OnSchedule) -> Iterator[Part]:
    if old.audience != new.audience:
        yield Part("for", "another", (old.audience, new.audience))
    if replace(old, audience="") != replace(new, audience=""):
        yield Part("schedule", "another", ways.spelt(Words.schedule, old, new))
