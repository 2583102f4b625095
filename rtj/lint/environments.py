"""What environments leave out: channels whose messages go where nobody looks."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic
from rtj.lang.check_environments import STORE_FOLDER
from rtj.lang.read_environments import ALL
from rtj.lint.facts import Facts

NAMED_MAX = 4  # channels that a message names


def no_sink(facts: Facts) -> Iterator[Diagnostic]:
    """W427: an environment that names sinks, but neither one for some channel nor one for all others."""
    declared = [channel.name.text for channel in facts.project.channels]
    for environment in facts.project.environments:
        named = {sink.name.text for sink in environment.channels}
        lost = [name for name in declared if name not in named]
        if not named or not lost or ALL in named or not environment.whole:
            continue
        more = f" and {len(lost) - NAMED_MAX} more" if len(lost) > NAMED_MAX else ""
        told = ", ".join(f"`{name}`" for name in lost[:NAMED_MAX]) + more
        file = f"{STORE_FOLDER}/{environment.name.text}.messages.jsonl"
        message = f"`{environment.name.text}` names no sink for {told}: those messages go to {file}"
        hint = f'name one, or say where all others go: `"{ALL}": {{file: {file}}}`'
        yield Diagnostic("W427", message, environment.channels[0].name.span, hint, (), "warning")
