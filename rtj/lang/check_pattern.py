"""Patterns: which events, their conditions and the names they bring."""

from __future__ import annotations

from dataclasses import dataclass, field

from rtj.ir import expr as ir
from rtj.ir import journey as irj
from rtj.ir.records import RECEIPTS
from rtj.ir.walk import conjunction, names_read, reads_only_event, renamed
from rtj.lang import syntax as s
from rtj.lang.check_base import Context, check_condition, ir_length, shorten
from rtj.lang.check_history import conjuncts
from rtj.lang.scope import ROOTS, Binding, Scope, bind
from rtj.lang.types import is_unknown

COUNT_MAX = 1_000  # matches a pattern may ask for


@dataclass(slots=True)
class Draft:
    """A step on its way: its conditions one by one, so that equalities with earlier bindings can be taken out of them."""

    tree: s.Step
    events: tuple[str, ...]
    of_node: str | None
    tests: list[ir.Expr] = field(default_factory=list)
    same: list[ir.Expr] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.tree.count.value if self.tree.count is not None else 1


# ---- events


def check_events(cx: Context, scope: Scope, refs: tuple[s.EventRef, ...]) -> tuple[tuple[str, ...], str | None]:
    """The event types of a step, sorted, and the id of the send whose receipts they are."""
    types: set[str] = set()
    nodes: set[str | None] = set()
    for ref in refs:
        name = ref.name.text
        nodes.add(ref.of.text if ref.of is not None else None)
        if ref.kind != "event":
            if name not in cx.world.audiences:
                cx.report.unknown("E315", "audience", name, ref.name.span, cx.world.audiences)
            types.add(f"{ref.kind} {name}")
        elif ref.of is not None:
            _check_receipt(cx, scope, ref)
            types.add(name)
        else:
            if name != "any" and name not in cx.world.events:
                _unknown_event(cx, ref.name)
            types.add(name)
    if len(nodes) > 1:
        message = "receipts of one send and other events cannot share a step"
        cx.report.error("E346", message, refs[-1].span, "give each a case of its own")
    return tuple(sorted(types)), next(iter(sorted(nodes, key=str))) if nodes != {None} else None


def _no_event(cx: Context, ref: s.EventRef) -> None:
    """`audience.loyal`, `profile.plan` where an event belongs."""
    assert ref.of is not None
    name = ref.name.text
    hint = "a condition is a key of its own: `when: …`"
    if ref.of.text == "audience" or name in cx.world.audiences:
        hint = f"`joining {name}` or `leaving {name}`"
    cx.report.error("E317", f"`{ref.of.text}.{name}` is no event", ref.of.span.to(ref.name.span), hint)


def _unknown_event(cx: Context, name: s.Name) -> None:
    if name.text in cx.world.audiences:
        hint = f"`joining {name.text}` or `leaving {name.text}`"
        cx.report.error("E317", f"`{name.text}` is an audience, not an event type", name.span, hint)
    else:
        cx.report.unknown("E317", "event type", name.text, name.span, [*cx.world.events, "any"])


def _check_receipt(cx: Context, scope: Scope, ref: s.EventRef) -> None:
    assert ref.of is not None
    if ref.of.text in ROOTS:
        _no_event(cx, ref)
        return
    if ref.name.text not in RECEIPTS:
        cx.report.unknown("E317", "receipt", ref.name.text, ref.name.span, RECEIPTS)
    if scope.sends is None:
        message = f"the receipts of `{ref.of.text}` can only be waited for in wait_for, goal and exit"
        cx.report.error("E346", message, ref.span, f"`{ref.name.text}` alone is a receipt of any message")
    elif ref.of.text not in scope.sends:
        cx.report.unknown("E319", "send", ref.of.text, ref.of.span, scope.sends)


# ---- one step


def check_step(cx: Context, scope: Scope, step: s.Step, when: s.Expr | None = None) -> tuple[irj.Step, ir.Expr | None, Scope]:
    """One event, as in a case, a goal or `collect`: the step, its `when`, and the scope with the name it brings."""
    _refuse(cx, step.count, "here one event is waited for, not a count")
    _refuse(cx, step.same, "`same` belongs to patterns of several events")
    draft = _draft(cx, scope, step)
    after = scope
    if step.bind is not None:
        after = bind(cx.report, cx.world, scope, step.bind.text, Binding(ir.EventOf(draft.events), step.bind.span))
    inner = after.testing(ir.EventOf(draft.events)).at("this `when`")
    test = check_condition(cx, inner, when) if when is not None else None
    return _built(draft), test, after


def _refuse(cx: Context, part: s.Spanned | None, message: str) -> None:
    if part is not None:
        cx.report.error("E346", message, part.span)


def _draft(cx: Context, scope: Scope, step: s.Step) -> Draft:
    events, of_node = check_events(cx, scope, step.events)
    inner = scope.testing(ir.EventOf(events)).at("this `where`")
    draft = Draft(step, events, of_node)
    draft.tests = [check_condition(cx, inner, part) for part in conjuncts(step.where)]
    if step.same is not None:
        same = cx.check(inner.at("`same`"), step.same)
        reads = reads_only_event(same.expr) and "event" in names_read(same.expr)
        if not reads and not is_unknown(same.type):
            cx.report.error(
                "E346", f"`same` reads the event being tested: `same event.…`; got `{shorten(step.same)}`", step.same.span
            )
        draft.same = [same.expr]
    if step.audience is not None and step.audience.text not in cx.world.audiences:
        cx.report.unknown("E315", "audience", step.audience.text, step.audience.span, cx.world.audiences)
    return draft


def _built(draft: Draft) -> irj.Step:
    tree = draft.tree
    same = draft.same[0] if len(draft.same) == 1 else ir.Items(tuple(draft.same)) if draft.same else None
    return irj.Step(
        events=draft.events,
        count=draft.count,
        consecutive=tree.count is not None and tree.count.consecutive,
        absent=tree.absent,
        where=conjunction(draft.tests),
        same=same,
        within=ir_length(tree.within) if tree.within is not None else None,
        audience=tree.audience.text if tree.audience is not None else None,
        bind=tree.bind.text if tree.bind is not None else None,
        of_node=draft.of_node,
        since_entry=tree.since_entry,
    )


# ---- patterns of an entry


@dataclass(frozen=True, slots=True)
class Found:
    """A checked pattern: its steps, the scope with the names it brings, and the type of the event that completes it."""

    steps: tuple[irj.Step, ...]
    scope: Scope
    entry: ir.EventOf


def check_pattern(cx: Context, scope: Scope, pattern: s.Pattern) -> Found:
    """The pattern of an `enter on`. Each step sees the names of those before it."""
    drafts: list[Draft] = []
    for number, step in enumerate(pattern.steps):
        _check_shape(cx, pattern, number, step)
        draft = _draft(cx, scope, step)
        if step.bind is not None and not step.absent:
            kind: ir.Type = ir.EventOf(draft.events)
            kind = ir.ListOf(kind) if draft.count > 1 else kind
            binding = Binding(kind, step.bind.span, least=draft.count if draft.count > 1 else 0)
            scope = bind(cx.report, cx.world, scope, step.bind.text, binding)
        drafts.append(draft)
    _share_same(cx, drafts)
    completes = [d for d in drafts if not d.tree.absent] or drafts
    return Found(tuple(_built(d) for d in drafts), scope, ir.EventOf(completes[-1].events))


def _check_shape(cx: Context, pattern: s.Pattern, number: int, step: s.Step) -> None:
    last = number == len(pattern.steps) - 1
    if step.since_entry:
        cx.report.error("E346", "`since entry` belongs to the cases of wait_for", step.span)
    if step.count is not None and number:
        cx.report.error("E346", "only the first step of a pattern may count", step.count.span)
    if step.count is not None and not 1 <= step.count.value <= COUNT_MAX:
        cx.report.error("E348", f"a pattern counts from 1 to {COUNT_MAX:,} events", step.count.span)
    if step.absent and step.bind is not None:
        cx.report.error("E346", "what did not happen has no name", step.bind.span)
    if step.absent and (not number or not last):
        cx.report.error("E346", "`not` stands in the last step, after `then`: `a then not b within 1h`", step.span)
    if step.absent and step.within is None:
        cx.report.error("E346", "`then not` needs a time: `then not … within 1h`", step.span)
    if step.within is not None and not number and step.count is None:
        cx.report.error("E346", "one event happens at once: `within` belongs to a count or to a later step", step.within.span)


def _share_same(cx: Context, drafts: list[Draft]) -> None:
    """Read equalities with earlier bindings as `same` (S5.6): a key that every step gives, taken out of the conditions."""
    given = [d for d in drafts if d.same]
    if given and len(given) < len(drafts):
        bare = next(d for d in drafts if not d.same)
        cx.report.error("E346", "with `same`, each step says what is the same: `… same event.…`", bare.tree.span)
        return
    if len(drafts) < 2 or drafts[0].count > 1:
        return
    for column in _columns(drafts):
        for draft, (key, test) in zip(drafts, column, strict=True):
            draft.same.append(key)
            if test is not None and test in draft.tests:
                draft.tests.remove(test)


def _columns(drafts: list[Draft]) -> list[list[tuple[ir.Expr, ir.Expr | None]]]:
    """Keys that run through all steps: for each step the key, and the equality it came from (none in the first)."""
    columns: list[list[tuple[ir.Expr, ir.Expr | None]]] = []
    for test in drafts[1].tests:
        split = _equality(test, drafts[:1])
        if split is None:
            continue
        mine, earlier, _ = split
        column: list[tuple[ir.Expr, ir.Expr | None]] = [(earlier, None), (mine, test)]
        for number in range(2, len(drafts)):
            found = _continued(drafts, number, column)
            if found is None:
                break
            column.append(found)
        if len(column) == len(drafts):
            columns.append(column)
    return columns


def _continued(drafts: list[Draft], number: int, column: list[tuple[ir.Expr, ir.Expr | None]]) -> tuple[ir.Expr, ir.Expr] | None:
    for test in drafts[number].tests:
        split = _equality(test, drafts[:number])
        if split is not None and column[split[2]][0] == split[1]:
            return split[0], test
    return None


def _equality(test: ir.Expr, before: list[Draft]) -> tuple[ir.Expr, ir.Expr, int] | None:
    """`event.item == v.item`: this step's side, the other one as the step that bound v sees it, and the number of that step."""
    if not isinstance(test, ir.Binary) or test.op != "==":
        return None
    for mine, other in ((test.left, test.right), (test.right, test.left)):
        names = names_read(other)
        if len(names) != 1 or not reads_only_event(mine) or "event" not in names_read(mine):
            continue
        (name,) = names
        for number, draft in enumerate(before):
            if draft.tree.bind is not None and draft.tree.bind.text == name and draft.count == 1 and not draft.tree.absent:
                seen = renamed(other, name, "event")
                return (mine, seen, number) if reads_only_event(seen) else None
    return None
