"""The words of authors for pictures of their journeys: their trees, spelled as `rtj fmt` would -> `Wording`."""

from __future__ import annotations

from collections.abc import Mapping

from rtj.base.plain import one_line
from rtj.compile.pipeline import Analysis
from rtj.lang import syntax as s
from rtj.lang.node_ids import statements
from rtj.layout import phrases
from rtj.report.picture import Line
from rtj.report.picture_words import EntryWords, NodeWords, WatchWords, Wording, spelled_out


def wordings(analysis: Analysis) -> Mapping[str, Wording]:
    """The words of every journey that was read and checked, by the name of the journey."""
    return {
        tree.name.text: _wording(tree, checked.ids)
        for tree, checked in zip(analysis.loaded.journeys, analysis.checked.journeys, strict=True)
    }


def _wording(tree: s.Journey, ids: Mapping[int, str]) -> Wording:
    return Wording(
        tuple(_entry(entry) for entry in tree.entries),
        tuple(_watch(watch) for watch in tree.goals),
        tuple(_watch(watch) for watch in tree.exits),
        {ids[id(node)]: _node(node) for node in statements(tree.nodes)},
    )


def _expr(tree: s.Expr | None) -> str:
    return "" if tree is None else one_line(phrases.expr(tree))


def _pattern(tree: s.Pattern) -> str:
    return one_line(phrases.joined(phrases.pattern(tree)))


def _moment(tree: s.Moment | None) -> str:
    return "" if tree is None else one_line(phrases.joined(phrases.moment(tree)))


def _entry(entry: s.Entry) -> EntryWords:
    return EntryWords(_trigger(entry.trigger), _expr(entry.when), _expr(entry.key))


def _trigger(trigger: s.Trigger) -> Line:
    match trigger:
        case s.OnPattern(pattern=pattern):
            return Line("on", _pattern(pattern))
        case s.OnCondition(condition=condition):
            return Line("when", _expr(condition))
        case s.OnSchedule(schedule=schedule, audience=audience):
            if isinstance(schedule, s.Once):
                return Line("once at", f"{one_line(phrases.once(schedule))} for {audience.text}")
            return Line("every", f"{one_line(phrases.schedule(schedule))} for {audience.text}")
        case s.OnStart(bind=bind):
            return Line("by", "start" if bind is None else f"start as {bind.text}")


def _watch(watch: s.Watch) -> WatchWords:
    return WatchWords(_trigger(watch.trigger), _expr(watch.when), "" if watch.within is None else phrases.length(watch.within))


def _node(node: s.Node) -> NodeWords:
    match node:
        case s.Wait(length=length):
            return NodeWords(_expr(length))
        case s.WaitUntil(moment=moment):
            return NodeWords(_moment(moment))
        case s.WaitFor(cases=cases):
            return NodeWords(ways=tuple(_case(case) for case in cases))
        case s.Branch(arms=arms):
            return NodeWords(ways=tuple((Line("when", _expr(arm.condition)),) for arm in arms))
        case s.Repeat(until=until):
            return NodeWords(until=_expr(until))
        case s.Collect():
            return _collect(node)
        case s.SetAttributes(assigns=assigns):
            pairs = tuple((".".join(name.text for name in assign.path), _expr(assign.value)) for assign in assigns)
            return NodeWords(pairs=pairs)
        case s.Send(pairs=pairs_) | s.CallWebhook(pairs=pairs_) | s.Emit(pairs=pairs_) | s.StartJourney(pairs=pairs_):
            return NodeWords(pairs=tuple((pair.name.text, _expr(pair.value)) for pair in pairs_))
        case s.Split() | s.Exit() | s.Decide() | s.Score():
            return NodeWords()


def _case(case: s.Case) -> tuple[Line, ...]:
    match case:
        case s.EventCase(pattern=pattern, when=when):
            on = Line("on", _pattern(pattern))
            return (on,) if when is None else (on, Line("when", _expr(when)))
        case s.ConditionCase(condition=condition):
            return (Line("when", _expr(condition)),)
        case s.AfterCase(length=length):
            return (Line("after", spelled_out(_expr(length))),)
        case s.UntilCase(moment=moment):
            return (Line("until", _moment(moment)),)


def _collect(node: s.Collect) -> NodeWords:
    until = f"for {spelled_out(phrases.length(node.length))}" if node.length is not None else f"until {_moment(node.until)}"
    return NodeWords(one_line(phrases.joined(phrases.collecting(node.step))), until=until)
