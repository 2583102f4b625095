"""Can all of this be so at once? A search for a way in which formulas hold together, small and bounded.

It answers "no" only with a proof. Where the search would grow, it says "maybe": rules stay silent then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtj.ir import expr as ir
from rtj.ir.functions import FUNCTIONS
from rtj.ir.types import is_optional
from rtj.ir.walk import parts
from rtj.logic.always import known_orders
from rtj.logic.differences import TERMS_MAX, Differences, Order
from rtj.logic.domains import PRESENT, Domain, both, meet, other_than
from rtj.logic.formulas import Every, Formula, Is, Some
from rtj.logic.terms import Ground

BRANCHES_MAX = 300  # ways tried for one question
ROUNDS_MAX = 6  # of telling each other what terms have learned
COMPUTED = (ir.Unary, ir.Binary, ir.Call)  # terms whose parts say more of them as more is known of these


def possible(ground: Ground, formulas: Iterable[Formula]) -> bool:
    """May all of them be so at once? False is sure."""
    formulas = tuple(formulas)
    if ground.effort.spent(len(formulas)):
        return True
    return apart(ground, formulas) is not None or _Search(ground).run(_State(ground), formulas)


def way(ground: Ground, formulas: Iterable[Formula]) -> dict[ir.Expr, Domain] | None:
    """What each term may be on the first way on which all of them seem to hold; None: they cannot."""
    search = _Search(ground)
    return search.found if search.run(_State(ground), tuple(formulas)) else None


# ---- what needs no search


def apart(ground: Ground, formulas: Sequence[Formula]) -> frozenset[ir.Expr] | None:
    """If each of these may be so by itself and none has to do with another: what they are about. None: that is not certain."""
    about: frozenset[ir.Expr] = frozenset()
    for formula in formulas:
        own = _lonely(ground, formula)
        if own is None or not about.isdisjoint(own):
            return None
        about |= own
    return about


def _lonely(ground: Ground, formula: Formula) -> frozenset[ir.Expr] | None:
    match formula:
        case Is(term=term, domain=domain):
            return None if both(ground.plain(term), domain).empty else about(ground, formula)
        case Order(left=left, right=right):
            return about(ground, formula) if all(_is_unbounded(ground, term) for term in (left, right)) else None
        case Every(parts=inner):
            return apart(ground, inner)
        case Some(parts=inner):
            return next((own for part in inner if (own := _lonely(ground, part)) is not None), None)


def _is_unbounded(ground: Ground, term: ir.Expr) -> bool:
    """May it be as small and as large as one likes, whatever the clock says?"""
    if isinstance(term, ir.Now | ir.Shift):
        return False
    values = ground.plain(term).some
    return values.only is None and values.low in (None, "") and values.high is None and not values.without


def about(ground: Ground, formula: Formula) -> frozenset[ir.Expr]:
    """What a formula has to do with: its terms and all that these are made of, but for parts that are always there."""
    found: set[ir.Expr] = set()
    todo, terms = [formula], list[ir.Expr]()
    while todo:
        match todo.pop():
            case Every(parts=inner) | Some(parts=inner):
                todo += inner
            case Is(term=term):
                terms.append(term)
            case Order(left=left, right=right):
                terms += (left, right)
    while terms:
        term = terms.pop()
        if term not in found:
            found.add(term)
            terms += (part for part in parts(term) if not _is_there(ground, part))
    return frozenset(found)


def _is_there(ground: Ground, part: ir.Expr) -> bool:
    """Is it never missing, whatever happens?"""
    if not isinstance(part, ir.Name):
        return isinstance(part, ir.Const)
    known = ground.names.get(part.name)
    return known is not None and not known.null and not is_optional(known.type)


# ---- the search


def learned(ground: Ground, formulas: Iterable[Formula]) -> dict[ir.Expr, Domain]:
    """What each term must be when all of them are so, as far as no choice between ways is needed to see it."""
    state = _State(ground)
    return state.domains if _Search(ground).run(state, formulas) else {}


class _State:
    """What is known so far on one way."""

    __slots__ = ("domains", "ground", "orders")

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.domains: dict[ir.Expr, Domain] = {}
        self.orders: list[Order] = []

    def copy(self) -> _State:
        twin = _State(self.ground)
        twin.domains, twin.orders = dict(self.domains), list(self.orders)
        return twin

    def look(self, term: ir.Expr) -> Domain:
        """What a term may be."""
        known = self.domains.get(term)
        return known if known is not None else self.ground.domain(term, self.look)

    def learn(self, term: ir.Expr, domain: Domain) -> bool:
        """A term lies in a domain; False when that cannot be."""
        if self.ground.effort.spent():
            return True
        old = self.look(term)
        new = both(old, domain)
        self.domains[term] = new
        if new.empty:
            return False
        if not new.null and (old.null or term not in self.domains):
            return all(self.learn(part, PRESENT) for part in needed(term))
        return True

    def settle(self) -> bool:
        """Let terms tell each other what they have learned; False when that cannot be."""
        computed = [term for term in self.domains if isinstance(term, COMPUTED)]
        if not computed and not self.orders:
            return True
        for _ in range(ROUNDS_MAX):
            if self.ground.effort.spent(len(computed) + len(self.orders)):
                return True
            before = dict(self.domains)
            for term in computed:
                known = before[term]
                again = both(known, self.ground.domain(term, self.look))
                if again != known and not self.learn(term, again):
                    return False
            if self.orders and not self._compare():
                return False
            if self.domains == before:
                return True
        return True

    def _compare(self) -> bool:
        terms = list(dict.fromkeys(term for order in self.orders for term in (order.left, order.right)))
        for term in terms:
            if not self.learn(term, PRESENT):
                return False
        if len(terms) > TERMS_MAX:
            return True
        more = list(known_orders(self.ground, terms))
        terms = list(dict.fromkeys([*terms, *(term for order in more for term in (order.left, order.right))]))
        known = Differences(terms, [self.look(term).some for term in terms])
        for order in (*self.orders, *more):
            known.add(order)
        if not known.close():
            return False
        for term in terms:
            if not self.learn(term, Domain(False, known.bound_of(term))):
                return False
        return all(self._agree(known, order) for order in self.orders)

    def _agree(self, known: Differences, order: Order) -> bool:
        """What equal terms are, and what different ones are not."""
        left, right = self.look(order.left).some, self.look(order.right).some
        if order.op == "==" and not order.offset:
            shared = Domain(False, meet(left, right))
            return self.learn(order.left, shared) and self.learn(order.right, shared)
        if order.op != "!=":
            return True
        if known.equal(order.left, order.right, order.offset):
            return False
        for term, value, by in ((order.left, right.single, order.offset), (order.right, left.single, -order.offset)):
            if value is not None:
                (one,) = value
                if not self.learn(term, Domain(False, other_than(one + by if by else one))):
                    return False
        return True


class _Search:
    """One question."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.branches = BRANCHES_MAX
        self.found: dict[ir.Expr, Domain] = {}

    def run(self, state: _State, formulas: Iterable[Formula]) -> bool:
        """May these be so, with all that the state knows? The state is used up."""
        todo, apart = list(formulas), list[Some]()
        while todo:
            formula = todo.pop()
            match formula:
                case Every(parts=inner):
                    todo += inner
                case Some():
                    apart.append(formula)
                case Is(term=term, domain=domain):
                    if not state.learn(term, domain):
                        return False
                case Order():
                    state.orders.append(formula)
            if not todo:
                if not state.settle():
                    return False
                narrowed = self._narrow(state, apart)
                if narrowed is None:
                    return False
                todo, apart = narrowed
        return self._try(state, apart)

    def _narrow(self, state: _State, apart: list[Some]) -> tuple[list[Formula], list[Some]] | None:
        """Leave out the ways that are closed already; what has one way left must be so. None: something has no way."""
        sure: list[Formula] = []
        open_: list[Some] = []
        for choice in apart:
            if state.ground.effort.spent(len(choice.parts)):
                return [], []
            left = tuple(part for part in choice.parts if not _closed(state, part))
            if not left:
                return None
            if len(left) == 1:
                sure.append(left[0])
            else:
                open_.append(Some(left))
        return sure, open_

    def _try(self, state: _State, apart: list[Some]) -> bool:
        """Go every way of one choice, each with a state of its own."""
        if not apart:
            self.found = state.domains
            return True
        choice = min(apart, key=lambda one: len(one.parts))
        rest = [one for one in apart if one is not choice]
        for part in choice.parts:
            self.branches -= 1
            if self.branches < 0 or self.ground.effort.spent():
                return True
            if self.run(state.copy(), [part, *rest]):
                return True
        return False


def _closed(state: _State, part: Formula) -> bool:
    match part:
        case Is(term=term, domain=domain):
            return both(state.look(term), domain).empty
        case Every(parts=inner):
            return any(_closed(state, one) for one in inner)
        case _:
            return False


def needed(term: ir.Expr) -> tuple[ir.Expr, ...]:
    """The parts that are present whenever the whole is."""
    match term:
        case ir.Field(base=base):
            return (base,)
        case ir.Item(base=base, index=index):
            return (base, index)
        case ir.Unary(op="-", of=of) | ir.Shift(of=of):
            return (of,)
        case ir.Binary(op="+" | "-" | "*" | "/", left=left, right=right):
            return (left, right)
        case ir.Call(function=function, args=args) if FUNCTIONS[function].null == "null":
            return args
        case _:
            return ()
