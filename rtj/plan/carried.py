"""What people who are inside carry, and what the new version reads of it (D141-D144, D133).

What they carry is followed through both graphs: through the old one up to where they may rest, and from there through the new
one, where nodes bind further names. A name that a node binds on every way to its reader is no concern of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from rtj.ir import journey as j
from rtj.ir.meaning import meant
from rtj.ir.types import fits, is_optional, show
from rtj.plan.both import Both, Told
from rtj.plan.carried_names import Carried, carried
from rtj.plan.carried_reads import Place, Read, places, reads_of, watched
from rtj.plan.changes import Change, Concerns, Level, Spot
from rtj.plan.flow import ways
from rtj.plan.told import listed, told

Hands: TypeAlias = Mapping[str, bool]
"""What people carry, by name: has it been bound by the old version, on some way at least?"""


@dataclass(frozen=True, slots=True)
class Use:
    """A part of the new version that people inside may meet, what it reads, and what they carry there."""

    place: Place
    read: Read
    hands: Hands


def changes_of_carried(both: Both) -> Iterator[Change]:
    """What is different in what instances carry. Changes of names first, by name; then parts that read what is missing."""
    was, now = carried(both.old_side.program, both.old), carried(both.new_side.program, both.new)
    uses = tuple(_uses(both, was))
    missing = [use for use in uses if _lacks(use, was, now)]
    named = {use.read.name for use in missing}
    for name in sorted(was.keys() | now.keys()):
        before, after = was.get(name), now.get(name)
        if before is None and after is not None and name not in named and name not in GIVEN:
            reason = "people inside do not carry it, and nothing ahead of them reads it before it is bound"
            yield both.change("D141", None, after.at, Told(f"name {name}", "", after.text, "safe", reason, "entrants"))
        elif after is None and before is not None and name not in GIVEN:
            reason = "people inside go on carrying it, and nothing reads it"
            yield both.change("D144", before.at, None, Told(f"name {name}", before.text, "", "safe", reason, "nobody"))
        elif before is not None and after is not None:
            yield from _of_types(both, name, (before, after), uses)
    yield from _of_missing(both, missing, now)
    yield from _unremembered(both)


GIVEN = ("entry", "first_entry")  # names that nobody chooses: whether they are there is told by the ways in


# ---- what people carry where


def _uses(both: Both, was: Mapping[str, Carried]) -> Iterator[Use]:
    """What goals, exits and the nodes ahead read."""
    entering = {name: True for name, one in was.items() if one.by_entry}
    for place in watched(both.new) if both.occupied else ():
        for read in reads_of(place.expr):
            yield Use(place, read, entering)
    held = _followed(both.was, {both.old.first: entering} if both.old.first is not None else {}, old=True)
    seeds: dict[str, Hands] = {}
    for node, to in (*both.pairing.nodes.items(), *both.pairing.dropped.items()):
        stood = to in both.occupied or node in both.pairing.dropped
        if to is not None and stood and node in held:
            seeds[to] = _joined(seeds.get(to), held[node])
    for at, hands in _followed(both.now, seeds, old=False).items():
        for place in places(both.now[at]):
            if place.reach == "wait" or at in both.ahead:
                yield from (Use(place, read, hands) for read in reads_of(place.expr) if read.name != place.own)


def _followed(nodes: Mapping[str, j.Node], seeds: Mapping[str, Hands], *, old: bool) -> dict[str, Hands]:
    """What those carry at each node who set out from the seeds with what these say. Ends, for hands only ever get emptier."""
    found: dict[str, Hands] = dict(seeds)
    todo = list(seeds)
    while todo:
        at = todo.pop()
        for address, target in ways(nodes[at]):
            if target is None or target not in nodes:
                continue
            bound = _binds(nodes[at], address)
            arriving = {**found[at], bound: old} if bound is not None else found[at]
            joined = _joined(found.get(target), arriving)
            if joined != found.get(target):
                found[target] = joined
                todo.append(target)
    return found


def _joined(one: Hands | None, other: Hands) -> Hands:
    """What is carried for sure, whichever of two ways was taken."""
    return other if one is None else {name: one[name] or other[name] for name in one if name in other}


def _binds(node: j.Node, way: tuple[str, ...]) -> str | None:
    """The name that is bound as people leave a node by a way."""
    match node:
        case j.WaitFor(cases=cases):
            step = cases[int(way[1])].step if way[0] == "case" else None
            return step.bind if step is not None else None
        case j.Send(bind=bind) | j.CallWebhook(bind=bind) | j.Collect(bind=bind):
            return bind
        case _:
            return None


# ---- what is missing, and what is of another type


def _lacks(use: Use, was: Mapping[str, Carried], now: Mapping[str, Carried]) -> bool:
    """Do people who entered the old version not have what is read there?"""
    name, field = use.read.name, use.read.field
    if name not in now:
        return False  # the item of something else
    if name not in use.hands:
        return True
    return bool(field) and use.hands[name] and name in was and field in now[name].fields and field not in was[name].fields


def _of_missing(both: Both, missing: list[Use], now: Mapping[str, Carried]) -> Iterator[Change]:
    """A change for each name or field and, for messages, each value that needs it."""
    groups: dict[tuple[str, str, str, Spot], list[Use]] = {}
    for use in missing:
        spot = use.place.spot
        sent = spot[0] == "node" and isinstance(both.now[spot[1]], j.Send)
        field = use.read.field if use.read.name in use.hands else ""
        key = ("D133" if sent else "D142", use.read.name, field, spot if sent else ())
        groups.setdefault(key, []).append(use)
    for (code, name, field, _), uses in sorted(groups.items(), key=lambda item: item[0]):
        yield _missing(both, code, (name, field), sorted(uses, key=lambda use: use.place.spot), now[name])


def _missing(both: Both, code: str, path: tuple[str, str], uses: list[Use], kind: Carried) -> Change:
    """One name, or a field of one, that is read at these parts and that people inside do not carry."""
    name, field = path
    called = f"{name}.{field}" if field else name
    of_field = kind.fields.get(field) if field else None
    optional = all(use.read.guarded for use in uses) or (of_field is not None and is_optional(of_field))
    first = uses[0].place.spot
    text = kind.text if of_field is None else show(of_field)
    said = "it is missing for them, which is provided for" if optional else "give it a default with `??`, or test it"
    alone = first[0] == "node" and all(use.place.spot[:2] == first[:2] for use in uses)
    what = Told(
        f"name {called}" if code == "D142" else told(("journey", "", *first)),
        "",
        text if code == "D142" else called,
        "behaviour" if optional else "needs-migration",
        f"`{called}` is read ahead, and those who entered before do not carry it: {said}",
        "ahead" if alone else "inside",
        _read_at(uses) if code == "D142" else (),
        "" if optional else f"{called} ?? …",
    )
    node = next((old for old, new in both.pairing.nodes.items() if new == first[1]), "") if alone else ""
    return msgspec.structs.replace(both.change(code, None, first, what), node=node)


def _unremembered(both: Both) -> Iterator[Change]:
    """Cases `since entry` for which nobody has remembered anything: what came before the new version is no match for them."""
    before = {new: old for old, new in both.pairing.nodes.items()}
    for node in both.now.values():
        old = both.was.get(before.get(node.id, ""))
        known = [meant((case.step, case.when)) for case in old.cases] if isinstance(old, j.WaitFor) else []
        for number, case in enumerate(node.cases if isinstance(node, j.WaitFor) and node.id in both.ahead else ()):
            if case.step is not None and case.step.since_entry and meant((case.step, case.when)) not in known:
                spot = ("node", node.id, "case", str(number))
                reason = "what came before the new version is not remembered for it: people inside wait for the next one"
                what = Told(told(("journey", "", *spot)), "", both.new_words.case(case), "behaviour", reason)
                change = both.change("D142", None, spot, what)
                yield msgspec.structs.replace(change, node=before.get(node.id, ""))


def _of_types(both: Both, name: str, kinds: tuple[Carried, Carried], uses: tuple[Use, ...]) -> Iterator[Change]:
    """D143, for what is read ahead of what the old version has bound."""
    before, after = kinds
    concerned = [use for use in uses if use.read.name == name and use.hands.get(name)]
    if before.shape != after.shape:
        level: Level = "breaking" if concerned else "safe"
        reason = "what people inside carry is of another kind" if concerned else "nothing ahead of people inside reads theirs"
        texts = before.text, after.text
        yield both.change("D143", before.at, after.at, Told(f"name {name}", *texts, level, reason, "inside", _read_at(concerned)))
        return
    for field in sorted({use.read.field for use in concerned}):
        old, new = before.fields.get(field), after.fields.get(field)
        if old is None or new is None or old == new:
            continue
        where = _read_at([use for use in concerned if use.read.field == field])
        wider = fits(old, new)
        reason = "wider: what people inside carry still fits" if wider else "people inside carry a value of the old type"
        level, concerns = _SAFE if wider else _BREAKING
        what = Told(f"name {name}.{field}", show(old), show(new), level, reason, concerns, where)
        yield both.change("D143", before.at, after.at, what)


_SAFE: tuple[Level, Concerns] = ("safe", "nobody")
_BREAKING: tuple[Level, Concerns] = ("breaking", "inside")


def _read_at(uses: list[Use]) -> tuple[str, ...]:
    at = sorted({told(("journey", "", *use.place.spot)) for use in uses})
    return (f"read at {listed(at)}",) if at else ()
