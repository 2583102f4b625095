"""What a journey says of its earlier versions: what it and its nodes were called, and where people go whose node is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from rtj.base.diagnostic import Diagnostic, Edit, Fix, Label
from rtj.base.span import Span
from rtj.ir import journey as irj
from rtj.lang import syntax as s
from rtj.lang.check_base import Context
from rtj.lang.node_ids import named_after, statements
from rtj.lang.read_versions import OUT
from rtj.lang.scope import Report


def check_formerly(report: Report, journeys: Iterable[s.Journey]) -> None:
    """A former name is a name that no journey has, and one journey had it."""
    every = tuple(journeys)
    there = {journey.name.text: journey.name for journey in reversed(every)}
    claimed: dict[str, s.Name] = {}
    for journey in every:
        former = journey.formerly
        if former is None:
            continue
        if former.text == journey.name.text:
            message = f"`{former.text}` is the name that the journey has"
            report.error("E504", message, former.span, "`formerly` is what earlier versions called it: leave it out")
        elif (still := there.get(former.text)) is not None:
            message = f"`{former.text}` is still a journey of this project: its people stay in it"
            hint = "`formerly` is a name that is free now"
            report.error("E504", message, former.span, hint, (Label(still.span, "it stands here"),))
        elif (first := claimed.setdefault(former.text, former)) is not former:
            message = f"two journeys were called `{former.text}`: its people cannot go to both"
            report.error("E504", message, former.span, "", (Label(first.span, "the first is here"),))


def with_versions(cx: Context, tree: s.Journey, ids: Mapping[int, str], frame: irj.Journey) -> irj.Journey:
    """The journey with what it says of versions; `ids` as `node_ids` gives them."""
    _check_nodes(cx, tree, ids)
    moved = {one.old.text: irj.Moved(one.old.text, one.new.text) for one in tree.moved}
    dropped = {one.old.text: irj.Dropped(one.old.text, one.to.text if one.to is not None else None) for one in tree.dropped}
    return msgspec.structs.replace(
        frame,
        formerly=tree.formerly.text if tree.formerly is not None else "",
        moved=tuple(moved[old] for old in sorted(moved)),
        dropped=tuple(dropped[old] for old in sorted(dropped)),
        on_deploy=tree.on_deploy or "migrate",
        timers=tree.timers or "keep",
    )


def _check_nodes(cx: Context, tree: s.Journey, ids: Mapping[int, str]) -> None:
    if not (tree.moved or tree.dropped):
        return
    there = {ids[id(node)]: _named(node) for node in statements(tree.nodes)}
    gone = _Gone(cx, there, {one.old.text: one.new.text for one in tree.moved})
    for moved in tree.moved:
        if gone.takes(moved.old, moved.new, "moved") and gone.leads(moved.old, moved.new):
            gone.is_alone(moved)
    for dropped in tree.dropped:
        if gone.takes(dropped.old, dropped.to, "dropped") and dropped.to is not None:
            gone.leads(dropped.old, dropped.to, out=True)


def _named(node: s.Node) -> Span:
    """Where a node has its id."""
    name = node.id or named_after(node)
    return name.span if name is not None else node.word


class _Gone:
    """Ids of earlier versions, as they come; `there`: the nodes of this one, and where."""

    def __init__(self, cx: Context, there: Mapping[str, Span], moves: Mapping[str, str]) -> None:
        self.cx, self.there, self.moves = cx, there, moves
        self.seen: dict[str, tuple[str, Span]] = {}  # old id -> `moved` or `dropped`, and where
        self.reached: dict[str, Span] = {}  # new id -> where

    def takes(self, old: s.Name, to: s.Name | None, word: str) -> bool:
        """Report an id that is none of earlier versions alone, or that was told of before."""
        report = self.cx.report
        before, first = self.seen.setdefault(old.text, (word, old.span))
        if first is not old.span:
            told = f"`{old.text}` is {word} twice" if before == word else f"`{old.text}` is {before} and {word}"
            report.error("E502", f"{told}: its people cannot go to both", old.span, "", (Label(first, "the first is here"),))
            return False
        if old.text not in self.there:
            return True
        label = Label(self.there[old.text], "it stands here")
        message = f"`{old.text}` is still a node of this journey: its people stay there"
        if to is not None and to.text not in self.there:
            hint, fix = f"the old id comes first: `{word}: {{{to.text}: {old.text}}}`", _changed_round(old, to)
            report.found.append(Diagnostic("E501", message, old.span, hint, (label,), fix=fix))
        else:
            hint = "only an id that is gone can be " + word
            report.error("E501", message, old.span, hint, (label,))
        return False

    def leads(self, old: s.Name, to: s.Name, *, out: bool = False) -> bool:
        """Report a target that is no node. `out`: people may also leave."""
        if to.text in self.there:
            return True
        report, name = self.cx.report, to.text
        onward = self.moves.get(name)
        if not out and name == OUT:
            hint = f"`dropped: {{{old.text}: {OUT}}}` lets people leave"
            report.error("E503", f"unknown node `{name}`: no node of this journey is called so", to.span, hint)
        elif onward in self.there:
            report.guess("E503", f"unknown node `{name}`: it is moved itself", to.span, name, onward)
        else:
            report.unknown("E503", "node", name, to.span, {*self.there, OUT} if out else self.there)
        return False

    def is_alone(self, moved: s.Moved) -> None:
        """Report a second node that is moved to the same."""
        first = self.reached.setdefault(moved.new.text, moved.new.span)
        if first is not moved.new.span:
            message = f"two nodes are moved to `{moved.new.text}`: it can be one of them alone"
            hint = f"the people of the other can go on there: `dropped: {{{moved.old.text}: {moved.new.text}}}`"
            self.cx.report.error("E502", message, moved.new.span, hint, (Label(first, "the first is here"),))


def _changed_round(one: s.Name, other: s.Name) -> Fix | None:
    """The two names in each other's place, where they stand as they are."""
    if one.span.text != one.text or other.span.text != other.text:
        return None
    edits = (Edit(one.span.start, one.span.end, other.text), Edit(other.span.start, other.span.end, one.text))
    return Fix(f"change `{one.text}` and `{other.text}` round", tuple(sorted(edits, key=lambda edit: edit.start)))
