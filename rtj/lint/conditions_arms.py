"""W312: arms and cases whose people an earlier one always takes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lint.conditions_place import Fact, Place, Reading, shorten
from rtj.lint.conditions_walk import Ways
from rtj.logic.formulas import YES, Formula, all_of

CODE = "W312"
CASES_MAX = 60  # of one wait_for that are compared with each other
ELSE = re.compile(r"#[^\n]*|\belse\b")


def swallowed(site: Ways, settled: Collection[int]) -> Iterator[Diagnostic]:
    """Arms of a branch, or cases of a wait_for, that nobody takes. `settled`: conditions of which something was said already."""
    match site.node:
        case s.Branch() as node:
            yield from _arms(node, site.place, settled)
        case s.WaitFor() as node:
            yield from _cases(node, site.place, settled)


# ---- branch


def _arms(node: s.Branch, place: Place, settled: Collection[int]) -> Iterator[Diagnostic]:
    before: list[Fact] = []
    if len(node.arms) == 1 and not isinstance(node.arms[0].condition, s.Truth):  # what is always true is W311's
        return
    for arm in node.arms:
        reading = place.read(arm.condition)
        if reading is None or id(arm.condition) in settled:
            continue
        core = _core(reading, reading.formula(arm.condition, holds=True), (place.facts, before))
        if core is None:
            before.append(reading.fact(arm.condition, holds=False))
            continue
        yield _told(f"nobody takes this arm: {_who(core, shorten(arm.condition))}", arm.condition.span, core)
    if node.otherwise is None or any(id(arm.condition) in settled for arm in node.arms):
        return
    reading = place.read(node.arms[-1].condition)
    core = _core(reading, YES, (place.facts, before)) if reading is not None else None
    if core is not None:
        yield _told("nobody takes this `else`: the arms above take everybody", _else(node), core)


def _core(reading: Reading, formula: Formula, known: tuple[Sequence[Fact], Sequence[Fact]]) -> tuple[Fact, ...] | None:
    """Those of the arms above that leave nobody for whom a formula holds; None when there may be somebody."""
    facts, before = known
    if not before or reading.possible([formula], (*facts, *before)) or not reading.possible((), facts):
        return None
    kept = list(before)
    for fact in before[::-1]:
        if not reading.possible([formula], (*facts, fact)):
            return (fact,)
        rest = [other for other in kept if other is not fact]
        kept = rest if not reading.possible([formula], (*facts, *rest)) else kept
    return tuple(kept)


def _who(core: Sequence[Fact], text: str) -> str:
    if len(core) == 1 and core[0].text == "true":
        return "`true` above takes everybody"
    if len(core) != 1:
        return f"one of {' and '.join(f'`{fact.text}`' for fact in core)} above holds whenever `{text}` does"
    return f"`{core[0].text}` above holds whenever `{text}` does" if core[0].text != text else f"`{text}` stands above already"


def _told(message: str, span: Span, core: Sequence[Fact]) -> Diagnostic:
    return Diagnostic(CODE, message, span, "", tuple(Label(fact.span, "takes them") for fact in core), "warning")


def _else(node: s.Branch) -> Span:
    """The word before the block; comments between may say it too."""
    assert node.otherwise is not None
    source, start, end = node.span.source, node.arms[-1].span.end, node.otherwise.span.start
    for found in ELSE.finditer(source.text, start, max(start, end)):
        if not found[0].startswith("#"):
            return Span(source, found.start(), found.end())
    return node.otherwise.span


# ---- wait_for


def _cases(node: s.WaitFor, place: Place, settled: Collection[int]) -> Iterator[Diagnostic]:
    taken: list[s.Case] = []
    for case in node.cases[:CASES_MAX]:
        earlier = next((other for other in taken if _takes_all(other, case, place, settled)), None)
        if earlier is None:
            taken.append(case)
            continue
        mine, others = _conditions(case), _conditions(earlier)
        span = mine[-1].span
        message = f"nobody takes this case: `{shorten(others[-1])}` above holds whenever `{shorten(mine[-1])}` does"
        yield Diagnostic(CODE, message, span, "", (Label(others[-1].span, "takes them"),), "warning")


def _conditions(case: s.Case) -> list[s.Expr]:
    match case:
        case s.EventCase(pattern=pattern, when=when):
            return [tree for tree in (pattern.steps[0].where, when) if tree is not None]
        case s.ConditionCase(condition=condition):
            return [condition]
        case _:
            return []


def _takes_all(earlier: s.Case, later: s.Case, place: Place, settled: Collection[int]) -> bool:
    """Does an earlier case take all that a later one waits for? Equal and unconditional ones are W209's."""
    mine, others = _conditions(later), _conditions(earlier)
    if not mine or not others or any(id(tree) in settled for tree in (*mine, *others)) or mine == others:
        return False
    match earlier, later:
        case s.ConditionCase(), s.ConditionCase():
            pass
        case s.EventCase(), s.EventCase():
            first, second = earlier.pattern.steps[0], later.pattern.steps[0]
            if not _listens_to_all(first, second):
                return False
        case _:
            return False
    needs = [part for tree in others for part in _formulas(earlier, tree, place, holds=False)]
    given = [part for tree in mine for part in _formulas(later, tree, place, holds=True)]
    if len(needs) != len(others) or len(given) != len(mine):
        return False
    reading = _place_of(later, place).read(mine[-1])
    assert reading is not None
    every = all_of(*given)
    return (
        every != YES
        and reading.possible([every], place.facts)
        and not any(reading.possible([every, need], place.facts) for need in needs)
    )


def _formulas(case: s.Case, tree: s.Expr, place: Place, *, holds: bool) -> Iterator[Formula]:
    reading = _place_of(case, place).read(tree)
    if reading is not None:
        yield reading.formula(tree, holds=holds)


def _place_of(case: s.Case, place: Place) -> Place:
    """Cases that are compared call their event by one name."""
    if not isinstance(case, s.EventCase):
        return place
    step = case.pattern.steps[0]
    renames = {step.bind.text: "event"} if step.bind is not None else {}
    return place.calling(renames)


def _listens_to_all(first: s.Step, second: s.Step) -> bool:
    """Does a step hear every event that another hears?"""
    if second.since_entry and not first.since_entry:
        return False
    if first.audience is not None and (second.audience is None or first.audience.text != second.audience.text):
        return False
    heard = {(ref.kind, ref.of.text if ref.of is not None else "", ref.name.text) for ref in first.events}
    return all(
        (ref.kind, ref.of.text if ref.of is not None else "", ref.name.text) in heard or (ref.kind, "", ref.name.text) in heard
        for ref in second.events
    )
