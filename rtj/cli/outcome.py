"""What becomes of an exception: a line on stderr and an exit code. No traceback reaches a person who did not ask for one.

0 done · 1 the answer is no (findings) · 2 usage · 3 our fault · 4 an input or output failed · 5 refused for safety ·
130 interrupted · 141 closed pipe
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer

from rtj.base.errors import RtjError
from rtj.cli.screen import Screen, error_line

OK = 0
FINDINGS = 1
USAGE = 2
OUR_FAULT = 3
IO_FAILED = 4
INTERRUPTED = 130
PIPE_CLOSED = 141

P = ParamSpec("P")


def guarded(command: Callable[P, int]) -> Callable[P, None]:
    """Make a command of a function that returns an exit code: every exception becomes a line and a code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        code = outcome(lambda: command(*args, **kwargs))
        if code:
            raise typer.Exit(code)

    return run


def outcome(work: Callable[[], int]) -> int:
    """Run `work`; return its exit code, or that of the exception it ended with, having said why on stderr."""
    screen = Screen()
    try:
        return work()
    except RtjError as error:
        _say(screen, str(error))
        return error.exit_code
    except BrokenPipeError:
        silence_stdout()
        return PIPE_CLOSED
    except KeyboardInterrupt:
        _say(screen, "interrupted")
        return INTERRUPTED
    except MemoryError:
        _say(screen, "out of memory")
        return IO_FAILED
    except OSError as error:
        _say(screen, _os_words(error))
        return IO_FAILED
    except typer.Exit:
        raise
    except Exception as error:
        return _our_fault(screen, error)


def close_streams(code: int) -> int:
    """Flush stdout before the interpreter does: a pipe closed by its reader is no error, a full disk is one."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
        return PIPE_CLOSED
    except OSError as error:
        silence_stdout()
        _say(Screen(), f"stdout: {_os_words(error)}")
        return code or IO_FAILED
    return code


def silence_stdout() -> None:
    """Let what is still buffered for stdout go nowhere, so that the interpreter does not complain at its end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return  # stdout is no file (a test's buffer): nothing can complain


def _os_words(error: OSError) -> str:
    words = (error.strerror or str(error) or type(error).__name__).lower()
    return f"{error.filename}: {words}" if error.filename else words


def wants_tracebacks() -> bool:
    """Did somebody ask to see where an exception comes from?"""
    return os.environ.get("RTJ_DEBUG", "0") not in ("", "0")


def _our_fault(screen: Screen, error: Exception) -> int:
    if wants_tracebacks():
        import traceback

        traceback.print_exception(error)
    # Messages of unforeseen exceptions may quote a person's facts: only their kind is shown.
    _say(screen, f"internal error ({type(error).__name__}): this is a fault of rtj; RTJ_DEBUG=1 shows where")
    return OUR_FAULT


def _say(screen: Screen, message: str) -> None:
    try:
        screen.complain([error_line(message)])
    except OSError:
        return  # stderr is gone too: nobody is left to tell
