"""A walk through a journey that knows, at each condition and value, what is so when it is asked.

What let a person in holds for ever as far as it reads events; what an arm or a case asked holds until the person rests or an
attribute is set. Where ways meet again, what all of them know is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rtj.ir import expr as ir
from rtj.lang import syntax as s
from rtj.lang.node_ids import statements
from rtj.lint.conditions_place import Fact, Place, Trees, joined
from rtj.lint.facts import Facts, JourneyFacts
from rtj.logic.formulas import TRUE, YES, Is, all_of, any_of

COLLECT_DEFAULT = 100  # events that a `collect` keeps when it does not say


@dataclass(frozen=True, slots=True)
class Condition:
    """A whole condition. `watched`: of a goal or an exit, where it matters to other rules that it always holds."""

    tree: s.Expr
    place: Place
    watched: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """A value that is computed."""

    tree: s.Expr
    place: Place


@dataclass(frozen=True, slots=True)
class Ways:
    """A branch or a wait_for, whose arms or cases are tried in their order."""

    node: s.Branch | s.WaitFor
    place: Place


@dataclass(frozen=True, slots=True)
class WayIn:
    """An entry. `place`: where its `when` and `key` are asked; `facts`: what is so as it lets somebody in."""

    entry: s.Entry
    place: Place
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """A goal or an exit."""

    watch: s.Watch
    word: Literal["goal", "exit"]
    place: Place


@dataclass(frozen=True, slots=True)
class Sent:
    """A message, with the values that it is given."""

    node: s.Send
    place: Place


Site: TypeAlias = Condition | Value | Ways | WayIn | Watched | Sent


def sites(facts: Facts, journey: JourneyFacts, trees: Trees) -> list[Site]:
    """All conditions and values of a journey, in the order of the text, each where it stands."""
    return _Walk(facts, journey, trees).run()


class _Walk:
    def __init__(self, facts: Facts, journey: JourneyFacts, trees: Trees) -> None:
        self.facts, self.tree, self.trees = facts, journey.tree, trees
        self.found: list[Site] = []
        self.events = 0

    def run(self) -> list[Site]:
        tree = self.tree
        sizes = _sizes(tree)
        ways = [self._entry(entry, Place(self.trees, sizes=sizes)) for entry in tree.entries]
        known = _entered(ways) if tree.whole else ()  # what could not be read may have changed anything
        inside = Place(self.trees, known, _names_of_entry(tree), sizes)
        for word, watches in (("goal", tree.goals), ("exit", tree.exits)):
            for watch in watches:
                self._watch(watch, "goal" if word == "goal" else "exit", _rested(inside))
        self._block(tree.nodes, inside)
        return self.found

    # ---- what is noted on the way

    def _condition(self, tree: s.Expr | None, place: Place) -> list[Fact]:
        """Note a condition; what is so when it holds, one fact for each part that `and` joins."""
        if tree is None:
            return []
        self.found.append(Condition(tree, place))
        return self._facts(tree, place, holds=True)

    def _facts(self, tree: s.Expr, place: Place, *, holds: bool) -> list[Fact]:
        found = []
        for part in joined(tree, "and" if holds else "or"):
            reading = place.read(part)
            if reading is not None and self.tree.whole:
                found.append(reading.fact(part, holds=holds))
        return found

    def _values(self, trees: Iterable[s.Expr | None], place: Place) -> None:
        self.found += [Value(tree, place) for tree in trees if tree is not None and not _is_plain(tree)]

    def _moment(self, moment: s.Moment | None, place: Place) -> None:
        match moment:
            case s.ClockMoment(on=on, zone=zone):
                self._values((on, zone), place)
            case s.DayMoment(zone=zone):
                self._values((zone,), place)
            case s.ExprMoment(at=at):
                self._values((at,), place)
            case None:
                return

    def _event(self) -> str:
        """A name for an event that has none."""
        self.events += 1
        return f"event {self.events}"

    # ---- ways in and out

    def _entry(self, entry: s.Entry, place: Place) -> list[Fact]:
        known: list[Fact] = []
        match entry.trigger:
            case s.OnPattern(pattern=pattern):
                for step in pattern.steps:
                    single = step.count is None or step.count.value == 1
                    completes = step is _last(pattern)
                    name = "entry" if completes else step.bind.text if step.bind is not None and single else self._event()
                    renames = {"event": name} | ({step.bind.text: name} if step.bind is not None and single else {})
                    known += [
                        fact for fact in self._condition(step.where, place.calling(renames)) if not step.absent and fact.fixed
                    ]
                    self._values((step.same,), place.calling(renames))
                    if completes:
                        place = place.calling(renames)
            case s.OnCondition(condition=condition):
                self._condition(condition, place)
            case s.OnSchedule(audience=audience):
                member = Is(ir.Member(audience.text), TRUE)
                known.append(Fact(member, audience.span, f"for {audience.text}", True, False, about=frozenset((member.term,))))
            case s.OnStart():
                pass
        place = place.knowing(known)
        known += self._condition(entry.when, place)
        self._values((entry.key,), place.knowing(known))
        self.found.append(WayIn(entry, place, tuple(known)))
        return known

    def _watch(self, watch: s.Watch, word: Literal["goal", "exit"], place: Place) -> None:
        self.found.append(Watched(watch, word, place))
        if word == "goal":
            place = place.only(())  # what the entry makes of a goal is W315's
        match watch.trigger:
            case s.OnCondition(condition=condition):
                self.found.append(Condition(condition, place, True))
            case s.OnPattern(pattern=pattern):
                step = pattern.steps[0]
                place = place.calling({step.bind.text: "event"} if step.bind is not None else {})
                self._condition(watch.when, place.knowing(self._condition(step.where, place)))

    # ---- nodes

    def _block(self, nodes: Sequence[s.Node], place: Place) -> Place | None:
        """Go through nodes; what is known below them, None when nobody comes there."""
        here: Place | None = place
        for node in nodes:
            here = self._node(node, here if here is not None else place.only(()))
        return here

    def _body(self, block: s.Block | None, place: Place) -> Place | None:
        return place if block is None else self._block(block.nodes, place)

    def _node(self, node: s.Node, place: Place) -> Place | None:
        match node:
            case s.Wait(length=length):
                self._values((length,), place)
                return _rested(place)
            case s.WaitUntil(moment=moment, body=body, otherwise=otherwise):
                self._moment(moment, place)
                return _met(place, [self._body(body, _rested(place)), self._body(otherwise, place), _rested(place)])
            case s.WaitFor():
                return self._wait_for(node, place)
            case s.Branch():
                return self._branch(node, place)
            case s.Split(arms=arms):
                held = [arm for arm in arms if arm.name.text != "holdout"]
                return _met(place, [self._body(arm.body, place) for arm in held])
            case s.Repeat():
                return self._repeat(node, place)
            case s.Send(pairs=pairs, otherwise=otherwise):
                self.found.append(Sent(node, place))
                self._values((pair.value for pair in pairs), place)
                return _met(place, [self._body(otherwise, _rested(place)), _rested(place)])
            case s.CallWebhook(pairs=pairs, otherwise=otherwise):
                self._values((pair.value for pair in pairs), place)
                return _met(place, [self._body(otherwise, place), place])
            case s.Collect():
                self._condition(node.step.where, _rested(place).calling({"event": self._event()}))
                self._moment(node.until, place)
                return _rested(place)
            case s.SetAttributes(assigns=assigns):
                self._values((assign.value for assign in assigns), place)
                return _rested(place)
            case s.Emit(pairs=pairs) | s.StartJourney(pairs=pairs):
                self._values((pair.value for pair in pairs), place)
                return place
            case s.Exit():
                return None
            case s.Decide(otherwise=otherwise) | s.Score(otherwise=otherwise):
                return _met(place, [self._body(otherwise, _rested(place)), _rested(place)])

    def _branch(self, node: s.Branch, place: Place) -> Place | None:
        self.found.append(Ways(node, place))
        ways: list[Place | None] = []
        left: list[Fact] = []
        for arm in node.arms:
            taken = self._condition(arm.condition, place)
            ways.append(self._block(arm.body.nodes, place.knowing((*left, *taken))))
            left += self._facts(arm.condition, place, holds=False)
        ways.append(self._body(node.otherwise, place.knowing(left)))
        return _met(place, ways)

    def _repeat(self, node: s.Repeat, place: Place) -> Place | None:
        """What was known before it may have changed by the second round."""
        before = _rested(place)
        left: list[Fact] = []
        if node.until is not None:
            self._condition(node.until, before)
            left = self._facts(node.until, before, holds=False)
        self._block(node.body.nodes, before.knowing(left))
        return before

    def _wait_for(self, node: s.WaitFor, place: Place) -> Place | None:
        waited = _rested(place)
        self.found.append(Ways(node, waited))
        ways: list[Place | None] = []
        for case in node.cases:
            match case:
                case s.EventCase():
                    known = self._event_case(case, waited)
                case s.ConditionCase(condition=condition):
                    known = [fact for fact in self._condition(condition, waited) if fact.fixed]
                case s.AfterCase(length=length):
                    self._values((length,), place)
                    known = []
                case s.UntilCase(moment=moment):
                    self._moment(moment, place)
                    known = []
            ways.append(self._block(case.body.nodes, waited.knowing(known)))
        return _met(place, ways)

    def _event_case(self, case: s.EventCase, place: Place) -> list[Fact]:
        step = case.pattern.steps[0]
        place = event_place(step, place, self._event())
        known = self._condition(step.where, place)
        known += self._condition(case.when, place.knowing(known))
        return [fact for fact in known if fact.fixed or not step.since_entry]


def _is_plain(tree: s.Expr) -> bool:
    """Is it a literal, or a field of something, of which there is nothing to say?"""
    while isinstance(tree, s.Field):
        tree = tree.base
    return isinstance(tree, s.Name | s.Text | s.Number | s.Truth | s.Length)


# ---- places and what is known there


def event_place(step: s.Step, place: Place, name: str) -> Place:
    """Where the conditions of a case are asked: its event is called by its own name, or by `name` when it has none."""
    called = step.bind.text if step.bind is not None else name
    return place.calling({"event": called})


def _rested(place: Place) -> Place:
    """After a rest, or when attributes may have been set."""
    return place.only(fact for fact in place.facts if fact.fixed)


def _met(place: Place, ways: Sequence[Place | None]) -> Place | None:
    """Where ways meet again: what all of them know. None when all of them have ended."""
    open_ = [way for way in ways if way is not None]
    if not open_:
        return None
    first, *others = open_
    shared = (fact for fact in first.facts if all(any(fact is f for f in other.facts) for other in others))
    return place.only(shared)


def _last(pattern: s.Pattern) -> s.Step:
    """The step whose event lets in."""
    return next((step for step in reversed(pattern.steps) if not step.absent), pattern.steps[-1])


def _names_of_entry(tree: s.Journey) -> Mapping[str, str]:
    """What `as` calls the event that lets in, if all ways in call it so."""
    names = {_name_of(entry) for entry in tree.entries}
    return {name: "entry" for name in names if name is not None} if len(names) == 1 else {}


def _name_of(entry: s.Entry) -> str | None:
    if not isinstance(entry.trigger, s.OnPattern):
        return None
    step = _last(entry.trigger.pattern)
    single = step.count is None or step.count.value == 1
    return step.bind.text if step.bind is not None and single else None


def _entered(ways: Sequence[Sequence[Fact]]) -> tuple[Fact, ...]:
    """What is so for everybody who is inside, by whichever way."""
    if len(ways) < 2:
        return tuple(fact for way in ways for fact in way)
    found = []
    for fixed in (True, False):
        kept = [[fact for fact in way if fact.fixed or not fixed] for way in ways]
        formula = any_of(*(all_of(*(fact.formula for fact in way)) for way in kept))
        if formula != YES and all(kept):
            first = kept[0][0]
            text = " or ".join(dict.fromkeys(" and ".join(fact.text for fact in way) for way in kept))
            names = {name: known for way in kept for fact in way for name, known in fact.names.items()}
            about = frozenset(term for way in kept for fact in way for term in fact.about)
            found.append(Fact(formula, first.span, text, True, fixed, names, about))
    return tuple(found)


def _sizes(tree: s.Journey) -> Mapping[str, tuple[int, int | None]]:
    """How many items the lists have that patterns and `collect` bring, by name."""
    found: dict[str, tuple[int, int | None]] = {}

    def add(name: str, least: int, most: int) -> None:
        old = found.get(name, (least, most))
        found[name] = (min(least, old[0]), max(most, old[1] or 0))

    for entry in tree.entries:
        for step in entry.trigger.pattern.steps if isinstance(entry.trigger, s.OnPattern) else ():
            if step.bind is not None and step.count is not None and step.count.value > 1:
                add(step.bind.text, step.count.value, step.count.value)
    for node in statements(tree.nodes):
        if isinstance(node, s.Collect) and node.bind is not None:
            most = node.max.value if node.max is not None else COLLECT_DEFAULT
            add(node.bind.text, 0, most if isinstance(most, int) else COLLECT_DEFAULT)
    return found
