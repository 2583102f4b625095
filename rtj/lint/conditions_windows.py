"""W313: windows that cannot fill, and lengths and dates that nobody reaches."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.engine.calendar import DAY_MS
from rtj.ir import expr as ir
from rtj.lang import syntax as s
from rtj.lint.conditions_place import Trees, shorten
from rtj.logic.always import ZONE_MS

CODE = "W313"
DURATION_DAYS = 91  # of a journey that does not say


def _told(message: str, span: Span, hint: str = "", labels: tuple[Label, ...] = ()) -> Diagnostic:
    return Diagnostic(CODE, message, span, hint, labels, "warning")


def windows(tree: s.Expr, trees: Trees) -> Iterator[Diagnostic]:
    """Looks back over past events that find nothing."""
    todo = [tree]
    while todo:
        one = todo.pop()
        if isinstance(one, s.Call):
            yield from _since(one, trees)
        todo += children(one)


def children(tree: s.Expr) -> Iterator[s.Expr]:
    """The parts of an expression."""
    match tree:
        case s.Field(base=base) | s.Index(base=base):
            yield base
        case s.Unary(of=of) | s.Is(of=of) | s.HasBeen(of=of):
            yield of
        case s.Binary(left=left, right=right):
            yield from (left, right)
        case s.Choose(test=test, then=then, otherwise=otherwise):
            yield from (test, then, otherwise)
        case s.Items(items=items):
            yield from items
        case s.Call(args=args):
            yield from (part for arg in args for part in (arg.value, arg.over, arg.where) if part is not None)
        case _:
            return


def _since(call: s.Call, trees: Trees) -> Iterator[Diagnostic]:
    """What came after the newest purchase is never a purchase."""
    expr = trees.expr(call)
    if call.window is None or call.window.since is None or not isinstance(expr, ir.History) or trees.is_wrong(call):
        return
    aggregate = trees.checked.aggregates.get(expr.aggregate)
    name = call.window.since.text
    if aggregate is not None and set(aggregate.events) == {name}:
        message = f"nothing is ever found: `since {name}` looks behind the newest `{name}`, where there is no `{name}`"
        yield _told(message, call.window.span, "look back by time, such as `over 30d`, or name another event")


def patterns(journey: s.Journey) -> Iterator[Diagnostic]:
    """Lengths of nothing in patterns and goals; goals and dates beyond the time that the journey has."""
    for entry in journey.entries:
        if isinstance(entry.trigger, s.OnPattern):
            for number, step in enumerate(entry.trigger.pattern.steps):
                yield from _within_nothing(step, number)
        if isinstance(entry.trigger, s.OnSchedule) and journey.runs is not None:
            yield from _outside_dates(entry.trigger.schedule, journey.runs)
    for goal in journey.goals:
        within = goal.trigger.pattern.steps[0].within if isinstance(goal.trigger, s.OnPattern) else None
        yield from _goal(within or goal.within, journey)


def _within_nothing(step: s.Step, number: int) -> Iterator[Diagnostic]:
    if step.within is None or _is_something(step.within):
        return
    if number:
        message = "`within` of nothing: only what happens at the very same millisecond counts"
    elif step.count is not None and step.count.value > 1:
        message = f"`within` of nothing: {step.count.value} events would have to come at the very same millisecond"
    else:
        return
    yield _told(message, step.within.span, "give it time, such as `within 10m`")


def _is_something(length: s.Length) -> bool:
    return bool(length.ms or length.days or length.months)


def _goal(within: s.Length | None, journey: s.Journey) -> Iterator[Diagnostic]:
    if within is None:
        return
    if not _is_something(within):
        yield _told("a goal `within` nothing: it would have to be reached at the instant of the entry", within.span)
        return
    longest = journey.max_duration
    most = _bounds(longest)[1] if longest is not None else DURATION_DAYS * DAY_MS
    if _bounds(within)[0] <= most:
        return
    if longest is not None:
        labels: tuple[Label, ...] = (Label(longest.span, "everybody has left by then"),)
        after = f"`max_duration` ends the journey after {shorten(longest)}"
    else:
        labels, after = (), f"a journey that says no `max_duration` ends after {DURATION_DAYS}d"
    message = f"the end of `{shorten(within)}` is never reached: {after}"
    yield _told(message, within.span, "make `max_duration` as long as the goal", labels)


def _bounds(length: s.Length) -> tuple[int, int]:
    """The least and the most that a length can be, in milliseconds."""
    if length.exact:
        return length.ms, length.ms
    least = (length.months * 28 + length.days) * DAY_MS - ZONE_MS
    return max(0, least), (length.months * 31 + length.days) * DAY_MS + ZONE_MS


# ---- dates


def _outside_dates(schedule: s.Schedule | s.Once, runs: s.Period) -> Iterator[Diagnostic]:
    """A date on which the journey lets nobody in. A day is allowed for zones of the world."""
    match schedule:
        case s.Once(date=date):
            early = runs.start is not None and (runs.start.value - date.value).days > 1
            late = runs.end is not None and (date.value - runs.end.value).days > 1
        case s.Schedule(starting=s.DateLiteral() as date):
            early, late = False, runs.end is not None and (date.value - runs.end.value).days > 1
        case _:
            return
    bound = runs.start if early else runs.end
    if (early or late) and bound is not None:
        word = "begins" if early else "ends"
        message = f"nobody enters on {date.value}: the journey {word} on {bound.value}"
        yield _told(message, date.span, "", (Label(bound.span, f"{word} here"),))
