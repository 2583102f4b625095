"""The grammar has no conflict; its table is cached, and the cache is never needed."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rtj.base.places import grammar_file
from rtj.lang import phrase_grammar

GRAMMAR = grammar_file("expr.lark").read_text(encoding="utf-8")


def conflicts(grammar: str, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Lark resolves shift/reduce conflicts in silence, but for its debug log; others it refuses."""
    from lark import Lark, logger

    before = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(caplog.handler)
    try:
        Lark(
            grammar,
            parser="lalr",
            lexer="contextual",
            start=list(phrase_grammar.STARTS),
            edit_terminals=phrase_grammar.whole_words,
            debug=True,
        )
    finally:
        logger.setLevel(before)
        logger.removeHandler(caplog.handler)
    return [record.getMessage() for record in caplog.records if "onflict" in record.getMessage()]


def test_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    assert conflicts(GRAMMAR, caplog) == []


def test_a_planted_conflict_is_seen(caplog: pytest.LogCaptureFixture) -> None:
    """The test above would notice: `for` behind any condition is also the `for` of an audience and of a list."""
    planted = GRAMMAR.replace(
        '| sum_x "is" [NOT] MISSING', '| sum_x "is" "for" sum_x "for" sum_x -> planted\n | sum_x "is" [NOT] MISSING'
    )
    planted = planted.replace('?expr: "if"', '?expr: "if" expr "then" expr -> planted_if\n | "if"')
    assert conflicts(planted, caplog) != []


PARSE = "from rtj.lang.phrase_grammar import phrase_parser; print(phrase_parser().parse('a + 1', start='expr').data)"


def run(cache: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run([sys.executable, "-W", "error", "-c", PARSE], capture_output=True, text=True, env=env, check=False)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the cache folder is named otherwise there")
def test_the_table_is_cached_and_the_cache_is_not_needed(tmp_path: Path) -> None:
    first = run(tmp_path)
    assert (first.stdout, first.stderr) == ("binary\n", "")
    (table,) = (tmp_path / "rtj").iterdir()
    assert run(tmp_path).stdout == "binary\n"
    for broken in (b"", b"not a table", table.read_bytes()[:-100], b"\x80\x04]."):
        table.write_bytes(broken)
        again = run(tmp_path)
        assert (again.stdout, again.stderr) == ("binary\n", "")
    blocked = tmp_path / "a file"
    blocked.write_text("")
    assert run(blocked).stdout == "binary\n"


def test_lark_is_imported_with_the_first_phrase_only() -> None:
    code = "import sys, rtj.lang.load; print('lark' in sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert told.stdout == "False\n"
