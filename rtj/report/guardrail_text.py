"""Guardrails in words, as a plan tells of those that watch what it brings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rtj.base.plain import one_line
from rtj.ir.environments import Guardrail
from rtj.plan.stages import HandOver, Pause, Publish, Ramp, Stage, Switch
from rtj.report.moments import counted, length_words

MEASURED = {
    "opt_outs": ("of its messages are answered by an opt-out", "message"),
    "failures": ("of its deliveries fail", "delivery", "deliveries"),
    "errors": ("of its passages end in an error", "passage"),
}
JOURNEYS_MAX = 3  # that a sentence names


def watch_words(guardrails: Iterable[Guardrail], stages: Iterable[Stage]) -> Iterator[str]:
    """A sentence for each guardrail that watches what a deployment brings; none where it brings nothing that could be halted."""
    done = list(stages)
    if not any(isinstance(stage, (Publish, Switch, Ramp, HandOver)) for stage in done) or all(isinstance(s, Pause) for s in done):
        return
    ramps = any(isinstance(stage, Ramp) and 0 < stage.percent < 100 for stage in done)
    for guard in guardrails:
        yield guard_words(guard, ramps=ramps)


def guard_words(guard: Guardrail, *, ramps: bool) -> str:
    """What is measured, and what follows."""
    over = length_words(guard.over_ms)
    if guard.measure == "messages":
        broken = f"more than {guard.above:,} messages in {over}"
    else:
        told, *units = MEASURED[guard.measure]
        broken = f"more than {guard.above / 10_000:g} % {told}, within {over} and of at least {counted(guard.at_least, *units)}"
    named = ", ".join(one_line(name) for name in guard.journeys[:JOURNEYS_MAX])
    more = f" and {len(guard.journeys) - JOURNEYS_MAX} more" if len(guard.journeys) > JOURNEYS_MAX else ""
    whose = f" ({named}{more})" if named else ""
    return f"{one_line(guard.name)}: {broken}{whose}: {_follows(guard, ramps=ramps)}"


def _follows(guard: Guardrail, *, ramps: bool) -> str:
    match guard.then:
        case "tell":
            return "it is told"
        case "halt" if ramps:
            return "the ramp goes back to 0 %"
        case _:
            return "the journey is paused"
