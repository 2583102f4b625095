"""Patterns, moments, schedules and the small phrases: what `Builder` adds to expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rtj.base.diagnostic import Diagnostic, Label
from rtj.lang import syntax as s
from rtj.lang.phrase_build import DAYS, ORDINALS, Builder

if TYPE_CHECKING:
    from lark import Token, Tree


def parts(tree: Tree[Token]) -> dict[str, Tree[Token]]:
    """The sub-trees by the name of their rule."""
    return {str(k.data): k for k in cast("list[Tree[Token]]", tree.children) if not isinstance(k, str)}


def first(tree: Tree[Token]) -> Any:
    return tree.children[0]


class FormBuilder(Builder):
    """One method for each start symbol, of the same name."""

    # ---- patterns

    def pattern(self, tree: Tree[Token]) -> s.Pattern:
        return s.Pattern(self.span(tree), tuple([self.step(k) for k in cast("list[Tree[Token]]", tree.children)]))

    def step(self, tree: Tree[Token]) -> s.Step:
        absent = tree.data == "absent"
        inner = cast("Tree[Token]", tree.children[1]) if absent else tree
        clauses: dict[str, Tree[Token]] = {}
        for kid in cast("list[Tree[Token]]", inner.children):
            word = str(kid.data)
            if word in clauses:
                self.repeated(word, clauses[word], kid)
            else:
                clauses[word] = kid
        bind, count = clauses.get("bind"), clauses.get("count")
        if absent and bind is not None:
            self.wrong(self.span(bind), "what does not happen cannot be named", "put `as` before `then not`")
            bind = None
        if absent and count is not None:
            self.wrong(self.span(count), "what does not happen cannot be counted")
        where, same, within, audience = (clauses.get(word) for word in ("where", "same", "within", "audience"))
        return s.Step(
            self.span(tree),
            self.events(clauses["events"]),
            self.count(count) if count is not None and not absent else None,
            absent,
            "since_entry" in clauses,
            self.expr(first(where)) if where else None,
            self.expr(first(same)) if same else None,
            self.length(first(within)) if within else None,
            self.name(first(audience)) if audience else None,
            self.name(first(bind)) if bind else None,
        )

    def repeated(self, word: str, before: Tree[Token], again: Tree[Token]) -> None:
        shown = {"audience": "for"}.get(word, word)
        label = Label(self.span(before), "the first stands here")
        self.found.append(Diagnostic("E304", f"`{shown}` stands twice in one step", self.span(again), "", (label,)))

    def count(self, tree: Tree[Token]) -> s.Count:
        return s.Count(self.span(tree), cast("int", self.whole(first(tree)).value), len(tree.children) == 2)

    def events(self, tree: Tree[Token]) -> tuple[s.EventRef, ...]:
        return tuple([self.event(k) for k in cast("list[Tree[Token]]", tree.children)])

    def event(self, tree: Tree[Token]) -> s.EventRef:
        if tree.data == "membership":
            kind: Any = str(first(tree))
            return s.EventRef(self.span(tree), self.name(tree.children[1]), None, kind)
        if len(tree.children) == 2:
            return s.EventRef(self.span(tree), self.name(tree.children[1]), self.name(first(tree)))
        return s.EventRef(self.span(tree), self.name(first(tree)))

    def collecting(self, tree: Tree[Token]) -> s.Step:
        found = parts(tree)
        where = self.expr(first(found["where"])) if "where" in found else None
        return s.Step(self.span(tree), self.events(found["events"]), where=where)

    # ---- moments and schedules

    def moment(self, tree: Tree[Token]) -> s.Moment:
        found = parts(tree)
        zone = self.expr(first(found["zone"])) if "zone" in found else None
        match tree.data:
            case "clock_moment":
                kids = cast("list[Tree[Token]]", tree.children)
                on = next((self.expr(k) for k in kids[1:] if k.data != "zone"), None)
                return s.ClockMoment(self.span(tree), self.clock(kids[0]), on, zone)
            case "day_moment":
                later = isinstance(first(tree), str)
                return s.DayMoment(self.span(tree), self.days(found["days"]), self.clock(found["clock"]), later, zone)
            case _:
                return s.ExprMoment(self.span(tree), self.expr(first(tree)))

    def clock(self, tree: Tree[Token]) -> s.Clock:
        times = cast("list[Token]", tree.children)
        to = self.minutes(times[1]) if len(times) == 2 else None
        return s.Clock(self.span(tree), self.minutes(times[0]), to)

    def days(self, tree: Tree[Token]) -> tuple[int, ...]:
        return tuple(sorted({d for word in tree.children for d in DAYS[str(word)]}))

    def schedule(self, tree: Tree[Token]) -> s.Schedule:
        found = parts(tree)
        clock = self.one_time(found)
        zone = self.expr(first(found["zone"])) if "zone" in found else None
        starting = self.day(first(found["starting"])) if "starting" in found else None
        recur = found["recur"]
        span = self.span(tree)
        every, unit, which = 1, "", None
        for kid in cast("list[Any]", recur.children):
            if not isinstance(kid, str):
                which = kid
            elif cast("Token", kid).type == "NUMBER":
                every = cast("int", self.whole(cast("Token", kid)).value)
            elif cast("Token", kid).type == "UNIT":
                unit = kid.removesuffix("s")
            else:
                ms = self.length_of(cast("Token", kid), (), self.at(cast("Token", kid))).ms
                return s.Schedule(span, "exact", ms=ms, clock=clock, zone=zone, starting=starting)
        if unit == "quarter":
            every, unit = every * 3, "month"
        days, dates, nth = self.which(which, unit) if which is not None else ((), (), ())
        kind: Any = unit or "week"
        return s.Schedule(span, kind, every, days, dates, nth, 0, clock, zone, starting)

    def one_time(self, found: dict[str, Tree[Token]]) -> s.Clock | None:
        if "clock" not in found:
            return None
        clock = self.clock(found["clock"])
        if clock.to is not None:
            self.wrong(clock.span, "a schedule has one time of day, not a window")
        return clock

    def which(self, tree: Tree[Token], unit: str) -> tuple[tuple[int, ...], tuple[int, ...], tuple[tuple[int, int], ...]]:
        """Weekdays, days of the month (-1 the last) and (ordinal, weekday) pairs of `on …`."""
        span = self.span(tree)
        if tree.data == "days":
            if unit not in ("", "week"):
                self.wrong(span, f"a {unit} has many such days", "every month on first monday")
            return self.days(tree), (), ()
        if unit != "month":
            self.wrong(span, f"these days are days of a month, not of a {unit}", "every month on 1, 15")
        if tree.data == "dates":
            numbers = [cast("int", self.whole(cast("Token", t)).value) for t in tree.children]
            if max(numbers) > 31:
                self.wrong(span, "a month has at most 31 days")
            return (), tuple(sorted(set(numbers))), ()
        dates: set[int] = set()
        nth: set[tuple[int, int]] = set()
        for kid in cast("list[Tree[Token]]", tree.children):
            place, word = ORDINALS[str(first(kid))], str(kid.children[1])
            if word in DAYS and len(DAYS[word]) == 1:
                nth.add((place, DAYS[word][0]))
            elif word in ("day", "days"):
                dates.add(place)
            else:
                self.wrong(self.span(kid), f"`{first(kid)} {word}` is no day of a month", "last day, first monday")
        return (), tuple(sorted(dates)), tuple(sorted(nth))

    def once(self, tree: Tree[Token]) -> s.Once:
        found = parts(tree)
        zone = self.expr(first(found["zone"])) if "zone" in found else None
        return s.Once(self.span(tree), self.day(first(tree)), self.one_time(found), zone)

    # ---- small phrases

    def wait(self, tree: Tree[Token]) -> s.Expr | s.Moment:
        """An expression for `wait 2h`, a moment for `wait until …`."""
        return self.moment(first(tree)) if tree.data == "wait_until" else self.expr(first(tree))

    def date(self, tree: Tree[Token]) -> s.DateLiteral:
        return self.day(first(tree))

    def times(self, tree: Tree[Token]) -> s.Number:
        return self.whole(first(tree))

    def channels(self, tree: Tree[Token]) -> tuple[s.Name, ...]:
        return tuple([self.name(k) for k in tree.children])

    path = channels
    table_rows = channels

    def pairs(self, tree: Tree[Token]) -> tuple[s.Pair, ...]:
        kids = cast("list[Tree[Token]]", tree.children)
        return tuple([s.Pair(self.span(k), self.name(first(k)), self.expr(cast("Tree[Token]", k.children[1]))) for k in kids])

    def assigns(self, tree: Tree[Token]) -> tuple[s.Assign, ...]:
        return tuple([self.assign(k) for k in cast("list[Tree[Token]]", tree.children)])

    def assign(self, tree: Tree[Token]) -> s.Assign:
        path = tuple([self.name(k) for k in tree.children[:-1]])
        return s.Assign(self.span(tree), path, self.expr(cast("Tree[Token]", tree.children[-1])))

    def again(self, tree: Tree[Token]) -> s.Again:
        what = first(tree)
        if isinstance(what, str):
            rule: Any = str(what)
            return s.Again(self.span(tree), rule)
        return s.Again(self.span(tree), "after", self.length(what))

    def runs(self, tree: Tree[Token]) -> s.Period:
        before = len(self.found)
        dates = [self.day(k) for k in tree.children]
        if tree.data == "runs_to":
            return s.Period(self.span(tree), None, dates[0])
        end = dates[1] if len(dates) == 2 else None
        if end is not None and end.value < dates[0].value and len(self.found) == before:
            self.wrong(self.span(tree), "the last day lies before the first")
        return s.Period(self.span(tree), dates[0], end)

    valid = runs

    def at_most(self, tree: Tree[Token]) -> s.AtMost:
        count = self.number(first(tree))
        match tree.data:
            case "at_most_rolling":
                return s.AtMost(self.span(tree), count, length=self.length(cast("Tree[Token]", tree.children[1])))
            case "at_most_calendar":
                unit: Any = str(tree.children[1]).removesuffix("s")
                return s.AtMost(self.span(tree), count, unit=unit)
            case _:
                return s.AtMost(self.span(tree), count)
