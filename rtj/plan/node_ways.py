"""The ways out of a node in both versions: cases, arms, `else`, and where each of them leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from rtj.ir import journey as j
from rtj.ir.program import canonical
from rtj.plan.both import SAME, Both, Told
from rtj.plan.changes import Change
from rtj.plan.conditions import overlap, turn
from rtj.plan.flow import frontier, ways
from rtj.plan.node_cases import case_changed, timer_added, timer_removed

T = TypeVar("T", j.Case, j.Arm)
Matched = list[tuple[int, int]]
Named = dict[tuple[str, ...], tuple[str, ...]]  # a way of the old node -> the same way of the new one


def changes_of_ways(both: Both, old: j.Node, new: j.Node) -> Iterator[Change]:
    """Ways that are new or gone, conditions of ways, their order, and ways that lead elsewhere."""
    named: Named
    match old, new:
        case j.WaitFor(), j.WaitFor():
            matched = matched_cases(old, new)
            yield from _cases(both, old, new, matched)
            yield from _order(both, (old, new), matched)
            named = {("case", str(a)): ("case", str(b)) for a, b in matched}
        case j.Branch(), j.Branch():
            matched = _match(old.arms, new.arms, _same_arm)
            yield from _arms(both, old, new, matched)
            yield from _order(both, (old, new), matched)
            named = {("arm", str(a)): ("arm", str(b)) for a, b in matched}
            named[("else",)] = ("else",)
        case _:
            theirs = {way for way, _ in ways(new)}
            named = {way: way for way, _ in ways(old) if way in theirs}
            yield from _other(both, old, new)
    yield from _targets(both, (old, new), named)


def matched_cases(old: j.WaitFor, new: j.WaitFor) -> Matched:
    """Which case of the old version is which of the new one, by their numbers."""
    return _match(old.cases, new.cases, _same_case)


def _match(old: Sequence[T], new: Sequence[T], tests: tuple[Callable[[T, T], bool], ...]) -> Matched:
    """Which case is which: by the surest test first, each in the order of the text."""
    found: Matched = []
    left, right = list(range(len(old))), list(range(len(new)))
    for test in tests:
        for one in list(left):
            other = next((n for n in right if test(old[one], new[n])), None)
            if other is not None:
                found.append((one, other))
                left.remove(one)
                right.remove(other)
    return sorted(found)


def _bare(case: j.Case) -> bytes:
    return canonical((case.step, case.when, case.condition, case.after, case.for_, case.until))


def _kind(case: j.Case) -> tuple[object, ...]:
    if case.step is not None:
        return ("on", case.step.events, case.step.of_node, case.step.audience)
    return ("when",) if case.condition is not None else ("until",) if case.until is not None else ("after",)


_same_case: tuple[Callable[[j.Case, j.Case], bool], ...] = (
    lambda a, b: _bare(a) == _bare(b),
    lambda a, b: _kind(a) == _kind(b),
)
_same_arm: tuple[Callable[[j.Arm, j.Arm], bool], ...] = (
    lambda a, b: a == b,
    lambda a, b: a.when == b.when,
    lambda a, b: a.body is not None and a.body == b.body,
    lambda _a, _b: True,
)


def _cases(both: Both, old: j.WaitFor, new: j.WaitFor, matched: Matched) -> Iterator[Change]:
    kept, met = {a for a, _ in matched}, {b for _, b in matched}
    for place, case in enumerate(old.cases):
        if place in kept:
            continue
        was = "node", old.id, "case", str(place)
        if case.step is None and case.condition is None:
            yield timer_removed(both, (old, new), was, case)
            continue
        level = both.level(new.id, "breaking" if not kept else "behaviour", "wait")
        reason = "none of the ways on which people wait here is left" if level == "breaking" else ""
        yield both.change("D112", was, None, Told(f"{new.id} case", both.old_words.case(case), "", level, reason))
    for place, later in enumerate(new.cases):
        if place in met:
            continue
        now = "node", new.id, "case", str(place)
        if later.step is None and later.condition is None:
            yield timer_added(both, (old, new), now, later)
            continue
        level = both.level(new.id, "behaviour", "wait")
        reason = "" if level == "safe" else "people who wait here begin to wait for this too"
        yield both.change("D111", None, now, Told(f"{new.id} case", "", both.new_words.case(later), level, reason))
    for one, other in matched:
        yield from case_changed(both, (old, new), (one, other))


def _arms(both: Both, old: j.Branch, new: j.Branch, matched: Matched) -> Iterator[Change]:
    kept, met = {a for a, _ in matched}, {b for _, b in matched}
    level = both.level(new.id, "behaviour", "arrive")
    for place, arm in enumerate(old.arms):
        if place not in kept:
            told = Told(f"{new.id} arm", both.old_words.expr(arm.when), "", level)
            yield both.change("D112", ("node", old.id, "arm", str(place)), None, told)
    for place, arm in enumerate(new.arms):
        if place not in met:
            told = Told(f"{new.id} arm", "", both.new_words.expr(arm.when), level)
            yield both.change("D111", None, ("node", new.id, "arm", str(place)), told)
    for one, other in matched:
        before, after = old.arms[one].when, new.arms[other].when
        if before == after:
            continue
        found = turn(both, before, after)
        texts = both.old_words.expr(before), both.new_words.expr(after)
        if not found.word and texts[0] == texts[1]:
            continue  # only what they read is of another type, which is told there
        told = Told(
            f"{new.id} when {found.word}".rstrip(), *texts,
            level if found.word else "safe", "" if found.word else SAME, notes=found.notes,
        )  # fmt: skip
        was, now = ("node", old.id, "arm", str(one), "when"), ("node", new.id, "arm", str(other), "when")
        yield both.change("D114", was, now, told)


def _order(both: Both, nodes: tuple[j.WaitFor, j.WaitFor] | tuple[j.Branch, j.Branch], matched: Matched) -> Iterator[Change]:
    """Ways whose order has changed, if two of them can hold at once: the first in the text takes the people."""
    old, new = nodes
    turned = [(a, b) for n, a in enumerate(matched) for b in matched[n + 1 :] if a[1] > b[1]]
    turned.sort(key=lambda pair: sorted(_in_text_order(both, old, (place,)) for place, _ in pair))  # alike from both sides
    for (first, _), (second, _) in turned:
        shared = overlap(both, old, first, second)
        if shared is None:
            continue
        level = both.level(new.id, "behaviour", "arrive" if isinstance(new, j.Branch) else "wait")
        texts = _in_text_order(both, old, (first, second)), _in_text_order(both, old, (second, first))
        told = Told(f"{new.id} order", *texts, level, notes=shared)
        yield both.change("D115", ("node", old.id), ("node", new.id), told)
        return
    if turned:
        (first, _), (second, _) = turned[0]
        texts = _in_text_order(both, old, (first, second)), _in_text_order(both, old, (second, first))
        told = Told(f"{new.id} order", *texts, "safe", "no two of them are open to the same people", "nobody")
        yield both.change("D115", ("node", old.id), ("node", new.id), told)


def _in_text_order(both: Both, node: j.WaitFor | j.Branch, places: tuple[int, ...]) -> str:
    if isinstance(node, j.WaitFor):
        return ", then ".join(both.old_words.case(node.cases[place]) for place in places)
    return ", then ".join(both.old_words.expr(node.arms[place].when) for place in places)


def _other(both: Both, old: j.Node, new: j.Node) -> Iterator[Change]:
    """Ways out of nodes that have neither cases nor arms: `else`, shares of a split."""
    ours, theirs = {way for way, _ in ways(old)}, {way for way, _ in ways(new)}
    level = both.level(new.id, "behaviour", "wait")
    for way in sorted(ours - theirs):
        if way[0] != "share":  # which the change of the shares tells
            yield both.change("D112", ("node", old.id, *way), None, Told(f"{new.id} {' '.join(way)}", " ".join(way), "", level))
    for way in sorted(theirs - ours):
        if way[0] != "share":
            yield both.change("D111", None, ("node", new.id, *way), Told(f"{new.id} {' '.join(way)}", "", " ".join(way), level))


def _targets(both: Both, nodes: tuple[j.Node, j.Node], named: Named) -> Iterator[Change]:
    old, new = nodes
    theirs = dict(ways(new))
    told: set[tuple[str | None, str | None]] = set()
    for way, target in ways(old):
        if way not in named:
            continue
        other = theirs[named[way]]
        if both.pairing.is_same(target, other) or (target, other) in told or _only_nodes_between(both, target, other):
            continue
        told.add((target, other))
        level = both.level(new.id, "behaviour", "wait")
        before, after = target or "the end", other or "the end"
        reason = "" if level == "safe" else "people who rest here or come here go on elsewhere"
        what = f"{new.id} {_way_text(way)}".rstrip()
        yield both.change("D113", ("node", old.id, *way), ("node", new.id, *named[way]), Told(what, before, after, level, reason))


def _way_text(way: tuple[str, ...]) -> str:
    match way:
        case ("next",):
            return ""
        case ("case" | "arm" as word, number):
            return f"{word} {int(number) + 1}"
        case _:
            return " ".join(way)


def _only_nodes_between(both: Both, old: str | None, new: str | None) -> bool:
    """Do both lead to the same, but for nodes that were put in between or taken out, which are told by themselves?"""
    pairing = both.pairing
    if old not in pairing.removed and new not in pairing.added:
        return False
    before = {None if node is None else pairing.nodes[node] for node in frontier(both.was, old, frozenset(pairing.removed))}
    after = frontier(both.now, new, frozenset(pairing.added))
    return bool(before) and bool(after) and (before <= after or after <= before)
