"""Events read once for two versions of a program: one decoding where both declare a type alike, two where they do not.

An event of a type that the versions declare otherwise holds a `Fit`: what it is for either of them, or why it is none. What
decides who an event is about, or which events are copies, must be the same in both: else they cannot be read together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Literal, TypeAlias

import msgspec

from rtj.connect.faults import BROKEN, why_properties
from rtj.connect.instants import field_hook
from rtj.connect.kinds import Derive, Kind, Kinds, Reads
from rtj.ir.masking import STARS
from rtj.ir.program import EventType, Namespace, Program
from rtj.ir.records import Event, event_class, mapped_fields

Which: TypeAlias = Literal["old", "new"]
WHICH: tuple[Which, Which] = ("old", "new")
TEXT_MAX = 1_000  # bytes of the properties of an event that fits one version only that are kept


class Fit(msgspec.Struct, gc=False):
    """What an event is for two versions. `misfit`: for which of them it is a dead letter ("" for none, which also one is where
    the type is not declared), `why` so; `text` are its properties then, as far as they are kept."""

    old: Any = None
    new: Any = None
    misfit: str = ""
    why: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Versions:
    """Two programs whose events are read once. `program` declares what either does."""

    old: Program
    new: Program
    program: Program
    twofold: frozenset[str]  # types whose events hold a Fit

    def side(self, which: Which) -> Program:
        """One of the two."""
        return self.old if which == "old" else self.new

    def kinds(self, program: Program, reads: Reads) -> Kinds:
        """What knows the types of events."""
        return _Kinds(self, program, reads)


@dataclass(frozen=True, slots=True)
class BothRead:
    """What either of two machines reads."""

    reads: frozenset[str]
    reads_any: bool
    derived: Mapping[str, tuple[tuple[int, Derive], ...]]


def both_read(old: Reads, new: Reads) -> BothRead:
    """The union; identifiers are computed alike by both."""
    return BothRead(old.reads | new.reads, old.reads_any or new.reads_any, new.derived)


def united(old: Program, new: Program) -> Versions:
    """Two programs that can be read together, as `apart` says."""
    before, after = ({kind.name: kind for kind in program.events} for program in (old, new))
    events = tuple(kind for _, kind in sorted({**before, **after}.items()))
    twofold = frozenset(name for name in before | after if not _alike(old, new, before.get(name), after.get(name)))
    return Versions(old, new, msgspec.structs.replace(new, events=events), twofold)


def apart(old: Program, new: Program) -> tuple[str, ...]:
    """Why two programs cannot read events together: what of them decides who somebody is, or what a copy is. Empty: they can."""
    return tuple(_reasons(old, new))


def _reasons(old: Program, new: Program) -> Iterator[str]:
    if list(map(_identity, old.ranked)) != list(map(_identity, new.ranked)):
        yield "namespaces of identifiers are declared otherwise"
    if old.timezone != new.timezone and any(space.derived for space in new.namespaces):
        yield "identifiers are computed in another time zone"
    if old.dedupe_ms != new.dedupe_ms:
        yield "copies are found within another span of time (`dedupe`)"
    if old.max_skew_ms != new.max_skew_ms:
        yield "events may lie ahead by another span of time (`max_skew`)"
    if old.sources != new.sources:
        yield "sources are mapped otherwise"
    before, after = ({kind.name: kind for kind in program.events} for program in (old, new))
    for name in sorted(before | after):
        yield from _reasons_of(name, before.get(name, EventType(name, ())), after.get(name, EventType(name, ())))
        derived = any(each.event == name for space in new.namespaces for each in space.derived)
        if derived and not _alike(old, new, before.get(name), after.get(name)):
            yield f"identifiers are computed from `{name}`, whose schema is another"


def _reasons_of(name: str, old: EventType, new: EventType) -> Iterator[str]:
    if old.business != new.business:
        yield f"`{name}` is about a person in one version only"
    if old.replaces != new.replaces:
        yield f"`{name}` replaces other identifiers"
    if (old.spelled or (name,)) != (new.spelled or (name,)):
        yield f"`{name}` has other names in sources"


def _identity(space: Namespace) -> Namespace:
    return msgspec.structs.replace(space, labels=())


def _alike(old: Program, new: Program, one: EventType | None, other: EventType | None) -> bool:
    if one is None or other is None:
        return False
    shapes = ([(field.name, field.type) for field in kind.fields] for kind in (one, other))
    return next(shapes) == next(shapes) and mapped_fields(old, one.name) == mapped_fields(new, other.name)


class _Kinds(Kinds):
    """Finds kinds whose events hold a Fit where the versions differ. These are read whoever reads them, for it matters to each
    version whether there is such an event."""

    def __init__(self, versions: Versions, program: Program, reads: Reads) -> None:
        super().__init__(program, reads)
        self._versions = versions

    def _make(self, spec: EventType) -> Kind:
        kind = super()._make(spec)
        if spec.name in self._versions.twofold:
            kind.read = True
            decoders = _Decoders(*self._sides(spec.name))
            kind.decode, kind.decode_lines, kind.convert = decoders.decode, decoders.decode_lines, decoders.convert
        return kind

    def _sides(self, name: str) -> list[type[msgspec.Struct] | None]:
        found: list[type[msgspec.Struct] | None] = []
        for program in (self._versions.old, self._versions.new):
            spec = next((kind for kind in program.events if kind.name == name), None)
            found.append(None if spec is None else event_class(program, spec))
        return found

    def record(self, spec: EventType) -> type[msgspec.Struct]:
        """The class of what an event of a type holds, as `props`."""
        if spec.name not in self._versions.twofold:
            return super().record(spec)
        old, new = ([(which, Any if side is None else side | None, None)]
                    for which, side in zip(WHICH, self._sides(spec.name), strict=True))  # fmt: skip
        columns: list[Any] = [*old, *new, ("misfit", str, ""), ("why", str, ""), ("text", str, "")]
        return msgspec.defstruct("FitOf", columns, bases=(Fit,), gc=False)


class _Decoders:
    """Decodes the properties of one type for both versions. None where a version does not declare it: all events are right."""

    def __init__(self, old: type[msgspec.Struct] | None, new: type[msgspec.Struct] | None) -> None:
        self._records = old, new
        self._json = [None if side is None else msgspec.json.Decoder(side, dec_hook=field_hook) for side in (old, new)]

    def decode(self, raw: Any) -> Fit:
        """One event; raises what the newer version raises if it fits neither."""
        return self._fit([None if one is None else one.decode for one in self._json], raw)

    def decode_lines(self, raw: Any) -> list[Fit]:
        """Events of which all fit both; raises where one does not."""
        old, new = (repeat(None) if one is None else one.decode_lines(raw) for one in self._json)
        return list(map(Fit, old, new))

    def convert(self, value: Any) -> Fit:
        """The same of decoded properties."""

        def converter(record: type[msgspec.Struct]) -> Callable[[Any], Any]:
            return lambda value: msgspec.convert(value, record, dec_hook=field_hook)

        return self._fit([None if record is None else converter(record) for record in self._records], value)

    def _fit(self, ways: list[Callable[[Any], Any] | None], value: Any) -> Fit:
        fit, errors = Fit(), dict[Which, Exception]()
        for which, way in zip(WHICH, ways, strict=True):
            if way is None:
                continue
            try:
                found = way(value)
            except BROKEN as error:
                errors[which] = error
            else:
                fit.old, fit.new = (found, fit.new) if which == "old" else (fit.old, found)
        if len(errors) == len(ways):
            raise errors["new"]
        for which, failed in errors.items():
            fit.misfit, fit.why, fit.text = which, reason_of(failed), _text(value)
        return fit


def reason_of(error: Exception) -> str:
    """Why an event does not fit, without what stood in it, so that there are few reasons."""
    return _without_values(why_properties(error)[1])


def _without_values(text: str) -> str:
    parts = text.split("'")
    return "'".join(part if number % 2 == 0 else STARS for number, part in enumerate(parts))


def _text(value: Any) -> str:
    raw = bytes(value) if isinstance(value, bytes | msgspec.Raw) else msgspec.json.encode(value)
    return raw[:TEXT_MAX].decode("utf-8", "replace")


def seen_by(event: Event, which: Which) -> Event | None:
    """An event that holds a Fit as one version sees it; None where it is a dead letter."""
    fit = event.props
    assert isinstance(fit, Fit)
    if fit.misfit == which:
        return None
    return msgspec.structs.replace(event, props=fit.old if which == "old" else fit.new)
