"""Raw values become identifiers: normalised, without junk, best first (S2.1)."""

from __future__ import annotations

import pytest

from rtj.connect.identify import Reader, is_junk
from rtj.ir.program import Namespace

SPACES = (
    Namespace("email", 1, True, "person", ("trim", "lower")),
    Namespace("phone", 2, False, "person", ("e164",)),
    Namespace("device", 3, False, "device"),
)


@pytest.mark.parametrize(
    "value",
    ["", "  ", "null", "NULL", " undefined ", "Anonymous", "0", "000", "00000000-0000-0000-0000-000000000000", "x" * 1025],
)
def test_junk(value: str) -> None:
    assert is_junk(value)
    assert Reader(SPACES).identify((None, None, value)) == ()


@pytest.mark.parametrize("value", ["nullable", "0a", "10", "-", "none of it", "anon"])
def test_no_junk(value: str) -> None:
    assert not is_junk(value)


def test_best_first_and_normalised() -> None:
    """A value a namespace, in the order of priority; numbers are texts, 7.0 is 7."""
    reader = Reader(SPACES)
    assert reader.identify((" Ada@X.org ", None, 7.0)) == ((0, "ada@x.org"), (2, "7"))
    assert reader.identify((None, "0049 (0)170-1.2", "d")) == ((1, "+49017012"), (2, "d"))
    assert reader.identify((None, "()", None)) == ()
    assert reader.known[(None, "()", None)] == ()
    assert reader.several(((2, "d"), (0, "B@x"), (0, "a@x"), (2, "d"), (1, None))) == ((0, "a@x"), (0, "b@x"), (2, "d"))


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtj.connect.identify.CACHE_MAX", 3)
    reader = Reader(SPACES)
    for number in range(10):
        reader.identify((f"{number}@x", None, None))
    assert len(reader.known) <= 3
