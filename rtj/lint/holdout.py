"""Splits and holdouts: a holdout that holds nobody out, and splits that draw the same people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rtj.base.diagnostic import Diagnostic, Edit, Fix, Label
from rtj.lang import syntax as s
from rtj.lang.node_ids import blocks, statements
from rtj.lint.facts import Facts, JourneyFacts

HOLDOUT = "holdout"
MEANT = frozenset({"holdout", "holdouts", "holdoutgroup", "heldout", "holdback"})  # spelled another way
CONTROL = frozenset({
    "control", "controls", "controlgroup", "kontrolle", "kontroll", "kontrollgruppe", "nothing", "nomessage", "notreatment",
})  # fmt: skip
"""Meant, if nothing is done for them."""
WHOLE = 1_000_000
SMALL = 200_000  # a share up to which an arm that gets nothing measures the others, and is not one half of a test
TOUCHING = (s.Send, s.CallWebhook, s.StartJourney, s.Emit, s.SetAttributes, s.Decide)


@dataclass(frozen=True, slots=True)
class Below:
    """What follows on a way: is anything done for people, and which message is the first?"""

    touches: bool = False
    send: s.Send | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A split, with what follows it on its way, as far as it is known."""

    journey: JourneyFacts
    tree: s.Split
    after: Below

    @property
    def arms(self) -> tuple[tuple[str, int], ...]:
        return tuple((arm.name.text, arm.share) for arm in self.tree.arms)


def holdout_misuse(_: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W406: an arm that is called nearly `holdout`; a holdout of nobody, of everybody, or from nothing."""
    for drawn in _splits(journey, journey.tree.nodes, Below()):
        for arm in drawn.tree.arms:
            found = _of_holdout(drawn, arm) if arm.name.text == HOLDOUT else _of_other(drawn, arm)
            if found is not None:
                yield found


def _of_holdout(drawn: Drawn, arm: s.Share) -> Diagnostic | None:
    if arm.share in (0, WHOLE):
        return Diagnostic("W406", _all_or_none(arm.share), arm.share_span, "for example 10%", (), "warning")
    others = (node for other in drawn.tree.arms if other.body is not None for node in statements(other.body.nodes))
    if not drawn.after.touches and not any(isinstance(node, TOUCHING) for node in others):
        message = "`holdout` holds people out of nothing: no arm and no node below this split does anything for them"
        hint = "a split stands before what its holdout shall not get"
        return Diagnostic("W406", message, arm.name.span, hint, (Label(drawn.tree.word, "nothing follows"),), "warning")
    return None


def _all_or_none(share: int) -> str:
    whom = "nobody" if share == 0 else "everybody: nothing below is ever done"
    return f"a holdout of {share // 10_000}% holds out {whom}"


def _of_other(drawn: Drawn, arm: s.Share) -> Diagnostic | None:
    """An arm with another name. It goes on below the split, and nobody counts it as held out."""
    plain = re.sub(r"[^a-z]", "", arm.name.text.lower())
    idle = arm.body is None or not any(isinstance(node, TOUCHING) for node in statements(arm.body.nodes))
    treated = drawn.after.send
    if any(other.name.text == HOLDOUT for other in drawn.tree.arms):
        return None
    if plain in CONTROL and treated is None and arm.body is None and arm.share <= SMALL and _treats_another(drawn, arm):
        message = (
            f"the arm `{arm.name.text}` gets nothing and is counted as any arm; an arm called `holdout` is counted as held out"
        )
        return Diagnostic("W406", message, arm.name.span, "did you mean `holdout`?", (), "info", _renamed(arm))
    if plain not in MEANT and not (plain in CONTROL and idle and treated is not None):
        return None
    message = f"the arm `{arm.name.text}` is no holdout: only an arm called `holdout` leaves at once and is counted as held out"
    labels = (Label(treated.message.span, f"`{arm.name.text}` gets this too"),) if treated is not None and idle else ()
    return Diagnostic("W406", message, arm.name.span, "did you mean `holdout`?", labels, "warning", _renamed(arm))


def _treats_another(drawn: Drawn, arm: s.Share) -> bool:
    """Does another arm of the split send something?"""
    others = (other.body for other in drawn.tree.arms if other is not arm and other.body is not None)
    return any(isinstance(node, s.Send) for body in others for node in statements(body.nodes))


def _renamed(arm: s.Share) -> Fix | None:
    """The arm as a holdout, which has no block."""
    bodiless = arm.body is None or not arm.body.nodes
    edit = Edit(arm.name.span.start, arm.name.span.end, HOLDOUT)
    return Fix("call the arm `holdout`", (edit,)) if bodiless and arm.name.span.text == arm.name.text else None


def _splits(journey: JourneyFacts, nodes: tuple[s.Node, ...], after: Below) -> Iterator[Drawn]:
    """All splits, each with what stands below it in its block and in the blocks around."""
    ways: list[Below] = []
    for node in reversed(nodes):
        ways.append(after)
        after = _from(node, after)
    for node, below in zip(nodes, reversed(ways), strict=True):
        if isinstance(node, s.Split):
            yield Drawn(journey, node, below)
        again = _from(node, below) if isinstance(node, s.Repeat) else below  # after a round the next one
        for block in blocks(node):
            yield from _splits(journey, block.nodes, again)


def _from(node: s.Node, below: Below) -> Below:
    """What follows from a node on."""
    touching = [one for one in statements((node,)) if isinstance(one, TOUCHING)]
    first = next((one for one in touching if isinstance(one, s.Send)), below.send)
    return Below(below.touches or bool(touching), first)


# ---- the whole project


def project_holdout(facts: Facts) -> Iterator[Diagnostic]:
    """W406: the project's holdout of nobody or everybody, or with the salt of a split."""
    holdout = facts.project.holdout
    if holdout is None:
        return
    if holdout.share in (0, WHOLE):
        message = _all_or_none(holdout.share)
        yield Diagnostic("W406", message, holdout.span, "for example `share: 5%`", (), "warning")
    for drawn in _every_split(facts):
        if drawn.tree.salt.value == holdout.salt.value and not drawn.tree.per_entry:
            message = f"`{holdout.salt.value}` is the salt of a split too: those held out are all missing in one of its arms"
            label = Label(drawn.tree.salt.span, "the same salt")
            yield Diagnostic("W406", message, holdout.salt.span, "give each a salt of its own", (label,), "warning")
            return


def shared_salt(facts: Facts) -> Iterator[Diagnostic]:
    """W407: splits with one salt and different arms; those with the same arms are one experiment."""
    first: dict[str, Drawn] = {}
    for drawn in _every_split(facts):
        salt = drawn.tree.salt
        if drawn.tree.per_entry:
            continue
        earlier = first.setdefault(salt.value, drawn)
        if earlier.arms != drawn.arms:
            message = (
                f"`{salt.value}` is the salt of another split too: whoever is in one arm there is always in the same one here"
            )
            label = Label(earlier.tree.salt.span, f"first here, in `{earlier.journey.name}`")
            yield Diagnostic("W407", message, salt.span, "give each split a salt of its own", (label,), "warning")


def _every_split(facts: Facts) -> Iterator[Drawn]:
    for journey in facts.journeys:
        yield from _splits(journey, journey.tree.nodes, Below())
