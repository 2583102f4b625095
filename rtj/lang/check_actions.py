"""Nodes that do something: send, call, set, emit, start."""

from __future__ import annotations

from rtj.base.diagnostic import Label
from rtj.base.span import Span
from rtj.ir import expr as ir
from rtj.ir import journey as irj
from rtj.ir.records import RECEIPTS
from rtj.lang import syntax as s
from rtj.lang.check_base import Context, Typed, expect, shorten
from rtj.lang.likeness import nearest
from rtj.lang.scope import Binding, Scope, bind
from rtj.lang.types import STRING, UNKNOWN, is_optional, is_unknown, optional, some, widen

SENT: ir.Type = ir.Record((("channel", optional(STRING)), ("key", optional(STRING))))


def whole(cx: Context, number: s.Number, what: str, least: int, most: int) -> int:
    """A whole number within bounds."""
    value = number.value
    if isinstance(value, int) and least <= value <= most:
        return value
    cx.report.error("E348", f"{what} is a whole number from {least:,} to {most:,}; got {shorten(number)}", number.span)
    return least


def check_pairs(cx: Context, scope: Scope, pairs: tuple[s.Pair, ...]) -> list[tuple[s.Pair, Typed]]:
    """`with a = …, b = …`."""
    names: dict[str, Span] = {}
    found: list[tuple[s.Pair, Typed]] = []
    for pair in pairs:
        if pair.name.text in names:
            label = Label(names[pair.name.text], "first here")
            cx.report.error("E318", f"`{pair.name.text}` stands twice in this `with`", pair.name.span, "", (label,))
        names.setdefault(pair.name.text, pair.name.span)
        found.append((pair, cx.check(scope, pair.value)))
    return found


def _lower(found: list[tuple[s.Pair, Typed]]) -> tuple[irj.Pair, ...]:
    return tuple(irj.Pair(pair.name.text, typed.expr, widen(typed.type)) for pair, typed in found)


# ---- send


def check_send(cx: Context, scope: Scope, node: s.Send, name: str) -> tuple[irj.Send, Scope]:
    """A message: its channels, what it is given, the name of its answer."""
    found = check_pairs(cx, scope, node.pairs)
    channels = _channels(cx, node)
    after = scope
    if node.bind is not None:
        after = bind(cx.report, cx.world, scope, node.bind.text, Binding(SENT, node.bind.span, unsure=True))
    bound = node.bind.text if node.bind is not None else None
    has_else = node.otherwise is not None
    return irj.Send(name, node.message.text, channels, _lower(found), bound, has_otherwise=has_else), after


def _channels(cx: Context, node: s.Send) -> tuple[str, ...]:
    known = cx.world.channels
    if not node.channels:
        if len(known) == 1 or not node.whole:
            return known
        hint = f"say which: {', '.join(f'`by: {c}`' for c in known[:4])}" if known else "declare one in `channels:` of rtj.yaml"
        cx.report.error("E343", f"`send` names no channel, and the project has {len(known) or 'none'}", node.word, hint)
        return ()
    names: list[str] = []
    for channel in node.channels:
        if channel.text not in known:
            cx.report.unknown("E327", "channel", channel.text, channel.span, known)
        elif channel.text in names:
            first = node.channels[names.index(channel.text)].span
            cx.report.error("E318", f"the channel `{channel.text}` stands twice", channel.span, "", (Label(first, "first here"),))
        names.append(channel.text)
    return tuple(names)


# ---- call


def check_call_webhook(cx: Context, scope: Scope, node: s.CallWebhook, name: str) -> tuple[irj.CallWebhook, Scope]:
    """A webhook. In a simulation without a mock the answer is missing."""
    found = check_pairs(cx, scope, node.pairs)
    webhook = node.webhook
    if webhook.text not in cx.world.webhooks:
        cx.report.unknown("E328", "webhook", webhook.text, webhook.span, cx.world.webhooks)
    answer = cx.world.webhooks.get(webhook.text, UNKNOWN)
    after = scope
    if node.bind is not None:
        after = bind(cx.report, cx.world, scope, node.bind.text, Binding(answer, node.bind.span, unsure=True))
    bound = node.bind.text if node.bind is not None else None
    has_else = node.otherwise is not None
    return irj.CallWebhook(name, webhook.text, _lower(found), bound, has_otherwise=has_else), after


# ---- set


def check_set(cx: Context, scope: Scope, node: s.SetAttributes, name: str) -> irj.SetAttributes:
    """`set profile.tier = 'gold'`: the value fits the attribute; null unsets it."""
    pairs: list[irj.Pair] = []
    for assign in node.assigns:
        root, *path = assign.path
        typed = cx.check(scope, assign.value)
        if root.text != "profile" or len(path) != 1:
            cx.report.error(
                "E344", f"`set` writes attributes of the profile; `{root.text}` is none", root.span, "`profile.NAME = …`"
            )
            continue
        target = path[0]
        kind = cx.world.attributes.get(target.text)
        if kind is None:
            cx.report.unknown("E314", "attribute of profile", target.text, target.span, cx.world.attributes)
            continue
        if kind.stored is None:
            cx.report.error("E344", f"`profile.{target.text}` is computed; `set` cannot write it", target.span)
            continue
        if any(pair.name == target.text for pair in pairs):
            cx.report.error("E318", f"`profile.{target.text}` is set twice", target.span)
        typed = expect(cx, typed, optional(kind.stored), assign.value, f"`profile.{target.text}`")
        pairs.append(irj.Pair(target.text, typed.expr, some(kind.stored)))
    return irj.SetAttributes(name, tuple(pairs))


# ---- emit and start


def check_emit(cx: Context, scope: Scope, node: s.Emit, name: str) -> irj.Emit:
    """An event about the same profile, with the fields that its type declares."""
    found = check_pairs(cx, scope, node.pairs)
    kind = cx.world.events.get(node.event.text)
    if kind is None:
        cx.report.unknown("E317", "event type", node.event.text, node.event.span, cx.world.events)
        return irj.Emit(name, node.event.text)
    if kind.business or node.event.text in RECEIPTS:
        what = "a business event is about no person" if kind.business else "a receipt comes from a sink"
        cx.report.error("E346", f"`{node.event.text}` cannot be emitted: {what}", node.event.span)
    given = {nearest(pair.name.text, kind.fields) or pair.name.text for pair, _ in found}  # a misspelt one is told below
    lacking = [f for f, t in kind.fields.items() if not is_optional(t) and f not in given]
    if lacking and node.whole and not kind.business:
        few = ", ".join(f"`{f}`" for f in lacking)
        cx.report.error("E329", f"event `{node.event.text}` needs {few}", node.event.span, f"`with: {lacking[0]} = …`")
    checked: list[tuple[s.Pair, Typed]] = []
    for pair, typed in found:
        field = kind.fields.get(pair.name.text)
        if field is None and kind.unread:
            continue
        if field is None:
            cx.report.unknown("E311", f"field of event `{node.event.text}`", pair.name.text, pair.name.span, kind.fields)
            continue
        checked.append((pair, expect(cx, typed, field, pair.value, f"`{pair.name.text}` of event `{node.event.text}`")))
    return irj.Emit(name, node.event.text, tuple(irj.Pair(p.name.text, t.expr, kind.fields[p.name.text]) for p, t in checked))


def check_start(cx: Context, scope: Scope, node: s.StartJourney, name: str) -> irj.StartJourney:
    """Another journey's `enter by start`; what is given to it becomes the record that its entry binds."""
    found = check_pairs(cx, scope, node.pairs)
    other = node.journey
    if other.text not in cx.world.journeys:
        cx.report.unknown("E345", "journey", other.text, other.span, cx.world.journeys)
    elif other.text not in cx.world.startable:
        hint = "give it `enter: {by: start, as: link}`"
        cx.report.error("E345", f"journey `{other.text}` is not entered by `start`", other.span, hint)
    record = ir.Record(tuple((pair.name.text, UNKNOWN if is_unknown(t.type) else widen(t.type)) for pair, t in found))
    cx.started.setdefault(other.text, []).append(record)
    return irj.StartJourney(name, other.text, _lower(found))
