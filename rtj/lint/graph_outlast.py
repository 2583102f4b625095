"""Waits against `max_duration`: the longest way through a journey, and nodes to which even the shortest is too long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang.checked import Checked
from rtj.lang.node_ids import statements
from rtj.lint.facts import Facts, JourneyFacts
from rtj.lint.graph import RESTS, is_nothing, only_moment, surely_comes
from rtj.lint.graph_time import NONE, UNKNOWN, Bounds, Lapse, of_expr, of_length, of_moment

SHOWN_MAX = 6  # stretches of a way that a message names
LABELS_MAX = 6  # of one report


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a way on which time passes: at which node (`name`), where that is written, how long, and how often."""

    name: str
    span: Span
    lapse: Lapse
    times: int = 1

    def __str__(self) -> str:
        return f"{self.name} {self.lapse}" if self.times == 1 else f"{self.times} × {self.name} {self.lapse}"


@dataclass(frozen=True, slots=True)
class Way:
    """Stretches one after the other. `parts` share what several ways have in common. `unknown`: there is more, of which nobody
    can tell how long it lasts."""

    total: Lapse = NONE
    unknown: bool = False
    parts: tuple[Way | Stretch, ...] = ()
    times: int = 1

    def __add__(self, other: Way) -> Way:
        if not other.parts or not self.parts:
            kept = self if self.parts else other
            return Way(kept.total, self.unknown or other.unknown, kept.parts, kept.times)
        return Way(self.total + other.total, self.unknown or other.unknown, (self, other))

    def __mul__(self, times: int) -> Way:
        return Way(self.total * times, self.unknown, (self,), times) if times and self.parts else Way(unknown=self.unknown)

    @property
    def stretches(self) -> list[Stretch]:
        """In the order in which they are passed; what is repeated stands once, with how often."""
        found: list[Stretch] = []
        todo: list[tuple[Way | Stretch, int]] = [(self, 1)]
        while todo:
            part, times = todo.pop()
            if isinstance(part, Stretch):
                found.append(Stretch(part.name, part.span, part.lapse, part.times * times))
            else:
                todo += [(inner, times * part.times) for inner in reversed(part.parts)]
        return found


def one_stretch(name: str, span: Span, lapse: Lapse) -> Way:
    """A way of one stretch; of none, when it takes no time."""
    return Way(lapse, False, (Stretch(name, span, lapse),)) if lapse.most > 0 else Way()


def sum_of(stretches: Sequence[Stretch]) -> str:
    """`hold 2h + answer 3d = 3d2h`: the last ones by name."""
    shown = [str(one) for one in stretches[-SHOWN_MAX:]]
    more = len(stretches) - len(shown)
    parts = [*([f"{more} more"] if more else []), *shown]
    total = reduce(Lapse.__add__, (one.lapse * one.times for one in stretches), NONE)
    return parts[0] if len(stretches) == 1 and stretches[0].times == 1 else f"{' + '.join(parts)} = {total}"


def outlasts(facts: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W206: the first nodes that come after `max_duration` on every way; W205: else the longest way, if it can be longer."""
    if journey.machine is None or not any(isinstance(node, RESTS) for node in statements(journey.tree.nodes)):
        return
    limit = _lapse(journey)
    way = _Longest(facts.checked, journey).through(journey.tree.nodes).deepest
    if (way.total - limit).most < 0:
        return  # nor is any shorter one too long
    shortest = _Shortest(facts.checked, journey, limit)
    shortest.through(journey.tree.nodes, Way(), Way())
    if shortest.late:
        yield from shortest.late
        return
    stretches = _until_crossed(way.stretches, limit)
    last = stretches[-1]
    rest = " and more that nobody can tell" if way.unknown else ""
    message = f"`{last.name}` can outlast `max_duration`, which ends the journey after {_limit(journey)}: "
    yield Diagnostic(
        "W205", f"{message}{sum_of(stretches)}{rest}", last.span, _HINT, _labels(journey, stretches[:-1], "up to"), "warning"
    )


_HINT = "a longer `max_duration`, or shorter waits"


def _lapse(journey: JourneyFacts) -> Lapse:
    longest = journey.checked.frame.max_duration
    return Lapse(longest.ms, longest.days, longest.months)


def _limit(journey: JourneyFacts) -> str:
    written = journey.tree.max_duration
    return " ".join(written.span.text.split()) if written is not None else str(_lapse(journey))


def _labels(journey: JourneyFacts, stretches: Sequence[Stretch], how: str) -> tuple[Label, ...]:
    written = journey.tree.max_duration
    ends = (Label(written.span, "ends the journey"),) if written is not None else ()
    return (*ends, *(Label(one.span, f"{how} {one.lapse * one.times}") for one in stretches[-LABELS_MAX:]))


def _until_crossed(stretches: list[Stretch], limit: Lapse) -> list[Stretch]:
    """The stretches up to the one in which the limit is reached."""
    so_far = NONE
    for place, one in enumerate(stretches):
        so_far += one.lapse * one.times
        if (so_far - limit).most >= 0:
            return stretches[: place + 1]
    return stretches


# ---- how long a node holds


class _Lengths:
    """Lengths of the waits of one journey."""

    def __init__(self, checked: Checked, journey: JourneyFacts) -> None:
        self.checked, self.ids = checked, journey.ids

    def length(self, tree: s.Expr) -> Bounds:
        if isinstance(tree, s.Length):
            return of_length(tree)
        typed = self.checked.of(tree)
        return of_expr(typed.expr) if typed is not None else UNKNOWN

    def case(self, case: s.Case) -> Bounds | None:
        """Of a deadline; None for a case that is none."""
        match case:
            case s.AfterCase(length=length):
                return self.length(length)
            case s.UntilCase(moment=moment):
                return of_moment(moment)
            case _:
                return None

    def name(self, node: s.Node) -> str:
        return self.ids[id(node)]


# ---- the longest way


@dataclass(frozen=True, slots=True)
class Longest:
    """`below`: the longest way to what stands below (None: nobody gets there). `deepest`: the longest of all."""

    below: Way | None
    deepest: Way


class _Longest(_Lengths):
    def through(self, block: tuple[s.Node, ...]) -> Longest:
        so_far, deepest = Way(), Way()
        for node in block:
            one = self.node(node)
            deepest = _longer(deepest, so_far + one.deepest)
            if one.below is None:
                return Longest(None, deepest)
            so_far += one.below
        return Longest(so_far, _longer(deepest, so_far))

    def node(self, node: s.Node) -> Longest:
        match node:
            case s.Exit():
                return Longest(None, Way())
            case s.Wait(length=length):
                return self.behind(self.rest(node, length.span, self.length(length)), [None])
            case s.Collect(length=length, until=until):
                bounds = of_length(length) if length is not None else of_moment(until) if until is not None else UNKNOWN
                span = length.span if length is not None else until.span if until is not None else node.span
                return self.behind(self.rest(node, span, bounds), [None])
            case s.WaitUntil(moment=moment, body=body, otherwise=otherwise):
                held = self.behind(self.rest(node, moment.span, of_moment(moment)), [body])
                only = otherwise is None and (body is None or surely_comes(moment))
                return held if only else _either([held, self.behind(Way(), [otherwise])])
            case s.WaitFor():
                return self.wait_for(node)
            case s.Branch(arms=arms, otherwise=otherwise):
                return self.behind(Way(), [*(arm.body for arm in arms), otherwise])
            case s.Split(arms=shares):
                return self.behind(Way(), [share.body for share in shares if share.name.text != "holdout"])
            case s.Repeat(body=body, times=times):
                rests = [one for one in statements(body.nodes) if isinstance(one, RESTS) and not is_nothing(one)]
                return self.repeat(body, 1 if only_moment(rests) is not None else int(times.value))
            case s.Send(otherwise=otherwise) | s.CallWebhook(otherwise=otherwise):
                return self.behind(Way(), [None, otherwise])
            case _:
                return Longest(Way(), Way())

    def rest(self, node: s.Node, span: Span, bounds: Bounds) -> Way:
        return Way(unknown=True) if bounds.most is None else one_stretch(self.name(node), span, bounds.most)

    def behind(self, way: Way, blocks: list[s.Block | None]) -> Longest:
        """One of these blocks after a way; None goes on below."""
        found = [self.through(block.nodes) if block is not None else Longest(Way(), Way()) for block in blocks]
        return _either([Longest(way + one.below if one.below is not None else None, way + one.deepest) for one in found])

    def wait_for(self, node: s.WaitFor) -> Longest:
        """Whatever happens, it happens before the first deadline."""
        deadlines = [(case, bounds) for case in node.cases if (bounds := self.case(case)) is not None]
        known = [(case, bounds.most) for case, bounds in deadlines if bounds.most is not None]
        way = Way(unknown=True)
        if known:
            first, most = min(known, key=lambda one: one[1].most)
            way = one_stretch(self.name(node), first.length.span if isinstance(first, s.AfterCase) else first.span, most)
        return self.behind(way, [case.body for case in node.cases])

    def repeat(self, body: s.Block, times: int) -> Longest:
        one = self.through(body.nodes)
        if one.below is None:
            return Longest(Way(), one.deepest)  # `until` may hold at once
        return Longest(one.below * times, _longer(one.below * times, one.below * (times - 1) + one.deepest))


def _either(found: list[Longest]) -> Longest:
    below = [one.below for one in found if one.below is not None]
    return Longest(reduce(_longer, below) if below else None, reduce(_longer, [one.deepest for one in found], Way()))


def _longer(one: Way, other: Way) -> Way:
    return one if one.total.most >= other.total.most else other


# ---- the shortest way


class _Shortest(_Lengths):
    """Looks for the first nodes that cannot be reached in time. A way begins with `before`, what lies before a round."""

    def __init__(self, checked: Checked, journey: JourneyFacts, limit: Lapse) -> None:
        super().__init__(checked, journey)
        self.journey, self.limit = journey, limit
        self.late: list[Diagnostic] = []

    def through(self, block: tuple[s.Node, ...], before: Way, way: Way) -> Way | None:
        """The shortest way to what stands below a block; None when nobody gets there, or not in time."""
        for node in block:
            if (before.total + way.total).least >= self.limit.surely_over:
                self.report(node, (before + way).stretches)
                return None
            found = self.node(node, before, way)
            if found is None:
                return None
            way = found
        return way

    def report(self, node: s.Node, stretches: list[Stretch]) -> None:
        message = f"nobody gets here: `max_duration` ends the journey after {_limit(self.journey)}, and this takes at least "
        labels = _labels(self.journey, stretches, "at least")
        self.late.append(Diagnostic("W206", message + sum_of(stretches), node.word, _HINT, labels, "warning"))

    def node(self, node: s.Node, before: Way, way: Way) -> Way | None:
        match node:
            case s.Exit():
                return None
            case s.Wait(length=length):
                return way + one_stretch(self.name(node), length.span, self.length(length).least)
            case s.Collect(length=s.Length() as length):
                return way + one_stretch(self.name(node), length.span, of_length(length).least)
            case s.WaitUntil(body=body, otherwise=otherwise):
                return self.best([body, otherwise, None], before, way)
            case s.WaitFor(cases=cases):
                return self.wait_for(node, cases, before, way)
            case s.Branch(arms=arms, otherwise=otherwise):
                return self.best([*(arm.body for arm in arms), otherwise], before, way)
            case s.Split(arms=shares):
                return self.best([share.body for share in shares if share.name.text != "holdout"], before, way)
            case s.Repeat(body=body, until=until):
                once = self.through(body.nodes, before + way, Way())
                return way if until is not None else way + once * int(node.times.value) if once is not None else None
            case s.Send(otherwise=otherwise) | s.CallWebhook(otherwise=otherwise):
                return self.best([otherwise, None], before, way)
            case _:
                return way

    def best(self, blocks: list[s.Block | None], before: Way, way: Way) -> Way | None:
        return _shorter([self.through(block.nodes, before, way) if block is not None else way for block in blocks])

    def wait_for(self, node: s.WaitFor, cases: tuple[s.Case, ...], before: Way, way: Way) -> Way | None:
        """An event or a condition may come at once, a deadline not."""
        found: list[Way | None] = []
        for case in cases:
            bounds = self.case(case)
            held = way
            if bounds is not None and isinstance(case, s.AfterCase):
                held += one_stretch(self.name(node), case.length.span, bounds.least)
            found.append(self.through(case.body.nodes, before, held))
        return _shorter(found)


def _shorter(ways: list[Way | None]) -> Way | None:
    return min((way for way in ways if way is not None), key=lambda way: way.total.least, default=None)
