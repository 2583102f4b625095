"""What a rule may look at: the author's text as syntax trees, and what checking made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from rtj.base.memory import Is, Memory
from rtj.compile.pipeline import Analysis, flattened
from rtj.ir import journey as irj
from rtj.lang import syntax as s
from rtj.lang.checked import Checked, CheckedJourney
from rtj.lang.node_ids import statements


@dataclass(frozen=True, slots=True)
class JourneyFacts:
    """One journey. `tree` has the positions, `checked` the blocks; `machine` is the flat state machine, None when an error
    stands in the file of the journey: then only what the tree alone shows may be judged, and only if `tree.whole`."""

    tree: s.Journey
    checked: CheckedJourney
    machine: irj.Journey | None

    @property
    def name(self) -> str:
        return self.tree.name.text

    @property
    def ids(self) -> Mapping[int, str]:
        """The id of each node, by the identity of its tree."""
        return self.checked.ids


@dataclass(frozen=True, slots=True)
class Facts:
    """A project. `project` is the tree of rtj.yaml and all that it includes. `checked.of(tree)` is the type and the lowered
    form of an expression of any tree; its type is `UNKNOWN` where a mistake was reported. `complete`: all journeys of the
    project were read, without an error, so what nothing uses is really unused. `emitted`: the event types that any journey
    emits."""

    project: s.Project
    checked: Checked
    journeys: tuple[JourneyFacts, ...]
    complete: bool
    emitted: frozenset[str] = frozenset()


def gather(analysis: Analysis, memory: Memory | None = None) -> Facts | None:
    """The facts of what was compiled; None when there is no project. `memory`: that of the compiler."""
    memory = memory or Memory()
    project = analysis.loaded.project
    if project is None:
        return None
    wrong = {d.span.source.path for d in analysis.compiled.diagnostics if d.severity == "error"}
    journeys = tuple(
        JourneyFacts(tree, checked, None if tree.span.source.path in wrong else flattened(checked, memory))
        for tree, checked in zip(analysis.loaded.journeys, analysis.checked.journeys, strict=True)
    )
    emitted = frozenset[str]().union(*(memory.recall("emits", (Is(j.tree),), partial(_emits, j.tree)) for j in journeys))
    return Facts(project, analysis.checked, journeys, analysis.loaded.entire and not wrong, emitted)


def _emits(tree: s.Journey) -> frozenset[str]:
    return frozenset(node.event.text for node in statements(tree.nodes) if isinstance(node, s.Emit))
