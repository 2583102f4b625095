"""Random journeys: every way in, every node."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from rtj.ir import journey as j
from rtj.ir.expr import Binary, Expr, Length
from rtj.ir.program import Program
from tests.oracle.build import NUMBER, STRING, attribute, const, duration, of
from tests.oracle.conditions import FIELDS, Conditions, Names, Types, common_fields

if TYPE_CHECKING:
    from tests.oracle.generate import Pace

STARTING = ("2026-02-01", "2026-01-31", "2025-03-27", "2026-03-01")
ITEMS: tuple[Expr, ...] = (const("a"), attribute("item"))


def trigger_is_one(trigger: j.Trigger) -> bool:
    """Is it one event, and no pattern?"""
    return isinstance(trigger, j.OnEvents) and len(trigger.steps) == 1 and trigger.steps[0].count == 1


class Journeys:
    """Makes the journeys of one program. Journeys with an even number may set, emit and start; those with an odd one react."""

    def __init__(self, rnd: random.Random, features: frozenset[str], pace: Pace, conditions: Conditions) -> None:
        self.rnd, self.features, self.pace, self.conditions = rnd, features, pace, conditions
        self.count = 0
        self.nodes: list[j.Node] = []
        self.sent: list[str] = []
        self.known: Names = {}
        self.acts = False

    def make(self) -> list[j.Journey]:
        return [self.journey(number) for number in range(self.rnd.randrange(1, 5))]

    def has(self, feature: str) -> bool:
        return feature in self.features

    def journey(self, number: int) -> j.Journey:
        rnd = self.rnd
        self.acts = self.has("acts") and number % 2 == 0
        self.nodes, self.count, self.known = [], 0, {}
        pairs = [self.entry(number) for _ in range(rnd.choice([1, 1, 2]))]
        entries = tuple(e for e, _ in pairs)
        names = [set(known) for _, known in pairs]
        counted = all(isinstance(e.trigger, j.OnEvents) and e.trigger.steps[0].count > 1 for e in entries)
        self.conditions.lists = {}
        if counted and len(entries) == 1 and isinstance(entries[0].trigger, j.OnEvents):
            self.conditions.lists["views"] = entries[0].trigger.steps[0].events
        self.conditions.link = all(isinstance(e.trigger, j.OnStart) for e in entries)
        for name in sorted(set.intersection(*names)):
            types = tuple(sorted({t for _, known in pairs for t in known[name]}))
            if common_fields(types):
                self.known[name] = types
        first = self.block(2, None) if rnd.random() < 0.95 else None
        goals: tuple[j.Watch, ...] = ()
        exits: tuple[j.Watch, ...] = ()
        if self.has("goals"):
            goals = tuple(self.watch(True) for _ in range(rnd.choice([0, 1, 1, 2])))
            exits = tuple(self.watch(False) for _ in range(rnd.choice([0, 0, 1])))
        self.conditions.lists, self.conditions.link = {}, False
        return j.Journey(
            f"j{number}",
            entries,
            tuple(reversed(self.nodes)),
            first,
            priority=rnd.choice([0, 0, 10]),
            goals=goals,
            exits=exits,
            max_duration=rnd.choice(
                [
                    Length(ms=91 * 86_400_000 if not self.has("schedules") else 50 * self.pace.grid),
                    self.length(),
                    Length(ms=8 * self.pace.grid),
                ]
            ),
            runs_to="2026-03-29" if rnd.random() < 0.05 else None,
        )

    def length(self) -> Length:
        return self.rnd.choice(self.pace.lengths)

    # ---- triggers

    def types(self) -> Types:
        pool = ["view", "view", "buy", "buy", "sign"] + ["restock"] * self.has("business")
        if self.has("acts") and not self.acts:
            pool.append("note")
        if self.has("receipts"):
            pool.append("opened")
        chosen = {self.rnd.choice(pool) for _ in range(self.rnd.choice([1, 1, 1, 2]))}
        return tuple(sorted(chosen)) if self.rnd.random() < 0.95 else ("any",)

    def happenings(self) -> Types:
        """Event types, or joining or leaving an audience."""
        if self.conditions.audiences and self.rnd.random() < 0.2:
            return (self.rnd.choice(["joining ", "leaving "]) + self.rnd.choice(self.conditions.audiences),)
        return self.types()

    def step(self, known: Names, **more: Any) -> j.Step:
        types = more.pop("types", None) or self.happenings()
        seen = {**known, "event": types}
        where = self.conditions.condition(1, seen) if common_fields(types) and self.rnd.random() < 0.35 else None
        audience = None
        if self.conditions.audiences and self.rnd.random() < 0.1:
            audience = self.rnd.choice(self.conditions.audiences)
        return j.Step(types, where=where, audience=audience, **more)

    def entry(self, number: int) -> tuple[j.Entry, Names]:
        rnd = self.rnd
        kinds = ["event", "event", "event", "when"]
        kinds += ["pattern"] * 4 * self.has("patterns") + ["schedule"] * 2 * self.has("schedules")
        kinds += ["start"] * 3 * (self.has("acts") and number % 2 == 1)
        trigger: j.Trigger
        known: Names = {}
        match rnd.choice(kinds):
            case "event":
                step = self.step({})
                trigger, known = j.OnEvents((step,)), {"entry": step.events}
            case "pattern":
                trigger, known = self.pattern()
            case "when":
                trigger = j.OnCondition(self.conditions.condition(2))
            case "start":
                trigger = j.OnStart()
            case _:
                trigger = self.schedule()
        event: Names = {"event": known["entry"], **known} if "entry" in known else {}
        when = self.conditions.condition(1, {k: v for k, v in event.items() if k != "entry"}) if rnd.random() < 0.4 else None
        key: Expr | None = None
        if self.has("keys") and "item" in common_fields(known.get("entry", ())) and rnd.random() < 0.6:
            key = of("event", "item")
        bind = "link" if isinstance(trigger, j.OnStart) else "way" if trigger_is_one(trigger) and rnd.random() < 0.3 else None
        if bind == "way":
            known["way"] = known["entry"]
        return j.Entry(trigger, bind, when, key, self.again(), self.while_inside()), known

    def again(self) -> j.Again:
        rules: list[Any] = ["never", "after", "after", "after"] + ["always", "exit"] * (not self.acts)
        rule = self.rnd.choice(rules)
        return j.Again(rule, self.length()) if rule == "after" and self.rnd.random() < 0.6 else j.Again(rule)

    def while_inside(self) -> Any:
        return "restart" if self.has("restart") and not self.acts and self.rnd.random() < 0.5 else "ignore"

    def pattern(self) -> tuple[j.OnEvents, Names]:
        rnd = self.rnd
        types = self.types()
        same = of("event", "item") if "item" in common_fields(types) and rnd.random() < 0.5 else None

        def later(known: Names, **more: Any) -> j.Step:
            if same is None:
                return self.step(known, **more)
            return self.step(known, types=(rnd.choice([t for t in sorted(FIELDS) if t in ("view", "buy")]),), same=same, **more)

        if rnd.random() < 0.45:
            within = self.length() if rnd.random() < 0.8 else None
            consecutive = rnd.random() < 0.3
            first = self.step(
                {}, types=types, count=rnd.choice([2, 2, 3]), consecutive=consecutive, within=within, same=same, bind="views"
            )
            if rnd.random() < 0.8:
                return j.OnEvents((first,)), {"entry": types}
            second = later({}, within=self.length(), bind="b", absent=rnd.random() < 0.3)
            return j.OnEvents((first, second)), {"entry": types if second.absent else second.events}
        first = self.step({}, types=types, same=same, bind="a")
        known: Names = {"a": types}
        absent = rnd.random() < 0.4
        within = self.length() if absent or rnd.random() < 0.8 else None
        second = later(known, within=within, bind=None if absent else "b", absent=absent)
        if absent:
            return j.OnEvents((first, second)), {"a": types, "entry": types}
        known["b"] = second.events
        if rnd.random() < 0.7:
            return j.OnEvents((first, second)), {**known, "entry": second.events}
        third = later(known, within=self.length(), absent=rnd.random() < 0.4)
        return j.OnEvents((first, second, third)), {**known, "entry": second.events if third.absent else third.events}

    def schedule(self) -> j.OnSchedule:
        rnd = self.rnd
        audience = rnd.choice(self.conditions.audiences)
        zone = rnd.choice([None, None, "Europe/Berlin"])
        match rnd.randrange(8):
            case 5:
                return j.OnSchedule(audience, "month", nth=((4, rnd.randrange(7)), (-1, rnd.randrange(7))), clock=600, zone=zone)
            case 6:
                return j.OnSchedule(audience, "once", date=rnd.choice(["2026-03-01", "2026-03-27"]), clock=670, zone=zone)
            case 7:
                unit: Any = rnd.choice(["week", "month", "year"])
                return j.OnSchedule(audience, unit, every=rnd.choice([1, 2]), starting=rnd.choice(STARTING), clock=610)
            case 0:
                return j.OnSchedule(audience, "exact", ms=rnd.choice([2, 3]) * self.pace.grid)
            case 1:
                return j.OnSchedule(audience, "week", days=(0, 2, 6), clock=rnd.choice([540, 150]), zone=zone)
            case 2:
                return j.OnSchedule(audience, "month", dates=rnd.choice([(1, 15), (-1,), (27, 28)]), clock=600, zone=zone)
            case 3:
                return j.OnSchedule(audience, "day", every=2, starting="2026-02-20", clock=660, zone=zone)
        return j.OnSchedule(audience, "day", clock=rnd.choice([540, 630, 660, 150]), zone=zone)

    def watch(self, goal: bool) -> j.Watch:
        rnd = self.rnd
        within = self.length() if goal and rnd.random() < 0.4 else None
        stay = goal and rnd.random() < 0.3
        if rnd.random() < 0.25:
            return j.Watch(j.OnCondition(self.conditions.condition(1, self.known)), within=within, stay=stay)
        step = self.step(self.known)
        when = self.conditions.condition(1, {**self.known, "event": step.events}) if rnd.random() < 0.4 else None
        return j.Watch(j.OnEvents((step,)), when=when, within=within, stay=stay)

    # ---- nodes

    def fresh(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def block(self, depth: int, after: str | None) -> str | None:
        """Some nodes; the id of the first. They are made from the end, so that each knows what follows."""
        before = dict(self.known)
        for _ in range(self.rnd.choice([1, 1, 2, 3])):
            after = self.node(depth, after)
        self.known = before
        return after

    def maybe(self, depth: int, after: str | None) -> str | None:
        """A block, or an empty one."""
        return self.block(depth - 1, after) if depth > 0 and self.rnd.random() < 0.75 else None

    def node(self, depth: int, after: str | None) -> str:
        kinds = ["wait", "wait", "send", "send", "wait_for", "wait_for"]
        if self.has("nodes"):
            kinds += ["branch", "split", "call", "collect", "until", "until", "branch", "collect", "exit"] + ["repeat"] * (
                depth > 0
            )
        if self.acts:
            kinds += ["set", "emit", "start"]
        kind = self.rnd.choice(kinds)
        made: j.Node = getattr(self, f"make_{kind}")(self.fresh(kind), depth, after)
        self.nodes.append(made)
        return made.id

    def pairs(self) -> tuple[j.Pair, ...]:
        shown = [self.conditions.shown(self.known) for _ in range(self.rnd.choice([0, 1, 2]))]
        return tuple(j.Pair(f"v{n}", e, t) for n, (e, t) in enumerate(shown))

    def make_wait(self, name: str, depth: int, after: str | None) -> j.Node:
        if self.rnd.random() < 0.1:
            return j.Wait(name, for_=duration(self.rnd.choice([0, *self.pace.exact])), next=after)
        return j.Wait(name, self.length(), next=after)

    def make_send(self, name: str, depth: int, after: str | None) -> j.Node:
        channels = (self.rnd.choice(["email", "push"]), "sms")
        if not self.has("gates"):
            return j.Send(name, "message", channels, self.pairs(), next=after)
        message = self.rnd.choice(["m1", "m2", "m3"])
        otherwise = self.maybe(depth, after) if self.rnd.random() < 0.4 else None
        has = otherwise is not None or self.rnd.random() < 0.2
        taken = channels[: self.rnd.choice([1, 2, 2])]
        return j.Send(name, message, taken, self.pairs(), None, otherwise, has, after)

    def make_call(self, name: str, depth: int, after: str | None) -> j.Node:
        return j.CallWebhook(name, "hook", self.pairs(), bind="answer", next=after)

    def make_exit(self, name: str, depth: int, after: str | None) -> j.Node:
        return j.Exit(name, "enough")

    def make_set(self, name: str, depth: int, after: str | None) -> j.Node:
        score = Binary("+", Binary("??", attribute("score"), const(0)), const(1))
        pairs: list[j.Pair] = [j.Pair("score", score, NUMBER), j.Pair("tier", const(self.rnd.choice(["gold", "silver"])), STRING)]
        return j.SetAttributes(name, tuple(self.rnd.sample(pairs, self.rnd.choice([1, 2]))), next=after)

    def make_emit(self, name: str, depth: int, after: str | None) -> j.Node:
        pairs = (j.Pair("item", self.rnd.choice(ITEMS), STRING),)
        if self.rnd.random() < 0.2:
            return j.Emit(name, "sign", (j.Pair("tier", const(self.rnd.choice(["gold", "wood"])), STRING),), after)
        kind = self.rnd.choice(["note", "note", "view"])
        return j.Emit(name, kind, pairs if self.rnd.random() < 0.8 else (), next=after)

    def make_start(self, name: str, depth: int, after: str | None) -> j.Node:
        pairs = (j.Pair("n", self.conditions.named("n_"), NUMBER),)
        return j.StartJourney(name, self.rnd.choice(["j1", "j3"]), pairs, after)

    def make_branch(self, name: str, depth: int, after: str | None) -> j.Node:
        arms = tuple(
            j.Arm(self.conditions.condition(1, self.known), self.maybe(depth, after) or after)
            for _ in range(self.rnd.choice([1, 2]))
        )
        return j.Branch(name, arms, self.maybe(depth, after), after)

    def make_split(self, name: str, depth: int, after: str | None) -> j.Node:
        arms = [j.Share("one", 450_000, self.maybe(depth, after)), j.Share("two", 450_000, self.maybe(depth, after))]
        last = j.Share(self.rnd.choice(["holdout", "three"]), 100_000)
        return j.Split(name, self.rnd.choice(["x", "y"]), (*arms, last), self.rnd.random() < 0.4, after)

    def make_repeat(self, name: str, depth: int, after: str | None) -> j.Node:
        until = self.conditions.condition(1, self.known) if self.rnd.random() < 0.5 else None
        rest = self.make_wait(self.fresh("wait"), depth, name)
        self.nodes.append(rest)
        body = self.block(depth - 1, rest.id)
        return j.Repeat(name, self.rnd.choice([1, 2, 3]), until, body, after)

    def moment(self) -> j.Moment:
        rnd = self.rnd
        zone = const("Asia/Tokyo") if rnd.random() < 0.2 else None
        if self.has("calendar") and rnd.random() < 0.7:
            match rnd.randrange(4):
                case 0:
                    return j.Moment(clock=rnd.choice([540, 660, 150]), zone=zone)
                case 1:
                    return j.Moment(clock=540, to=rnd.choice([600, 720, 60]), zone=zone)
                case 2:
                    return j.Moment(clock=600, days=(rnd.choice([4, 5, 6]), 0), next=rnd.random() < 0.5, zone=zone)
            return j.Moment(clock=600, on=attribute("due"), zone=zone)
        length = duration(rnd.choice(self.pace.exact))
        if "entry" in self.known and rnd.random() < 0.4:
            return j.Moment(at=Binary("+", of("entry", "ts", True), length))
        moments: list[Expr] = [attribute("due"), Binary("+", attribute("i_seen"), length)]
        return j.Moment(at=rnd.choice(moments))

    def make_until(self, name: str, depth: int, after: str | None) -> j.Node:
        block = self.rnd.random() < 0.6
        body = self.maybe(depth, after) if block else None
        otherwise = self.rnd.random() < 0.7
        return j.WaitUntil(name, self.moment(), block, body, self.maybe(depth, after) if otherwise else None, otherwise, after)

    def make_collect(self, name: str, depth: int, after: str | None) -> j.Node:
        step = self.step(self.known, types=self.types())
        if self.rnd.random() < 0.3:
            return j.Collect(name, step, f"c_{name}", until=self.moment(), max=2, next=after)
        return j.Collect(name, step, f"c_{name}", self.length(), max=self.rnd.choice([1, 3, 100]), next=after)

    def make_wait_for(self, name: str, depth: int, after: str | None) -> j.Node:
        rnd = self.rnd
        cases = []
        for _ in range(rnd.choice([1, 1, 2])):
            if rnd.random() < 0.3:
                cases.append(j.Case(condition=self.conditions.condition(1, self.known), body=self.maybe(depth, after)))
                continue
            bind = f"e_{name}" if rnd.random() < 0.3 else None
            if self.has("receipts") and rnd.random() < 0.4:
                step = j.Step(("opened",), of_node=f"send{rnd.randrange(1, 8)}", since_entry=rnd.random() < 0.3)
            else:
                step = self.step(self.known, since_entry=rnd.random() < 0.3, bind=bind)
            seen = {**self.known, "event": step.events}
            when = self.conditions.condition(1, seen) if rnd.random() < 0.4 else None
            cases.append(j.Case(step, when, body=self.maybe(depth, after)))
        roll = rnd.random()
        if roll < 0.6:
            cases.append(j.Case(after=self.length(), body=self.maybe(depth, after)))
        elif roll < 0.8:
            cases.append(j.Case(until=self.moment(), body=self.maybe(depth, after)))
        return j.WaitFor(name, tuple(cases), after)


def described(made: Program) -> list[str]:
    """What a program does, for people who look at a failing case."""
    return [f"{one.name}: {one}" for one in made.journeys]
