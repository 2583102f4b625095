"""Nodes: what they read, where they lead, which names they bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rtj.base.diagnostic import Label
from rtj.base.span import Span
from rtj.ir import journey as irj
from rtj.ir.expr import EventOf, ListOf
from rtj.lang import syntax as s
from rtj.lang.check_actions import check_call_webhook, check_emit, check_send, check_set, check_start, whole
from rtj.lang.check_base import Context, check_condition, ir_length
from rtj.lang.check_pattern import check_step
from rtj.lang.check_time import NEEDS_DEFAULT, check_length, check_moment
from rtj.lang.checked import Block, Placed
from rtj.lang.scope import Binding, Scope, bind, unknown_binding

ROUNDS_MAX = 1_000  # of a repeat
COLLECT_MAX = 10_000  # events that a collect may keep
WHOLE = 1_000_000  # shares of a split add up to this
ARMS_SHOWN_MAX = 5  # of a split whose shares do not add up


@dataclass(frozen=True, slots=True)
class Inside:
    """What all nodes of one journey share: their ids, and what is known at entry."""

    ids: Mapping[int, str]
    at_entry: Scope


def check_block(cx: Context, inside: Inside, scope: Scope, nodes: tuple[s.Node, ...]) -> Block:
    """Nodes one after the other; names that they bring are known below, and not outside."""
    placed: list[Placed] = []
    for node in nodes:
        one, scope = _check_node(cx, inside, scope, node)
        placed += one
    return tuple(placed)


def _body(cx: Context, inside: Inside, scope: Scope, block: s.Block | None) -> Block | None:
    return None if block is None else check_block(cx, inside, scope, block.nodes)


def _check_node(cx: Context, inside: Inside, scope: Scope, node: s.Node) -> tuple[list[Placed], Scope]:
    name = inside.ids[id(node)]
    otherwise: Block | None = None
    made: irj.Node
    match node:
        case s.Wait():
            length, of = check_length(cx, scope, node.length, "the length of a wait")
            return [Placed(irj.Wait(name, length, of))], scope
        case s.WaitUntil():
            return [_wait_until(cx, inside, scope, node)], scope
        case s.WaitFor():
            return [_wait_for(cx, inside, scope, node)], scope
        case s.Branch():
            return [_branch(cx, inside, scope, node)], scope
        case s.Split():
            return [_split(cx, inside, scope, node)], scope
        case s.Repeat():
            return [_repeat(cx, inside, scope, node)], scope
        case s.Collect():
            return _collect(cx, inside, scope, node)
        case s.Send():
            made, after = check_send(cx, scope, node, name)
            otherwise = _body(cx, inside, scope, node.otherwise)
            return [Placed(made, otherwise=otherwise)], after
        case s.CallWebhook():
            made, after = check_call_webhook(cx, scope, node, name)
            otherwise = _body(cx, inside, scope, node.otherwise)
            return [Placed(made, otherwise=otherwise)], after
        case s.SetAttributes():
            return [Placed(check_set(cx, scope, node, name))], scope
        case s.Emit():
            return [Placed(check_emit(cx, scope, node, name))], scope
        case s.StartJourney():
            return [Placed(check_start(cx, scope, node, name))], scope
        case s.Exit():
            reason = node.reason.value if node.reason is not None else "exit"
            return [Placed(irj.Exit(name, reason))], scope
        case s.Decide() | s.Score():
            return [], _not_yet(cx, inside, scope, node)


def _not_yet(cx: Context, inside: Inside, scope: Scope, node: s.Decide | s.Score) -> Scope:
    word, code = ("decide", "E901") if isinstance(node, s.Decide) else ("score", "E902")
    cx.report.error(code, f"`{word}` is not there yet: this version cannot run it", node.word)
    _body(cx, inside, scope, node.otherwise)
    if node.bind is None:
        return scope
    return bind(cx.report, cx.world, scope, node.bind.text, unknown_binding(node.bind.span))


# ---- waits


def _wait_until(cx: Context, inside: Inside, scope: Scope, node: s.WaitUntil) -> Placed:
    moment = check_moment(cx, scope, node.moment, has_else=node.otherwise is not None)
    body = _body(cx, inside, scope, node.body)
    otherwise = _body(cx, inside, scope, node.otherwise)
    made = irj.WaitUntil(inside.ids[id(node)], moment, body is not None, has_otherwise=otherwise is not None)
    return Placed(made, (body,), otherwise)


def _wait_for(cx: Context, inside: Inside, scope: Scope, node: s.WaitFor) -> Placed:
    cases: list[irj.Case] = []
    bodies: list[Block | None] = []
    for case in node.cases:
        made, after = _case(cx, inside, scope, case)
        cases.append(made)
        bodies.append(check_block(cx, inside, after, case.body.nodes))
    return Placed(irj.WaitFor(inside.ids[id(node)], tuple(cases)), tuple(bodies))


def _case(cx: Context, inside: Inside, scope: Scope, case: s.Case) -> tuple[irj.Case, Scope]:
    match case:
        case s.EventCase():
            return _event_case(cx, inside, scope, case)
        case s.ConditionCase():
            watched = scope.watched().at("what is waited for")
            return irj.Case(condition=check_condition(cx, watched, case.condition)), scope
        case s.AfterCase():
            length, of = check_length(cx, scope, case.length, "the length of a wait")
            return irj.Case(after=length, for_=of), scope
        case s.UntilCase():
            return irj.Case(until=check_moment(cx, scope, case.moment, has_else=False, hint=NEEDS_DEFAULT)), scope


def _event_case(cx: Context, inside: Inside, scope: Scope, case: s.EventCase) -> tuple[irj.Case, Scope]:
    steps = case.pattern.steps
    if len(steps) > 1:
        hint = "a wait_for inside the case waits for the next one"
        cx.report.error("E346", "wait_for waits for one event at a time", steps[1].span, hint)
    first = steps[0]
    if first.within is not None:
        hint = "the time to wait is a case of its own: `after: 3d`"
        cx.report.error("E346", "a case of wait_for has no `within`", first.within.span, hint)
        first = replace(first, within=None)
    seen = inside.at_entry.at("a case `since entry`, which sees only what was known at entry") if first.since_entry else scope
    step, when, after = check_step(cx, seen, first, case.when)
    if first.since_entry:
        after = scope
        if first.bind is not None:
            after = bind(cx.report, cx.world, scope, first.bind.text, Binding(EventOf(step.events), first.bind.span))
    return irj.Case(step=step, when=when), after


def _collect(cx: Context, inside: Inside, scope: Scope, node: s.Collect) -> tuple[list[Placed], Scope]:
    step, _, _ = check_step(cx, scope, replace(node.step, bind=None))
    if step.of_node is not None:
        cx.report.error("E346", "receipts of one send are waited for by wait_for", node.step.span)
    until = check_moment(cx, scope, node.until, has_else=False, hint=NEEDS_DEFAULT) if node.until is not None else None
    most = whole(cx, node.max, "`max` of a collect", 1, COLLECT_MAX) if node.max is not None else 100
    length = ir_length(node.length) if node.length is not None else None
    if node.bind is None:  # the reader has reported it
        return [], scope
    made = irj.Collect(inside.ids[id(node)], step, node.bind.text, length, until, most)
    binding = Binding(ListOf(EventOf(step.events)), node.bind.span)
    return [Placed(made)], bind(cx.report, cx.world, scope, node.bind.text, binding)


# ---- ways apart


def _branch(cx: Context, inside: Inside, scope: Scope, node: s.Branch) -> Placed:
    arms: list[irj.Arm] = []
    bodies: list[Block | None] = []
    for arm in node.arms:
        arms.append(irj.Arm(check_condition(cx, scope, arm.condition)))
        bodies.append(check_block(cx, inside, scope, arm.body.nodes))
    return Placed(irj.Branch(inside.ids[id(node)], tuple(arms)), tuple(bodies), _body(cx, inside, scope, node.otherwise))


def _split(cx: Context, inside: Inside, scope: Scope, node: s.Split) -> Placed:
    names: dict[str, Span] = {}
    for arm in node.arms:
        if arm.name.text in names:
            label = Label(names[arm.name.text], "first here")
            cx.report.error("E318", f"the arm `{arm.name.text}` stands twice", arm.name.span, "", (label,))
        names.setdefault(arm.name.text, arm.name.span)
        if arm.name.text == "holdout" and arm.body is not None and arm.body.nodes:
            cx.report.error("E346", "the arm `holdout` leaves at once: it has no nodes", arm.name.span)
    total = sum(arm.share for arm in node.arms)
    if total != WHOLE and node.whole:
        _report_shares(cx, node, total)
    bodies = tuple(_body(cx, inside, scope, arm.body) for arm in node.arms)
    arms = tuple(irj.Share(arm.name.text, arm.share) for arm in node.arms)
    return Placed(irj.Split(inside.ids[id(node)], node.salt.value, arms, node.per_entry), bodies)


def _report_shares(cx: Context, node: s.Split, total: int) -> None:
    """How much is missing or too much, and the one arm that could make it up."""
    off = f"{percent(WHOLE - total)} is missing" if total < WHOLE else f"{percent(total - WHOLE)} too much"
    message = f"the arms of a split add up to 100%; these make {percent(total)}: {off}"
    if not node.arms:
        cx.report.error("E342", message, node.word)
        return
    last = node.arms[-1]
    arm = next((arm for arm in (last, *node.arms) if 0 < arm.share + WHOLE - total <= WHOLE), None)
    hint = f"`{percent(arm.share + WHOLE - total)}` for `{arm.name.text}` would do" if arm is not None else ""
    others = tuple(Label(arm.share_span, f"`{arm.name.text}`") for arm in node.arms[:-1][:ARMS_SHOWN_MAX])
    cx.report.error("E342", message, last.share_span, hint, others)


def percent(millionths: int) -> str:
    """A share as an author writes it: `12.5%`."""
    return f"{millionths / 10_000:.4f}".rstrip("0").rstrip(".") + "%"


def _repeat(cx: Context, inside: Inside, scope: Scope, node: s.Repeat) -> Placed:
    times = whole(cx, node.times, "the rounds of a repeat", 1, ROUNDS_MAX)
    until = check_condition(cx, scope, node.until) if node.until is not None else None
    body = check_block(cx, inside, scope, node.body.nodes)
    return Placed(irj.Repeat(inside.ids[id(node)], times, until), (body,))
