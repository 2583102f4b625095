"""What policies forbid: the whole way from a labelled fact to a message or call, each step with its place (S3.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.ir import journey as irj
from rtj.ir.facts import Fact
from rtj.ir.flows import Spread, spread
from rtj.ir.program import Policy, Program
from rtj.lang import syntax as s
from rtj.lang.node_ids import statements
from rtj.lint.facts import Facts

Sender = irj.Send | irj.CallWebhook


def policies(facts: Facts, program: Program | None) -> Iterator[Diagnostic]:
    """One error for each message or call that a labelled fact reaches though a policy forbids it."""
    if program is None or not program.policies:
        return
    reached, places = spread(program), _Places(facts)
    for journey in program.journeys:
        for node in journey.nodes:
            if isinstance(node, irj.Send | irj.CallWebhook):
                for policy in program.policies:
                    found = _judge(program, policy, journey.name, node, reached)
                    if found is not None:
                        yield _tell(policy, journey.name, node, found, places)


def _judge(
    program: Program, policy: Policy, journey: str, node: Sender, reached: Spread
) -> tuple[str, str, tuple[Fact, ...]] | None:
    """The use that is forbidden, the label, and the way; the first label by name."""
    uses = sorted(_uses(program, node) & set(policy.forbids))
    if not uses:
        return None
    end: Fact = ("message", journey, node.id)
    for label in policy.labels:
        if label in reached.labels(end):
            return uses[0], label, reached.path(end, label)
    return None


def _uses(program: Program, node: Sender) -> set[str]:
    """What a node is in the words of policies: its webhook, or its channels and their purposes. What states no purpose counts as
    marketing, as it does for consent (S7.2)."""
    if isinstance(node, irj.CallWebhook):
        return {node.webhook}
    stated = next((m.purpose for m in program.messages if m.name == node.message), "")
    purposes = {stated or channel.purpose or "marketing" for channel in program.channels if channel.name in node.channels}
    return purposes | set(node.channels)


def _tell(policy: Policy, journey: str, node: Sender, found: tuple[str, str, tuple[Fact, ...]], places: _Places) -> Diagnostic:
    use, label, way = found
    what = f"the message `{node.message}`" if isinstance(node, irj.Send) else f"the call of `{node.webhook}`"
    steps = [step for fact in way[:-1] if (step := places.step(fact, label)) is not None]
    by = " -> ".join(_name(fact) for fact in way[:-1])
    message = f"`{policy.name}` forbids `{label}` for `{use}`, and {what} hangs on it: {by} -> {node.id}"
    own = places.node(journey, node.id)
    hint = "take the fact out of this way, or out of the policy"
    return Diagnostic("E422", message, own, hint, tuple(steps))


def _name(fact: Fact) -> str:
    match fact:
        case ("attribute" | "memory", name):
            return f"profile.{name}"
        case ("field", event, name):
            return f"{event}.{name}"
        case ("audience", name):
            return f"audience.{name}"
        case ("identifier", name):
            return name
        case ("pair", _, _, name):
            return f"with {name}"
        case ("event", name):
            return f"the whole of {name}"
        case ("entry", journey):
            return f"entry of {journey}"
        case ("branch", _, node):
            return node
        case ("held", _):
            return "has been"
        case _:
            return fact[-1]


def _head(span: Span) -> Span:
    """The first line of what stands there."""
    line = span.source.text.find("\n", span.start, span.end)
    return span if line < 0 else Span(span.source, span.start, line)


class _Places:
    """Where the steps of a way stand in the author's text."""

    def __init__(self, facts: Facts) -> None:
        self._attributes: Mapping[str, s.AttributeDecl] = {decl.name.text: decl for decl in facts.project.profile}
        self._audiences = {decl.name.text: decl for decl in facts.project.audiences}
        self._spaces = {decl.name.text: decl for decl in facts.project.identity}
        self._journeys = {journey.name: journey for journey in facts.journeys}
        self._feeding = {
            (decl.source.event.text, decl.source.path[0].text): decl for decl in facts.project.profile if decl.source is not None
        }
        self._labels = {
            (decl.name.text, given.field.text, label.text): label.span
            for decl in facts.project.events
            for given in decl.labels
            for label in given.labels
        }
        self._nodes: dict[tuple[str, str], Span] = {}
        for journey in facts.journeys:
            for tree in statements(journey.tree.nodes):
                name = journey.ids.get(id(tree))
                if name is not None:
                    self._nodes[journey.name, name] = _head(tree.span)

    def node(self, journey: str, node: str) -> Span:
        return self._nodes.get((journey, node), self._journeys[journey].tree.name.span)

    def step(self, fact: Fact, label: str) -> Label | None:
        """A step of a way; None for what stands nowhere, such as history that a condition reads in passing."""
        match fact:
            case ("attribute", name) if name in self._attributes:
                decl = self._attributes[name]
                given = next((one for one in decl.labels if one.text == label), None)
                if given is not None:
                    return Label(given.span, f"`profile.{name}` is labelled `{label}`")
                return Label(decl.name.span, f"`profile.{name}` is made of it")
            case ("field", event, name) if (event, name, label) in self._labels:
                return Label(self._labels[event, name, label], f"`{event}.{name}` is labelled `{label}`")
            case ("field", event, name) if (event, name) in self._feeding:
                decl = self._feeding[event, name]
                return Label(decl.name.span, f"`{event}.{name}` feeds `profile.{decl.name.text}`, labelled `{label}`")
            case ("audience", name) if name in self._audiences:
                return Label(self._audiences[name].name.span, f"the audience `{name}` hangs on it")
            case ("identifier", name) if name in self._spaces:
                return Label(self._spaces[name].name.span, f"`{name}` is labelled `{label}`")
            case ("entry", journey):
                tree = self._journeys[journey].tree
                span = _head(tree.entries[0].span) if tree.entries else tree.name.span
                return Label(span, f"who enters `{journey}` hangs on it")
            case ("branch", journey, node):
                return Label(self.node(journey, node), "which way is taken hangs on it")
            case ("pair", journey, node, name):
                return Label(self.node(journey, node), f"`{name}` takes it along")
            case _:
                return None
