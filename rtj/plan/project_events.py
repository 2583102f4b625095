"""Event types that are another (D161): what events of before still pass, and who reads what is gone."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rtj.ir.program import EventField, EventType
from rtj.ir.types import fits, is_optional, show
from rtj.plan.changes import Change, Spot
from rtj.plan.declared import added, matched, names_text, quiet
from rtj.plan.roots import Root
from rtj.plan.sides import Side

replace = msgspec.structs.replace
REFUSED = "events that do not fit become dead letters, and nothing sees them"
UNCHANGED = "every event that was taken is still taken"


def roots_of_events(old: Side, new: Side) -> Iterator[Root]:
    """The differences between event types."""
    types = [[(kind.name, kind) for kind in side.program.events] for side in (old, new)]
    for name, before, after in matched(types[0], types[1]):
        spot: Spot = ("event", name)
        if before is None:
            yield added(spot, f"event {name}", reason="nothing listened to it before")
        elif after is None:
            reason = "what read it gets nothing more of it"
            change = Change("D161", "breaking", f"event {name}", "", "", reason, concerns="everybody", was=spot)
            yield Root(change, (spot,), "old", "no", "readers")
        else:
            yield from _of_type(spot, before, after)


def _of_type(spot: Spot, before: EventType, after: EventType) -> Iterator[Root]:
    fields = [[(field.name, field) for field in kind.fields] for kind in (before, after)]
    for name, old, new in matched(fields[0], fields[1]):
        yield from _of_field(spot, name, old, new)
    if before.business != after.business:
        texts = [("about a thing" if kind.business else "about a person") for kind in (before, after)]
        reason = "a business event changes no facts and is offered to everybody; one about a person is that person's alone"
        yield _change(spot, "business", texts, Change("D161", "breaking", "", reason=reason))
    if before.late != after.late:
        reason = "late events still change facts, and end instances" if after.late == "facts" else "late events are refused"
        yield _change(spot, "late", [before.late, after.late], Change("D161", "behaviour", "", reason=reason))
    if before.replaces != after.replaces:
        reason = "it is decided otherwise whether a new identifier takes the place of the old one"
        texts = [names_text(before.replaces), names_text(after.replaces)]
        yield _change(spot, "replaces", texts, Change("D161", "behaviour", "", reason=reason))
    if before.spelled != after.spelled:
        yield _spelled(spot, before, after)


def _spelled(spot: Spot, before: EventType, after: EventType) -> Root:
    was, now = (set(kind.spelled or (kind.name,)) for kind in (before, after))
    gone = sorted(was - now)
    texts = [", ".join(sorted(was)), ", ".join(sorted(now))]
    if gone:
        reason = f"events that sources call {', '.join(f'`{name}`' for name in gone)} are not read as this type any more"
        return _change(spot, "spelled", texts, Change("D161", "breaking", "", reason=reason))
    reason = "events under further names are read as this type"
    return _change(spot, "spelled", texts, Change("D161", "behaviour", "", reason=reason))


def _change(spot: Spot, part: str, texts: list[str], change: Change) -> Root:
    """A change of how a whole type is read; `change` has its code, level and reason."""
    here = (*spot, part)
    what, (before, after) = f"event {spot[1]} {part}", texts
    told = replace(change, what=what, before=before, after=after, concerns="everybody", was=here, now=here)
    return Root(told, (spot,), counts="readers")


def _of_field(spot: Spot, name: str, before: EventField | None, after: EventField | None) -> Iterator[Root]:
    here: Spot = (*spot, "field", name)
    what = f"{spot[1]}.{name}"
    if before is None:
        assert after is not None
        text = show(after.type)
        if is_optional(after.type):
            yield Root(Change("D161", "safe", what, "", text, f"it may be missing: {UNCHANGED}", now=here))
        else:
            reason = f"events without it do not fit: {REFUSED}"
            yield Root(
                Change("D161", "breaking", what, "", text, reason, concerns="everybody", now=here), (spot,), counts="readers"
            )
    elif after is None:
        reason = "what read it has no value any more"
        change = Change("D161", "breaking", what, show(before.type), "", reason, concerns="everybody", was=here)
        yield Root(change, (here,), "old", "no", "readers")
    elif before.type == after.type:
        labels = names_text(before.labels), names_text(after.labels)
        yield quiet(here, f"{what} labels", *labels, "labels decide what may be printed and what policies allow")
    else:
        yield _of_type_of_field(spot, here, before, after)


def _of_type_of_field(spot: Spot, here: Spot, before: EventField, after: EventField) -> Root:
    what, texts = f"{spot[1]}.{before.name}", (show(before.type), show(after.type))
    if fits(before.type, after.type):
        return Root(Change("D161", "safe", what, *texts, f"wider: {UNCHANGED}", was=here, now=here))
    word = "narrower" if fits(after.type, before.type) else "another type"
    change = Change("D161", "breaking", what, *texts, f"{word}: {REFUSED}", concerns="everybody", was=here, now=here)
    return Root(change, (here, spot), counts="readers")
