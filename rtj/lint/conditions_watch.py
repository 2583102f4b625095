"""W314, W315: goals and exits that refuse everybody, and goals that nobody reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.ir import expr as ir
from rtj.lang import syntax as s
from rtj.lint.conditions_place import Fact, Place, Reading, is_fixed, joined, leaves, shorten
from rtj.lint.conditions_walk import Watched, WayIn
from rtj.lint.facts import Facts
from rtj.logic.domains import Domain, Values
from rtj.logic.formulas import FALSE, TRUE, Is, all_of
from rtj.logic.truth import learned


def refused(facts: Facts, ways: Sequence[WayIn], watched: Watched, settled: Collection[int]) -> Iterator[Diagnostic]:
    """W314: a condition of a goal or an exit that already holds for who comes in (S5.3)."""
    if not isinstance(watched.watch.trigger, s.OnCondition) or not ways:
        return
    condition = watched.watch.trigger.condition
    if id(condition) in settled:
        return
    found: list[tuple[WayIn, tuple[Fact, ...]]] = []
    for way in ways:
        core = _holds_at_entry(facts, way, watched.place, condition)
        if core is not None:
            found.append((way, core))
    hint = "who enters would be refused as `already`"
    if len(found) == len(ways):
        labels = tuple(Label(fact.span, "holds for who comes in") for _, core in found for fact in core)
        message = f"nobody can enter: this {watched.word} holds already for everybody who comes in"
        yield Diagnostic("W314", message, condition.span, hint, labels, "warning")
        return
    for way, core in found:
        labels = (Label(condition.span, f"this {watched.word} holds already"), *_others(core, _span(way)))
        message = f"nobody can enter this way: the {watched.word} `{shorten(condition)}` holds already"
        yield Diagnostic("W314", message, _span(way), hint, labels, "warning")


def _others(core: Sequence[Fact], span: Span) -> Iterator[Label]:
    yield from (Label(fact.span, "holds for who comes in") for fact in core if fact.span != span)


def _span(way: WayIn) -> Span:
    return way.entry.when.span if way.entry.when is not None else way.entry.trigger.span


def _holds_at_entry(facts: Facts, way: WayIn, place: Place, condition: s.Expr) -> tuple[Fact, ...] | None:
    """What of a way in makes a condition hold; None when it may not hold."""
    called = {name: entry for name, entry in way.place.renames.items() if name != "event"}
    known = (*way.facts, *_of_trigger(facts, way))
    reading = place.calling(called).only(known).read(condition)
    if reading is None:
        return None
    fails = reading.formula(condition, holds=False)
    return () if not reading.possible([fails]) else reading.core(fails, known)


def _of_trigger(facts: Facts, way: WayIn) -> Iterator[Fact]:
    """What holds as a condition comes to hold, or an audience is joined or left."""
    trigger = way.entry.trigger
    place = way.place.only(())
    match trigger:
        case s.OnCondition(condition=condition):
            yield from _fact(place, condition, trigger.span, holds=True)
        case s.OnPattern(pattern=s.Pattern(steps=(step,))) if len(step.events) == 1 and step.events[0].kind != "event":
            name, joins = step.events[0].name.text, step.events[0].kind == "joining"
            member = ir.Member(name)
            formula = Is(member, TRUE if joins else FALSE)
            yield Fact(formula, trigger.span, shorten(step), True, False, about=frozenset((member,)))
            for audience in facts.project.audiences:
                if audience.name.text == name and audience.condition is not None:
                    yield from _fact(place, audience.condition, trigger.span, holds=joins)
        case s.OnSchedule(audience=member):
            for audience in facts.project.audiences:
                if audience.name.text == member.text and audience.condition is not None:
                    yield from _fact(place, audience.condition, member.span, holds=True)
        case _:
            return


def _fact(place: Place, condition: s.Expr, span: Span, *, holds: bool) -> Iterator[Fact]:
    reading = place.read(condition)
    if reading is not None:
        yield replace(reading.fact(condition, holds=holds), span=span)


# ---- goals out of reach


def out_of_reach(ways: Sequence[WayIn], watched: Watched, settled: Collection[int]) -> Iterator[Diagnostic]:
    """W315: a goal that nobody inside can reach."""
    if watched.word != "goal" or not ways:
        return
    trees = _conditions(watched.watch)
    if not trees or any(id(tree) in settled or isinstance(tree, s.Truth) for tree in trees):
        return
    place = watched.place
    step = watched.watch.trigger.pattern.steps[0] if isinstance(watched.watch.trigger, s.OnPattern) else None
    if step is not None and step.bind is not None:
        place = place.calling({step.bind.text: "event"})
    readings = [place.read(tree) for tree in trees]
    reading = readings[-1]
    if reading is None or None in readings:
        return
    known = (*place.facts, *_growing(reading, ways))
    formula = all_of(*(r.formula(tree, holds=True) for r, tree in zip(readings, trees, strict=True) if r is not None))
    core = reading.core(formula, known)
    if core is not None and not reading.possible([formula]):
        return
    tree = trees[-1]
    if core is not None:
        excluded = (part for part in joined(tree, "and") if reading.core(reading.formula(part, holds=True), core) is not None)
        tree = next(excluded, tree)
        where = " and ".join(f"`{fact.text}`" for fact in core)
        labels = tuple(Label(fact.span, "who is inside came in by this") for fact in core)
        message = f"nobody inside can reach this goal: {where} and `{shorten(tree)}` exclude each other"
        yield Diagnostic("W315", message, tree.span, "", labels, "warning")
    elif step is None and _is_settled_at_entry(reading, tree):
        message = f"nobody inside can reach this goal: `{shorten(tree)}` reads only what is fixed at the entry"
        hint = "it holds then, which refuses the entry, or it never will; a goal reads what may still change"
        yield Diagnostic("W315", message, tree.span, hint, severity="warning")


def _conditions(watch: s.Watch) -> list[s.Expr]:
    match watch.trigger:
        case s.OnCondition(condition=condition):
            return [condition]
        case s.OnPattern(pattern=pattern):
            return [tree for tree in (pattern.steps[0].where, watch.when) if tree is not None]


def _is_settled_at_entry(reading: Reading, tree: s.Expr) -> bool:
    return all(is_fixed(reading.bare(part)) for part in leaves(tree)) and bool(reading.ground.names)


def _growing(reading: Reading, ways: Sequence[WayIn]) -> Iterator[Fact]:
    """What counts of all time were at the entry, below which they never fall again."""
    if len(ways) != 1:
        return
    aggregates = reading.ground.declared.aggregates
    for fact in ways[0].facts:
        if not any(isinstance(term, ir.History) for term in fact.about):
            continue
        for term, domain in learned(reading.ground, [fact.formula]).items():
            aggregate = aggregates.get(term.aggregate) if isinstance(term, ir.History) and term.where is None else None
            if aggregate is None or aggregate.function != "count" or domain.null or domain.some.empty:
                continue
            window = aggregate.window
            if window.over is None and window.this is None and window.since is None:
                low = min(domain.some.only) if domain.some.only is not None else domain.some.low
                formula = Is(term, Domain(False, Values(low=low, whole=True)))
                yield Fact(formula, fact.span, fact.text, True, True, fact.names, frozenset((term,)))
