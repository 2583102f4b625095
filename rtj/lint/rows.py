"""Rows of tables that are asked for by a key which no row has."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic, Label
from rtj.ir.expr import Const, Row
from rtj.ir.program import Table
from rtj.lang import syntax as s
from rtj.lang.guesses import closest
from rtj.lint.facts import Facts


def no_such_row(facts: Facts) -> Iterator[Diagnostic]:
    """W317: `products['senca']`, where the file of the table has no such key. What a database holds may be another one where the
    project runs, and rows that events bring are not known."""
    declared = facts.checked.declared
    if not facts.complete or declared is None:
        return
    files = {decl.name.text: decl for decl in facts.project.tables if decl.file is not None}
    tables = {table.name: table for table in declared.tables if table.name in files}
    keys: dict[str, frozenset[str | int | float]] = {}
    for tree, typed in facts.checked.typed.values() if tables else ():
        if not isinstance(tree, s.Index) or not isinstance(typed.expr, Row) or not isinstance(typed.expr.key, Const):
            continue
        table, key = tables.get(typed.expr.table), typed.expr.key.value
        if table is None or key is None:
            continue
        known = keys.setdefault(table.name, frozenset(row[0] for row in table.rows))
        if key not in known:
            yield _told(tree, table, files[table.name], known)


def _told(tree: s.Index, table: Table, decl: s.TableDecl, known: frozenset[str | int | float]) -> Diagnostic:
    written = tree.index.value if isinstance(tree.index, s.Text) else None
    meant = closest(written, sorted(str(key) for key in known)) if written is not None else None
    hint = (
        f"did you mean `{meant}`?" if meant is not None else f"what it gives is always missing; the file has {len(known):,} keys"
    )
    message = f"`{table.name}` has no row `{tree.index.span.text.strip(chr(39) + chr(34))}`"
    labels = (Label(decl.file.span, "its rows"),) if decl.file is not None else ()
    return Diagnostic("W317", message, tree.index.span, hint, labels, "warning")
