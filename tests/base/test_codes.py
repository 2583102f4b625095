"""Every code that the product uses is in the table, and the table is in order."""

from __future__ import annotations

import re
from pathlib import Path

from rtj.base.codes import CODES

PACKAGE = Path(__file__).resolve().parents[2] / "rtj"


def test_every_code_used_is_in_the_table() -> None:
    used = {
        code
        for path in PACKAGE.rglob("*.py")
        if path.name != "codes.py"
        for code in re.findall(r'"([EW]\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert used
    assert sorted(used - set(CODES)) == []


def test_the_table_is_sorted_and_names_are_unique() -> None:
    assert list(CODES) == sorted(CODES)
    assert len({name for name, _ in CODES.values()}) == len(CODES)
    assert all(re.fullmatch(r"[a-z][a-z-]*", name) and meaning for name, meaning in CODES.values())
