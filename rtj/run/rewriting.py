"""Files that are rewritten together: each whole beside the old one, then all put in place, so that a crash leaves every file
either old or new, and the next start finishes what was begun.

The journal names paths and nothing else. It is written when all new files are on disk, and taken away when all stand in place.
A file that somebody else has written to since it was read is not replaced: what was written would be lost.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from rtj.base.errors import MissingExtra, OutputError
from rtj.connect.streams import Packing

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

JOURNAL = ".rtj-rewrite.journal"
NEW = ".rtj-rewrite-"  # begins the names of new files
GZIP_LEVEL, ZSTD_LEVEL = 6, 3


Stamp = tuple[int, int, int]  # what changes when somebody else writes to a file or puts another in its place


def stamps(paths: Iterable[str]) -> dict[Path, Stamp]:
    """What the files are before they are read, as far as they exist."""
    return {target: found for target in map(_real, paths) if (found := _stamp(target)) is not None}


def _real(path: str) -> Path:
    return Path(os.path.realpath(path))


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


class Rewriting:
    """New versions of files, which take their places all together by `commit`. `folder` is where the journal stands: that of the
    first file, in every run about the same files."""

    def __init__(self, folder: Path) -> None:
        self._journal = folder / JOURNAL
        self._pairs: list[tuple[Path, Path]] = []
        self._read: dict[Path, Stamp | None] = {}

    def expect(self, read: Mapping[Path, Stamp]) -> None:
        """What the files were when they were read for the first time."""
        self._read.update(read)

    def write(self, path: str, packing: Packing, lines: Iterable[bytes]) -> None:
        """Write the new version of a file beside it, packed as it was. Raises OutputError."""
        target = _real(path)
        self._read.setdefault(target, _stamp(target))
        new = target.with_name(f"{NEW}{_tag(self._journal)}-{os.urandom(6).hex()}.new")
        self._pairs.append((new, target))
        try:
            with new.open("wb") as raw:
                if target.exists():
                    os.fchmod(raw.fileno(), target.stat().st_mode & 0o7777)
                packed = _packed(raw, packing, path)
                for line in lines:
                    packed.write(line)
                if packed is not raw:
                    packed.close()
                raw.flush()
                os.fsync(raw.fileno())
        except OSError as error:
            self.abandon()
            raise OutputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
        except BaseException:
            self.abandon()
            raise

    def drop_last(self) -> None:
        """The last file that was written stays as it is after all."""
        new, _ = self._pairs.pop()
        new.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Leave all files as they are."""
        for new, _ in self._pairs:
            with suppress(OSError):
                new.unlink(missing_ok=True)
        self._pairs.clear()

    def commit(self) -> None:
        """Put all new files in their places. Raises OutputError; what was begun is then finished by the next `recover`."""
        if not self._pairs:
            return
        try:
            with _alone({self._journal.parent, *(target.parent for _, target in self._pairs)}):
                self._check()
                _write_whole(self._journal, json.dumps([[str(new), str(target)] for new, target in self._pairs]).encode())
                _finish(self._journal, self._pairs)
        except OSError as error:
            raise OutputError(f"{error.filename or self._journal}: {(error.strerror or str(error)).lower()}") from error
        self._pairs.clear()

    def _check(self) -> None:
        if gone := next((target for new, target in self._pairs if not new.exists()), None):
            self.abandon()
            raise OutputError(f"{gone}: another run is rewriting this file; nothing was changed")
        if other := next((target for _, target in self._pairs if _stamp(target) != self._read.get(target)), None):
            self.abandon()
            raise OutputError(f"{other}: was written to while it was read; nothing was changed, run it again when nobody writes")


def recover(folder: Path, files: Iterable[str]) -> bool:
    """Finish what an earlier run has begun, or clear away what it had not got ready. Was there something to finish?"""
    journal = folder / JOURNAL
    try:
        parents = {_real(path).parent for path in files}
        with _alone({folder, *parents}):
            pairs = [(Path(new), Path(target)) for new, target in json.loads(journal.read_bytes())] if journal.exists() else []
            _finish(journal, pairs)
            for parent in parents:
                for left in parent.glob(f"{NEW}{_tag(journal)}-*.new"):
                    left.unlink()
    except (OSError, ValueError) as error:
        raise OutputError(f"{journal}: cannot finish what was begun: {error}") from error
    return bool(pairs)


@contextmanager
def _alone(folders: Iterable[Path]) -> Iterator[None]:
    """No other run puts files in place in these folders meanwhile. The system lets go of the locks when a run is killed; where it
    has none, runs at one instant are only found out by what the files are."""
    opened: list[int] = []
    try:
        for folder in sorted({Path(os.path.realpath(folder)) for folder in folders}):
            if fcntl is not None:
                with suppress(OSError):  # no such folder, or a file system without locks
                    opened.append(os.open(folder, os.O_RDONLY))
                    fcntl.flock(opened[-1], fcntl.LOCK_EX)
        yield
    finally:
        for fd in opened:
            os.close(fd)


def _tag(journal: Path) -> str:
    """Tells the new files of one journal from those of others, which may stand in the same folder."""
    return hashlib.sha256(os.path.realpath(journal).encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _finish(journal: Path, pairs: list[tuple[Path, Path]]) -> None:
    for new, target in pairs:
        if new.exists():  # else it stands in its place already
            new.replace(target)
    for parent in {target.parent for _, target in pairs}:
        _sync_folder(parent)
    if pairs:
        journal.unlink(missing_ok=True)
        _sync_folder(journal.parent)


def _write_whole(path: Path, content: bytes) -> None:
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make renames last; where folders cannot be opened, the system does it in its own time."""
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _packed(raw: IO[bytes], packing: Packing, name: str) -> Any:
    match packing:
        case "plain":
            return raw
        case "gzip":
            return gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=raw, mtime=0)
        case "zstd":
            try:
                import zstandard
            except ImportError as error:
                raise MissingExtra(f"writing {name}", "zstd") from error
            return zstandard.ZstdCompressor(level=ZSTD_LEVEL).stream_writer(raw, closefd=False)
