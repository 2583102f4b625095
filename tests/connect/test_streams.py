"""Bytes become whole lines, however they come and however a file is cut."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtj.connect import streams
from rtj.connect.streams import Source, TooLong, dealt_lines, slice_lines, source_lines, whole_lines

texts = st.lists(st.sampled_from([b"", b"a", b"bb", b"c" * 40]), max_size=30).map(b"\n".join)
shared = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(path: Path) -> bytes:
    source = Source(str(path))
    try:
        return b"".join(piece for piece in source_lines(source) if isinstance(piece, bytes))
    finally:
        source.close()


@given(text=texts, size=st.integers(1, 50))
def test_pieces_end_at_line_ends(text: bytes, size: int) -> None:
    """Nothing is lost, and every piece but the last ends with a newline."""
    pieces = list(whole_lines(text[i : i + size] for i in range(0, len(text), size)))
    assert b"".join(piece for piece in pieces if isinstance(piece, bytes)) == text
    assert all(isinstance(piece, bytes) and piece.endswith(b"\n") for piece in pieces[:-1])


@shared
@given(text=texts, parts=st.integers(1, 9))
def test_slices_are_the_file(tmp_path: Path, text: bytes, parts: int) -> None:
    """Every line is in one slice, in order."""
    path = tmp_path / "text"
    path.write_bytes(text)
    slices = [list(slice_lines(str(path), part, parts)) for part in range(parts)]
    assert b"".join(piece for pieces in slices for piece in pieces if isinstance(piece, bytes)) == text
    for pieces in slices[:-1]:
        assert all(isinstance(piece, bytes) for piece in pieces)


def test_a_line_over_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its start is told in its place; what stands around it is kept."""
    monkeypatch.setattr(streams, "LINE_MAX", 10)
    monkeypatch.setattr(streams, "START_KEPT", 4)
    text = b"one\n" + b"x" * 25 + b"\ntwo\n" + b"y" * 30
    for size in (1, 3, 8):
        pieces = list(whole_lines(text[i : i + size] for i in range(0, len(text), size)))
        assert [piece for piece in pieces if isinstance(piece, TooLong)] == [TooLong(b"xxxx"), TooLong(b"yyyy")]
        assert b"".join(piece for piece in pieces if isinstance(piece, bytes)) == b"one\ntwo\n"


def test_packed_files(tmp_path: Path) -> None:
    """gzip and zstd by their first bytes, several members behind each other; the share of a worker is every n-th chunk."""
    text = b"".join(f"line {n}\n".encode() for n in range(100_000))
    half = len(text) // 2
    packed = {
        "a": text,
        "b": gzip.compress(text[:half]) + gzip.compress(text[half:]) + b"\0\0",
        "c": zstandard.ZstdCompressor().compress(text[:half]) + zstandard.ZstdCompressor().compress(text[half:]),
        "d": b"\xef\xbb\xbf" + text,
    }
    for name, content in packed.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert read(path) == text
    source = Source(str(tmp_path / "b"))
    mine = [mine for _, mine in dealt_lines(source, 1, 3)]
    source.close()
    assert mine[:4] == [False, True, False, False]


def test_a_pipe_gives_what_it_has() -> None:
    """Lines are there as soon as they are written, though the writer keeps the pipe open."""
    out, into = os.pipe()
    source = Source(f"/dev/fd/{out}")
    lines = source_lines(source)
    os.write(into, b"one\ntw")
    assert next(lines) == b"one\n"
    os.write(into, b"o\n")
    assert next(lines) == b"two\n"
    os.write(into, b"half")
    os.close(into)
    assert list(lines) == [b"half"]
    source.close()
    os.close(out)
