"""A snapshot is read from a file, packed or not, with any line ends, as it was written; what is none is said to be none."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from rtj.base.errors import InputError
from rtj.connect import streams
from rtj.connect.snapshots import opened_snapshot
from rtj.ir.program import fingerprint
from tests.run import shop
from tests.run.test_instances import read, snapshot


@pytest.fixture
def written(tmp_path: Path) -> bytes:
    return snapshot(tmp_path, shop.program(), shop.write(tmp_path / "events.jsonl", shop.stream(3)))


def in_chunks(patch: pytest.MonkeyPatch, size: int) -> None:
    """However many bytes a read gives."""
    read_most = streams.Source.read
    patch.setattr(streams.Source, "read", lambda source, most=size: read_most(source, min(size, most)))


@pytest.mark.parametrize("change", [bytes, gzip.compress, lambda text: text.replace(b"\n", b"\r\n"), lambda text: text + b"\n\n"])
def test_what_was_written_is_read(tmp_path: Path, written: bytes, change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    in_chunks(monkeypatch, 100)
    (tmp_path / "s").write_bytes(change(written))
    with opened_snapshot(str(tmp_path / "s")) as found:
        standings = list(found)
    assert standings == read(written)[1] != []
    assert (found.header.program, found.bad_count) == (fingerprint(shop.program()), 0)
    assert found.instances == sum(len(standing.instances) for standing in standings)


def test_a_line_that_is_too_long_is_left_out(tmp_path: Path, written: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    head, *rest = written.splitlines(keepends=True)
    monkeypatch.setattr(streams, "LINE_MAX", 5_000)
    in_chunks(monkeypatch, 1_000)
    (tmp_path / "s").write_bytes(head + b'{"x":"' + b"x" * 9_000 + b'"}\n' + b"".join(rest))
    with opened_snapshot(str(tmp_path / "s")) as found:
        assert list(found) == read(written)[1]
    assert [bad.line for bad in found.bad] == [2] and "more than" in found.bad[0].reason


@pytest.mark.parametrize("text", [b"", b"\xff\xfe{\x00", b'{"type":"purchase"}\n'])
def test_what_is_no_snapshot(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "s").write_bytes(text)
    with pytest.raises(InputError), opened_snapshot(str(tmp_path / "s")):
        pass


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"), opened_snapshot(str(tmp_path / "s")):
        pass
