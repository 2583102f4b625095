"""Random conditions and values."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from rtj.ir import expr as x
from rtj.ir.program import Aggregate
from tests.oracle.build import BOOL, INSTANT, NUMBER, STRING, attribute, const, duration, of, that

if TYPE_CHECKING:
    from tests.oracle.generate import Pace

FIELDS: dict[str, dict[str, str]] = {
    "view": {"item": "text", "price": "number"},
    "buy": {"item": "text", "total": "number"},
    "sign": {"tier": "text", "due": "instant"},
    "note": {"item": "text"},
    "restock": {"item": "text", "price": "number"},
}
Types = tuple[str, ...]
Names = dict[str, Types]
"""What is known where an expression stands: the event types that a name may stand for."""


def common_fields(types: Types) -> dict[str, str]:
    """The fields that all of these types have."""
    if not types or any(t not in FIELDS for t in types):
        return {}
    return {f: k for f, k in FIELDS[types[0]].items() if all(FIELDS[t].get(f) == k for t in types)}


class Conditions:
    """A maker of conditions over what is declared so far."""

    def __init__(self, rnd: random.Random, features: frozenset[str], pace: Pace, aggregates: tuple[Aggregate, ...]) -> None:
        self.rnd, self.features, self.pace = rnd, features, pace
        self.aggregates = {a.name for a in aggregates}
        self.trackers: tuple[str, ...] = ()
        self.audiences: tuple[str, ...] = ()
        self.lists: Names = {}  # names that hold a list of events
        self.link = False  # is `link`, what `start` brought, known?

    def named(self, start: str) -> x.Expr:
        """A computed attribute of a kind, as an attribute or as history."""
        name = self.rnd.choice(sorted(n for n in self.aggregates if n.startswith(start)))
        return attribute(name) if self.rnd.random() < 0.6 else x.History(name)

    def condition(self, depth: int, names: Names | None = None) -> x.Expr:
        known = names or {}
        roll = self.rnd.random()
        if depth > 0 and roll < 0.15:
            return x.Unary("not", self.condition(depth - 1, known))
        if depth > 0 and roll < 0.4:
            op: Any = self.rnd.choice(["and", "or"])
            return x.Binary(op, self.condition(depth - 1, known), self.condition(depth - 1, known))
        leaves = [self.leaf_of_profile, self.leaf_of_profile]
        if self.audiences:
            leaves.append(lambda: x.Member(self.rnd.choice(self.audiences)))
        if self.trackers:
            leaves.append(lambda: x.Held(self.rnd.choice(self.trackers), self.rnd.choice(self.pace.lengths)))
        if "time" in self.features:
            leaves.append(self.leaf_of_time)
        if "calendar" in self.features:
            leaves.append(self.leaf_of_calendar)
        if "tables" in self.features:
            leaves += [lambda: self.leaf_of_table(known)] * 2
        if any(common_fields(t) for t in self.lists.values()) and names is not None:
            leaves.append(self.leaf_of_list)
        if self.link and names is not None:
            leaves.append(lambda: that(">=", x.Field(x.Name("link"), "n", optional=True), self.rnd.choice([1, 2])))
        if any(common_fields(t) for t in known.values()):
            leaves += [lambda: self.leaf_of_event(known)] * 3
        return self.rnd.choice(leaves)()

    def leaf_of_profile(self) -> x.Expr:
        rnd = self.rnd
        compare: Any = rnd.choice(["<", ">=", "==", "!="])
        match rnd.randrange(9):
            case 7:
                return self.leaf_of_functions()
            case 8:
                number = x.Choose(self.leaf_of_profile(), self.named("n_"), x.Binary("*", self.named("n_"), const(2)))
                return that(compare, x.Binary(rnd.choice(["+", "-", "/"]), number, self.named("n_")), rnd.choice([0, 1, 3]))
            case 0:
                return that(rnd.choice(["==", "!="]), attribute("tier"), rnd.choice(["gold", "silver", "bronze"]))
            case 1:
                return that("==", attribute("item"), rnd.choice(["a", "b"]))
            case 2:
                return x.Binary("in", const(rnd.choice(["a", "b", "c"])), self.named("l_"))
            case 3:
                return that("==", self.named("t_"), rnd.choice(["a", "b"]))
            case 4:
                return x.Unary(rnd.choice(["missing", "empty"]), rnd.choice([attribute("item"), self.named("t_")]))
            case 5:
                return that(">", x.Binary("??", attribute("score"), const(0)), rnd.choice([0, 1, 2]))
        return that(compare, self.named("n_"), rnd.choice([1, 2, 3, 5, 10]))

    def leaf_of_functions(self) -> x.Expr:
        rnd = self.rnd
        match rnd.randrange(6):
            case 0:
                return that("==", x.Call("upper", (attribute("item"),)), "A")
            case 1:
                return that(">=", x.Call("length", (self.named("l_"),)), rnd.choice([1, 2]))
            case 2:
                return that(">", x.Call(rnd.choice(["min", "max"]), (self.named("n_"), self.named("n_"))), 1)
            case 3:
                return x.Call("contains", (self.named("l_"), attribute("item")))
            case 4:
                return that("<", x.Call("chance", (const("pilot"),)), 0.5)
        return that("==", x.Item(self.named("l_"), const(rnd.choice([0, -1, 1]))), rnd.choice(["a", "b"]))

    def leaf_of_list(self) -> x.Expr:
        """Something about the events of a counted pattern, or that were collected."""
        rnd = self.rnd
        name = rnd.choice(sorted(n for n, t in self.lists.items() if common_fields(t)))
        fields = common_fields(self.lists[name])
        field = rnd.choice(sorted(fields))
        literal = {"text": rnd.choice(["a", "b"]), "number": rnd.choice([3, 5, 10])}.get(fields[field])
        if literal is None:
            return x.Unary("missing", x.Field(x.Item(x.Name(name), const(0)), field, optional=True))
        test = that("==", of("i", field), literal)
        match rnd.randrange(4):
            case 0:
                return x.Each(rnd.choice(["any", "all"]), "i", x.Name(name), test)
            case 1:
                return that(">=", x.Each("count", "i", x.Name(name), None, test), rnd.choice([1, 2]))
            case 2 if fields[field] == "number":
                return that(">=", x.Each(rnd.choice(["sum", "max", "avg"]), "i", x.Name(name), of("i", field)), literal)
        return that("==", x.Field(x.Item(x.Name(name), const(rnd.choice([0, -1]))), field, optional=True), literal)

    def leaf_of_time(self) -> x.Expr:
        compare: Any = self.rnd.choice(["<", "<=", ">", ">="])
        moment = self.rnd.choice([attribute("due"), self.named("i_")])
        length = duration(self.rnd.choice(self.pace.exact))
        match self.rnd.randrange(4):
            case 0:
                return x.Binary(compare, x.Binary("-", x.Now(), moment), length)
            case 1:
                return x.Binary(compare, moment, x.Binary("-", x.Now(), length))
            case 2:
                return x.Binary(compare, x.Now(), x.Binary("+", moment, length))
        return x.Binary(compare, moment, x.Now())

    def leaf_of_table(self, known: Names) -> x.Expr:
        """Something about a row, found by the item of a profile or of an event."""
        rnd = self.rnd
        items = [of(n, "item") for n, types in sorted(known.items()) if "item" in common_fields(types)]
        if any("item" in common_fields(types) for types in self.lists.values()) and known and rnd.random() < 0.3:
            name = rnd.choice(sorted(n for n, types in self.lists.items() if "item" in common_fields(types)))
            worth = x.Field(x.Row(rnd.choice(["shelf", "deals"]), of("i", "item")), "price", optional=True)
            return x.Each("any", "i", x.Name(name), that("<", worth, rnd.choice([4, 8])))
        row = x.Row(
            rnd.choice(["shelf", "shelf", "deals"]), rnd.choice([self.named("t_"), attribute("item"), const("a"), *items])
        )
        match rnd.randrange(3):
            case 0:
                return x.Unary("missing", row)
            case 1:
                return that("==", x.Call("quintile", (self.named("n_"), self.bounds())), rnd.choice([1, 2, 4]))
        return that(rnd.choice(["<", ">="]), x.Field(row, "price", optional=True), rnd.choice([4, 8]))

    def bounds(self) -> x.Items:
        bounds = sorted(self.rnd.sample(range(12), 4), reverse=self.rnd.random() < 0.5)
        return x.Items(tuple(const(bound) for bound in bounds))

    def leaf_of_calendar(self) -> x.Expr:
        compare: Any = self.rnd.choice(["<", "<=", ">", ">=", "=="])
        due, now, today = x.Call("date", (attribute("due"),)), x.Call("date", (x.Now(),)), x.Call("today", ())
        step = self.rnd.choice([x.Length(days=1), x.Length(months=1), x.Length(days=2)])
        match self.rnd.randrange(7):
            case 5:
                return x.Binary(compare, x.Shift(attribute("due"), step, self.rnd.choice([1, -1])), x.Now())
            case 6:
                return x.Binary(compare, x.Shift(x.Now(), step, -1), self.rnd.choice([attribute("due"), self.named("i_")]))
            case 0:
                return that("==", x.Call("weekday", (now,)), self.rnd.choice(["saturday", "sunday", "monday"]))
            case 1:
                return that(compare, x.Call("hour", (x.Now(),)), self.rnd.choice([9, 12, 18]))
            case 2:
                return that(compare, x.Call("days_between", (due, today)), self.rnd.choice([0, 1]))
            case 3:
                return x.Binary(compare, today, due)
        return that(compare, x.Call("day", (now,)), self.rnd.choice([1, 28, 29]))

    def leaf_of_event(self, known: Names) -> x.Expr:
        """Something about a named event, or about the history seen from it."""
        rnd = self.rnd
        name = rnd.choice(sorted(n for n, t in known.items() if common_fields(t)))
        fields = common_fields(known[name])
        field = rnd.choice(sorted(fields))
        mine = of(name, field)
        others = [of(n, field) for n, t in sorted(known.items()) if n != name and fields[field] == common_fields(t).get(field)]
        if others and rnd.random() < 0.6:
            return that("==", mine, rnd.choice(others))
        match fields[field]:
            case "number":
                return that(rnd.choice(["<", ">=", "=="]), mine, rnd.choice([3, 5, 7.5, 10]))
            case "instant":
                return x.Binary(rnd.choice(["<", "<="]), mine, x.Now())
        roll = rnd.random()
        if field == "item" and name != "event" and roll < 0.3:
            same = that("==", of("event", "item"), mine)
            return that(">=", x.History("n_kept", same), rnd.choice([1, 2]))
        if field == "item" and roll < 0.5:
            return rnd.choice([that("==", mine, attribute("item")), x.Binary("in", mine, self.named("l_"))])
        return that(rnd.choice(["==", "!="]), mine, rnd.choice(["a", "b", "gold"]))

    def shown(self, known: Names) -> tuple[x.Expr, x.Type]:
        """A value for a message."""
        choices: list[tuple[x.Expr, x.Type]] = [
            (self.named("n_"), NUMBER),
            (self.named("t_"), STRING),
            (attribute("tier"), STRING),
            (attribute("due"), INSTANT),
            (x.Now(), INSTANT),
            (self.condition(1, known), BOOL),
            (x.JourneyFact("entries"), NUMBER),
            (x.JourneyFact("entered_at"), INSTANT),
            (x.Call("chance", (const("s"),)), NUMBER),
        ]
        for name, types in sorted(known.items()):
            if name != "event":
                choices += [(of(name, f), STRING) for f, k in sorted(common_fields(types).items()) if k == "text"]
        return self.rnd.choice(choices)
