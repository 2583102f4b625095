"""Where a command of deployments works: an environment of the project, and its store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rtj.cli.environments import find_environment
from rtj.ir.environments import Environment, looked_up
from rtj.lang.discover import PROJECT_FILE, project_file
from rtj.lang.load import shown
from rtj.store.opening import open_store
from rtj.store.port import Store

if TYPE_CHECKING:
    from rtj.cli.screen import Screen
    from rtj.deploy.sessions import Sessions


@dataclass(frozen=True)
class Place:
    """`root`: the folder of the project."""

    environment: Environment
    root: Path
    store: Store

    @contextmanager
    def watched(self, screen: Screen) -> Iterator[None]:
        """A bar on a terminal while people are read, where they are many. Nothing is printed meanwhile."""
        from rtj.cli.progress import Meter

        with Meter(screen) as meter:
            self.hands.on_progress = meter
            try:
                yield
            finally:
                self.hands.on_progress = None

    @cached_property
    def hands(self) -> Sessions:
        """By what people are worked on where nobody runs."""
        from rtj.deploy.sessions import Sessions  # the engine, which a look at the history does not need

        return Sessions(self.environment.policies.awake)

    @property
    def file(self) -> str:
        """Where the environment is declared, as it is shown."""
        return shown(self.root / PROJECT_FILE)


@contextmanager
def opened(name: str | None, project: Path | None, *, reading: bool = False) -> Iterator[Place]:
    """The environment of that name (None: the only one) with its store, which is made where it is not only for `reading`. Raises
    UsageError where there is none such, InputError and RefusedError where the store cannot be used."""
    environment = find_environment(name, project)
    store = open_store(looked_up(environment.store), environment.name, reading=reading)
    try:
        yield Place(environment, project_file((), project).parent, store)
    finally:
        store.close()


def now_ms() -> int:
    """The clock of the machine, in ms since the epoch."""
    return time.time_ns() // 1_000_000
