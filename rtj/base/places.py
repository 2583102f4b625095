"""Where the files that travel with the package are: inside it when installed, beside it in a source tree."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from rtj.base.errors import InputError

PACKAGE = Path(__file__).resolve().parent.parent


def _shipped(inside: str, beside: str) -> Path:
    """The folder `rtj/<inside>` of a wheel, else `<beside>` next to the package. Raises InputError when there is neither."""
    for folder in (PACKAGE / inside, PACKAGE.parent / beside):
        if folder.is_dir():
            return folder
    raise InputError(f"the installation is incomplete: neither {PACKAGE / inside} nor {PACKAGE.parent / beside} exists")


def grammar_file(name: str) -> Path:
    """The path of a file of the language's own data, such as `expr.lark`."""
    return _shipped("_grammar", "grammar") / name


def journeys_dir() -> Path:
    """The folder of the playbooks that ship with rtj."""
    return _shipped("_journeys", "journeys")


def starter_dir() -> Path:
    """The folder of the files that stand around a new project."""
    return journeys_dir() / "starter"


def code_state(*folders: str) -> bytes:
    """Changes whenever a file in these folders of the package does: what was made by other code is told by it."""
    state = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for folder in folders:
        for part in sorted((PACKAGE / folder).glob("*.*")):
            stat = part.stat()
            state.update(f"{part.name} {stat.st_mtime_ns} {stat.st_size}\n".encode("utf-8", "surrogateescape"))
    return state.digest()


def cache_dir() -> Path:
    """Where this account keeps what can be made again; it may not exist and may not be writable."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or _home() / "AppData/Local") / "rtj"
    if sys.platform == "darwin":
        return _home() / "Library/Caches/rtj"
    return Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache") / "rtj"


def _home() -> Path:
    """An account without a name, as containers have them, has none: then nothing is kept."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/nonexistent")
