"""Every way to end has its exit code and one line on stderr; no traceback, no facts of a person."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest
import typer

from rtj.base.errors import InputError, MissingExtra, OutputError, UsageError
from rtj.cli.outcome import guarded, outcome


def raising(error: BaseException) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (UsageError("no rtj.yaml here"), 2, "error: no rtj.yaml here"),
        (MissingExtra("zstd", "zstd"), 2, "error: zstd needs the extra `zstd`: pip install 'rtj[zstd]'"),
        (InputError("events.jsonl:3: broken\nline"), 4, "error: events.jsonl:3: broken line"),
        (OutputError("out.jsonl: disk full"), 4, "error: out.jsonl: disk full"),
        (OSError(errno.ENOSPC, "No space left on device"), 4, "error: no space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "x.jsonl"), 4, "error: x.jsonl: permission denied"),
        (MemoryError(), 4, "error: out of memory"),
        (KeyboardInterrupt(), 130, "error: interrupted"),
        (ValueError("ada@example.org"), 3, "error: internal error (ValueError): this is a fault of rtj; RTJ_DEBUG=1 shows where"),
        (AssertionError(), 3, "error: internal error (AssertionError): this is a fault of rtj; RTJ_DEBUG=1 shows where"),
        (RecursionError("deep"), 3, "error: internal error (RecursionError): this is a fault of rtj; RTJ_DEBUG=1 shows where"),
    ],
)
def test_an_exception_becomes_a_line_and_a_code(
    error: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RTJ_DEBUG", raising=False)
    assert outcome(raising(error)) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == words + "\n"


def test_a_closed_pipe_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(raising(BrokenPipeError())) == 141
    assert capsys.readouterr().err == ""


def test_a_fault_shows_where_when_asked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTJ_DEBUG", "1")
    assert outcome(raising(ValueError("deep down"))) == 3
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert "deep down" in shown


def test_a_guarded_command_ends_with_its_code() -> None:
    with pytest.raises(typer.Exit) as caught:
        guarded(lambda: 1)()
    assert caught.value.exit_code == 1
    guarded(lambda: 0)()
