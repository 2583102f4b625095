"""Nodes that are new, gone, renamed, of another kind or in another repeat; and the first node."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.ir import journey as j
from rtj.plan.both import Both, Told
from rtj.plan.changes import Change, Concerns, Level
from rtj.plan.flow import ahead, resting, scopes

WORDS: dict[type[j.Node], str] = {
    j.Wait: "wait", j.WaitUntil: "wait until", j.WaitFor: "wait_for", j.Branch: "branch", j.Split: "split", j.Repeat: "repeat",
    j.Send: "send", j.CallWebhook: "call", j.Collect: "collect", j.SetAttributes: "set", j.Emit: "emit",
    j.StartJourney: "start", j.Exit: "exit",
}  # fmt: skip


def changes_of_sets(both: Both) -> Iterator[Change]:
    """What has become of the nodes as a whole."""
    yield from _first(both)
    yield from _removed(both)
    yield from _moved(both)
    for name in both.pairing.added:
        node = both.now[name]
        level = both.level(name, "behaviour", "arrive")
        reason = "" if level == "safe" else "people inside who have not come so far will come to it"
        yield both.change("D101", None, ("node", name), Told(_named(node), "", both.new_words.node(node), level, reason))
    yield from _kinds(both)
    yield from _scopes(both)


def _named(node: j.Node) -> str:
    return f"{node.id} ({WORDS[type(node)]})" if node.id != WORDS[type(node)] else node.id


def _first(both: Both) -> Iterator[Change]:
    before, after = both.old.first, both.new.first
    if not both.pairing.is_same(before, after):
        reason = "only those who enter from now on begin there"
        told = Told("first node", before or "none", after or "none", "safe", reason, "entrants")
        yield both.change("D105", ("node", before) if before else (), ("node", after) if after else (), told)


def _removed(both: Both) -> Iterator[Change]:
    stood = resting(both.old_side.program, both.old)
    coming = ahead(both.was, stood)
    for name in both.pairing.removed:
        node, spot = both.was[name], ("node", name)
        before = both.old_words.node(node)
        if name in both.pairing.dropped:
            to = both.pairing.dropped[name]
            where = "leave the journey" if to is None else f"go on at `{to}`"
            told = Told(_named(node), before, "", "needs-migration", f"people who rest here {where} (`dropped`)", "here")
            yield both.change("D107", spot, None, told)
        elif name in stood:
            suggest, notes = _way_out(both, node)
            reason = "people who rest here have no place in the new version"
            yield both.change("D102", spot, None, Told(_named(node), before, "", "breaking", reason, "here", notes, suggest))
        else:
            level: Level = "behaviour" if name in coming else "safe"
            reason = "people inside who have not come so far will not come to it" if level == "behaviour" else ""
            yield both.change("D102", spot, None, Told(_named(node), before, "", level, reason, "ahead"))


def _way_out(both: Both, node: j.Node) -> tuple[str, tuple[str, ...]]:
    """What an author could write of a node that is gone, and why: `moved` where there is one that it may be, for by it people
    keep their place."""
    pairing, kind = both.pairing, type(node)
    guess = pairing.guesses.get(node.id, "")
    if guess:
        return f"moved: {{{node.id}: {guess}}}", (f"it looks like `{guess}` under another name",)
    taken = {*pairing.guesses, *pairing.guesses.values(), *pairing.dropped}
    gone = [name for name in pairing.removed if type(both.was[name]) is kind and name not in taken]
    new = [name for name in pairing.added if type(both.now[name]) is kind and name not in taken]
    if len(gone) == len(new) == 1:
        why = (
            f"`{new[0]}` is the only new {WORDS[kind]}: is it this one under another name? Else `dropped` says where people go on"
        )
        return f"moved: {{{node.id}: {new[0]}}}", (why,)
    return f"dropped: {{{node.id}: exit}}", ()


def _moved(both: Both) -> Iterator[Change]:
    for old, new in both.pairing.nodes.items():
        if old in both.pairing.moved:
            reason = "people who rest here rest there, with their timers (`moved`)"
            told = Told(f"{old} -> {new}", old, new, "needs-migration", reason, "here")
            yield both.change("D103", ("node", old), ("node", new), told)


def _kinds(both: Both) -> Iterator[Change]:
    stood = resting(both.old_side.program, both.old)
    for old, new in both.pairing.nodes.items():
        one, other = both.was[old], both.now[new]
        if type(one) is type(other):
            continue
        level = both.level(new, "behaviour", "arrive")
        reason = ""
        if old in stood:
            level, reason = (
                "breaking",
                "people who rest here wait for something that is not here any more: give it an id of its own",
            )
        texts = both.old_words.node(one), both.new_words.node(other)
        concerns: Concerns = "here" if level == "breaking" else "ahead"
        yield both.change("D104", ("node", old), ("node", new), Told(f"{new} kind", *texts, level, reason, concerns))


def _scopes(both: Both) -> Iterator[Change]:
    before, after = scopes(both.was), scopes(both.now)
    stood = resting(both.old_side.program, both.old)
    for old, new in both.pairing.nodes.items():
        ours = tuple(both.pairing.nodes.get(name, f"-{name}") for name in before.get(old, ()))
        theirs = after.get(new, ())
        if ours == theirs or type(both.was[old]) is not type(both.now[new]):
            continue
        level = both.level(new, "behaviour", "arrive")
        reason = ""
        if old in stood:
            level, reason = "breaking", "how many rounds people who rest here have behind them is not known in the new version"
        told = Told(f"{new} scope", _around(before.get(old, ())), _around(theirs), level, reason, "here" if reason else "ahead")
        yield both.change("D106", ("node", old), ("node", new), told)


def _around(repeats: tuple[str, ...]) -> str:
    return f"in repeat {' > '.join(repeats)}" if repeats else "in no repeat"
