"""Where every part of a program stands in the author's text: an address (`rtj.plan.changes.Spot`) -> a piece of a file.

An address is a tuple of words: ("journey", name), then ("entry" | "goal" | "exit", number from 0) or ("node", id), then a part of
it; or what a project declares: its kind and name, then a part. What an author left out has no place; who looks asks for the
next shorter address. Journeys are looked through one by one, when somebody asks for a part of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from rtj.base.span import Span
from rtj.compile.pipeline import Analysis
from rtj.compile.spots_project import project_spots
from rtj.lang import syntax as s
from rtj.lang.node_ids import statements

Spot: TypeAlias = tuple[str, ...]
Placed: TypeAlias = Iterator[tuple[Spot, Span]]


def spots(analysis: Analysis) -> Mapping[Spot, Span]:
    """All addresses of a project that was read, with their places. Of what is declared twice the first counts."""
    return _Spots(analysis)


class _Spots(Mapping[Spot, Span]):
    """Finds places when they are asked for; what was found of a journey is kept."""

    def __init__(self, analysis: Analysis) -> None:
        pairs = zip(analysis.loaded.journeys, analysis.checked.journeys, strict=True)
        self._journeys = {tree.name.text: (tree, checked.ids) for tree, checked in reversed(list(pairs))}
        self._found: dict[str, dict[Spot, Span]] = {}
        self._project = analysis.loaded.project
        self._declared: dict[Spot, Span] | None = None

    def __getitem__(self, spot: Spot) -> Span:
        return self._near(spot)[spot]

    def __iter__(self) -> Iterator[Spot]:
        yield from self._declarations()
        for name in self._journeys:
            yield from self._of(name)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return True

    def _near(self, spot: Spot) -> dict[Spot, Span]:
        """The places among which that of an address is."""
        if len(spot) > 1 and spot[0] == "journey":
            return self._of(spot[1]) if spot[1] in self._journeys else {}
        return self._declarations()

    def _of(self, name: str) -> dict[Spot, Span]:
        if name not in self._found:
            self._found[name] = _first(journey_spots(*self._journeys[name]))
        return self._found[name]

    def _declarations(self) -> dict[Spot, Span]:
        if self._declared is None:
            self._declared = {} if self._project is None else _first(project_spots(self._project))
        return self._declared


def _first(placed: Placed) -> dict[Spot, Span]:
    found: dict[Spot, Span] = {}
    for spot, span in placed:
        found.setdefault(spot, span)
    return found


def journey_spots(tree: s.Journey, ids: Mapping[int, str]) -> Placed:
    """The parts of one journey. `ids`: the id of each node, by the identity of its tree."""
    here = ("journey", tree.name.text)
    yield here, tree.name.span
    yield from _written(
        here,
        title=tree.title,
        priority=tree.priority,
        runs=tree.runs,
        max_duration=tree.max_duration,
        catch_up=tree.catch_up,
        formerly=tree.formerly,
    )
    yield from (((*here, "moved", move.old.text), move.span) for move in tree.moved)
    yield from (((*here, "dropped", drop.old.text), drop.span) for drop in tree.dropped)
    for number, entry in enumerate(tree.entries):
        yield from _entry((*here, "entry", str(number)), entry)
    for word, watches in (("goal", tree.goals), ("exit", tree.exits)):
        for number, watch in enumerate(watches):
            yield from _watch((*here, word, str(number)), watch)
    for node in statements(tree.nodes):
        if id(node) in ids:
            spot = (*here, "node", ids[id(node)])
            yield spot, node.word
            yield from _node(spot, node)


def _written(here: Spot, **parts: s.Spanned | None) -> Placed:
    """The parts that an author wrote; one that ends in `_` has a name that Python keeps for itself."""
    for word, part in parts.items():
        if part is not None:
            yield (*here, word.rstrip("_")), part.span


def _entry(here: Spot, entry: s.Entry) -> Placed:
    yield here, entry.span
    yield from _trigger(here, entry.trigger)
    yield from _written(here, when=entry.when, key=entry.key, again=entry.again)


def _watch(here: Spot, watch: s.Watch) -> Placed:
    yield here, watch.span
    yield from _trigger(here, watch.trigger)
    yield from _written(here, when=watch.when, within=watch.within)


def _trigger(here: Spot, trigger: s.Trigger) -> Placed:
    yield (*here, "trigger"), trigger.span
    match trigger:
        case s.OnPattern(pattern=pattern):
            yield from _pattern(here, pattern)
        case s.OnCondition(condition=condition):
            yield (*here, "when"), condition.span
        case s.OnSchedule(audience=audience):
            yield (*here, "audience"), audience.span
        case s.OnStart():
            return


def _pattern(here: Spot, pattern: s.Pattern) -> Placed:
    """The steps of a pattern; what the first one says is also found without its number."""
    for number, step in enumerate(pattern.steps):
        at = (*here, "step", str(number))
        yield at, step.span
        yield from _step(at, step)
    yield from _step(here, pattern.steps[0])


def _step(here: Spot, step: s.Step) -> Placed:
    yield (*here, "on"), step.span
    yield from _written(here, where=step.where, same=step.same, within=step.within, audience=step.audience, as_=step.bind)


def _node(here: Spot, node: s.Node) -> Placed:
    yield from _written(here, id=node.id)
    match node:
        case s.Wait(length=length):
            yield from _written(here, length=length, for_=length)
        case s.WaitUntil(moment=moment, otherwise=otherwise):
            yield from _written(here, moment=moment, else_=otherwise)
        case s.WaitFor(cases=cases):
            for number, case in enumerate(cases):
                yield from _case((*here, "case", str(number)), case)
        case s.Branch(arms=arms, otherwise=otherwise):
            for number, arm in enumerate(arms):
                yield (*here, "arm", str(number)), arm.span
                yield (*here, "arm", str(number), "when"), arm.condition.span
            yield from _written(here, else_=otherwise)
        case s.Split(arms=shares, salt=salt):
            yield (*here, "salt"), salt.span
            yield from (((*here, "share", share.name.text), share.share_span) for share in shares)
        case s.Repeat(times=times, until=until):
            yield from _written(here, times=times, until=until)
        case s.Collect(step=step):
            yield from _step(here, step)
            yield from _written(here, length=node.length, until=node.until, max=node.max, as_=node.bind)
        case s.SetAttributes(assigns=assigns):
            yield from (((*here, "with", assign.path[-1].text), assign.span) for assign in assigns)
        case s.Exit(reason=reason):
            yield from _written(here, reason=reason)
        case _:
            yield from _sent(here, node)


def _sent(here: Spot, node: s.Node) -> Placed:
    """What goes out: messages, calls, events, starts of journeys, decisions."""
    match node:
        case s.Send(message=message, channels=channels, pairs=pairs, otherwise=otherwise, bind=bind):
            yield from _written(here, message=message, else_=otherwise, as_=bind)
            if channels:
                yield (*here, "channels"), _all(channels)
        case s.CallWebhook(webhook=webhook, pairs=pairs, otherwise=otherwise, bind=bind):
            yield from _written(here, webhook=webhook, else_=otherwise, as_=bind)
        case s.Emit(event=event, pairs=pairs):
            yield from _written(here, event=event)
        case s.StartJourney(journey=journey, pairs=pairs):
            yield from _written(here, journey=journey)
        case s.Decide(decision=decision, pairs=pairs, otherwise=otherwise):
            yield from _written(here, decision=decision, else_=otherwise)
        case s.Score(model=model, otherwise=otherwise):
            pairs = ()
            yield from _written(here, model=model, else_=otherwise)
        case _:
            return
    yield from (((*here, "with", pair.name.text), pair.span) for pair in pairs)


def _case(here: Spot, case: s.Case) -> Placed:
    yield here, case.span
    match case:
        case s.EventCase(pattern=pattern, when=when):
            yield from _pattern(here, pattern)
            yield from _written(here, when=when)
        case s.ConditionCase(condition=condition):
            yield from _written(here, when=condition, condition=condition)
        case s.AfterCase(length=length):
            yield from _written(here, after=length, length=length)
        case s.UntilCase(moment=moment):
            yield from _written(here, until=moment, moment=moment)


def _all(names: tuple[s.Name, ...]) -> Span:
    first, last = names[0].span, names[-1].span
    return first.to(last) if first.source is last.source else first
