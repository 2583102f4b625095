"""`rtj run`: an environment lives, and one sees how: a panel on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from rtj.cli.deploy_place import now_ms, opened
from rtj.cli.outcome import OK
from rtj.cli.screen import Color, Piece, Screen, line, shows_blocks
from rtj.deploy.holders import holder
from rtj.ir.environments import Environment
from rtj.live.assembling import RunOptions, run_environment
from rtj.live.journal import Journal
from rtj.live.vitals import Vitals
from rtj.report.moments import counted
from rtj.store.port import Store

View: TypeAlias = Literal["auto", "panel", "plain", "json"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed; see `rtj.cli.run_command` for the meaning of each."""

    environment: str | None = None
    project: Path | None = None
    once: bool = False
    standby: bool = False
    trace: Path | None = None
    show_pii: bool = False
    quiet: bool = False
    view: View = "auto"
    color: Color = "auto"


def live(asked: Asked) -> int:
    """Run until it is asked to end."""
    vitals = Vitals()
    options = RunOptions(asked.once, asked.standby, asked.trace, asked.show_pii, vitals)
    view = view_of(asked)
    with opened(asked.environment, asked.project) as place:
        if view == "panel":
            _with_panel(place.environment, place.store, options, asked)
        else:
            journal = Journal(sys.stderr, form=view, least="warning" if asked.quiet else "info")
            _run(place.environment, place.store, options, journal)
    return OK


def view_of(asked: Asked) -> Literal["panel", "plain", "json"]:
    """What is shown: on a terminal a panel, unless it is too dumb for one or nothing is to be told."""
    if asked.view != "auto":
        return asked.view
    if not sys.stderr.isatty():
        return "json"
    return "plain" if asked.quiet or os.environ.get("TERM", "dumb") == "dumb" else "panel"


def _run(environment: Environment, store: Store, options: RunOptions, journal: Journal) -> None:
    if environment.guardrails:
        from rtj.deploy.halting import Halting

        options = replace(options, order=Halting(environment.name, store, now_ms))
    run_environment(environment, store, holder(f"run {environment.name}", now_ms()), options, journal)


def _with_panel(environment: Environment, store: Store, options: RunOptions, asked: Asked) -> None:
    from rtj.cli.live_screen import LiveScreen
    from rtj.cli.panel import Panel
    from rtj.cli.panel_lines import setting_of

    screen = LiveScreen(asked.color)
    journal = Journal(screen, form="plain", least="warning" if asked.quiet else "info")
    with Panel(screen, options.vitals, setting_of(environment, blocks=shows_blocks(sys.stderr))):
        _run(environment, store, options, journal)
    Screen(asked.color).complain([line(Piece(ended_words(options.vitals), "strong"))])


def ended_words(vitals: Vitals) -> str:
    """What came of a run, in a sentence."""
    events, messages = sum(vitals.events.read().values()), sum(vitals.messages.read().values())
    waiting = sum(one.waiting for one in vitals.outbox.values())
    told = f"ended in order: {counted(events, 'event')} read, {counted(messages, 'message')} asked for"
    return f"{told}; {counted(waiting, 'message')} in the outbox: the next run goes on with them" if waiting else told
