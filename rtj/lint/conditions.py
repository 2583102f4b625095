"""W311: conditions that are always true or always false, told at the smallest part that makes them so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rtj.base.diagnostic import Diagnostic, Label
from rtj.ir import expr as ir
from rtj.lang import syntax as s
from rtj.lint.conditions_place import Fact, Place, Reading, joined, parts, shorten
from rtj.lint.conditions_values import values
from rtj.lint.conditions_words import between, why
from rtj.logic.bare import NULL

CODE = "W311"
ORDERS = ("<", "<=", ">", ">=")
COMPARISONS = ("==", "!=", "in", "not in", *ORDERS)


@dataclass(slots=True)
class Judge:
    """Looks at conditions one by one. `settled` are those, by the identity of their trees, of which something was said, or is
    said by another rule: what follows from that is not said again."""

    settled: set[int] = field(default_factory=set)

    def condition(self, tree: s.Expr, place: Place, *, watched: bool = False) -> Iterator[Diagnostic]:
        """A whole condition. One that is just `true` or `false` is meant so; of one that is `watched` W314 says if it always
        holds for who is there."""
        if isinstance(tree, s.Truth):
            return
        reading = place.read(tree)
        if reading is None:
            yield from self.value(tree, place)
            return
        found = self._alone(reading, tree) or self._given(reading, tree, place.facts, whole=not watched)
        if found:
            self.settled.add(id(tree))
        yield from found

    def value(self, tree: s.Expr, place: Place) -> Iterator[Diagnostic]:
        """The conditions inside a value: the test of an `if`, what is asked of the items of a list or of past events."""
        expr = place.trees.expr(tree) or NULL
        match tree:
            case s.Choose(test=test, then=then, otherwise=otherwise):
                yield from self.condition(test, place)
                yield from self.value(then, place)
                yield from self.value(otherwise, place)
            case s.Call(args=args) if isinstance(expr, ir.History):
                asked = place.only(()).calling({"event": "past event"})  # its `event` is none that has a name
                for arg in args:
                    if arg.where is not None:
                        yield from self.condition(arg.where, asked)
            case s.Call(function=function, args=args) if args and args[0].item is not None:
                for arg in args:
                    asks = function.text in ("any", "all", "count") and place.trees.is_truth(arg.value)  # `count(i for i in …)`
                    yield from self.condition(arg.value, place) if asks else self.value(arg.value, place)
                    if arg.where is not None:
                        yield from self.condition(arg.where, place)
            case _:
                for part in parts(tree, expr):
                    yield from self.value(part, place)

    # ---- by itself

    def _alone(self, reading: Reading, tree: s.Expr) -> list[Diagnostic]:
        """What is wrong with a condition whatever is known around it."""
        match tree:
            case s.Binary(op="and" | "or" as op):
                return self._chain(reading, joined(tree, op), op)
            case s.Unary(op="not", of=of):
                return self._alone(reading, of)
            case s.Choose(test=test, then=then, otherwise=otherwise):
                found = [d for part in (test, then, otherwise) for d in self._alone(reading, part)]
                for part, holds in ((then, True), (otherwise, False)):
                    found = found or self._given(reading, part, [reading.fact(test, holds=holds, beside=True)])
                return found
            case _:
                return list(self.value(tree, reading.place)) or self._leaf(reading, tree)

    def _leaf(self, reading: Reading, tree: s.Expr) -> list[Diagnostic]:
        possible = [reading.possible([reading.formula(tree, holds=holds)]) for holds in (True, False)]
        if all(possible):
            return []
        if any(found.code == "W318" for found in values(tree, reading.place)):
            self.settled.add(id(tree))  # a part is always missing, and said to be
            return []
        return [_constant(tree, why(reading, tree, holds=not possible[0]), holds=possible[0])]

    def _chain(self, reading: Reading, operands: list[s.Expr], op: str) -> list[Diagnostic]:
        """Each operand by itself, then beside those before it (which hold, in `and`, or do not, in `or`)."""
        found: list[Diagnostic] = []
        before: list[tuple[s.Expr, Fact]] = []
        for operand in operands:
            said = self._alone(reading, operand) or self._given(reading, operand, [fact for _, fact in before], whole=op == "or")
            said = said or self._idle(reading, operand, op, before)
            found += said
            if not said and id(operand) not in self.settled:
                before.append((operand, reading.fact(operand, holds=op == "and", beside=True)))
        return found

    def _idle(self, reading: Reading, tree: s.Expr, op: str, before: Sequence[tuple[s.Expr, Fact]]) -> list[Diagnostic]:
        """An operand that makes no difference beside another. To ask first whether something is there is good style."""
        holds = op == "and"
        if not before or not _is_comparison(tree):
            return []
        mine = reading.fact(tree, holds=holds).about
        for other, fact in before:
            if mine.isdisjoint(fact.about) or not _is_comparison(other):
                continue
            for weak, strong in ((tree, other), (other, tree)):
                if not reading.possible([reading.formula(strong, holds=holds), reading.formula(weak, holds=not holds)]):
                    whenever = "it is true whenever `{}` is" if holds else "`{}` is true whenever it is"
                    message = f"`{shorten(weak)}` makes no difference: {whenever.format(shorten(strong))}"
                    return [Diagnostic(CODE, message, weak.span, "", (Label(strong.span, "this decides"),), "warning")]
        return []

    # ---- beside what is known

    def _given(self, reading: Reading, tree: s.Expr, facts: Sequence[Fact], *, whole: bool = False) -> list[Diagnostic]:
        """What facts make of a condition that by itself is neither always true nor always false. `whole`: it is no part of
        another but one that is true whenever it is, so that it matters if it always is."""
        if not facts:
            return []
        core = reading.core(reading.formula(tree, holds=True), facts)
        if core is not None:
            for part in joined(tree, "and") if isinstance(tree, s.Binary) and tree.op == "and" else ():
                alone = reading.core(reading.formula(part, holds=True), facts)
                if alone is not None:
                    return [_never(reading, part, alone)]  # the others have no part in it
            return [_never(reading, tree, core)]
        core = reading.core(reading.formula(tree, holds=False), facts)
        if core is not None:
            matters = whole and not (_asks_presence(tree) and all(fact.holds for fact in core))
            return [_always(tree, core)] if matters else []
        match tree:
            case s.Binary(op="or" | "and" as op):
                return [d for part in joined(tree, op) for d in self._given(reading, part, facts)]
            case s.Unary(op="not", of=of):
                return self._given(reading, of, facts)
            case _:
                return []


def _constant(tree: s.Expr, reason: str, *, holds: bool) -> Diagnostic:
    message = f"`{shorten(tree)}` is {'always' if holds else 'never'} true" + (f": {reason}" if reason else "")
    return Diagnostic(CODE, message, tree.span, severity="warning")


def _never(reading: Reading, tree: s.Expr, core: Sequence[Fact]) -> Diagnostic:
    text = shorten(tree)
    if all(fact.beside and fact.holds for fact in core):
        others = " and ".join(f"`{fact.text}`" for fact in core)
        reason = between(reading, core[0].tree, tree) if len(core) == 1 and core[0].tree is not None else ""
        message = f"`{text}` is never true beside {others}" + (f": {reason}" if reason else "")
    elif all(fact.beside and not fact.holds for fact in core):
        others = " or ".join(f"`{fact.text}`" for fact in core)
        message = f"`{text}` makes no difference: {others} is true whenever it is"
    else:
        message = f"`{text}` is never true here{_where(core, text)}"
    return Diagnostic(CODE, message, tree.span, "", _labels(core), "warning")


def _always(tree: s.Expr, core: Sequence[Fact]) -> Diagnostic:
    text = shorten(tree)
    if all(fact.beside and not fact.holds for fact in core):
        others = " and ".join(f"`{fact.text}`" for fact in core)
        message = f"`{text}` is true whenever {others} {'is' if len(core) == 1 else 'are'} not: one of them always holds"
        labels = tuple(Label(fact.span, "or this holds") for fact in core)
        return Diagnostic(CODE, message, tree.span, "", labels, "warning")
    message = f"`{text}` is always true here{_where(core, text)}"
    return Diagnostic(CODE, message, tree.span, "", _labels(core), "warning")


def _where(core: Sequence[Fact], text: str) -> str:
    if len(core) == 1 and core[0].text == text:
        return f": it was asked before, and {'holds' if core[0].holds else 'does not hold'}"
    return ", where " + " and ".join(f"`{fact.text}` {'holds' if fact.holds else 'does not hold'}" for fact in core)


def _labels(core: Sequence[Fact]) -> tuple[Label, ...]:
    return tuple(Label(fact.span, "this holds" if fact.holds else "this does not hold") for fact in core)


def _is_comparison(tree: s.Expr) -> bool:
    return isinstance(tree, s.Binary) and tree.op in COMPARISONS and not _asks_presence(tree)


def _asks_presence(tree: s.Expr) -> bool:
    """Does it ask whether something is there?"""
    match tree:
        case s.Is():
            return True
        case s.Binary(op="==" | "!=", left=left, right=right):
            return isinstance(left, s.Null) or isinstance(right, s.Null)
        case s.Unary(op="not", of=of):
            return _asks_presence(of)
        case _:
            return False
