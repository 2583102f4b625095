"""Files before and after: shown as a patch, or written, all of them or none."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rtj.base.errors import InputError, OutputError
from rtj.base.plain import safe
from rtj.cli.outputs import write_file
from rtj.cli.screen import Piece, Screen, Style, line, wants_color

MARK = b"\xef\xbb\xbf"
WRITABLE = 0o222  # by anybody: who may write everything should not write what was locked
CONTEXT = 3  # lines around a change
STYLES: Mapping[str, Style] = {"+": "good", "-": "bad", "@": "mark"}


@dataclass(frozen=True, slots=True)
class Change:
    """A file before and after. `shown`: as findings call it; `given`: its text came from stdin; `marked`: it begins with a byte
    order mark, which is in neither text."""

    path: Path
    shown: str
    before: str
    after: str
    given: bool
    marked: bool


def write_changes(changes: Sequence[Change]) -> None:
    """Write all files, or none: not when one has changed meanwhile or is read-only. Raises InputError, OutputError."""
    contents = [(change, _content(change)) for change in changes if not change.given]
    for change, content in contents:
        write_file(str(change.path), content)


def _content(change: Change) -> bytes:
    """What is written to the file, its byte order mark kept."""
    try:
        content = change.path.read_bytes()
        locked = not change.path.stat().st_mode & WRITABLE or not os.access(change.path, os.W_OK)
    except OSError as error:
        raise InputError(f"{change.shown}: {(error.strerror or str(error)).lower()}; nothing was written") from error
    mark = MARK if change.marked else b""
    if content != mark + change.before.encode("utf-8"):
        raise InputError(f"{change.shown}: changed while it was checked; nothing was written")
    if locked:
        raise OutputError(f"{change.shown}: the file is read-only; nothing was written")
    return mark + change.after.encode("utf-8")


def show_changes(changes: Sequence[Change], screen: Screen) -> None:
    """The patch: for people with colours and without control characters, else byte by byte, so that `patch` can take it."""
    texts = [text for change in sorted(changes, key=lambda c: c.shown) for text in _diff(change)]
    if wants_color(sys.stdout, screen.color) or sys.stdout.isatty():
        screen.answer(line(Piece(safe(text.rstrip("\r\n")), _style(text))) for text in texts)
    else:
        screen.exact("".join(texts).encode("utf-8"))


def _diff(change: Change) -> Iterator[str]:
    """Lines of a unified diff with their ends; a last line without one is marked as usual."""
    mark = "\ufeff" if change.marked else ""
    before, after = ([text + "\n" for text in f"{mark}{part}".split("\n")] for part in (change.before, change.after))
    for lines in (before, after):
        lines[-1] = lines[-1].removesuffix("\n")
        if not lines[-1]:
            lines.pop()
    for text in difflib.unified_diff(before, after, change.shown, change.shown, n=CONTEXT):
        yield text if text.endswith("\n") else f"{text}\n"
        if not text.endswith("\n"):
            yield "\\ No newline at end of file\n"


def _style(text: str) -> Style:
    return "strong" if text.startswith(("+++ ", "--- ")) else STYLES.get(text[:1], "")
