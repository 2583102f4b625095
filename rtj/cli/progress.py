"""A progress bar with rate and time left: on a terminal, and only for work that takes long."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rtj.cli.screen import Screen, wants_color
from rtj.run.options import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

DELAY_S = 0.8  # shorter work needs no bar
BAR_CELLS = 24  # a line that fills the terminal could not be wiped once Ctrl-C has echoed its ^C into it
PAUSE_S = 0.1  # between two drawings


class Meter:
    """Call it with every Progress; it draws when it is worth while. A context manager, so that the bar is wiped at the end."""

    def __init__(self, screen: Screen, wanted: bool = True) -> None:
        self._wanted = wanted and not screen.quiet and sys.stderr.isatty()
        self._color = wants_color(sys.stderr, screen.color)
        self._begin = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._phase = ""
        self._phase_begin = self._begin
        self._drawn = 0.0

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        if not self._wanted:
            return
        now = time.monotonic()
        if progress.phase != self._phase:
            self._enter(progress.phase, now)
        if now - self._begin < DELAY_S or now - self._drawn < PAUSE_S:
            return
        self._drawn = now
        bar = self._bar or self._start()
        total, note = progress.total or None, self._note(progress)
        if self._task is None:
            self._task = bar.add_task(progress.phase, completed=progress.done, total=total, note=note)
        bar.update(self._task, completed=progress.done, total=total, note=note, refresh=True)

    def _enter(self, phase: str, now: float) -> None:
        """A phase begins (the first began with the run), and the bar of the former one goes."""
        self._phase_begin = now if self._phase else self._begin
        self._phase = phase
        if self._bar is not None and self._task is not None:
            self._bar.remove_task(self._task)
        self._task = None

    def _start(self) -> Bar:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn
        from rich.progress import Progress as Bar

        columns: tuple[Any, ...] = (
            TextColumn("{task.description:<8}", markup=False),
            BarColumn(bar_width=BAR_CELLS),
            TaskProgressColumn(),
            TextColumn("{task.fields[note]}", markup=False),
        )
        # Without a thread that redraws: the work may fork, and forking beside a running thread is a trap.
        self._bar = Bar(
            *columns,
            console=Console(stderr=True, no_color=not self._color),
            transient=True,
            auto_refresh=False,
            get_time=time.monotonic,
        )
        self._bar.start()
        return self._bar

    def _note(self, progress: Progress) -> str:
        """What is done in this phase, how much of it in a second (events while reading, else what the phase counts), and the
        time that is left."""
        done, unit = (progress.events, "events") if progress.unit == "bytes" else (progress.done, progress.unit)
        seconds = max(time.monotonic() - self._phase_begin, 0.001)
        note = f"{done:,} {unit}, {done / seconds:,.0f}/s"
        if not progress.done or progress.done >= progress.total:
            return note
        left = round(seconds * (progress.total - progress.done) / progress.done)
        return f"{note}, {_clock(left)} left"


def _clock(seconds: int) -> str:
    """`0:42`, `1:02:03`."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
