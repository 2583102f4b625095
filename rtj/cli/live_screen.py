"""Lines at the foot of a terminal that are drawn again and again, with others that scroll by above them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from rtj.cli.screen import Color, Line, Style, wants_color

if TYPE_CHECKING:
    from rich.text import Text

_STYLES: dict[Style, str] = {
    "": "",
    "strong": "bold",
    "dim": "dim",
    "bad": "bold red",
    "warn": "bold yellow",
    "good": "green",
    "name": "bold cyan",
    "mark": "blue",
}


class LiveScreen:
    """The foot of the terminal behind stderr. Any thread may draw or write. A context manager: at its end the last lines stay."""

    def __init__(self, color: Color = "auto") -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(
            stderr=True, no_color=not wants_color(sys.stderr, color), highlight=False, markup=False, emoji=False
        )
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._encoding = sys.stderr.encoding or "utf-8"

    def __enter__(self) -> LiveScreen:
        with suppress(OSError):
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with suppress(OSError):  # the terminal has gone
            self._live.stop()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal, as of now."""
        return self._console.size

    def draw(self, lines: Sequence[Line]) -> None:
        """These are the lines from now on; each is cut where the terminal ends. Raises OSError when the terminal has gone."""
        from rich.text import Text

        drawn = Text("\n", no_wrap=True, overflow="ellipsis", end="").join(self._text(pieces) for pieces in lines)
        self._live.update(drawn, refresh=True)

    def _text(self, pieces: Line) -> Text:
        from rich.text import Text

        return Text.assemble(*((self._plain(piece.text), _STYLES[piece.style]) for piece in pieces), no_wrap=True)

    def _plain(self, text: str) -> str:
        return text.encode(self._encoding, "replace").decode(self._encoding)

    # ---- as a stream

    def write(self, text: str) -> int:
        """Lines that scroll by. Raises OSError when the terminal has gone."""
        from rich.text import Text

        words = self._plain(text.rstrip("\n"))
        level = words[9:16].strip()  # as `rtj.live.journal` writes it
        style = {"warning": "yellow", "error": "bold red"}.get(level, "")
        self._console.print(Text(words, style), soft_wrap=True)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""
