"""Marketing that nobody can get: consent that nothing gives, and a confirmation that nobody can be asked for (S7.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtj.base.diagnostic import Diagnostic, Label
from rtj.lang import syntax as s
from rtj.lang.node_ids import blocks
from rtj.lint.facts import Facts
from rtj.lint.sends import Sent, every_send, listed, purpose_by

LABELS_MAX = 4  # places that one finding points at
NAMES_MAX = 3  # names that one finding tells


@dataclass(frozen=True, slots=True)
class Writing:
    """A `set` of an attribute. `after`: the sends, by id, of which a receipt must have come before (in the same journey)."""

    value: s.Expr
    journey: str
    after: tuple[str, ...]


class Writers:
    """Which attributes only journeys write, and what they write there."""

    def __init__(self, facts: Facts) -> None:
        self._declared = {decl.name.text: decl for decl in facts.project.profile}
        self._sets: dict[str, list[Writing]] = {}
        for journey in facts.journeys:
            for block, after in _blocks(journey.tree.nodes, ()):
                for node in block:
                    for assign in node.assigns if isinstance(node, s.SetAttributes) else ():
                        self._sets.setdefault(assign.path[-1].text, []).append(Writing(assign.value, journey.name, after))

    def of(self, expr: s.Expr | None) -> tuple[s.AttributeDecl, list[Writing]] | None:
        """The attribute that an expression is, and all that may make it true; None for what is anything else, or may come from
        events."""
        match expr:
            case s.Field(base=s.Name(text="profile"), name=s.Name(text=name)):
                decl = self._declared.get(name)
            case _:
                return None
        if decl is None or decl.source is not None or decl.formula is not None:
            return None
        if decl.default is not None and decl.default.value == "true":
            return None
        return decl, [one for one in self._sets.get(decl.name.text, ()) if not _is_no(one.value)]

    def never(self, expr: s.Expr | None) -> bool:
        """Is it surely never true?"""
        found = self.of(expr)
        return found is not None and not found[1]


def _is_no(value: s.Expr) -> bool:
    return isinstance(value, s.Null) or (isinstance(value, s.Truth) and not value.value)


def _blocks(nodes: tuple[s.Node, ...], after: tuple[str, ...]) -> Iterator[tuple[tuple[s.Node, ...], tuple[str, ...]]]:
    """All lists of nodes, each with the sends of which a receipt leads there."""
    yield nodes, after
    for node in nodes:
        if isinstance(node, s.WaitFor):
            for case in node.cases:
                yield from _blocks(case.body.nodes, (*after, *_receipts(case)))
        else:
            for block in blocks(node):
                yield from _blocks(block.nodes, after)


def _receipts(case: s.Case) -> tuple[str, ...]:
    """The send whose receipt a case waits for, if it waits for nothing else."""
    if not isinstance(case, s.EventCase):
        return ()
    events = [event for step in case.pattern.steps for event in step.events]
    names = {event.of.text if event.of is not None else "" for event in events}
    return tuple(names) if len(names) == 1 and "" not in names else ()


def nobody_consents(facts: Facts) -> Iterator[Diagnostic]:
    """W413: a channel by which marketing is sent, where nobody is known to agree and nothing ever says that somebody does."""
    careful = [decl for decl in facts.project.channels if decl.whole and decl.default != "granted"]
    if not careful or not facts.complete or not facts.project.whole:
        return
    writers, others = Writers(facts), facts.project.consents
    subscribed = {name.text: e for name, e in others.subscriptions} if others is not None else {}
    sends = list(every_send(facts))
    for decl in careful:
        shared = [e for e in (others.any if others is not None else None, decl.consent) if e is not None]
        barred: list[Sent] = []
        for sent in sends:
            own = [subscribed[sent.subscription]] if sent.subscription in subscribed else []
            asked = purpose_by(sent, decl) == "marketing"
            if asked and decl.name.text in sent.channels and all(writers.never(e) for e in (*shared, *own)):
                barred.append(sent)
        if barred:
            yield _barred(decl, barred, shared)


def _barred(decl: s.ChannelDecl, barred: Sequence[Sent], sources: Sequence[s.Expr]) -> Diagnostic:
    name = decl.name.text
    messages = listed(list(dict.fromkeys(sent.tree.message.text for sent in barred)), NAMES_MAX)
    why = "nothing that it reads is ever set to true" if sources else "no consent is declared, and `default: denied` holds"
    labels = [Label(e.span, "never true: no event brings it, no journey sets it so") for e in sources]
    labels += [Label(sent.tree.message.span, f"never sent by `{name}`") for sent in barred]
    hint = "`consent: profile.…` names an attribute that comes from an event; or `default: granted`"
    message = f"nobody can ever get {messages} by `{name}`: {why}"
    return Diagnostic("W413", message, decl.name.span, hint, tuple(labels[:LABELS_MAX]), "warning")


def never_confirmed(facts: Facts) -> Iterator[Diagnostic]:
    """W415: double opt-in that nobody can pass: nothing sets what `confirmed` reads, or only an answer to a message that itself
    waits for the confirmation."""
    if not any(decl.confirmed is not None for decl in facts.project.channels):
        return
    if not facts.complete or not facts.project.whole:
        return
    writers = Writers(facts)
    channels = {decl.name.text: decl for decl in facts.project.channels}
    by_id = {(sent.journey.name, sent.id): sent for sent in every_send(facts)}
    for decl in facts.project.channels:
        found = writers.of(decl.confirmed)
        if found is None or not decl.whole or decl.confirmed is None:
            continue
        attribute, writings = found
        read = Label(decl.confirmed.span, f"consent by `{decl.name.text}` counts only once this is true")
        if not writings:
            barred = [
                one for one in by_id.values() if decl.name.text in one.channels and purpose_by(one, decl) != "transactional"
            ]
            if barred:
                message = f"nobody can confirm: nothing ever sets `profile.{attribute.name.text}` to true"
                hint = "let an event bring it, `from: confirmed.…`, or `set` it where somebody answers"
                never = Label(barred[0].tree.message.span, f"never sent by `{decl.name.text}`")
                yield Diagnostic("W415", message, attribute.name.span, hint, (read, never), "warning")
            continue
        asking = [_waiting(one, by_id, channels, attribute.name.text) for one in writings]
        if all(sent is not None for sent in asking) and (first := asking[0]) is not None:
            message = f"nobody can confirm: `{first.tree.message.text}`, which asks for it, is sent only to those who have"
            hint = f"`messages: {{{first.tree.message.text}: {{purpose: transactional}}}}` lets it through"
            labels = (read, Label(writings[0].value.span, "set only after an answer to it"))
            yield Diagnostic("W415", message, first.tree.message.span, hint, labels, "warning")


def _waiting(one: Writing, by_id: dict[tuple[str, str], Sent], channels: dict[str, s.ChannelDecl], attribute: str) -> Sent | None:
    """A send before the writing that nobody can get who has not confirmed by this very attribute."""
    for node in one.after:
        sent = by_id.get((one.journey, node))
        ways = [channels.get(name) for name in sent.channels] if sent is not None else []
        if sent is not None and ways and all(way is not None and _waits_for(way, sent, attribute) for way in ways):
            return sent
    return None


def _waits_for(channel: s.ChannelDecl, sent: Sent, attribute: str) -> bool:
    match channel.confirmed:
        case s.Field(base=s.Name(text="profile"), name=s.Name(text=name)):
            return name == attribute and purpose_by(sent, channel) != "transactional"
        case _:
            return False
