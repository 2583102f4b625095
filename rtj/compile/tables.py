"""Rows of tables that a project reads from files and databases when it is compiled: CSV, Parquet, SQLite, SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TypeAlias

from rtj.base.diagnostic import Label
from rtj.base.span import Span
from rtj.base.zones import ZoneInfo, is_zone
from rtj.compile.cells import Misfit, cell_value
from rtj.compile.csv_places import Csv, CsvError, read_csv
from rtj.compile.databases import DatabaseError, parquet_rows, sql_rows, sqlite_rows
from rtj.ir import expr as ir
from rtj.ir.program import Cell, Rows
from rtj.lang import syntax as s
from rtj.lang.check_world import table_kind
from rtj.lang.likeness import nearest
from rtj.lang.load import Loaded
from rtj.lang.read_sections import SQLITE
from rtj.lang.scope import Report, did_you_mean
from rtj.lang.types import INSTANT, is_optional, some

ROWS_MAX = 1_000_000  # of one table
FAULTS_MAX = 20  # cells of one table that are told
FOREVER = -(1 << 62)  # since when a row without `valid_from` holds, for the order of rows

Given: TypeAlias = Sequence[object]


def read_tables(report: Report, loaded: Loaded) -> dict[str, Rows]:
    """The rows of the project's tables, by table. A file that cannot be read or used is the author's mistake."""
    project = loaded.project
    found: dict[str, Rows] = {}
    if project is None:
        return found
    named = project.timezone.value if project.timezone is not None else "UTC"
    zone = ZoneInfo(named) if is_zone(named) else ZoneInfo("UTC")
    for decl in project.tables:
        place = decl.file or decl.sql
        if place is not None:
            reader = _Reader(report, decl, place, zone)
            try:
                found[decl.name.text] = reader.read(loaded)
            except (CsvError, DatabaseError) as reason:
                report.error("E354", f"`{decl.name.text}` cannot be read: {reason}", place.span, reason.hint)
    return found


def _shown(place: s.Text) -> str:
    """A file as people find it from where they stand, like the project file that names it."""
    return (PurePath(place.span.source.path).parent / place.value).as_posix()


@dataclass
class _Reader:
    """Reads one table. `places` finds the cells of a CSV file in its text; `faults` were told."""

    report: Report
    decl: s.TableDecl
    place: s.Text
    zone: ZoneInfo
    places: Csv | None = None
    faults: int = 0
    first: dict[tuple[Cell, int], int] = field(default_factory=dict)

    def read(self, loaded: Loaded) -> Rows:
        """All rows, by key, then instant."""
        decl, place = self.decl, self.place
        if decl.sql is not None:
            columns, rows = sql_rows(place.value, decl.query.value if decl.query is not None else "")
        else:
            file = loaded.file_of(place)
            name = place.value.lower()
            if name.endswith(".parquet"):
                columns, rows = parquet_rows(file)
            elif name.endswith(SQLITE):
                columns, rows = sqlite_rows(file, decl.query.value if decl.query is not None else "")
            else:
                self.places = read_csv(_shown(place), file)
                columns, rows = self.places.columns, self.places.rows()
        return self._rows(columns, rows)

    def _rows(self, columns: Sequence[str], rows: Iterator[Given]) -> Rows:
        kind = table_kind(self.decl, {})
        key = self.decl.key.text
        wanted = [(key, kind.key), *((name, of) for name, of in kind.row.fields if name != key)]
        if self.decl.valid_from is not None:
            wanted.append((self.decl.valid_from.value, ir.Optional(INSTANT)))
        if not self._has_columns(columns, [name for name, _ in wanted]):
            return ()
        if twice := next((name for name, _ in wanted if list(columns).count(name) > 1), None):
            self.report.error("E354", f"`{self.place.value}` names the column `{twice}` twice", self._declared(twice))
            return ()
        at = [columns.index(name) for name, _ in wanted]
        kinds = [of for _, of in wanted]
        found: list[tuple[Cell, tuple[Cell, ...], int | None]] = []
        for number, row in enumerate(rows):
            if number >= ROWS_MAX:
                self.report.error("E354", f"`{self.decl.name.text}` has more than {ROWS_MAX:,} rows", self.place.span)
                break
            if any(row[len(columns) :]):
                message = "a cell too many: the first line names no column for it"
                self._tell(number, len(columns), message, "a text with a comma stands in quotes")
                continue
            values = self._values(number, row, at, kinds)
            if values is None:
                continue
            since = None if self.decl.valid_from is None else values.pop()
            assert since is None or isinstance(since, int)
            if self._is_new(number, values[0], since, at[0]):
                found.append((values[0], tuple(values[1:]), since))
        if self.faults > FAULTS_MAX:
            more = self.faults - FAULTS_MAX
            self.report.error("E355", f"`{self.decl.name.text}` has {more:,} more cells that do not fit", self.place.span)
        found.sort(key=lambda row: (row[0], FOREVER if row[2] is None else row[2]))
        return tuple(found)  # type: ignore[arg-type]  # keys are never missing

    def _has_columns(self, columns: Sequence[str], wanted: list[str]) -> bool:
        missing = [name for name in wanted if name not in columns]
        for name in missing:
            near = nearest(name, columns)
            known = ", ".join(f"`{column}`" for column in columns[:8])
            message = f"`{self.place.value}` has no column `{name}`; it has {known}" if columns else "there are no columns"
            if self.decl.sql is not None:
                message = f"the query gives no column `{name}`; it gives {known}"
            self.report.error("E354", message, self._declared(name), did_you_mean(near))
        return not missing

    def _declared(self, name: str) -> Span:
        """Where the declaration names a column."""
        named = next((f.name.span for f in self.decl.fields if f.name.text == name), self.decl.key.span)
        valid = self.decl.valid_from
        return valid.span if valid is not None and valid.value == name else named

    def _values(self, number: int, row: Given, at: list[int], kinds: list[ir.Type]) -> list[Cell] | None:
        """The values of a row in the order of `at`; None when some are wrong, which is told."""
        values: list[Cell] = []
        sound = True
        for turn, (column, kind) in enumerate(zip(at, kinds, strict=True)):
            given = row[column] if column < len(row) else None
            value = cell_value(some(kind), given, self.zone)
            if isinstance(value, Misfit):
                self._tell(number, column, value.message, did_you_mean(value.meant))
                sound = False
            elif value is None and not turn:
                self._tell(number, column, "a row without its key")
                sound = False
            elif value is None and not is_optional(kind):
                name = self.decl.name.text
                hint = "a `?` behind the type lets it be missing: `fields: {…: number?}`"
                self._tell(number, column, f"an empty cell, where `{name}` must have a value", hint)
                sound = False
            else:
                values.append(value)
        return values if sound else None

    def _is_new(self, number: int, key: Cell, since: int | None, column: int) -> bool:
        stands = (key, FOREVER if since is None else since)
        before = self.first.setdefault(stands, number)
        if before == number:
            return True
        spelled = f"`{key}`" + (" and this instant" if since is not None else "")
        label = None if self.places is None else Label(self.places.span(before, column), "first here")
        self._tell(number, column, f"a second row with the key {spelled}", "", label)
        return False

    def _tell(self, number: int, column: int, message: str, hint: str = "", label: Label | None = None) -> None:
        self.faults += 1
        if self.faults > FAULTS_MAX:
            return
        labels = () if label is None else (label,)
        if self.places is not None:
            self.report.error("E355", message, self.places.span(number, column), hint, labels)
        else:
            self.report.error("E355", f"row {number + 1} of `{self.decl.name.text}`: {message}", self.place.span, hint, labels)
