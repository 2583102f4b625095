"""The folder through which workers hand each other events and index rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from rtj.base.errors import OutputError
from rtj.ir.records import Event
from rtj.run.rows import Carrier

LIST_MAX = 1_000  # hashes looked at together


class Depot:
    """Files named after what they hold, who wrote them and whom they are for. Several writes to one file append."""

    def __init__(self, folder: Path, carrier: Carrier, me: int, workers: int) -> None:
        self._folder, self._me, self._workers = folder, me, workers
        self._carrier = carrier

    def put_events(self, what: str, place: int, events: Iterable[Event]) -> None:
        """Leave events (`rows`, `born`, `business`) for a shard."""
        path = self._folder / f"{what}-{self._me}-{place}"
        try:
            with path.open("ab") as file:
                self._carrier.write(events, file)
        except OSError as error:
            raise _full(path, error) from error

    def take_events(self, what: str, place: int) -> Iterator[list[Event]]:
        """What all workers left for a shard, in lists; files are deleted when read."""
        for path in self._files(what, place):
            yield from self._carrier.read(path)
            path.unlink()

    def read_events(self, what: str, place: int) -> Iterator[list[Event]]:
        """The same, but the files stay for the other workers."""
        for path in self._files(what, place):
            yield from self._carrier.read(path)

    def put_names(self, part: int, names: bytes) -> None:
        """Leave hashes of ids."""
        path = self._folder / f"names-{self._me}-{part}"
        try:
            path.write_bytes(names)
        except OSError as error:
            raise _full(path, error) from error

    def take_names(self, part: int) -> Iterator[list[int]]:
        """The hashes of ids that all workers left in one part, in lists."""
        for path in self._files("names", part):
            names = memoryview(path.read_bytes()).cast("q")
            path.unlink()
            for start in range(0, len(names), LIST_MAX):
                yield names[start : start + LIST_MAX].tolist()

    def _files(self, what: str, place: int) -> list[Path]:
        paths = (self._folder / f"{what}-{worker}-{place}" for worker in range(self._workers))
        return [path for path in paths if path.exists()]


def _full(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path}: {(error.strerror or str(error)).lower()}; TMPDIR names another place for temporary files")
