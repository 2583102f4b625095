"""The waiver file of a project on disk: read beside rtj.yaml, and written so that it is whole at any time."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from rtj.base.errors import InputError, OutputError, UsageError
from rtj.base.reading import read_regular
from rtj.lang.load import shown
from rtj.plan.changes import Level
from rtj.plan.waivers import FILE, Waived, Waivers, accepted, read_waivers, written

BYTES_MAX = 16 * 1024 * 1024


def waivers_beside(root: Path) -> Waivers:
    """What the waiver file in the project's folder says; nothing when there is none. Raises InputError when it cannot be read."""
    return read_waivers(_text(root / FILE))


def accept(root: Path, waived: Waived, bound: Level, reason: str) -> int:
    """Write what is different at or above a level, and is not waived yet, into the waiver file; how many that are.

    Raises UsageError for a reason that says nothing, OutputError when the file cannot be written."""
    path = root / FILE
    try:
        more = accepted(waived.diff, bound, reason)
    except ValueError as error:
        raise UsageError(f"--accept: {error}") from error
    if more:
        text = written(_text(path, bom=True), more, waived.stale)
        try:
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{FILE}.", delete=False) as out:
                out.write(text.encode())
            with contextlib.suppress(OSError):
                os.chmod(out.name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
            os.replace(out.name, os.path.realpath(path))
        except OSError as error:
            raise OutputError(f"{shown(path)}: {error.strerror or error}") from error
    return len(more)


def _text(path: Path, *, bom: bool = False) -> str:
    if not os.path.lexists(path):
        return ""
    try:
        content = read_regular(path, BYTES_MAX)
        if len(content) > BYTES_MAX:
            raise InputError(f"{shown(path)}: larger than {BYTES_MAX // 2**20} MiB")
        return content.decode("utf-8" if bom else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{shown(path)}: not UTF-8") from error
    except OSError as error:
        raise InputError(f"{shown(path)}: {error.strerror or error}") from error
