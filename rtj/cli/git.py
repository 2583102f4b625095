"""What git knows about changed files. It is asked with bounded time, and never to change anything."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rtj.base.errors import UsageError

SECONDS_MAX = 30  # for one question
OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


@dataclass(frozen=True, slots=True)
class Changes:
    """Resolved paths: files that are new or different, and files that are gone."""

    changed: frozenset[Path]
    gone: frozenset[Path]


def changes_since(folder: Path, ref: str) -> Changes:
    """What is different in the working tree from `ref`, files that git does not know yet included.

    Raises UsageError when there is no git, no repository or no such ref."""
    top = Path(_ask(folder, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").rstrip("\r\n")).resolve()
    commit = _commit(folder, ref)
    told = _ask(folder, "diff", "--no-renames", "--no-ext-diff", "--name-status", "-z", commit, "--").split(b"\0")
    changed: set[Path] = set()
    gone: set[Path] = set()
    for status, name in zip(told[::2], told[1::2], strict=False):
        (gone if status == b"D" else changed).add(top / os.fsdecode(name))
    new = _ask(top, "ls-files", "--others", "--exclude-standard", "-z").split(b"\0")
    changed |= {top / os.fsdecode(name) for name in new if name}
    return Changes(frozenset(path.resolve() for path in changed), frozenset(gone))


def _commit(folder: Path, ref: str) -> str:
    """The commit that a ref names. In a repository without commits HEAD is the empty tree: everything is new."""
    try:
        found = _ask(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except UsageError:
        if ref == "HEAD":
            return _ask(folder, "hash-object", "-t", "tree", "--stdin").decode("ascii").strip()
        raise UsageError(f"--changed {ref}: git knows no such commit or branch") from None
    return found.decode("ascii").strip()


def _ask(folder: Path, *question: str) -> bytes:
    # Within a hook git says where it is, relative to where the hook runs; asked from elsewhere it has to look for itself.
    env = {name: value for name, value in os.environ.items() if name not in OF_HOOKS}
    try:
        done = subprocess.run(
            ("git", "--no-optional-locks", *question),
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=SECONDS_MAX,
        )
    except FileNotFoundError:
        raise UsageError("--changed asks git, which is not installed") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"--changed: git did not answer within {SECONDS_MAX} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"--changed asks git, which says: {said[0] if said else f'exit code {done.returncode}'}")
    return done.stdout
