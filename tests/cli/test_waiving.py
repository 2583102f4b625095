"""The waiver file is read beside rtj.yaml and written whole; what cannot be read or written is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.base.errors import InputError, OutputError, UsageError
from rtj.cli.waiving import accept, waivers_beside
from rtj.plan.changes import Change, Diff, Judged
from rtj.plan.waivers import FILE, waive

QUIET = Change("D162", "behaviour", "quiet hours", "21:00", "22:00", was=("quiet_hours",), now=("quiet_hours",))
DIFF = Diff("main", "working tree", "a", "b", (Judged(QUIET, "behaviour"),))


def test_what_was_accepted_counts_from_then_on(tmp_path: Path) -> None:
    before = waive(DIFF, waivers_beside(tmp_path).waivers)

    assert accept(tmp_path, before, "breaking", "so") == 0
    assert not (tmp_path / FILE).exists(), "nothing to accept is nothing to write"
    assert accept(tmp_path, before, "behaviour", "agreed") == 1
    after = waive(DIFF, waivers_beside(tmp_path).waivers)
    assert [judged.waived for judged in after.diff.every] == ["agreed"]
    assert accept(tmp_path, after, "behaviour", "agreed") == 0
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_mark_at_the_beginning_and_the_mode_stay(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xef\xbb\xbf# ours\r\n")
    (tmp_path / FILE).chmod(0o600)

    accept(tmp_path, waive(DIFF, ()), "safe", "agreed")

    assert (tmp_path / FILE).read_bytes().startswith(b"\xef\xbb\xbf# ours\r\nproject D162 quiet hours ")
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert len(waivers_beside(tmp_path).waivers) == 1


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--accept: a reason says who agreed"):
        accept(tmp_path, waive(DIFF, ()), "safe", " ")
    with pytest.raises(OutputError, match=r"rtj\.accept: No such file"):
        accept(tmp_path / "nowhere", waive(DIFF, ()), "safe", "x")
    (tmp_path / FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        waivers_beside(tmp_path)
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    with pytest.raises(InputError, match="no regular file"):
        waivers_beside(tmp_path)
