"""What git knows: changed files, commits, what a commit holds. It is asked with bounded time, and never to change anything."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from rtj.base.errors import UsageError

SECONDS_MAX = 30  # for one question
NAMES_MAX = 10_000  # branches and tags among which a near one is looked for
OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
DEEPER = "this clone is shallow: fetch all of its history (`git fetch --unshallow`, in a workflow `fetch-depth: 0`)"

_SUFFIX = re.compile(r"[~^@].*$", re.DOTALL)  # of a revision: HEAD~3, main^2, main@{u}


@dataclass(frozen=True, slots=True)
class Git:
    """Asks git about the repository in which a folder lies. `who` is what asks, in messages: `--changed`, `rtj diff`."""

    folder: Path
    who: str

    def ask(self, *question: str, stdin: bytes = b"") -> bytes:
        """What git answers. Raises UsageError with what it says when it refuses, is not there or takes too long."""
        # Within a hook git says where it is, relative to where the hook runs; asked from elsewhere it has to look for itself.
        env = {name: value for name, value in os.environ.items() if name not in OF_HOOKS} | {"LC_ALL": "C"}
        try:
            done = subprocess.run(
                ("git", "--no-optional-locks", *question),
                cwd=self.folder,
                env=env,
                input=stdin,
                capture_output=True,
                check=False,
                timeout=SECONDS_MAX,
            )
        except FileNotFoundError:
            raise UsageError(f"{self.who} asks git, which is not installed") from None
        except subprocess.TimeoutExpired:
            raise UsageError(f"{self.who}: git did not answer within {SECONDS_MAX} s") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise UsageError(f"{self.who} asks git, which says: {said[0] if said else f'exit code {done.returncode}'}")
        return done.stdout

    def told(self, *question: str) -> str | None:
        """One line that git answers; None when it refuses."""
        try:
            return os.fsdecode(self.ask(*question)).rstrip("\r\n")
        except UsageError:
            return None

    def top(self) -> Path | None:
        """The folder of the working tree; None in a bare repository. Raises UsageError outside of any repository."""
        if os.fsdecode(self.ask("rev-parse", "--is-bare-repository")).strip() == "true":
            return None
        return Path(os.fsdecode(self.ask("rev-parse", "--show-toplevel")).rstrip("\r\n")).resolve()

    def known(self, ref: str) -> str | None:
        """The commit that a ref names; None when it names none."""
        return self.told("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}") if ref else None

    def commit(self, ref: str) -> str:
        """The same. In a repository without commits HEAD is the empty tree: everything is new. Raises UsageError."""
        found = self.known(ref)
        if found is not None:
            return found
        if ref == "HEAD" and self.told("rev-parse", "--is-inside-work-tree", "--is-bare-repository") is not None:
            if (named := self.told("rev-parse", "--verify", "--quiet", "HEAD")) is not None:
                raise UsageError(f"{self.who} HEAD: the commit {named[:10]} cannot be read; `git fsck` tells what is damaged")
            return self.ask("hash-object", "-t", "tree", "--stdin").decode("ascii").strip()
        raise UsageError(f"{self.who} {ref}: git knows no such commit or branch{self._near(ref)}")

    def shallow(self) -> bool:
        """Is only a part of the history here?"""
        return self.told("rev-parse", "--is-shallow-repository") == "true"

    def merge_base(self, one: str, other: str) -> str:
        """The last commit that both commits come from. Raises UsageError when there is none, or not in this clone."""
        found = self.told("merge-base", one, other)
        if found:
            return found
        why = f"; {DEEPER}" if self.shallow() else ""
        raise UsageError(f"{self.who}: {one[:10]} and {other[:10]} have no commit in common{why}")

    def _near(self, ref: str) -> str:
        name = _SUFFIX.sub("", ref)
        form = f"--count={NAMES_MAX}", "--format=%(refname:short)"
        names = (self.told("for-each-ref", *form, "refs/heads", "refs/tags", "refs/remotes") or "").splitlines()
        remote = next((known for known in names if known.endswith(f"/{name}")), None)
        near = name if name in names else remote or next(iter(get_close_matches(name, names, n=1)), None)
        if near == name or self.known(name) is not None:
            return f"; `{name}` is known, `{ref[len(name) :]}` of it is not{f'; {DEEPER}' if self.shallow() else ''}"
        if near is not None:
            return f"; did you mean {near}{ref[len(name) :]}?"
        return f"; {DEEPER}" if self.shallow() else ""


@dataclass(frozen=True, slots=True)
class Changes:
    """Resolved paths: files that are new or different, and files that are gone."""

    changed: frozenset[Path]
    gone: frozenset[Path]


def changes_since(folder: Path, ref: str) -> Changes:
    """What is different in the working tree from `ref`, files that git does not know yet included.

    Raises UsageError when there is no git, no repository or no such ref."""
    git = Git(folder, "--changed")
    top = Path(os.fsdecode(git.ask("rev-parse", "--show-toplevel")).rstrip("\r\n")).resolve()
    told = git.ask("diff", "--no-renames", "--no-ext-diff", "--name-status", "-z", git.commit(ref), "--").split(b"\0")
    changed: set[Path] = set()
    gone: set[Path] = set()
    for status, name in zip(told[::2], told[1::2], strict=False):
        (gone if status == b"D" else changed).add(top / os.fsdecode(name))
    new = Git(top, git.who).ask("ls-files", "--others", "--exclude-standard", "-z").split(b"\0")
    changed |= {top / os.fsdecode(name) for name in new if name}
    return Changes(frozenset(path.resolve() for path in changed), frozenset(gone))


def repository_above(folder: Path) -> Path:
    """The root of the repository in which an absolute folder lies, without asking git; the folder itself where there is none."""
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)
