"""`rtj fmt` and `rtj convert` from the outside: what is written, what is shown, what is left alone, and the exit codes."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.cli.main import app

UGLY = "journey w {enter on a;wait 1h @p; send hi by email   # why\n}"
PRETTY = "journey w {\n  enter on a\n\n  wait 1h @p\n  send hi by email  # why\n}\n"
AS_YAML = "journey: w\nenter: {on: a}\ndo:\n  - {id: p, wait: 1h}\n  - {send: hi, by: email}  # why\n"


class Ran:
    def __init__(self, *arguments: str, stdin: bytes = b"") -> None:
        result = CliRunner().invoke(app, list(arguments), input=stdin)
        self.code, self.out, self.err = result.exit_code, result.stdout, result.stderr


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rtj.yaml").write_text("project: tiny\n")
    (tmp_path / "w.journey").write_text(UGLY)
    return tmp_path


def test_files_are_laid_out_where_they_are(project: Path) -> None:
    ran = Ran("fmt")

    assert (ran.code, ran.out) == (0, "")
    assert "formatted w.journey" in ran.err and "1 of 2 files formatted" in ran.err
    assert (project / "w.journey").read_text() == PRETTY
    assert "all is formatted in 2 files" in Ran("fmt").err


def test_check_lists_what_would_change_and_writes_nothing(project: Path) -> None:
    ran = Ran("fmt", "--check", ".")

    assert (ran.code, ran.out) == (1, "w.journey\n")
    assert (project / "w.journey").read_text() == UGLY
    Ran("fmt")
    assert Ran("fmt", "--check").code == 0


def test_diff_is_a_patch(project: Path) -> None:
    ran = Ran("fmt", "--diff", "w.journey")

    assert ran.code == 1
    assert ran.out.startswith("--- w.journey\n+++ w.journey\n@@ -1,2 +1,6 @@\n-journey w {enter")
    assert "\\ No newline at end of file\n" in ran.out
    assert (project / "w.journey").read_text() == UGLY


def test_line_ends_and_marks_are_settled(project: Path) -> None:
    (project / "w.journey").write_bytes(b"\xef\xbb\xbf" + PRETTY.replace("\n", "\r\n").encode())
    (project / "rtj.yaml").write_bytes(b"project: tiny\r\n\r\n")

    assert Ran("fmt", "--check").out == "rtj.yaml\nw.journey\n"
    Ran("fmt")
    assert (project / "w.journey").read_bytes() == PRETTY.encode()
    assert (project / "rtj.yaml").read_bytes() == b"project: tiny\n"


def test_what_has_errors_is_left_alone_and_the_rest_is_laid_out(project: Path) -> None:
    (project / "bad.journey").write_text("journey bad {\n  enter on a\n  sned hi by email\n}\n")
    (project / "latin.journey").write_bytes(b"journey caf\xe9 {}")
    ran = Ran("fmt")

    assert ran.code == 1
    assert "bad.journey:3:3" in ran.err and "2 files with mistakes left as they are" in ran.err
    assert (project / "bad.journey").read_text() == "journey bad {\n  enter on a\n  sned hi by email\n}\n"
    assert (project / "w.journey").read_text() == PRETTY


def test_stdin_goes_to_stdout(project: Path) -> None:
    assert Ran("fmt", "-", "--stdin-filename", "w.journey", stdin=UGLY.encode()).out == PRETTY
    assert Ran("fmt", "-", "--stdin-filename", "w.journey", "--check", stdin=UGLY.encode()).code == 1
    assert Ran("fmt", "-", "--stdin-filename", "w.journey", "--check", stdin=PRETTY.encode()).code == 0
    bad = Ran("fmt", "-", "--stdin-filename", "w.journey", stdin=b"journey w {")
    assert (bad.code, bad.out) == (1, "") and "E010" in bad.err
    assert (project / "w.journey").read_text() == UGLY


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("fmt", "-"), "--stdin-filename"),
        (("fmt", "-", "w.journey", "--stdin-filename", "a.journey"), "stands alone"),
        (("fmt", "nowhere.journey"), "no such file"),
        (("fmt", "events.jsonl"), "no file of a project"),
        (("convert", "rtj.yaml"), "no file of journeys"),
        (("convert", "w.journey", "--write", "-o", "x.yaml"), "--write"),
        (("convert", "w.journey", "-o", "w.journey"), "the file that is read"),
        (("convert", "nowhere.journey"), "no such file"),
    ],
)
def test_calls_that_are_wrong(project: Path, arguments: tuple[str, ...], told: str) -> None:
    (project / "events.jsonl").write_text("")
    ran = Ran(*arguments)

    assert ran.code == 2 and told in ran.err, ran.err
    assert (project / "w.journey").read_text() == UGLY


def test_included_files_are_laid_out_too(project: Path) -> None:
    (project / "rtj.yaml").write_text("project: tiny\ninclude: [parts/events.yaml]\n")
    (project / "parts").mkdir()
    (project / "parts" / "events.yaml").write_text("events:\n    a: {  x: string }\n\n\n\n    b: {}\n")
    (project / "parts" / "other.yaml").write_text("not:   ours\n")
    (project / ".hidden").mkdir()
    (project / ".hidden" / "w.journey").write_text(UGLY)

    assert Ran("fmt", "--check").out == "parts/events.yaml\nw.journey\n"
    Ran("fmt")
    assert (project / "parts" / "events.yaml").read_text() == "events:\n  a: {x: string}\n\n  b: {}\n"


@pytest.mark.skipif(os.geteuid() == 0 and sys.platform != "linux", reason="locks mean nothing here")
def test_a_locked_file_stays_and_nothing_is_written(project: Path) -> None:
    (project / "a.journey").write_text(UGLY.replace("journey w", "journey a"))
    (project / "w.journey").chmod(0o444)
    ran = Ran("fmt")

    assert ran.code == 4 and "read-only; nothing was written" in ran.err
    assert (project / "a.journey").read_text().startswith("journey a {enter")


# ---- convert


def test_convert_answers_on_stdout(project: Path) -> None:
    assert Ran("convert", "w.journey").out == AS_YAML
    assert Ran("convert", "w.journey", "--to", "dsl").out == PRETTY
    (project / "y.journey.yaml").write_text(AS_YAML)
    assert Ran("convert", "y.journey.yaml").out == PRETTY
    assert Ran("convert", "-", "--stdin-filename", "y.journey.yaml", stdin=AS_YAML.encode()).out == PRETTY


def test_convert_into_a_file(project: Path) -> None:
    assert Ran("convert", "w.journey", "-o", "out.journey.yaml").code == 0
    assert (project / "out.journey.yaml").read_text() == AS_YAML
    assert (project / "w.journey").exists()


def test_convert_takes_the_place_of_the_file(project: Path) -> None:
    ran = Ran("convert", "w.journey", "--write")

    assert ran.code == 0 and "w.journey to w.journey.yaml" in ran.err
    assert sorted(path.name for path in project.glob("w.*")) == ["w.journey.yaml"]
    Ran("convert", "w.journey.yaml", "--write")
    assert (project / "w.journey").read_text() == PRETTY
    (project / "w.journey.yaml").write_text("mine")
    assert Ran("convert", "w.journey", "--write").code == 4
    assert (project / "w.journey.yaml").read_text() == "mine"


def test_convert_writes_out_what_anchors_name_and_says_so(project: Path) -> None:
    text = "journey: w\nenter: {on: a}\ndo: &both\n  # first\n  - wait_for:\n"
    text += "      - {on: b, do: &x [{send: y}]}  # why\n      - {after: 1d, do: *x}\n"
    (project / "w.journey.yaml").write_text(text)
    ran = Ran("convert", "w.journey.yaml")

    assert (ran.code, "anchors" in ran.err) == (0, True)
    assert ran.out == (
        "journey w {\n  enter on a\n\n  # first\n  wait_for {\n    on b { send y }  # why\n    after 1d { send y }\n  }\n}\n"
    )
    assert Ran("fmt", "--check", "w.journey.yaml").code == 0


def test_convert_of_what_cannot_be_read_or_said(project: Path) -> None:
    (project / "bad.journey.yaml").write_text("journey: bad\nenter: {on: a b}\n")
    ran = Ran("convert", "bad.journey.yaml")
    assert (ran.code, ran.out) == (1, "") and "bad.journey.yaml:2" in ran.err

    (project / "odd.journey.yaml").write_text('journey: odd\ntitle: "bell \\x07"\nenter: {on: a}\n')
    ran = Ran("convert", "odd.journey.yaml")
    assert (ran.code, ran.out) == (1, "") and "cannot be written in the journey language: the character U+0007" in ran.err


def test_stdin_is_bounded(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rtj.cli import formatting

    monkeypatch.setattr(formatting, "MAX_BYTES", 10)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x" * 11)))
    ran = Ran("fmt", "-", "--stdin-filename", "w.journey", stdin=b"x" * 11)
    assert ran.code == 4 and "larger" in ran.err
