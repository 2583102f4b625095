"""Rows from CSV, Parquet, SQLite and SQL: the same rows whatever holds them; every bad cell is told with its place."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import sqlalchemy

from rtj.base.diagnostic import Diagnostic
from rtj.compile import compile_project
from rtj.compile.cache import compile_cached
from rtj.compile.compiled import Compiled
from rtj.ir.program import fingerprint

JOURNEY = "journey: one\nenter: {on: purchase}\ndo:\n  - {send: thanks, by: email}\n"
HEAD = "project: t\nevents:\n  purchase: {item: string}\nchannels: {email: {purpose: transactional}}\ntables:\n"
FIELDS = "{name: string?, price: number, open: bool?, since: date?, at: instant?, grade: {one_of: [a, b]}}"
CSV = "item,name,price,open,since,at,grade\ntea,煎茶,12.5,true,2024-02-29,2026-03-01T10:00:00Z,a\npot,,7,FALSE,,,b\n"
ROWS = (
    ("pot", (None, "b", None, False, 7, None), None),
    ("tea", (1772359200000, "a", "煎茶", True, 12.5, 19782), None),
)
"""By key; values in the order of the names of the fields: at, grade, name, open, price, since."""
Compile = Callable[..., Compiled]


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    """`compiled(table, {file: content})`: a project with one table called `products`."""

    def make(table: str, files: dict[str, str | bytes] | None = None) -> Compiled:
        (tmp_path / "rtj.yaml").write_text(HEAD + f"  products: {table}\n", encoding="utf-8")
        (tmp_path / "one.journey.yaml").write_text(JOURNEY, encoding="utf-8")
        for name, content in (files or {}).items():
            (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return compile_project((), tmp_path)

    return make


def rows_of(compiled: Compiled) -> object:
    assert compiled.program is not None, compiled.diagnostics
    return compiled.program.tables[0].rows


def told(found: Diagnostic) -> str:
    return f"{found.span.line}:{found.span.column} {found.code} {found.message} {found.hint}".strip()


@pytest.mark.parametrize(
    "content",
    [CSV, "\ufeff" + CSV, CSV.replace("\n", "\r\n"), CSV.replace("tea,", ' "tea" , '), CSV + "\n\n", CSV.replace(",", "\t")],
    ids=["plain", "with a BOM", "CRLF", "quotes and blanks", "empty lines", "tabs"],
)
def test_csv(compiled: Compile, content: str) -> None:
    name = "p.tsv" if "\t" in content else "p.csv"
    assert rows_of(compiled(f"{{key: item, file: {name}, fields: {FIELDS}}}", {name: content})) == ROWS


def test_parquet(compiled: Compile, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(CSV, encoding="utf-8")
    query = f"copy (select * from read_csv('{tmp_path}/p.csv')) to '{tmp_path}/p.parquet'"
    duckdb.connect().execute("set timezone = 'UTC'").execute(query)
    assert rows_of(compiled(f"{{key: item, file: p.parquet, fields: {FIELDS}}}")) == ROWS


def fill(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("create table p (item text, name text, price real, open int, since text, at text, grade text)")
        db.execute("insert into p values ('tea', '煎茶', 12.5, 1, '2024-02-29', '2026-03-01T10:00:00Z', 'a')")
        db.execute("insert into p values ('pot', null, 7, 0, null, null, 'b')")
    db.close()


def test_sqlite_and_sql(compiled: Compile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "p.sqlite")
    assert rows_of(compiled(f"{{key: item, file: p.sqlite, query: select * from p, fields: {FIELDS}}}")) == ROWS
    monkeypatch.setenv("CRM_URL", f"sqlite:///{tmp_path}/p.sqlite")
    assert rows_of(compiled(f"{{key: item, sql: 'env:CRM_URL', query: select * from p, fields: {FIELDS}}}")) == ROWS
    assert sqlalchemy.__version__ >= "2"


def test_a_database_that_does_not_answer_keeps_its_address_to_itself(compiled: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_URL", "sqlite:////nowhere/secret-password/x.db")
    found = compiled("{key: item, sql: 'env:CRM_URL', query: select 1, fields: {a: string}}").diagnostics
    assert [d.code for d in found] == ["E354"]
    assert "secret" not in str([(d.message, d.hint) for d in found])
    monkeypatch.delenv("CRM_URL")
    found = compiled("{key: item, sql: 'env:CRM_URL', query: select 1, fields: {a: string}}").diagnostics
    assert [d.message for d in found] == ["`products` cannot be read: the environment holds no `CRM_URL`"]


def test_rows_one_after_the_other(compiled: Compile) -> None:
    """`valid_from`: a key has many rows; an instant without a zone is one of the project's."""
    content = "item,price,from\ntea,1,\ntea,2,2026-03-01\ntea,3,2026-03-01T10:00:00+09:00\n"
    found = compiled("{key: item, file: p.csv, fields: {price: number}, valid_from: from}", {"p.csv": content})
    assert rows_of(found) == (("tea", (1,), None), ("tea", (2,), 1772323200000), ("tea", (3,), 1772326800000))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ["6:31 E354 `products` cannot be read: it is empty its first line names the columns"]),
        ("item,price\n", []),
        ("item;price\na;1\n", ["`;` stands between its columns"]),
        ("item,prise\na,1\n", ["has no column `price`; it has `item`, `prise` did you mean `prise`?"]),
        ("item,price\na,NaN\nb,1e999\nc,12 €\nd,١٢\n", ["2:3 E355 `NaN`", "3:3 E355 `1e999`", "4:3 E355", "5:3 E355"]),
        ("item,price\na,1\n\n\"b\nb\",x\n", ["5:4 E355 `x` is no number"]),
        ("item,price\na,1\na,2\n", ["3:1 E355 a second row with the key `a`"]),
        ("item,price\n,1\n", ["2:1 E355 a row without its key"]),
        ("item,price\na\n", ["2:2 E355 an empty cell, where `products` must have a value"]),
        ("item,price\na,1,,\n", []),
        ("price,name,item\n1,Tee, grün,a\n2,b,c\n", ["2:13 E355 a cell too many: the first line names no column for it a text"]),
        ("item,price,item\na,1,b\n", ["6:19 E354 `p.csv` names the column `item` twice"]),
        ("item,price\n\"a,1\nb,2\n", ["line 2: a quote is never closed"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(compiled: Compile, content: str, expected: list[str]) -> None:
    found = [told(d) for d in compiled("{key: item, file: p.csv, fields: {price: number}}", {"p.csv": content}).diagnostics]
    assert len(found) == len(expected), found
    for one, wanted in zip(sorted(found), sorted(expected), strict=True):
        assert wanted in one


def test_a_file_that_is_no_text(compiled: Compile) -> None:
    found = compiled("{key: item, file: p.csv, fields: {price: number}}", {"p.csv": b"item,price\n\xff\xfe,1\n"}).diagnostics
    assert [d.code for d in found] == ["E354"]
    assert "not UTF-8" in found[0].message


def test_faults_are_bounded(compiled: Compile) -> None:
    content = "item,price\n" + "".join(f"k{n},x\n" for n in range(1000))
    found = compiled("{key: item, file: p.csv, fields: {price: number}}", {"p.csv": content}).diagnostics
    assert len(found) == 21
    assert any("980 more cells" in d.message for d in found)


def test_huge_numbers_stay_numbers(compiled: Compile) -> None:
    content = "item,price\na,123456789012345678901234567890\nb,-0.0\nc,.5\nd,9223372036854775807\n"
    found = rows_of(compiled("{key: item, file: p.csv, fields: {price: number}}", {"p.csv": content}))
    assert found == (("a", (1.2345678901234568e29,), None), ("b", (-0.0,), None), ("c", (0.5,), None), ("d", (2**63 - 1,), None))


def test_keys_are_texts_unless_said_otherwise(compiled: Compile) -> None:
    content = "item,price\n007,1\n7,2\n"
    assert len(rows_of(compiled("{key: item, file: p.csv, fields: {price: number}}", {"p.csv": content}))) == 2  # type: ignore[arg-type]
    found = compiled("{key: item, file: p.csv, fields: {item: number, price: number}}", {"p.csv": content}).diagnostics
    assert [told(d) for d in found] == ["3:1 E355 a second row with the key `7`"]


def test_rows_are_part_of_the_program_and_no_cache_hides_that_they_changed(compiled: Compile, tmp_path: Path) -> None:
    before = compiled("{key: item, file: p.csv, fields: {price: number}}", {"p.csv": "item,price\na,1\n"}).program
    cached = compile_cached((), tmp_path).program
    (tmp_path / "p.csv").write_text("item,price\na,2\n", encoding="utf-8")
    after = compile_cached((), tmp_path).program
    assert before is not None and cached is not None and after is not None
    assert fingerprint(before) == fingerprint(cached) != fingerprint(after)


def test_the_order_of_lines_and_columns_does_not_count(compiled: Compile) -> None:
    one = compiled("{key: item, file: p.csv, fields: {price: number}}", {"p.csv": "item,price\na,1\nb,2\n"}).program
    other = compiled("{key: item, file: p.csv, fields: {price: number}}", {"p.csv": "price,more,item\n2,x,b\n1,y,a\n"}).program
    assert one is not None and other is not None
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.long
def test_a_hundred_thousand_rows(compiled: Compile) -> None:
    content = "item,name,price\n" + "".join(f"item-{n},商品 {n},{n / 100}\n" for n in range(100_000))
    began = time.perf_counter()
    found = compiled("{key: item, file: p.csv, fields: {name: string, price: number}}", {"p.csv": content})
    assert len(rows_of(found)) == 100_000  # type: ignore[arg-type]
    assert time.perf_counter() - began < 5
