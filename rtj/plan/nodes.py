"""What a node does in both versions: lengths, moments, messages, values, shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from rtj.ir import journey as j
from rtj.ir.expr import Length
from rtj.ir.spelling import length_text
from rtj.ir.types import show
from rtj.plan.both import SAME, Both, Told, compare_lengths
from rtj.plan.changes import Change, Concerns, Level, Spot
from rtj.plan.conditions import turn
from rtj.plan.guards import At
from rtj.plan.words import share_text

KEPT = "people who wait here keep their date (`timers: keep`)"


def changes_of_node(both: Both, old: j.Node, new: j.Node) -> Iterator[Change]:
    """What two versions of a node do differently, but for where they lead and for cases and arms."""
    match old, new:
        case j.Wait(), j.Wait():
            yield from _length(both, (old, new))
        case j.WaitUntil(), j.WaitUntil():
            yield from _moment(both, old, new)
        case j.Split(), j.Split():
            yield from _split(both, old, new)
        case j.Repeat(), j.Repeat():
            yield from _repeat(both, old, new)
        case j.Send(), j.Send():
            yield from _send(both, old, new)
        case j.CallWebhook(), j.CallWebhook():
            yield from _named(both, (old, new), old.webhook, new.webhook)
            yield from _pairs(both, (old, new), old.pairs, new.pairs)
        case j.Emit(), j.Emit():
            yield from _named(both, (old, new), old.event, new.event)
            yield from _pairs(both, (old, new), old.pairs, new.pairs)
        case j.StartJourney(), j.StartJourney():
            yield from _named(both, (old, new), old.journey, new.journey)
            yield from _pairs(both, (old, new), old.pairs, new.pairs)
        case j.SetAttributes(), j.SetAttributes():
            yield from _pairs(both, (old, new), old.pairs, new.pairs)
        case j.Exit(), j.Exit():
            yield from _named(both, (old, new), old.reason, new.reason)
        case j.Collect(), j.Collect():
            yield from _collect(both, old, new)
        case _:
            return


def timer(both: Both, new: str, spots: tuple[Spot, Spot], lengths: tuple[Length, Length], part: str) -> Iterator[Change]:
    """A length for which people wait that has changed: `part` of a node, whose new id is `new`."""
    direction = compare_lengths(*lengths)
    if direction == "same":
        return
    code = "D121" if direction == "longer" else "D122" if direction == "shorter" else "D125"
    level, reason, concerns = of_timer(both, new)
    told = Told(f"{new} {part}", length_text(lengths[0]), length_text(lengths[1]), level, reason, concerns)
    yield both.change(code, *spots, told)


def of_timer(both: Both, node: str) -> tuple[Level, str, Concerns]:
    """The level of a date that is found otherwise, the reason, and whom it concerns; `node`: the new id."""
    match both.new.timers:
        case "keep" if node in both.ahead:
            return "behaviour", f"{KEPT}; those who come here later get the new one", "ahead"
        case "keep":
            return "safe", f"{KEPT}, and nobody else who is inside can come here", "entrants"
        case "rebase":
            how = "is counted anew from when they came (`timers: rebase`): some may be due at once"
        case "restart":
            how = "begins anew with the new version (`timers: restart`)"
    level = both.level(node, "behaviour", "wait")
    return level, "" if level == "safe" else f"the date of people who wait here {how}", "ahead"


def _length(both: Both, nodes: tuple[j.Wait, j.Wait]) -> Iterator[Change]:
    old, new = nodes
    if old.length is not None and new.length is not None:
        spots = ("node", old.id, "length"), ("node", new.id, "length")
        yield from timer(both, new.id, spots, (old.length, new.length), "length")
    elif (old.length, old.for_) != (new.length, new.for_):
        before, after = both.old_words.node(old)[5:], both.new_words.node(new)[5:]
        yield _dated(both, nodes, "length", before, after)


def _moment(both: Both, old: j.WaitUntil, new: j.WaitUntil) -> Iterator[Change]:
    if old.moment != new.moment:
        yield _dated(both, (old, new), "moment", both.old_words.moment(old.moment), both.new_words.moment(new.moment))


def _dated(both: Both, nodes: tuple[j.Node, j.Node], part: str, before: str, after: str) -> Change:
    level, reason, concerns = of_timer(both, nodes[1].id)
    told = Told(f"{nodes[1].id} {part}", before, after, level, reason, concerns)
    return both.change("D125", ("node", nodes[0].id, part), ("node", nodes[1].id, part), told)


def _split(both: Both, old: j.Split, new: j.Split) -> Iterator[Change]:
    at = ("node", old.id), ("node", new.id)
    if (old.salt, old.per_entry) != (new.salt, new.per_entry):
        before, after = (f"{s.salt}{' per entry' if s.per_entry else ''}" for s in (old, new))
        reason = "another salt draws everybody anew: people change arms, and the experiment's figures no longer compare"
        told = Told(f"{new.id} salt", before, after, "breaking", reason)
        yield both.change("D155", (*at[0], "salt"), (*at[1], "salt"), told)
    shares = tuple({share.name: share.share for share in split.arms} for split in (old, new))
    if tuple(shares[0].items()) != tuple(shares[1].items()):
        before, after = (", ".join(f"{name} {share_text(share)}" for name, share in these.items()) for these in shares)
        level = both.level(new.id, "behaviour", "arrive")
        moved = _drawn_anew(*shares)
        reason = "" if level == "safe" else f"{share_text(moved)} of those who come here get another arm"
        yield both.change("D155", *at, Told(f"{new.id} shares", before, after, level, reason))


def _drawn_anew(old: Mapping[str, int], new: Mapping[str, int]) -> int:
    """How many millionths of people get another arm: each has a fixed point between 0 and 1, which falls into an arm."""
    same, start_old = 0, 0
    for name, share in old.items():
        start_new = 0
        for other, width in new.items():
            if other == name:
                same += max(0, min(start_old + share, start_new + width) - max(start_old, start_new))
            start_new += width
        start_old += share
    return 1_000_000 - same


def _repeat(both: Both, old: j.Repeat, new: j.Repeat) -> Iterator[Change]:
    at = ("node", old.id), ("node", new.id)
    level = both.level(new.id, "behaviour", "arrive")
    if old.times != new.times:
        reason = "" if level == "safe" else "rounds that people have behind them count"
        told = Told(f"{new.id} rounds", f"{old.times:,}", f"{new.times:,}", level, reason)
        yield both.change("D113", (*at[0], "times"), (*at[1], "times"), told)
    if old.until != new.until:
        found = turn(both, old.until, new.until)
        before, after = both.old_words.expr(old.until), both.new_words.expr(new.until)
        if not found.word and before == after:
            return
        known: tuple[Level, str] = (level, "") if found.word else ("safe", SAME)
        told = Told(f"{new.id} until {found.word}".rstrip(), before, after, *known, notes=found.notes)
        yield both.change("D114", (*at[0], "until"), (*at[1], "until"), told)


def _send(both: Both, old: j.Send, new: j.Send) -> Iterator[Change]:
    yield from _named(both, (old, new), old.message, new.message)
    if old.channels != new.channels:
        level = both.level(new.id, "behaviour", "wait")
        before, after = " else ".join(old.channels), " else ".join(new.channels)
        reason = "" if level == "safe" else "consent and caps of the new channel decide for people inside"
        told = Told(f"{new.id} channel", before, after, level, reason)
        yield both.change("D132", ("node", old.id, "channels"), ("node", new.id, "channels"), told)
    yield from _pairs(both, (old, new), old.pairs, new.pairs)


def _named(both: Both, nodes: tuple[j.Node, j.Node], before: str, after: str) -> Iterator[Change]:
    """Another message, webhook, event, journey or reason."""
    old, new = nodes
    if before != after:
        level = both.level(new.id, "behaviour", "wait")
        yield both.change("D131", ("node", old.id), ("node", new.id), Told(new.id, before, after, level))


def _pairs(both: Both, nodes: tuple[j.Node, j.Node], before: tuple[j.Pair, ...], after: tuple[j.Pair, ...]) -> Iterator[Change]:
    old, new = nodes
    ours, theirs = ({pair.name: pair for pair in pairs} for pairs in (before, after))
    level = both.level(new.id, "behaviour", "wait")
    for name in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(name), theirs.get(name)
        if one == other:
            continue
        was = None if one is None else ("node", old.id, "with", name)
        now = None if other is None else ("node", new.id, "with", name)
        texts = (
            ("" if one is None else both.old_words.expr(one.value)),
            ("" if other is None else both.new_words.expr(other.value)),
        )
        if texts[0] == texts[1] and one is not None and other is not None:
            if one.type == other.type:
                continue
            texts = f"{texts[0]} ({show(one.type)})", f"{texts[1]} ({show(other.type)})"
        yield both.change("D131", was, now, Told(f"{new.id} {name}", *texts, level))


def steps_alike(old: j.Step, new: j.Step) -> bool:
    """Are two steps the same but for the condition, and for what they call the event?"""
    replace = msgspec.structs.replace
    return replace(old, where=None, bind=None) == replace(new, where=None, bind=None)


def _collect(both: Both, old: j.Collect, new: j.Collect) -> Iterator[Change]:
    at = ("node", old.id), ("node", new.id)
    level = both.level(new.id, "behaviour", "wait")
    if old.step != new.step:
        found = turn(both, old.step.where, new.step.where, At(new.step.events))
        alike = steps_alike(old.step, new.step)
        word = found.word if alike else "another"
        texts = both.old_words.step(old.step), both.new_words.step(new.step)
        known: tuple[Level, str] = (level, "") if word else ("safe", SAME)
        told = Told(f"{new.id} events {word}".rstrip(), *texts, *known, notes=found.notes if alike else ())
        if word or texts[0] != texts[1]:
            yield both.change("D114", (*at[0], "step"), (*at[1], "step"), told)
    if old.max != new.max:
        yield both.change("D131", (*at[0], "max"), (*at[1], "max"), Told(f"{new.id} max", f"{old.max:,}", f"{new.max:,}", level))
    if old.length is not None and new.length is not None:
        yield from timer(both, new.id, ((*at[0], "length"), (*at[1], "length")), (old.length, new.length), "length")
    elif (old.length, old.until) != (new.length, new.until):
        ends = [
            length_text(node.length) if node.length is not None else words.moment(node.until) if node.until is not None else ""
            for node, words in ((old, both.old_words), (new, both.new_words))
        ]
        yield _dated(both, (old, new), "until", ends[0], ends[1])
