"""The files of one commit as git keeps them: their paths, links among them, submodules, and what stands in them."""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rtj.base.errors import InputError, UsageError
from rtj.cli.git import DEEPER, Git

ENTRIES_MAX = 2_000_000  # files of a commit
BYTES_MAX = 512 * 1024 * 1024  # of all files that are read from one commit
LINKS_MAX = 40  # that lead from one path to another
SUBMODULES_MAX = 200
POINTER = b"version https://git-lfs.github.com/spec/"
POINTER_MAX = 1024  # bytes

LINK, MODULE = "120000", "160000"  # what git calls the modes of symbolic links and of submodules


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a commit: its mode and hash, and the repository that has it."""

    mode: str
    hash: str
    git: Git


@dataclass
class Tree:
    """All files of a commit by path, `/` between folders. `remarks`: what of it cannot be read, and why."""

    git: Git
    commit: str
    entries: dict[str, Entry]
    remarks: list[str] = field(default_factory=list)
    left: int = BYTES_MAX
    _opened: set[str] = field(default_factory=set)

    def below(self, folder: str) -> Iterator[str]:
        """The paths of the files below a folder ("" for all), those of submodules too."""
        start = f"{folder}/" if folder else ""
        modules = [path for path, entry in self.entries.items() if entry.mode == MODULE and path.startswith(start)]
        for path in modules[:SUBMODULES_MAX]:
            self._open(path)
        if len(modules) > SUBMODULES_MAX:
            self.remark(
                f"{len(modules) - SUBMODULES_MAX:,} submodules below `{folder or '.'}` are left out: {SUBMODULES_MAX} are read"
            )
        yield from [path for path, entry in self.entries.items() if path.startswith(start) and entry.mode != MODULE]

    def follow(self, path: str) -> tuple[list[str], str | None]:
        """The links that are met on the way to a file, and the path where it really is; None when there is no such file."""
        links: list[str] = []
        for _ in range(LINKS_MAX):
            if (entry := self.entries.get(path)) is not None and entry.mode != LINK:
                return links, path
            met = next((head for head in _heads(path) if head in self.entries), None)
            if met is None:
                return links, None
            if self.entries[met].mode == MODULE:
                if met in self._opened or not self._open(met):
                    return links, None
                continue
            if self.entries[met].mode != LINK:
                return links, None
            target = os.fsdecode(self.contents([met])[met])
            there = posixpath.normpath(posixpath.join(posixpath.dirname(met), target))
            if target.startswith("/") or there.startswith(".."):
                self.remark(f"`{met}` is a link out of the repository: it is not followed")
                return links, None
            links.append(met)
            path = posixpath.normpath(posixpath.join(there, path[len(met) :].lstrip("/")))
        return links, None

    def contents(self, paths: Iterable[str]) -> dict[str, bytes]:
        """What stands in these files. Raises InputError when that is too much, or not in this clone."""
        found: dict[str, bytes] = {}
        by_home: dict[Path, list[str]] = {}
        for path in paths:
            by_home.setdefault(self.entries[path].git.folder, []).append(path)
        for home in by_home.values():
            found |= self._contents(self.entries[home[0]].git, home)
        return found

    def remark(self, text: str) -> None:
        """Say something once."""
        if text not in self.remarks:
            self.remarks.append(text)

    def is_told(self, path: str) -> bool:
        """Does a remark begin with this path?"""
        return any(remark.startswith(f"`{path}` ") for remark in self.remarks)

    def _contents(self, git: Git, paths: list[str]) -> dict[str, bytes]:
        asked = "".join(f"{self.entries[path].hash}\n" for path in paths).encode()
        for path, answer in zip(paths, git.ask("cat-file", "--batch-check", stdin=asked).splitlines(), strict=True):
            size = answer.rsplit(b" ", 1)[-1]
            if not size.isdigit():
                raise InputError(f"{path}: its content at {self.commit[:10]} is not in this clone{_deeper(git)}")
            self.left -= int(size)
            if self.left < 0:
                most = f"{BYTES_MAX // 2**20} MiB"
                raise InputError(f"{path}: the files that the project reads at {self.commit[:10]} have more than {most}")
        answer = git.ask("cat-file", "--batch", stdin=asked)
        found: dict[str, bytes] = {}
        at = 0
        for path in paths:
            end = answer.index(b"\n", at)
            start, length = end + 1, int(answer[at:end].rsplit(b" ", 1)[-1])
            found[path] = self._whole(git, path, answer[start : start + length])
            at = start + length + 1
        return found

    def _whole(self, git: Git, path: str, content: bytes) -> bytes:
        """The content, of a pointer to a large file that of the file, where this clone has it."""
        if len(content) > POINTER_MAX or not content.startswith(POINTER):
            return content
        name = content.partition(b"oid sha256:")[2][:64].decode("ascii", "replace")
        home = git.told("rev-parse", "--git-common-dir")
        file = Path(git.folder, home or ".git", "lfs", "objects", name[:2], name[2:4], name)
        try:
            if file.stat().st_size <= self.left:
                large = file.read_bytes()
                if hashlib.sha256(large).hexdigest() == name:
                    self.left -= len(large)
                    return large
        except (OSError, ValueError):
            pass
        self.remark(
            f"`{path}` is kept by git lfs, and this clone does not have it as it was at {self.commit[:10]}: `git lfs fetch`"
        )
        return content

    def _open(self, module: str) -> bool:
        """Put the files of a submodule in its place; False when they are not here."""
        if module in self._opened:
            return True
        self._opened.add(module)
        git, commit = Git(self.git.folder / module, self.git.who), self.entries[module].hash
        if not (git.folder / ".git").exists() or git.told("cat-file", "-t", commit) != "commit":
            self.remark(f"`{module}` is a submodule whose commit {commit[:10]} is not here: its files are left out")
            return False
        self.entries |= {f"{module}/{path}": entry for path, entry in _entries(git, commit).items()}
        del self.entries[module]
        return True


def tree_of(git: Git, commit: str) -> Tree:
    """The files of a commit. `git` must ask in the top folder of its repository. Raises UsageError when it is not there."""
    return Tree(git, commit, _entries(git, commit))


def _entries(git: Git, commit: str) -> dict[str, Entry]:
    try:
        told = git.ask("ls-tree", "-r", "-z", "--full-tree", commit)
    except UsageError as reason:
        if git.shallow():
            raise UsageError(f"{git.who}: the commit {commit[:10]} is not whole here; {DEEPER}") from None
        raise reason
    if told.count(b"\0") > ENTRIES_MAX:
        raise UsageError(f"{git.who}: the commit {commit[:10]} has more than {ENTRIES_MAX:,} files")
    found: dict[str, Entry] = {}
    for record in told.split(b"\0"):
        if record:
            about, _, path = record.partition(b"\t")
            mode, _, name = about.decode("ascii").split(" ")
            found[os.fsdecode(path)] = Entry(mode, name, git)
    return found


def _heads(path: str) -> Iterator[str]:
    """The path and the folders above it, the outermost first."""
    parts = path.split("/")
    for size in range(1, len(parts) + 1):
        yield "/".join(parts[:size])


def _deeper(git: Git) -> str:
    return f"; {DEEPER}" if git.shallow() else ""
