"""What the world does to us: exceptions that the shell raises and the command line turns into a message and an exit code.

RtjError
├── UsageError        the call or the project cannot be used as asked        exit 2
├── InputError        an input cannot be read or is corrupt                  exit 4
├── OutputError       an output cannot be written (disk full, permission)    exit 4
├── RefusedError      refused for safety: stale plan, lock held, blast guard     exit 5
└── MissingExtra      a package of an optional extra is not installed        exit 2
Authors' mistakes are `Diagnostic` values; our own are assertions.
"""

from __future__ import annotations


class RtjError(Exception):
    """Base of all; `str()` is the whole message for the user."""

    exit_code = 4


class UsageError(RtjError):
    exit_code = 2


class InputError(RtjError):
    exit_code = 4


class OutputError(RtjError):
    exit_code = 4


class RefusedError(RtjError):
    exit_code = 5


class MissingExtra(RtjError):
    exit_code = 2

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the extra `{extra}`: pip install 'rtj[{extra}]'")
