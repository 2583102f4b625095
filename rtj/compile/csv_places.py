"""CSV files whose cells can be pointed at: rows are read fast, places are looked for only where something is wrong."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from rtj.base.reading import read_regular
from rtj.base.span import Source, Span

BYTES_MAX = 64 * 1024 * 1024  # of one file
_CELL = re.compile(r'\s*"(?:[^"]|"")*"[^,\t\r\n]*|[^,\t\r\n]*')


class CsvError(Exception):
    """A file that cannot be read as CSV; `hint` says what may help."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


def read_csv(shown: str, file: Path) -> Csv:
    """Open a CSV file (`.tsv`: tabs between the columns). `shown`: how it is called in reports. Raises CsvError."""
    try:
        content = read_regular(file, BYTES_MAX)
    except OSError as reason:
        raise CsvError(reason.strerror or str(reason), "its place is relative to this file") from reason
    if len(content) > BYTES_MAX:
        raise CsvError(f"it has more than {BYTES_MAX // 2**20} MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        raise CsvError("it is not UTF-8", "save the file as UTF-8") from reason
    return Csv(Source(shown, text), "\t" if shown.lower().endswith(".tsv") else ",")


class Csv:
    """A CSV file: the columns that its first line names, and rows of trimmed cells. Empty lines are passed over."""

    def __init__(self, source: Source, delimiter: str) -> None:
        self.source = source
        self._reader = csv.reader(io.StringIO(source.text, newline=""), delimiter=delimiter, skipinitialspace=True)
        self._lines: list[int] = []  # the line in which each row begins
        first = next(self._rows(), None)
        if first is None:
            raise CsvError("it is empty", "its first line names the columns")
        if len(first) == 1 and (other := re.search(r"[;\t]", first[0])) is not None and delimiter == ",":
            sign = "a tab" if other[0] == "\t" else "`;`"
            raise CsvError(f"{sign} stands between its columns", "save the file with `,`; with tabs it is called `.tsv`")
        self.columns = first
        self._lines.clear()

    def rows(self) -> Iterator[list[str]]:
        """All rows but the first line. Raises CsvError."""
        yield from self._rows()

    def _rows(self) -> Iterator[list[str]]:
        reader = self._reader
        try:
            while True:
                begin = reader.line_num
                row = next(reader, None)
                if row is None:
                    return
                cells = [cell.strip() for cell in row]
                if any(cells):
                    self._lines.append(begin)
                    yield cells
        except csv.Error as reason:
            raise CsvError(f"line {reader.line_num}: {reason}") from reason

    def span(self, row: int, column: int) -> Span:
        """Where a cell stands; the end of its line if the line is too short."""
        text = self.source.text
        place = self.source.line_starts()[self._lines[row]]
        for _ in range(column):
            cell = _CELL.match(text, place)
            assert cell is not None
            if cell.end() >= len(text) or text[cell.end()] in "\r\n":
                return Span(self.source, cell.end(), cell.end())
            place = cell.end() + 1
        cell = _CELL.match(text, place)
        assert cell is not None
        written = cell[0].strip()
        begin = place + (len(cell[0]) - len(cell[0].lstrip()) if written else 0)
        return Span(self.source, begin, begin + len(written))
