"""What one sees of `rtj run` at a terminal: a panel, drawn anew each second out of the vitals of the run. A thread of its own
does that, so that it costs nothing per event and also tells when the run itself hangs."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from rtj.cli.live_screen import LiveScreen
from rtj.cli.panel_lines import Setting, panel_lines
from rtj.live.dials import Dials
from rtj.live.vitals import Vitals

EVERY_S = 1.0
FIRST_S = 0.3  # what is refused at once needs no panel


class Panel:
    """Draws until it is left. `screen` is also where the lines of the journal go."""

    def __init__(self, screen: LiveScreen, vitals: Vitals, setting: Setting) -> None:
        self._screen, self._vitals, self._setting = screen, vitals, setting
        self._dials = Dials(vitals)
        self._ended = threading.Event()
        self._drawn = False
        self._thread = threading.Thread(target=self._work, name="rtj-panel", daemon=True)

    def __enter__(self) -> Panel:
        self._screen.__enter__()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join(EVERY_S)
        self._dials.ended = True
        if not self._thread.is_alive() and (error is None or self._drawn):
            self._draw()
        self._screen.__exit__(kind, error, trace)

    def _work(self) -> None:
        pause = FIRST_S
        while not self._ended.wait(pause) and self._draw():
            pause = EVERY_S

    def _draw(self) -> bool:
        """Draw once. False: the terminal has gone."""
        self._dials.look(time.monotonic())
        self._drawn = True
        try:
            self._screen.draw(panel_lines(self._dials, self._setting, self._screen.size, time.time_ns() // 1_000_000))
        except (OSError, ValueError):
            return False
        return True
