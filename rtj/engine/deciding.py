"""A kernel that notes what is decided about people, shortly: entries, goals, ends, messages sent and blocked, arms, calls.

For whoever compares two programs: what it notes are plain tuples, so that those of two runs are compared at once, and journeys
and nodes bear the names that the newer program gives them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.state import Instance, Profile
from rtj.ir.journey import Split

if TYPE_CHECKING:
    from rtj.engine.actions import SendMachine
    from rtj.engine.gates import Blocked

Passage: TypeAlias = tuple[str, str | None, int, str]
"""An instance by what its id is made of: origin and key, when it was entered and by which trigger (S7.5)."""
Decision: TypeAlias = tuple[Any, ...]
"""(instant, origin of the profile, what, journey, passage, more): what `more` is stands at the method that notes it."""


class Deciding(Kernel):
    """Works as every kernel does, whatever it records. `journeys`: other names of journeys; `nodes`: other ids of nodes, by the
    journey's own name; `stamped`: messages whose text is another than that of the program compared with. `absorbed`: origins of
    profiles that have become one with another, and its origin."""

    def __init__(
        self,
        machine: Machine,
        recorder: Recorder,
        journeys: Mapping[str, str],
        nodes: Mapping[str, Mapping[str, str]],
        stamped: Collection[str] = (),
    ) -> None:
        super().__init__(machine, recorder, Level.COUNTS)
        self.decisions: list[Decision] = []
        self.absorbed: dict[str, str] = {}
        specs = machine.program.journeys
        self._names = [journeys.get(spec.name, spec.name) for spec in specs]
        self._nodes = [{node.id: nodes.get(spec.name, {}).get(node.id, node.id) for node in spec.nodes} for spec in specs]
        self._splits = [frozenset(node.id for node in spec.nodes if isinstance(node, Split)) for spec in specs]
        self._stamped = frozenset(stamped)

    def clear(self) -> None:
        """Begin anew, for other people."""
        self.decisions = []
        if self.absorbed:
            self.absorbed = {}

    def merged(self, stays: Profile, goes: Profile, at: int) -> None:
        """Who has become whom."""
        super().merged(stays, goes, at)
        self.absorbed[goes.origin] = stays.origin

    def _passage(self, inst: Instance) -> Passage:
        return inst.origin, inst.key, inst.entered, inst.trigger

    def entered(self, p: Profile, inst: Instance, at: int, cause: str) -> None:
        """Nothing more."""
        super().entered(p, inst, at, cause)
        self.decisions.append((at, p.origin, "entered", self._names[inst.journey.index], self._passage(inst)))

    def left(self, p: Profile, inst: Instance, at: int, reason: str, node: str | None) -> None:
        """The reason."""
        super().left(p, inst, at, reason, node)
        self.decisions.append((at, p.origin, "left", self._names[inst.journey.index], self._passage(inst), reason))

    def reached(self, p: Profile, inst: Instance, at: int, cause: str) -> None:
        """Nothing more."""
        super().reached(p, inst, at, cause)
        self.decisions.append((at, p.origin, "goal", self._names[inst.journey.index], self._passage(inst)))

    def called(self, p: Profile, inst: Instance, at: int, node: str, webhook: str) -> None:
        """The node, the webhook."""
        super().called(p, inst, at, node, webhook)
        place = inst.journey.index
        self.decisions.append(
            (at, p.origin, "called", self._names[place], self._passage(inst), self._nodes[place][node], webhook)
        )

    def goes(self, p: Profile, inst: Instance, at: int, node: str, to: str) -> None:
        """Of splits alone: the node, the arm."""
        place = inst.journey.index
        if node in self._splits[place]:
            self.decisions.append((at, p.origin, "arm", self._names[place], self._passage(inst), self._nodes[place][node], to))

    def sent(self, p: Profile, inst: Instance, node: SendMachine, channel: str, at: int) -> None:
        """The node, the visit, the message, the channel, the variables, and whether the text is another."""
        super().sent(p, inst, node, channel, at)
        place, message = inst.journey.index, node.spec.message
        self.count("message", inst.journey.name, message, channel)
        self.decisions.append(
            (
                *(at, p.origin, "sent", self._names[place], self._passage(inst), self._nodes[place][node.id]),
                *((inst.visits or {}).get(node.index, 1), message, channel, node.pairs.printed(p, inst, at)),
                message in self._stamped,
            )
        )

    def blocked(self, p: Profile, inst: Instance, node: SendMachine, channel: str, at: int, by: Blocked) -> None:
        """The node, the message, the channel, the gate, the rule."""
        super().blocked(p, inst, node, channel, at, by)
        place = inst.journey.index
        where = (at, p.origin, "blocked", self._names[place], self._passage(inst), self._nodes[place][node.id])
        self.decisions.append((*where, node.spec.message, channel, by.gate, by.rule))
