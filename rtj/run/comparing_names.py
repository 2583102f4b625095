"""Under which names two versions are compared: those of the newer one, where it says what things were called before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtj.connect.versions import Which
from rtj.ir.crossing import heirs, moved_nodes
from rtj.ir.masking import Masker
from rtj.ir.program import Program

NOTHING: Mapping[str, str] = {}
_MINTED = ("instance", "cause", "n")  # hashes, or of an event whose name is one: other where a journey has another name


@dataclass(frozen=True, slots=True)
class Names:
    """`journeys`: new names by old ones, where they differ; `nodes`: new ids of nodes by old ones, by the old name of the
    journey."""

    journeys: Mapping[str, str]
    nodes: Mapping[str, Mapping[str, str]]

    def of(self, which: Which) -> Mapping[str, str]:
        """What journeys of a version are called in the newer one."""
        return self.journeys if which == "old" else NOTHING

    def essence(self, record: Mapping[str, Any], which: Which) -> dict[str, Any]:
        """What a record of the trace decides, under the newer names and without what is minted."""
        found = {name: value for name, value in record.items() if name not in _MINTED}
        if found.get("what") == "sent":
            del found["key"]
        if which == "old":
            journey = str(found.get("journey", ""))
            node = found.get("node")
            if node is not None:
                found["node"] = self.nodes.get(journey, NOTHING).get(node, node)
            for name in ("journey", "other"):
                if name in found and (name == "journey" or found["what"] == "started"):
                    found[name] = self.journeys.get(found[name], found[name])
        return found


def names_of(old: Program, new: Program) -> Names:
    """By `formerly` and `moved`, as far as they speak of what the older version has and the newer has not."""
    was, now = ({journey.name: journey for journey in program.journeys} for program in (old, new))
    names = heirs(old.journeys, new.journeys)
    moved = {name: moved_nodes(was[name], now[heir]) for name, heir in names.items()}
    renamed = {name: heir for name, heir in names.items() if name != heir}
    return Names(renamed, {name: nodes for name, nodes in moved.items() if nodes})


@dataclass(frozen=True, slots=True)
class Maskers:
    """What either version labels is masked."""

    old: Masker
    new: Masker

    def identifier(self, spelled: str) -> str:
        """An identifier or the origin of a profile."""
        masked = self.new.identifier(spelled)
        return masked if masked != spelled else self.old.identifier(spelled)

    def record(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """A record of the trace, a whole line."""
        before, after = self.old.record(record), self.new.record(record)
        return {name: _hidden(value, before[name], after[name]) for name, value in record.items()}

    def optional(self, record: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """The same of what may be nothing."""
        return None if record is None else self.record(record)

    def line(self, text: str) -> str:
        """A line of events."""
        masked = self.new.broken_line(text)
        return masked if self.new.active or not self.old.active else self.old.broken_line(text)


def _hidden(plain: Any, before: Any, after: Any) -> Any:
    if isinstance(plain, Mapping):
        return {name: _hidden(value, before[name], after[name]) for name, value in plain.items()}
    return after if after != plain else before


def maskers_of(old: Program, new: Program, *, show: bool) -> Maskers:
    """Those of two versions."""
    return Maskers(Masker(old, show=show), Masker(new, show=show))
