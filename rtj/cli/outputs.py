"""Where answers go: which format to stdout, which to files, and files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from rtj.base.errors import OutputError, UsageError

STDIO = "-"
PLAIN = ("full", "concise")
FORMATS = (*PLAIN, "json", "json-lines", "sarif", "github", "gitlab", "junit", "checkstyle", "rdjson", "markdown")

# The folder is closed, or the file is a mount of its own: it cannot be replaced, and may yet be writable.
_IN_PLACE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY)


@dataclass(frozen=True, slots=True)
class Outputs:
    """`stdout`: the format there; `files`: format and path of each file; `chosen`: a format was asked for, or none was and it
    is the one for people."""

    stdout: str
    files: tuple[tuple[str, str], ...] = ()
    chosen: bool = False

    def names(self, format_: str) -> bool:
        return format_ == self.stdout or any(format_ == name for name, _ in self.files)


def read_outputs(stdout: str | None, outputs: Sequence[str], formats: Sequence[str] = FORMATS) -> Outputs:
    """Understand `--format NAME` and every `--output FORMAT=FILE`; the first of the `formats` is the usual one. Raises
    UsageError."""
    if stdout is not None:
        _check("--format", stdout, formats)
    files: list[tuple[str, str]] = []
    piped: str | None = None
    for output in outputs:
        name, equals, path = output.partition("=")
        if not equals or not path or path.endswith(("/", os.sep)):
            example = "sarif=rtj.sarif" if "sarif" in formats else "html=diff.html"
            raise UsageError(f"--output {output}: say FORMAT=FILE, such as {example}")
        _check("--output", name, formats)
        if path != STDIO:
            if clash := next((before for _, before in files if same_file(path, before)), None):
                raise UsageError(f"--output {output}: {clash} is written already")
            files.append((name, path))
        elif stdout is not None or piped is not None:
            raise UsageError(f"--output {output}: stdout takes one format, and {stdout or piped} goes there")
        else:
            piped = name
    chosen = stdout or piped
    return Outputs(chosen or formats[0], tuple(files), chosen is not None)


def refuse_overwriting(outputs: Outputs, inputs: Iterable[Path]) -> None:
    """Raises UsageError when an output is a file that was read."""
    for _, path in outputs.files:
        if any(same_file(path, str(read)) for read in inputs):
            raise UsageError(f"--output: {path} is also checked and would be overwritten")


def same_file(one: str, other: str) -> bool:
    """Whether two paths are one regular file, there or to come; two names of a terminal or of /dev/null are no clash."""
    if STDIO in (one, other):
        return one == other
    try:
        return os.path.samefile(one, other) and Path(one).is_file()
    except OSError:
        return Path(one).absolute() == Path(other).absolute()


def write_file(path: str, content: bytes) -> None:
    """Write a file whole or not at all; who reads it meanwhile sees the old one. Raises OutputError."""
    try:
        if os.path.exists(path) and not os.path.isfile(path):  # a pipe, a device; a folder refuses by itself
            Path(path).write_bytes(content)
        else:
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise OutputError(f"{path}: {(error.strerror or str(error)).lower()}") from error


def _replace(target: Path, content: bytes) -> None:
    new = target.with_name(f".rtj-{os.urandom(6).hex()}.new")
    try:
        with new.open("wb") as file:
            file.write(content)
        if target.exists():
            new.chmod(target.stat().st_mode & 0o7777)
        new.replace(target)
    except BaseException as error:
        new.unlink(missing_ok=True)
        if not isinstance(error, OSError) or error.errno not in _IN_PLACE or not target.exists():
            raise
        target.write_bytes(content)


def _check(option: str, name: str, formats: Sequence[str]) -> None:
    if name not in formats:
        close = get_close_matches(name.lower(), formats, n=1)
        expected = f"did you mean {close[0]}?" if close else f"there are {', '.join(formats)}"
        raise UsageError(f"{option} {name}: no such format; {expected}")
