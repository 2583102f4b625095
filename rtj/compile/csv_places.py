"""CSV files whose cells can be pointed at: rows are read fast, places are looked for only where something is wrong."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from rtj.base.reading import read_regular
from rtj.base.span import Source, Span

BYTES_MAX = 64 * 1024 * 1024  # of one file
_END = "\0end\0"  # stands behind the last line while it is read
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


def csv_rows(text: str, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """The rows of a text with how many lines come before each; cells are trimmed. Raises csv.Error, which names the line: also
    for a quote that is never closed, for it swallows all that follows."""
    lines = chain(io.StringIO(text, newline=""), [_END])
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    begin = 0
    try:
        for row in reader:
            if row == [_END]:
                return
            if row and row[-1].endswith(_END):
                raise csv.Error("a quote is never closed")
            yield begin, [cell.strip() for cell in row]
            begin = reader.line_num
    except csv.Error as reason:
        raise csv.Error(f"line {begin + 1}: {reason}") from reason


class Csv:
    """A CSV file: the columns that its first line names, and rows of trimmed cells. Empty lines are passed over."""

    def __init__(self, source: Source, delimiter: str) -> None:
        self.source = source
        self._rows_read = csv_rows(source.text, delimiter)
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
        try:
            for begin, cells in self._rows_read:
                if any(cells):
                    self._lines.append(begin)
                    yield cells
        except csv.Error as reason:
            raise CsvError(str(reason)) from reason

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
