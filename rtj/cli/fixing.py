"""`rtj validate --fix` and `--diff`: what can be mended is mended in the files, or shown as a patch.

`--unsafe-fixes` says which fixes; by itself it is a wrong call, so that nobody believes in a file that was never written.
`--diff` writes nothing and tells no findings: its answer is the patch, and the exit code whether there is one. What was read from
stdin goes to stdout, mended or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rtj.base.errors import InputError, UsageError
from rtj.base.finding import Finding
from rtj.base.plain import one_line, safe
from rtj.cli.looking import Looked, Run
from rtj.cli.looking import run as look_at
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.patches import MARK, Change, show_changes
from rtj.cli.screen import Line, Piece, Screen, line
from rtj.lang.tree_cache import TreeCache
from rtj.lang.yaml_nodes import MAX_BYTES
from rtj.lint.fixing import Relint, Texts, Withdrawn, mend
from rtj.lint.lint import Linted, lint
from rtj.report.moments import counted

TOLD_MAX = 10  # fixes that were taken back, one line each


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for: `fix` writes, `diff` only shows, `unsafe` goes further."""

    fix: bool = False
    unsafe: bool = False
    diff: bool = False

    def __bool__(self) -> bool:
        return self.fix or self.diff


@dataclass(frozen=True, slots=True)
class Fixed:
    """`looked`: what is left to be told. `changes`: files that are other than they were. `number`: of findings that were
    mended."""

    looked: Looked
    changes: tuple[Change, ...]
    number: int
    withdrawn: tuple[Withdrawn, ...]
    stable: bool


def check_wish(wish: Wish, *, accepting: bool) -> None:
    """Raise UsageError for options that say nothing together. `accepting`: a baseline or ignore comments are written."""
    if wish.unsafe and not wish:
        raise UsageError("--unsafe-fixes says which fixes: add --fix to apply them, or --diff to see them")
    if wish.fix and wish.diff:
        raise UsageError("--fix writes and --diff only shows: choose one")
    if wish and accepting:
        raise UsageError("--add-ignores and --write-baseline accept what is left: mend first, then call again")


def mend_all(looked: Looked, wish: Wish) -> Fixed:
    """Mend what was told, in one project after the other. Nothing is written."""
    runs: list[Run] = []
    changes: dict[Path, Change] = {}
    number, stable = 0, True
    withdrawn: list[Withdrawn] = []
    for asked in looked.runs:
        run = _anew(asked, changes)
        files = {name: path.resolve() for name, path in run.linted.analysis.loaded.files.items()}
        told = asked.target.wanted(run.linted.analysis.loaded)
        mended = mend(run.linted, _relint(run, files), _mendable(told, asked, files), unsafe=wish.unsafe)
        texts = {source.path: source.text for source in run.linted.analysis.loaded.sources}
        for name, after in mended.texts.items():
            path = files[name]
            before = changes[path].before if path in changes else texts[name]
            given = asked.target.texts.get(path)
            changes[path] = Change(path, name, before, after, given is not None, _marked(path, given))
        runs.append(Run(asked.target, mended.linted, tuple(f for f in mended.linted.findings if told(f))))
        number += len(mended.fixed)
        withdrawn += mended.withdrawn
        stable = stable and mended.stable
    real = tuple(change for change in changes.values() if change.after != change.before)
    return Fixed(Looked(tuple(runs)), real, number, tuple(withdrawn), stable)


def _marked(path: Path, given: bytes | None) -> bool:
    if given is not None:
        return given.startswith(MARK)
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK


def _anew(run: Run, changes: Mapping[Path, Change]) -> Run:
    """The run; checked again if another project shares a file with it that has changed since."""
    files = {path.resolve() for path in run.linted.analysis.loaded.files.values()}
    texts = {path: MARK + change.after.encode("utf-8") for path, change in changes.items() if path in files}
    if not texts:
        return run
    return look_at(replace(run.target, texts={**run.target.texts, **texts}), run.linted.settings.options)


def _relint(run: Run, files: Mapping[str, Path]) -> Relint:
    """Checks the project of the run with other texts in the place of some of its files. What is the same is read once."""
    trees = TreeCache(run.target.project)

    def relint(texts: Texts) -> Linted:
        given = {files[name]: MARK + text.encode("utf-8") for name, text in texts.items()}
        target = replace(run.target, texts={**run.target.texts, **given})
        return lint(target.load_with(trees), run.linted.settings.options)

    return relint


def _mendable(told: Callable[[Finding], bool], run: Run, files: Mapping[str, Path]) -> Callable[[Finding], bool]:
    """What is told is mended; of a project with a text from stdin only that."""
    given = run.target.texts
    return lambda finding: told(finding) and (not given or files.get(finding.diagnostic.span.source.path) in given)


# ---- what is done with it


def given_text(looked: Looked, changes: Sequence[Change]) -> bytes:
    """The text that came from stdin, mended or as it was."""
    ((path, content),) = looked.runs[0].target.texts.items()
    if len(content) > MAX_BYTES:  # it was not read to its end
        raise InputError(f"stdin is larger than {MAX_BYTES // 2**20} MiB: nothing is given back")
    change = next((change for change in changes if change.path == path), None)
    if change is None:
        return content
    return (MARK if change.marked else b"") + change.after.encode("utf-8")


def show_patch(looked: Looked, wish: Wish, screen: Screen, *, exit_zero: bool) -> int:
    """Answer with the patch; FINDINGS if there is one."""
    fixed = mend_all(looked, wish)
    show_changes(fixed.changes, screen)
    tell(fixed, wish, screen)
    return FINDINGS if fixed.changes and not exit_zero else OK


def tell(fixed: Fixed, wish: Wish, screen: Screen) -> None:
    """`fixed 3 problems in 2 files`, and what was not."""
    verb = "would fix" if wish.diff else "fixed"
    lines: list[Line] = []
    for one in fixed.withdrawn[:TOLD_MAX]:
        d = one.finding.diagnostic
        row, column = d.span.source.line_col(d.span.start)
        place = f"{safe(d.span.source.path)}:{row}:{column}: {d.code} "
        lines.append(line(Piece("not fixed", "warn"), f": {place}{one_line(one.reason)}"))
    if len(fixed.withdrawn) > TOLD_MAX:
        lines.append(line(f"{len(fixed.withdrawn) - TOLD_MAX:,} more not fixed"))
    if not fixed.stable:
        lines.append(line(Piece("note", "strong"), ": there is more to fix than is done at once; run it again"))
    number = counted(fixed.number, "problem")
    words = f"{verb} {number} in {counted(len(fixed.changes), 'file')}" if fixed.number else "nothing to fix"
    screen.talk([*lines, line(Piece(words, "good" if fixed.number else ""))])
