"""What is printed is safe, on one line where it must be, coloured only when asked for, and broken between pieces."""

from __future__ import annotations

import io

import pytest

from rtj.base.plain import one_line, safe
from rtj.cli.screen import Color, Piece, Screen, columns, line, paint, shows_blocks, wants_color, width, wrap


class Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(
    ("choice", "environment", "terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_who_decides_about_colour(
    choice: Color, environment: dict[str, str], terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_color(Terminal() if terminal else io.StringIO(), choice) is expected


def test_controls_never_reach_a_terminal() -> None:
    assert safe("a\tb\x1b[31m\x00\x85\u202e\u2028c\ud800") == "a    b?[31m??? c?"
    assert one_line(" two\n\n lines\t ") == "two lines"


def test_width_counts_cells() -> None:
    assert [width(text) for text in ("abc", "日本", "e\u0301", "👨‍👩‍👧", "❤️")] == [3, 4, 1, 2, 2]


def test_colour_wraps_words_but_no_blanks() -> None:
    lines = [line(Piece("error", "bad"), ": it", Piece("  ", "dim")), ()]
    assert paint(lines, color=True) == "\x1b[1;31merror\x1b[0m: it\n\n"
    assert paint(lines, color=False) == "error: it\n\n"


def test_wrap_breaks_between_words() -> None:
    pieces = [Piece("one two ", "dim"), Piece("three")]
    assert paint(wrap(pieces, 8, 2), color=False) == "one two\n  three\n"
    assert paint(wrap(pieces, 0, 2), color=False) == "one two three\n"
    assert paint(wrap([Piece("incomprehensibilities")], 8, 2), color=False) == "incomprehensibilities\n"


def test_quiet_silences_talk_but_neither_answers_nor_errors(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(quiet=True)
    screen.talk([line("by the way")])
    screen.complain([line("error")])
    screen.answer([line("42")])
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("42\n", "error\n")


def test_what_an_encoding_cannot_show_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    Screen().answer([line("日本 █")])
    stream.buffer.seek(0)
    assert stream.buffer.read() == b"?? ?\n"


def test_a_pipe_has_no_columns_and_shows_no_blocks() -> None:
    assert columns(io.StringIO()) == 0
    assert not shows_blocks(io.StringIO())
    assert shows_blocks(Terminal())
