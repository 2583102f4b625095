"""Putting a backup in the place of a store of SQLite, without losing what is there: that is moved aside, whatever its state."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from rtj.base.errors import InputError, OutputError, RefusedError
from rtj.store.opening import POSTGRES, open_store
from rtj.store.port import DamagedError
from rtj.store.sqlite import SqliteDatabase

BESIDE = ("", "-wal", "-shm")  # a store is up to three files
ASIDE_MAX = 1_000  # stores that were moved aside, each under a number of its own


def restore_file(place: str, environment: str, backup: Path, who: str, now_ms: int) -> str | None:
    """Put a copy of `backup` where the store of an environment is, with a new lineage and everything in it looked at. Returns
    under which name that which was there is kept; None: nothing was there. Nobody may be running on it.

    Raises InputError, DamagedError or RefusedError when the backup is not a whole store of this environment, OutputError when it
    cannot be written: then all is as before."""
    if place.startswith(POSTGRES):
        raise RefusedError(
            "a database of PostgreSQL is put back by its own means (`pg_restore`); then `rtj restore` without a file gives the"
            " store a new lineage"
        )
    path = Path(place)
    if not backup.is_file():
        raise InputError(f"{backup}: there is no such backup")
    if path.exists() and backup.samefile(path):
        raise InputError(f"{backup}: this is the store itself, not a backup of it")
    fresh = path.with_name(f"{path.name}.restoring")
    _remove(fresh)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        source = SqliteDatabase(str(backup), reading=True)
        try:
            source.copy(str(fresh))
        finally:
            source.close()
        _made_anew(fresh, environment, backup, who, now_ms)
        aside = _moved_aside(path)
        os.replace(fresh, path)
        _settled(path.parent)
    except OSError as error:
        raise OutputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    finally:
        _remove(fresh)
    return aside


def _made_anew(fresh: Path, environment: str, backup: Path, who: str, now_ms: int) -> None:
    """The copy is looked at from end to end, and becomes a store of its own."""
    store = open_store(str(fresh), environment)
    try:
        found = store.check()
        if found:
            first = found[0]
            told = " ".join(filter(None, (first.table, first.row, first.what)))
            raise DamagedError(f"{backup}: this backup is damaged itself ({told}); take another one")
        if not store.identity().serial:
            raise InputError(f"{backup}: nothing was ever deployed in this store")
        store.renew(who, b"{}", now_ms)
    finally:
        store.close()


def _moved_aside(path: Path) -> str | None:
    if not any(Path(f"{path}{end}").exists() for end in BESIDE):
        return None
    for number in range(1, ASIDE_MAX + 1):
        other = f"{path}.before-restore-{number}"
        if not any(os.path.exists(f"{other}{end}") for end in BESIDE):
            for end in reversed(BESIDE):  # the file last: while it is there, what is beside it may belong to it
                with suppress(FileNotFoundError):
                    os.rename(f"{path}{end}", f"{other}{end}")
            return other
    raise OutputError(f"{path}: {ASIDE_MAX:,} stores were moved aside here already; remove some")


def _settled(folder: Path) -> None:
    """Or the new name may be gone after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(fresh: Path) -> None:
    for end in BESIDE:
        with suppress(FileNotFoundError):
            os.unlink(f"{fresh}{end}")
