"""What a project decides once for all: its zone, its secret, who is who, what is kept and what it costs."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.ir.program import Namespace, Program
from rtj.ir.spelling import length_text
from rtj.plan.changes import Change, Spot
from rtj.plan.declared import added, counted, matched, names_text, quiet, removed
from rtj.plan.roots import Root
from rtj.plan.sides import Side
from rtj.plan.words import Words

HIDDEN = "(hidden)"


def roots_of_rules(old: Side, new: Side) -> Iterator[Root]:
    """The differences between the rules of all."""
    was, now = old.program, new.program
    if was.project != now.project:
        yield Root(_wording("project", was.project, now.project, "a name: nothing hangs on it"))
    if was.currency != now.currency:
        yield Root(_wording("currency", was.currency, now.currency, "what costs are counted in decides nothing"))
    if was.timezone != now.timezone:
        reason = "local hours of people without a zone of their own move"
        spot = ("timezone",)
        change = Change(
            "D162", "behaviour", "timezone", was.timezone, now.timezone, reason, concerns="everybody", was=spot, now=spot
        )
        yield Root(change, (spot,))
    if was.secret != now.secret:
        yield Root(_secret(was, now))
    yield from _of_namespaces(old, new)
    yield from _of_suppressed(was, now)
    yield from _of_policies(was, now)
    yield from _of_retention(was, now)


def _wording(name: str, before: str, after: str, reason: str) -> Change:
    return Change("D001", "safe", name, before, after, reason, was=(name,), now=(name,))


def _secret(was: Program, now: Program) -> Change:
    """The values are never shown."""
    before, after = (HIDDEN if program.secret else "" for program in (was, now))
    reason = "keys of messages are made with it: sinks do not recognise what was sent before, so a repeated send is sent twice"
    note = "addresses that are suppressed are compared by hashes made with it: their list must be made anew with the new one"
    return Change(
        "D134", "breaking", "secret", before, after, reason, concerns="everybody", was=("secret",), now=("secret",),
        notes=(note,) if was.suppressed or now.suppressed else (),
    )  # fmt: skip


# ---- who is who


def _of_namespaces(old: Side, new: Side) -> Iterator[Root]:
    spaces = [[(space.name, space) for space in side.program.namespaces] for side in (old, new)]
    words = Words(old.program, old.texts), Words(new.program, new.texts)
    common = {name for name, _ in spaces[0]} & {name for name, _ in spaces[1]}
    ranks = [[space.name for space in side.program.ranked if space.name in common] for side in (old, new)]
    for name, before, after in matched(spaces[0], spaces[1]):
        spot: Spot = ("namespace", name)
        what = f"identifier {name}"
        if before is None:
            reason = "events that carry it link people who were apart"
            yield Root(Change("D154", "behaviour", what, "", name, reason, concerns="everybody", now=spot))
        elif after is None:
            reason = "people who are known by it alone are nobody, and what it linked is linked no more"
            yield Root(Change("D154", "breaking", what, name, "", reason, concerns="everybody", was=spot))
        else:
            yield from _of_namespace(spot, before, after, words, ranks)


def _of_namespace(
    spot: Spot, before: Namespace, after: Namespace, words: tuple[Words, Words], ranks: list[list[str]]
) -> Iterator[Root]:
    texts = [_namespace(space, said) for space, said in zip((before, after), words, strict=True)]
    for part, reason in (
        ("kind", "it is decided otherwise who keeps an identifier when two people claim it"),
        ("unique", "it is decided otherwise whether two people become one"),
        ("normalize", "texts that were one identifier are two, or the other way round"),
        ("region", "numbers without a country become other identifiers"),
        ("derived", "other identifiers are computed from the same events"),
    ):
        if texts[0][part] != texts[1][part]:
            yield _key(spot, part, (texts[0][part], texts[1][part]), reason)
    if before.priority != after.priority:
        pair = str(before.priority), str(after.priority)
        if ranks[0] == ranks[1]:
            reason = "the order of the identifiers is the same"
            yield quiet((*spot, "priority"), f"identifier {spot[1]} priority", *pair, reason)
        else:
            yield _key(spot, "priority", pair, "events belong to whom another identifier names")
    if before.labels != after.labels:
        labels = names_text(before.labels), names_text(after.labels)
        yield quiet((*spot, "labels"), f"identifier {spot[1]} labels", *labels, "labels decide what may be printed")


def _namespace(space: Namespace, words: Words) -> dict[str, str]:
    return {
        "kind": space.kind,
        "unique": "true" if space.unique else "false",
        "normalize": names_text(space.normalize),
        "region": space.region,
        "derived": "; ".join(f"{derived.event}: {words.expr(derived.value)}" for derived in space.derived),
    }


def _key(spot: Spot, part: str, texts: tuple[str, str], reason: str) -> Root:
    here = (*spot, part)
    what = f"identifier {spot[1]} {part}"
    return Root(Change("D154", "breaking", what, *texts, reason, concerns="everybody", was=here, now=here))


# ---- lists and rules about what is kept


def _of_suppressed(was: Program, now: Program) -> Iterator[Root]:
    """Only counts: addresses are nobody's to read. Another secret makes other hashes, which cannot be compared."""
    if was.suppressed == now.suppressed or was.secret != now.secret:
        return
    more, less = (
        len(set(one) - set(other)) for one, other in ((now.suppressed, was.suppressed), (was.suppressed, now.suppressed))
    )
    before, after = (counted(len(program.suppressed), "address") for program in (was, now))
    turns = [f"{counted(more, 'address')} get nothing any more"] * bool(more)
    turns += [f"{counted(less, 'address')} may be written to again"] * bool(less)
    spot = ("suppressed",)
    change = Change("D162", "behaviour", "suppressed", before, after, "; ".join(turns), concerns="everybody", was=spot, now=spot)
    yield Root(change, (spot,), "new" if now.suppressed else "old")


def _of_policies(was: Program, now: Program) -> Iterator[Root]:
    policies = [
        [(one.name, f"{names_text(one.labels)} not for {names_text(one.forbids)}") for one in program.policies]
        for program in (was, now)
    ]
    for name, before, after in matched(policies[0], policies[1]):
        reason = "policies are held to by `rtj validate`: they change nothing of what happens"
        yield _plain(("policy", name), f"policy {name}", before, after, reason)


def _of_retention(was: Program, now: Program) -> Iterator[Root]:
    kept = [[(one.event, length_text(one.keep)) for one in program.retention] for program in (was, now)]
    for event, before, after in matched(kept[0], kept[1]):
        name = "all other events" if event == "*" else event
        reason = "it decides how far back the log reaches from which new facts are filled in, and no journey"
        yield _plain(("retention", event), f"retention of {name}", before, after, reason)


def _plain(spot: Spot, what: str, before: str | None, after: str | None, reason: str) -> Root:
    if before is None:
        return added(spot, what, after or "", reason)
    return removed(spot, what, before, reason) if after is None else quiet(spot, what, before, after, reason)
