"""Attributes, computed attributes, audiences and tables that are another (D164)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rtj.ir import journey as j
from rtj.ir.expr import Length, Type
from rtj.ir.meaning import meant, remembering
from rtj.ir.program import Aggregate, Audience, Mapping, Program, Rows, Table
from rtj.ir.spelling import Speller, length_text
from rtj.ir.types import fits, optional, show
from rtj.plan.changes import Change, Level, Spot
from rtj.plan.declared import added, both_quoted, counted, matched, names_text, quiet, removed
from rtj.plan.guards import Guards
from rtj.plan.lineage_reads import LIFTED
from rtj.plan.roots import Root
from rtj.plan.sides import Side
from rtj.plan.words import Words

FILLED = "filled from the log as far as it is kept there"  # S12.4
NO_JOURNEY = j.Journey("", (), (), None)  # in which a condition of the project stands
replace = msgspec.structs.replace


def roots_of_facts(old: Side, new: Side) -> Iterator[Root]:
    """The differences between what is known of people and things."""
    yield from _of_attributes(old, new)
    yield from _of_audiences(old, new)
    tables = [[(table.name, table) for table in side.program.tables] for side in (old, new)]
    for name, before, after in matched(tables[0], tables[1]):
        spot: Spot = ("table", name)
        if before is None:
            yield added(spot, f"table {name}", reason="nothing looked up a row of it before")
        elif after is None:
            yield removed(spot, f"table {name}")
        else:
            yield from _of_table(spot, before, after)


def _fact(spot: Spot, what: str, texts: tuple[str, str], reason: str, level: Level = "behaviour") -> Root:
    """A change of a declaration that journeys may hang on; D170 where none does."""
    before, after = both_quoted(*texts)
    change = Change("D164", level, what, before, after, reason, concerns="everybody", was=spot, now=spot)
    return Root(change, (spot[:2],), unused="D170")


# ---- attributes


def _of_attributes(old: Side, new: Side) -> Iterator[Root]:
    said = [_Attributes(side) for side in (old, new)]
    fields = [_types(side.program) for side in (old, new)]
    for name, before, after in matched(*(list(attributes(side.program).items()) for side in (old, new))):
        spot: Spot = ("attribute", name)
        what = f"attribute {name}"
        if before is None:
            assert after is not None
            root = added(spot, what, said[1].text(after))
            note = (filled(after),) if isinstance(after, Aggregate) else ()
            yield Root(replace(root.change, notes=note))
        elif after is None:
            yield removed(spot, what, said[0].text(before))
        elif isinstance(before, Mapping) and isinstance(after, Mapping):
            follows = all(_follows(one, found) for one, found in zip((before, after), fields, strict=True))
            yield from _of_mapping(spot, before, replace(after, type=before.type) if follows else after)
        else:
            yield _computed(spot, (said[0].text(before), said[1].text(after)), after)


def _types(program: Program) -> dict[tuple[str | None, str | None], Type]:
    return {(kind.name, field.name): optional(field.type) for kind in program.events for field in kind.fields}


def _follows(mapping: Mapping, types: dict[tuple[str | None, str | None], Type]) -> bool:
    """Has the attribute no type but that of the field it comes from? Then a change of that says all (D161)."""
    return types.get((mapping.event, mapping.field)) == mapping.type


def attributes(program: Program) -> dict[str, Mapping | Aggregate]:
    """What `profile.NAME` may name, by name."""
    found: dict[str, Mapping | Aggregate] = {mapping.name: mapping for mapping in program.mappings}
    return found | {one.name: remembering(one) for one in program.aggregates if not LIFTED.fullmatch(one.name)}


class _Attributes:
    """Spells the attributes of one version."""

    def __init__(self, side: Side) -> None:
        self._speller = Speller(side.program, side.texts)

    def text(self, attribute: Mapping | Aggregate) -> str:
        """As it is declared."""
        if isinstance(attribute, Aggregate):
            return self._speller.aggregate(attribute.name)
        return f"{_source(attribute)} ({show(attribute.type)})"


def _computed(spot: Spot, texts: tuple[str, str], after: Mapping | Aggregate) -> Root:
    """A computed attribute is another, or is one now, or no more."""
    root = _fact(spot, f"attribute {spot[1]}", texts, "it is computed otherwise")
    notes = (filled(after),) if isinstance(after, Aggregate) else ()
    return Root(replace(root.change, notes=notes), root.starts, unused=root.unused)


def filled(aggregate: Aggregate) -> str:
    """From when on a computed attribute is right (S12.4)."""
    over = aggregate.window.over
    if over is not None and over != Length():
        return f"{FILLED}; else it is right {length_text(over)} after the new version has begun"
    if aggregate.window.this is not None:
        return f"{FILLED}; else it is right from the next {aggregate.window.this} on"
    return f"{FILLED}; else it knows only what comes after the new version has begun"


def _of_mapping(spot: Spot, before: Mapping, after: Mapping) -> Iterator[Root]:
    what = f"attribute {spot[1]}"
    if before.type != after.type:
        yield _typed(spot, what, before.type, after.type)
    if (before.event, before.field) != (after.event, after.field):
        texts = _source(before), _source(after)
        yield _fact((*spot, "from"), f"{what} from", texts, "its values come from elsewhere; those that are known stay")
    if before.default != after.default:
        texts = _default(before), _default(after)
        yield _fact((*spot, "default"), f"{what} default", texts, "people of whom nothing is known have another value")
    if before.codes != after.codes:
        codes = [", ".join(f"{raw}: {value}" for raw, value in one.codes) for one in (before, after)]
        reason = "raw values become other ones from now on; those that are known stay"
        yield _fact((*spot, "codes"), f"{what} codes", (codes[0], codes[1]), reason)
    if before.labels != after.labels:
        labels = names_text(before.labels), names_text(after.labels)
        reason = "labels decide what may be printed and what policies allow"
        yield quiet((*spot, "labels"), f"{what} labels", *labels, reason)


def _typed(spot: Spot, what: str, before: Type, after: Type) -> Root:
    texts = show(before), show(after)
    if fits(before, after):
        return _fact((*spot, "type"), what, texts, "wider: values that were refused are taken, and those that are known stay")
    word = "narrower" if fits(after, before) else "another type"
    reason = f"{word}: values that are known of people may not fit it"
    return _fact((*spot, "type"), what, texts, reason, "breaking")


def _source(mapping: Mapping) -> str:
    return f"{mapping.event}.{mapping.field}" if mapping.event is not None else "set by journeys"


def _default(mapping: Mapping) -> str:
    return "" if mapping.default is None else str(mapping.default)


# ---- audiences


def _of_audiences(old: Side, new: Side) -> Iterator[Root]:
    audiences = [[(one.name, one) for one in side.program.audiences] for side in (old, new)]
    words = Words(old.program, old.texts), Words(new.program, new.texts)
    for name, before, after in matched(audiences[0], audiences[1]):
        spot: Spot = ("audience", name)
        what = f"audience {name}"
        if before is None:
            assert after is not None
            root = added(spot, what, _audience(after, words[1]))
            note = f"who belongs to it is found as the new version begins: history that it reads is {FILLED}"
            yield Root(replace(root.change, notes=(note,) if after.condition is not None else ()))
        elif after is None:
            yield removed(spot, what, _audience(before, words[0]))
        elif meant(before.condition) != meant(after.condition) or before.members != after.members:
            yield _of_audience(spot, before, after, (old, new))


def _of_audience(spot: Spot, before: Audience, after: Audience, sides: tuple[Side, Side]) -> Root:
    what, words = f"audience {spot[1]}", [Words(side.program, side.texts) for side in sides]
    texts = _audience(before, words[0]), _audience(after, words[1])
    if before.condition is None or after.condition is None:
        more, less = len(set(after.members) - set(before.members)), len(set(before.members) - set(after.members))
        reason = (
            f"{more:,} more in its list, {less:,} fewer" if before.condition is after.condition else "another kind of audience"
        )
        return _fact(spot, what, texts, reason)
    shift = Guards(*sides, NO_JOURNEY, NO_JOURNEY).condition_change(before.condition, after.condition)
    assert shift is not None
    if shift.direction == "same":
        return quiet(spot, what, *texts, "it is written otherwise and means the same")
    reason = {"looser": "looser: more people belong to it", "tighter": "tighter: fewer people belong to it"}.get(
        shift.direction, "other people belong to it"
    )
    root = _fact(spot, what, texts, reason)
    return Root(replace(root.change, notes=shift.notes), root.starts, unused=root.unused)


def _audience(audience: Audience, words: Words) -> str:
    return words.expr(audience.condition) if audience.condition is not None else counted(len(audience.members), "member")


# ---- tables


def _of_table(spot: Spot, before: Table, after: Table) -> Iterator[Root]:
    what = f"table {spot[1]}"
    fields = [{one.name: one.type for one in (table.key, *table.fields)} for table in (before, after)]
    if before.key.name != after.key.name or fields[0] != fields[1]:
        narrower = any(not fits(kind, fields[1].get(name, kind)) for name, kind in fields[0].items())
        gone = sorted(fields[0].keys() - fields[1].keys())
        reason = "values of another type stand in its rows" if narrower else "its rows have other fields"
        texts = [", ".join(f"{name}: {show(kind)}" for name, kind in one.items()) for one in fields]
        level: Level = "breaking" if narrower or gone else "behaviour"
        yield _fact((*spot, "fields"), f"{what} fields", (texts[0], texts[1]), reason, level)
    if before.event != after.event:
        texts = [f"from {table.event}" if table.event is not None else "from rows" for table in (before, after)]
        yield _fact((*spot, "event"), f"{what} from", (texts[0], texts[1]), "its rows come from elsewhere")
    if before.rows != after.rows:
        counts = [counted(len(table.rows), "row") for table in (before, after)]
        turn = rows_turn(before.rows, after.rows)
        pair = [counts[0], counts[1] if counts[0] != counts[1] else f"{counts[1]}: {turn}"]
        yield _fact((*spot, "rows"), f"{what} rows", (pair[0], pair[1]), turn)
    labels = [[(one.name, one.labels) for one in (table.key, *table.fields)] for table in (before, after)]
    if labels[0] != labels[1] and fields[0] == fields[1]:
        yield quiet((*spot, "labels"), f"{what} labels", "", "", "labels decide what may be printed and what policies allow")


def rows_turn(before: Rows, after: Rows) -> str:
    """How many rows are new, gone and another; never which."""
    was = {(key, since): cells for key, cells, since in before}
    now = {(key, since): cells for key, cells, since in after}
    more, less = len(now.keys() - was.keys()), len(was.keys() - now.keys())
    other = sum(1 for place in was.keys() & now.keys() if was[place] != now[place])
    return f"{counted(more, 'row')} added, {less:,} removed, {other:,} changed"
