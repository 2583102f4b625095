"""One case of a `wait_for` in both versions: what is waited for, and until when."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.ir import journey as j
from rtj.ir.expr import Expr
from rtj.ir.walk import conjunction
from rtj.plan.both import SAME, Both, Told
from rtj.plan.changes import Change, Level, Spot
from rtj.plan.conditions import turn
from rtj.plan.guards import HERE, At
from rtj.plan.nodes import of_timer, steps_alike, timer


def case_changed(both: Both, nodes: tuple[j.WaitFor, j.WaitFor], places: tuple[int, int]) -> Iterator[Change]:
    """The changes of a case that stands in both."""
    old, new = nodes[0].cases[places[0]], nodes[1].cases[places[1]]
    was, now = ("node", nodes[0].id, "case", str(places[0])), ("node", nodes[1].id, "case", str(places[1]))
    what = f"{nodes[1].id} case {places[1] + 1}"
    if old.step is not None and new.step is not None:
        yield from _event_case(both, (nodes[1].id, what), (was, now), (old, new))
    elif old.condition is not None and new.condition is not None:
        if old.condition != new.condition:
            yield from _condition(both, (nodes[1].id, f"{what} when"), (was, now), (old.condition, new.condition))
    elif old.after is not None and new.after is not None:
        yield from timer(both, nodes[1].id, ((*was, "after"), (*now, "after")), (old.after, new.after), "after")
    elif (old.for_, old.after, old.until) != (new.for_, new.after, new.until):
        level, reason, concerns = of_timer(both, nodes[1].id)
        before, after = both.old_words.case(old), both.new_words.case(new)
        yield both.change("D125", was, now, Told(what, before, after, level, reason, concerns))


def _event_case(both: Both, named: tuple[str, str], spots: tuple[Spot, Spot], cases: tuple[j.Case, j.Case]) -> Iterator[Change]:
    node, what = named
    old, new = cases
    if (old.step, old.when) == (new.step, new.when) or old.step is None or new.step is None:
        return
    before, after = _condition_of(old), _condition_of(new)
    if steps_alike(old.step, new.step):
        at = At(new.step.events, (old.step.bind, new.step.bind))
        if before != after:  # else only the name of the event is another, which is told where names are
            yield from _condition(both, (node, f"{what} when"), spots, (before, after), at)
        return
    level = both.level(node, "behaviour", "wait")
    yield both.change("D114", *spots, Told(f"{what} another", both.old_words.case(old), both.new_words.case(new), level))


def _condition_of(case: j.Case) -> Expr | None:
    return conjunction([expr for expr in (case.step.where if case.step is not None else None, case.when) if expr is not None])


def _condition(
    both: Both,
    named: tuple[str, str],
    spots: tuple[Spot, Spot],
    conditions: tuple[Expr | None, Expr | None],
    at: At = HERE,
) -> Iterator[Change]:
    node, what = named
    found = turn(both, *conditions, at)
    level: Level = both.level(node, "behaviour", "wait") if found.word else "safe"
    reason = "" if found.word else SAME
    texts = both.old_words.expr(conditions[0]), both.new_words.expr(conditions[1])
    if found.word or texts[0] != texts[1]:  # else only what they read is of another type, which is told there
        yield both.change("D114", *spots, Told(f"{what} {found.word}".rstrip(), *texts, level, reason, notes=found.notes))


def timer_added(both: Both, nodes: tuple[j.WaitFor, j.WaitFor], now: Spot, case: j.Case) -> Change:
    """A deadline that was not there: for those who wait already it must be said from when it counts."""
    new = nodes[1].id
    level = both.level(new, "behaviour", "arrive")
    reason = ""
    if new in both.occupied:
        level, reason = "needs-migration", "people wait here without it: does it count from when they came, or from now?"
        if both.new.timers != "keep":
            level = "behaviour"
            since = "when they came" if both.new.timers == "rebase" else "the new version on"
            reason = f"for people who wait here it counts from {since} (`timers: {both.new.timers}`)"
    suggest = "timers: restart" if level == "needs-migration" else ""
    told = Told(f"{new} timeout", "", both.new_words.case(case), level, reason, suggest=suggest)
    return both.change("D123", None, now, told)


def timer_removed(both: Both, nodes: tuple[j.WaitFor, j.WaitFor], was: Spot, case: j.Case) -> Change:
    """A deadline that is gone."""
    new = nodes[1]
    left = any(other.step is None for other in new.cases)
    level = both.level(new.id, "behaviour", "wait")
    reason = "" if level == "safe" else "people who wait here go on waiting for the other cases"
    if level != "safe" and not left:
        ends = "only an event" if any(other.step is not None for other in new.cases) else "nothing"
        reason = f"{ends} or `max_duration` ends the wait now"
        level = "behaviour" if ends == "only an event" else "breaking"
    return both.change("D124", was, None, Told(f"{new.id} timeout", both.old_words.case(case), "", level, reason))
