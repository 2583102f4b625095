"""A bell that rings when a file of a project may have changed. What changed is for the one who hears it to find out.

Folders are watched one by one, those that rtj itself looks into: a large folder beside them costs nothing. An editor may write a
file in place or put a new one in its place; both ring. Some file systems tell of nothing, and a watcher that polls overlooks a
second save within one second: so the files themselves are looked at once a second, too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from rtj.base.errors import InputError, MissingExtra, UsageError
from rtj.lang.discover import PROJECT_FILE, SUFFIXES, TEST_SUFFIXES

STEP_MS = 10  # so long nothing may happen before it rings
DEBOUNCE_MS = 200  # and after so long it rings in any case
PULSE_MS = 100  # a bell that has just been hung rings so late for what happened meanwhile
SECOND_LOOK_S = 1.0
FOLDERS_MAX = 4_000
NAMES = (*SUFFIXES, *TEST_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Places:
    """What is listened to: folders, and beside the files that rtj knows by name single others in them."""

    folders: frozenset[str]
    files: frozenset[str]

    def state(self) -> dict[str, tuple[int, int, int]]:
        """What becomes another whenever a file is written, comes or goes."""
        found: dict[str, tuple[int, int, int]] = {}
        for path in (*self.folders, *self.files):
            with suppress(OSError):
                stat = os.stat(path)
                found[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        return found

    def hears(self, path: str) -> bool:
        """Does a change of this path concern the project? A folder that comes or goes may bring journeys."""
        name = os.path.basename(path)
        if name.startswith("."):
            return path in self.files
        return name.endswith(NAMES) or name == PROJECT_FILE or path in self.files or path in self.folders or os.path.isdir(path)


def places(root: Path, files: Iterable[Path]) -> Places:
    """The folders of a project and those of `files`; a link is listened to where it is and where it leads. Raises UsageError
    when there are too many, InputError when the project is gone."""
    folders: set[str] = set()
    if not root.is_dir():
        raise InputError(f"{root}: the folder of the project is gone")
    top = os.path.realpath(root)
    for where, inside, names in os.walk(top):
        if where != top and PROJECT_FILE in names:
            inside.clear()  # a project of its own
            continue
        inside[:] = [name for name in inside if not name.startswith(".") and name != "node_modules"]
        folders.add(where)
        if len(folders) > FOLDERS_MAX:
            raise UsageError(
                f"more than {FOLDERS_MAX:,} folders below {root}: a project that is watched lies in a folder of its own"
            )
    known: set[str] = set()
    for file in files:
        here = os.path.join(os.path.realpath(file.parent), file.name)
        known |= {here, os.path.realpath(here)}
    folders |= {folder for path in known if os.path.isdir(folder := os.path.dirname(path))}
    return Places(frozenset(folders), frozenset(known))


def require() -> None:
    """Raises MissingExtra when there is nothing to listen with."""
    try:
        import watchfiles  # noqa: F401
    except ImportError as error:
        raise MissingExtra("rtj watch", "watch") from error


def ring(where: Callable[[], Places]) -> Iterator[None]:
    """Ring once when the bell hangs, and at every change; it is hung anew when `where` names other folders. Ctrl-C raises
    KeyboardInterrupt. Raises what `where` raises, and InputError when the system lets nobody watch."""
    polling: bool | None = None  # as the environment says
    while True:
        now = where()
        try:
            with closing(_rings(now, polling)) as rings:
                for _ in rings:
                    yield
                    if where() != now:
                        break
        except FileNotFoundError:
            continue  # a folder went while the bell was hung
        except RuntimeError as error:  # of watchfiles: the system watches no more folders, or cannot
            if polling:
                raise InputError(f"{min(now.folders)}: cannot be watched: {error}") from error
            polling = True


def _rings(now: Places, polling: bool | None) -> Generator[None, None, None]:
    from watchfiles import Change, watch

    def hears(_: Change, path: str) -> bool:
        return now.hears(path)

    rings = watch(
        *sorted(now.folders),
        watch_filter=hears,
        step=STEP_MS,
        debounce=DEBOUNCE_MS,
        rust_timeout=PULSE_MS,
        yield_on_timeout=True,
        force_polling=polling,
        recursive=False,
        ignore_permission_denied=True,
    )
    state: dict[str, tuple[int, int, int]] | None = None
    looked = 0.0
    with closing(rings):
        for changes in rings:
            if not changes and state is not None and time.monotonic() - looked < SECOND_LOOK_S:
                continue
            before, state, looked = state, now.state(), time.monotonic()
            if changes or state != before:
                yield
