"""What a rule may look at: the author's text as syntax trees, and what checking made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rtj.compile.flatten import flatten
from rtj.compile.pipeline import Analysis
from rtj.ir import journey as irj
from rtj.lang import syntax as s
from rtj.lang.checked import Checked, CheckedJourney


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
    project were read, without an error, so what nothing uses is really unused."""

    project: s.Project
    checked: Checked
    journeys: tuple[JourneyFacts, ...]
    complete: bool


def gather(analysis: Analysis) -> Facts | None:
    """The facts of what was compiled; None when there is no project."""
    project = analysis.loaded.project
    if project is None:
        return None
    wrong = {d.span.source.path for d in analysis.compiled.diagnostics if d.severity == "error"}
    journeys = tuple(
        JourneyFacts(tree, checked, None if tree.span.source.path in wrong else flatten(checked))
        for tree, checked in zip(analysis.loaded.journeys, analysis.checked.journeys, strict=True)
    )
    return Facts(project, analysis.checked, journeys, analysis.loaded.entire and not wrong)
