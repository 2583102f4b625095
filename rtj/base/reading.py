"""Reading files that somebody names: bounded, and never one for which a reader would wait for ever."""

from __future__ import annotations

import errno
import stat
from pathlib import Path


def read_regular(path: Path, most: int) -> bytes:
    """What stands in a file, or its first `most + 1` bytes if that is more than `most`. Raises OSError, also for what is no
    regular file: a pipe has no end until somebody writes, a device may have none at all."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(path))
        with path.open("rb") as file:
            return file.read(most + 1)
    except ValueError as error:  # a sign that no path can have
        raise OSError(errno.EINVAL, "no path of a file", str(path)) from error
