"""The two versions that `rtj diff` compares: what was named on the command line becomes programs, and what is known beside them.

A version is a folder or its rtj.yaml, a commit (`main`, `HEAD~3`, `git:REF`), a compiled program (`rtj compile --all`), or an
environment of the project (`env:NAME`). `OLD..NEW` names two commits, `OLD...NEW` the last one of which both come, and NEW.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rtj.base.diagnostic import Diagnostic
from rtj.base.errors import InputError, RtjError, UsageError
from rtj.base.memory import Memory
from rtj.base.plain import one_line
from rtj.base.span import Source
from rtj.cli.environments import declared, environment_in
from rtj.cli.git import Git
from rtj.cli.git_tree import tree_of
from rtj.cli.outcome import wants_tracebacks
from rtj.cli.versions_git import Past, home_of, load_past, sources_by_place
from rtj.cli.versions_read import NO_PROGRAM, SharedTrees, Texts, Wordings, lazy_places, program_in, texts_in
from rtj.compile.partial import Partial, compiled_part
from rtj.compile.pipeline import Analysis, analyse
from rtj.ir.program import Program
from rtj.lang.discover import ENDINGS, PROJECT_FILE, project_file
from rtj.lang.load import Loaded, load_project, shown
from rtj.lang.syntax import EnvironmentDecl
from rtj.lang.tree_cache import TreeCache
from rtj.plan.changes import Spot
from rtj.plan.sides import Side
from rtj.report.diff_places import Where

if TYPE_CHECKING:
    from rtj.cli.versions_store import InStore

WHO = "rtj diff"
NOW = "working tree"
IGNORED_MAX = 20  # files that are named; of more only the number
GIT, ENVIRONMENT = "git:", "env:"
RANGE = re.compile(r"(?P<old>[^/.][^\0]*?|)(?P<dots>\.\.\.?)(?P<new>[^/.][^\0]*|)")


@dataclass(frozen=True, slots=True)
class Version:
    """One version: what is compared (`side`), and what is known beside it. `analysis`: text and meaning together, None for a
    compiled program and for nothing; `places`: where its parts stand in the text; `diagnostics`: what keeps it from compiling;
    `remarks`: what could not be read, or is taken from elsewhere; `instances`: who is inside, of an environment, `inside` the
    same out of its store; `root`: the project's folder as it is now."""

    side: Side
    analysis: Analysis | None = None
    places: Mapping[Spot, Where] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    remarks: tuple[str, ...] = ()
    instances: Path | None = None
    inside: InStore | None = None
    root: Path | None = None


def versions(old: str | None = None, new: str | None = None, project: Path | None = None) -> tuple[Version, Version]:
    """The two versions that these arguments name: without any, the last commit and the working tree; with one, that and the
    working tree. `project`: the project file or its folder, for what is no folder itself; None for the nearest one.

    Raises UsageError for what names no version, or versions of different projects; InputError for what cannot be read."""
    if new is None and old is not None and (named := _range(old)) is not None:
        old, new = named
    at = _At(project, (old, new) if new is not None else ())
    second = at.version(new)
    first = at.version("HEAD" if old is None else old)
    if new is None and first.analysis is not None and first.analysis is second.analysis:
        raise UsageError(f"{old}: this is the working tree itself; `rtj diff` alone compares the last commit with it")
    at.trees.save()
    _same_project(first, second)
    if at.commits and new is None:
        for text in _ignored(second):
            second = _with_remark(second, text)
    return _without_texts(first, second), _without_texts(_with_remark(second, _renamed(first, second)), first)


@contextmanager
def damage_told(both: Iterable[Version]) -> Iterator[None]:
    """A compiled program is taken for what a compiler wrote, but for what `program_in` asks: if it is not, it cannot be worked
    with in ways that nobody foresaw. Raises InputError then; with RTJ_DEBUG what was raised stays."""
    try:
        yield
    except (RtjError, OSError, MemoryError):
        raise
    except Exception as error:
        compiled = [one_line(one.side.name) for one in both if one.analysis is None and one.side.runnable]
        if not compiled or wants_tracebacks():
            raise
        who = " or ".join(compiled)
        raise InputError(
            f"{who}: cannot be worked with ({type(error).__name__}): the compiled program is damaged, or this is a fault of rtj; "
            "`rtj compile --all` makes it anew, RTJ_DEBUG=1 shows where"
        ) from error


def _range(argument: str) -> tuple[str, str] | None:
    """What `OLD..NEW` names; None for anything else."""
    plain = argument.removeprefix(GIT)
    found = RANGE.fullmatch(plain)
    if found is None or (plain == argument and Path(argument).exists()):
        return None
    old, new = (found[part] or "HEAD" for part in ("old", "new"))
    before = f"{old}...{new}" if found["dots"] == "..." else old
    return f"{GIT}{before.removeprefix(GIT)}", f"{GIT}{new.removeprefix(GIT)}"


class _At:
    """Where versions are looked for: the nearest project, its repository, and what was read of it before."""

    def __init__(self, project: Path | None, arguments: tuple[str | None, ...]) -> None:
        self.project = project
        self.file = self._file([Path(argument) for argument in arguments if argument is not None])
        self.trees = SharedTrees(TreeCache(self.file) if self.file is not None else None)
        self.memory = Memory()
        self.others: dict[str, Source] = {}
        self.commits = 0
        self._now: Analysis | None = None

    def _file(self, places: list[Path]) -> Path | None:
        """The project file as it is now: that of the first folder that was named, else the nearest; None where there is none."""
        if self.project is not None and not self.project.is_dir():
            return project_file((), self.project)
        folders = [self.project] if self.project is not None else [place for place in places if place.is_dir()]
        for folder in folders:
            if (folder / PROJECT_FILE).is_file():
                return folder / PROJECT_FILE
        if self.project is not None:
            return None
        for place in places:
            if place.name == PROJECT_FILE and place.is_file():
                return place
        try:
            return project_file((), None)
        except UsageError:
            return None

    def version(self, argument: str | None) -> Version:
        """The version that an argument names; None: the working tree."""
        if argument is None:
            return self.now()
        if not argument.strip() or argument in (GIT, ENVIRONMENT):  # of a variable that is not set, most of all
            raise UsageError(f"'{argument}': names no version; without an argument the last commit is compared")
        if argument.startswith(GIT):
            return self.commit(argument.removeprefix(GIT))
        if argument.startswith(ENVIRONMENT):
            return self.environment(argument.removeprefix(ENVIRONMENT))
        path = Path(argument)
        if path.is_dir() and ((path / PROJECT_FILE).is_file() or not self._is_ref(argument)):
            return self.folder(path, argument)
        if path.is_file() and path.name == PROJECT_FILE:
            return self.folder(path, argument)
        if path.is_file() and path.name.endswith(ENDINGS):
            raise UsageError(f"{argument}: a version is a whole project: name its folder, a commit, or a compiled program")
        if path.is_file():
            return self.compiled(path, argument)
        if path.exists() and not path.is_dir():
            raise UsageError(f"{argument}: a pipe or a device is no version: write it to a file first")
        return self.commit(argument)

    def now(self) -> Version:
        """The project as it is in its folder."""
        file = self.file if self.file is not None else project_file((), self.project)
        return _version(NOW, self._analysed(file), texts_in(file.parent), (), file.parent)

    def folder(self, path: Path, argument: str) -> Version:
        """A project in a folder, or its project file."""
        file = path / PROJECT_FILE if path.is_dir() else path
        if not file.is_file():
            raise UsageError(f"{argument}: a folder without {PROJECT_FILE} is no version of a project")
        remarks: tuple[str, ...] = ()
        if self._is_ref(argument):
            remarks = (f"`{argument}` is a folder here; the commit of that name is `{GIT}{argument}`",)
        return _version(argument, self._analysed(file), texts_in(file.parent), remarks, file.parent)

    def compiled(self, path: Path, argument: str) -> Version:
        """A program that was compiled before."""
        return Version(Side(argument, program_in(path)), root=self.file.parent if self.file is not None else None)

    def environment(self, name: str) -> Version:
        """What an environment of the project runs, and who is inside there."""
        file = self.file if self.file is not None else project_file((), self.project)
        loaded = self._analysed(file).loaded
        found = declared(loaded, name, f"{ENVIRONMENT}{name}")
        stored, remarks = self._in_store(loaded, found)
        if stored is not None:
            return Version(Side(name, stored.program), remarks=remarks, inside=stored, root=file.parent)
        if found.program is None:
            raise InputError(f"env:{name}: nothing was deployed there yet; `rtj deploy --env {name}` does it")
        program = Path(shown(loaded.file_of(found.program)))
        if not program.exists():
            raise InputError(
                f"env:{name}: {program} is not there: nothing was deployed; `rtj compile --all > {program}` makes it"
            )
        instances = loaded.file_of(found.instances) if found.instances is not None else None
        if instances is not None and not instances.is_file():
            remarks, instances = (*remarks, f"{shown(instances)} is not there: nobody knows who is inside `{name}`"), None
        return Version(Side(name, program_in(program)), remarks=remarks, instances=instances, root=file.parent)

    def _in_store(self, loaded: Loaded, found: EnvironmentDecl) -> tuple[InStore | None, tuple[str, ...]]:
        """What the store of an environment says, and what is said of it. Where a compiled program is named as well, a store that
        cannot be looked at here is no error."""
        from rtj.cli.versions_store import deployed_in  # databases, which other versions do not need

        try:
            stored = deployed_in(environment_in(loaded, found.name.text))
        except UsageError as error:
            if found.program is None:
                raise
            return None, (f"{one_line(str(error))}: compared with `program` instead",)
        if stored is None or not stored.draining:
            return stored, ()
        return stored, (f"{stored.draining:,} more are inside older versions in `{found.name.text}`, which drain",)

    # ---- commits

    def commit(self, ref: str) -> Version:
        """The project as it was at a commit."""
        self.commits += 1
        git, top = self._repository(ref)
        commit, name, label = self._named(git, ref)
        past = Past(tree_of(git, commit), label, top, self._others(top))
        folder = self._home(top)
        home = home_of(past, folder, self.file)
        if home is None:
            remark = f"`{name}` has no {f'{folder}/' if folder else ''}{PROJECT_FILE}: everything is new"
            return Version(Side(name, NO_PROGRAM, runnable=False), remarks=(remark,))
        with tempfile.TemporaryDirectory(prefix="rtj-", ignore_cleanup_errors=True) as into:
            analysis = analyse(load_past(past, home, Path(into), self.trees), self.memory)
            self.others = sources_by_place(analysis.loaded, Path(into))
            texts = texts_in(Path(into, home), f"{label}:{home}/" if home else f"{label}:")
            root = self.file.parent if self.file is not None else None
            return _version(name, analysis, texts, tuple(past.tree.remarks), root)

    def _others(self, top: Path | None) -> dict[str, Source]:
        """The files of the version that was looked at before, by their paths in the repository."""
        if self._now is not None and top is not None:
            return sources_by_place(self._now.loaded, top)
        return self.others

    def _repository(self, ref: str) -> tuple[Git, Path | None]:
        """The repository of the project, asked in its top folder."""
        inside = self.file.parent if self.file is not None else self.project if self.project is not None else Path()
        git = Git(inside if inside.is_dir() else Path(), WHO)
        try:
            top = git.top()
        except UsageError as reason:
            if "not a git repository" not in str(reason):
                raise
            if "/" in ref or Path(ref).suffix:
                raise UsageError(f"{ref}: no such file or folder") from None
            where = self.file.parent if self.file is not None else "this folder"
            raise UsageError(f"{ref}: {where} is in no git repository; name two folders: `rtj diff OLD NEW`") from None
        return (git if top is None else Git(top, WHO)), top

    def _named(self, git: Git, ref: str) -> tuple[str, str, str]:
        """The commit, and what it is called for people and in paths."""
        if "..." in ref:
            one, _, other = ref.partition("...")
            commit = git.merge_base(git.commit(one), git.commit(other))
            return commit, f"{commit[:10]} (where {other} left {one})", commit[:10]
        try:
            return git.commit(ref), ref, ref
        except UsageError as reason:
            if ("/" in ref or ref.endswith((".json", ".yaml"))) and "did you mean" not in str(reason):
                raise UsageError(f"{ref}: no such file or folder, and git knows no such commit") from None
            raise

    def _home(self, top: Path | None) -> str | None:
        """Where the project is in the repository now; None where nobody knows."""
        if self.file is not None and top is not None:
            inside = os.path.relpath(self.file.resolve().parent, top)
        elif self.project is not None:
            inside = os.path.relpath(self.project.absolute(), top) if top is not None else self.project.as_posix().strip("/")
        else:
            return None
        return None if inside.startswith("..") else "" if inside == "." else inside.replace(os.sep, "/")

    def _is_ref(self, name: str) -> bool:
        if "/" in name or name in (".", ".."):
            return False
        inside = self.file.parent if self.file is not None else Path()
        return Git(inside, WHO).known(name) is not None

    def _analysed(self, file: Path) -> Analysis:
        """A project on disk. That of this place is read once."""
        if self.file is None or file.resolve() != self.file.resolve():
            return analyse(load_project((), file))
        if self._now is None:
            self._now = analyse(load_project((), file, self.trees), self.memory)
        return self._now


def _ignored(now: Version) -> tuple[str, ...]:
    """Which journeys are read though git ignores them: no commit has those."""
    assert now.analysis is not None
    loaded = now.analysis.loaded
    paths = sorted({os.path.abspath(path) for path in loaded.files.values()})
    git = Git(loaded.root, WHO)
    if not paths or git.told("rev-parse", "--is-inside-work-tree") != "true":
        return ()
    try:
        told = git.ask("check-ignore", "-z", "--stdin", stdin=b"\0".join(os.fsencode(path) for path in paths))
    except UsageError:  # which is how git says that it ignores none
        return ()
    names = [shown(Path(os.fsdecode(name))) for name in told.split(b"\0") if name]
    found = [f"`{one_line(name)}` is read, though git ignores it: no commit has it" for name in names[:IGNORED_MAX]]
    if len(names) > IGNORED_MAX:
        found.append(f"{len(names) - IGNORED_MAX:,} more files are read, though git ignores them")
    return tuple(found)


def _version(name: str, analysis: Analysis, texts: Texts, remarks: tuple[str, ...], root: Path | None) -> Version:
    """A version with text: its program, as far as it compiles."""
    part = compiled_part(analysis)
    wrong = tuple(d for d in analysis.compiled.diagnostics if d.severity == "error")
    if part is None:
        raise InputError(f"{name}: the project file cannot be read: {_told(wrong[0])}")
    lost = {journey: _told(diagnostic) for journey, diagnostic in part.lost.items()}
    words = Wordings(analysis)
    side = Side(name, part.program, texts.hashes, lost, words, runnable=not wrong, needs=texts.needs)
    places = lazy_places(analysis, texts)
    return Version(side, analysis, places, wrong, (*remarks, *_partly(name, part)), root=root)


def _partly(name: str, part: Partial) -> list[str]:
    """What is said of declarations that are wrong. Journeys that are left out are told where they would be compared."""
    if not part.declarations:
        return []
    more = len(part.declarations) - 1
    also = f", and {more:,} more" if more else ""
    return [f"{name} does not compile: of its declarations what is right is compared: {_told(part.declarations[0])}{also}"]


def _told(diagnostic: Diagnostic) -> str:
    """A diagnostic on one line, with its place."""
    span = diagnostic.span
    return one_line(f"{diagnostic.code} {diagnostic.message} ({span.source.path}:{span.line}:{span.column})")


def _same_project(old: Version, new: Version) -> None:
    """Raises UsageError when two versions have nothing to do with each other."""
    one, other = old.side.program, new.side.program
    if one.project == other.project or NO_PROGRAM in (one, other):
        return
    if _names(one) & _names(other) or not (_names(one) and _names(other)):
        return
    raise UsageError(
        f"`{old.side.name}` is the project `{one.project}`, `{new.side.name}` the project `{other.project}`: they have "
        "no journey in common, so there is nothing to compare"
    )


def _names(program: Program) -> set[str]:
    return {name for journey in program.journeys for name in (journey.name, journey.formerly) if name}


def _renamed(old: Version, new: Version) -> str:
    """What is said when the project is called otherwise; "" when it is not."""
    one, other = old.side.program.project, new.side.program.project
    return f"the project was called `{one}` and is called `{other}`" if one != other and one and other else ""


def _without_texts(version: Version, other: Version) -> Version:
    """The version without texts of messages where the other is a compiled program, which has none: they cannot be compared."""
    compiled = other.analysis is None and other.side.program != NO_PROGRAM
    if not compiled or not version.side.templates:
        return version
    what = "is a compiled program" if other.inside is None else "is what a store has, which are programs"
    remark = f"`{other.side.name}` {what}: texts of messages are not compared"
    return _with_remark(replace(version, side=replace(version.side, templates={}, needs={})), remark)


def _with_remark(version: Version, text: str) -> Version:
    """The version with one more remark; the same for none."""
    return replace(version, remarks=(*version.remarks, text)) if text else version
