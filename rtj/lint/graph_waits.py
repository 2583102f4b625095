"""Waits that are missing, endless or idle, calls that may end everything, and journeys that do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic, Label
from rtj.ir import expr as ir
from rtj.lang import syntax as s
from rtj.lang.node_ids import statements
from rtj.lang.types import is_unknown
from rtj.lint.facts import Facts, JourneyFacts
from rtj.lint.flow_clock import Clockwork
from rtj.lint.graph import ACTS, RESTS, graph, is_nothing, leaving, only_moment

OUTWARD = (s.Send, s.CallWebhook, s.Emit, s.StartJourney)
"""What others notice: to do it several times at one instant is hardly ever meant."""


def busy_repeat(_: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W203: a repeat on whose rounds no time passes, or only until the same moment, which is reached but once."""
    if not journey.tree.whole:
        return
    for node in statements(journey.tree.nodes):
        if not isinstance(node, s.Repeat) or node.times.value == 1 or any(leaving(one) for one in node.body.nodes):
            continue
        inside = list(statements(node.body.nodes))
        if not any(isinstance(one, OUTWARD) for one in inside):
            continue
        rests = [one for one in inside if isinstance(one, RESTS) and not is_nothing(one)]
        if not rests:
            message = f"all {_shown(node.times)} rounds of `{journey.ids[id(node)]}` happen at one instant"
            yield Diagnostic("W203", message, node.word, "a `wait` in its `do` sets them apart", (), "warning")
        elif (moment := only_moment(rests)) is not None:
            message = f"the rounds of `{journey.ids[id(node)]}` happen at one instant: `until {_shown(moment)}` counts now"
            label = Label(moment.span, "holds only the first time")
            yield Diagnostic("W203", message, node.word, _later(moment), (label,), "warning")


def _later(moment: s.ClockMoment | s.DayMoment) -> str:
    if isinstance(moment, s.DayMoment):
        return f"`until next {_shown(moment)}` leaves today out"
    return "put a length before it, such as `wait: 1h`"


def no_timeout(facts: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W204: a wait_for that only `max_duration` ends, where the author did not set one."""
    if not journey.tree.whole or journey.tree.max_duration is not None:
        return
    clock: Clockwork | None = None
    for tree in statements(journey.tree.nodes):
        if not isinstance(tree, s.WaitFor) or any(isinstance(case, s.AfterCase | s.UntilCase) for case in tree.cases):
            continue
        asked = [facts.checked.of(case.condition) for case in tree.cases if isinstance(case, s.ConditionCase)]
        conditions = [typed.expr for typed in asked if typed is not None and not is_unknown(typed.type)]
        if len(conditions) < len(asked):
            continue  # a mistake was reported in one
        clock = clock or Clockwork(facts)
        if any(clock.turns(condition) for condition in conditions) or _complete(conditions):
            continue
        message = f"if none of this happens, only `max_duration` ends `{journey.ids[id(tree)]}`, after 91d"
        yield Diagnostic("W204", message, tree.word, "add a case such as `- {after: 3d}`", (), "warning")


def _complete(conditions: list[ir.Expr]) -> bool:
    """Are there a condition and its opposite?"""
    return any(isinstance(one, ir.Unary) and one.op == "not" and one.of in conditions for one in conditions)


def idle_end(_: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W207: a wait at the end of a journey that watches nothing while people stay."""
    tree = journey.tree
    if not tree.whole or tree.goals or tree.exits or any(_counts_the_end(entry) for entry in tree.entries):
        return
    if not any(isinstance(node, ACTS) for node in statements(tree.nodes)):
        return  # the whole journey does nothing, which is said once
    ways = graph(tree)
    busy = {number for number, node in enumerate(ways.nodes) if isinstance(node, (*ACTS, s.Exit))}
    busy |= ways.leading_to(busy)
    idle = [
        number
        for number, node in enumerate(ways.nodes)
        if isinstance(node, RESTS) and not any(n in busy for n in ways.after[number])
    ]
    later = ways.reached(other for number in idle for other in ways.after[number])
    for number in idle:
        if number not in later:
            node = ways.nodes[number]
            message = f"nothing follows `{journey.ids[id(node)]}`: people stay in the journey for nothing"
            hint = "leave it out; `again: after …` says when somebody may come again"
            yield Diagnostic("W207", message, node.word, hint, (), "warning")


def _counts_the_end(entry: s.Entry) -> bool:
    """Does it matter to this way in whether people are still inside?"""
    return entry.while_inside == "restart" or (entry.again is not None and entry.again.rule in ("always", "exit"))


def does_nothing(_: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W208: a journey that does nothing to anybody and measures nothing either."""
    tree = journey.tree
    if not tree.whole or tree.goals:
        return
    nodes = list(statements(tree.nodes))
    if any(isinstance(node, ACTS) or (isinstance(node, s.Exit) and node.reason is not None) for node in nodes):
        return
    what = "it has no nodes" if not nodes else "it sends, calls, sets, emits and starts nothing, and has no goal"
    yield Diagnostic("W208", f"journey `{tree.name.text}` does nothing: {what}", tree.name.span, "", (), "warning")


def call_without_else(facts: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W414: a call whose failure takes everything away that stands below it."""
    if not journey.tree.whole:
        return
    calls = [node for node in statements(journey.tree.nodes) if isinstance(node, s.CallWebhook) and node.otherwise is None]
    calls = [node for node in calls if node.webhook.text in facts.checked.world.webhooks]
    if not calls:
        return
    ways = graph(journey.tree)
    numbers = {id(node): number for number, node in enumerate(ways.nodes)}
    for node in calls:
        below = [number for number in ways.after[numbers[id(node)]] if number is not None]
        if below:
            following = ways.nodes[below[0]]
            message = f"if `{node.webhook.text}` fails, people leave the journey here, as `error`"
            label = Label(following.word, "this is not reached then")
            yield Diagnostic(
                "W414",
                message,
                node.webhook.span,
                "`else: []` goes on below, `else: [exit]` leaves on purpose",
                (label,),
                "warning",
            )


def _shown(tree: s.Spanned) -> str:
    return " ".join(tree.span.text.split())
