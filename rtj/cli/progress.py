"""A progress bar with rate and time left: on a terminal, and only for work that takes long."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rtj.run.options import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

DELAY_S = 0.8  # shorter work needs no bar


class Meter:
    """Call it with every Progress; it draws when it is worth while. A context manager, so that the bar is wiped at the end."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted and sys.stderr.isatty()
        self._begin = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._phase = ""

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        if not self._wanted or time.monotonic() - self._begin < DELAY_S:
            return
        bar = self._bar or self._start()
        if progress.phase != self._phase or self._task is None:
            if self._task is not None:
                bar.remove_task(self._task)
            self._task = bar.add_task(progress.phase, total=progress.total or None, note="")
            self._phase = progress.phase
        bar.update(self._task, completed=progress.done, total=progress.total or None, note=self._note(progress))

    def _start(self) -> Bar:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns: tuple[Any, ...] = (
            TextColumn("{task.description:<8}", markup=False),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        )
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True, expand=True)
        self._bar.start()
        return self._bar

    def _note(self, progress: Progress) -> str:
        """Events read, and how many in a second since the start."""
        seconds = max(time.monotonic() - self._begin, 0.001)
        return f"{progress.events:,} events, {progress.events / seconds:,.0f}/s"
