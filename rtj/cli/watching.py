"""`rtj watch`: at every save the project is checked, the tests that it concerns are played, and recorded events are run again.

The last program without an error is kept: what comes in while there is one is still answered by it.
"""

from __future__ import annotations

import datetime
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rtj.base.errors import InputError, RtjError, UsageError
from rtj.base.memory import Memory
from rtj.base.plain import one_line
from rtj.cli import watch_news as news
from rtj.cli import watch_words as words
from rtj.cli.diagnostics import full
from rtj.cli.looking import Known, Run, run
from rtj.cli.outcome import OK
from rtj.cli.screen import Piece, Screen, columns, line
from rtj.cli.testing import run as play
from rtj.cli.times import zone_of
from rtj.cli.validate_inputs import Request, Target, targets
from rtj.cli.verdicts import render_verdict
from rtj.cli.watch_bell import Places, places, require, ring
from rtj.ir.program import Program
from rtj.lang.tree_cache import TreeCache
from rtj.lang.tree_memory import TreeMemory
from rtj.lint.baseline import baseline_file
from rtj.lint.changed import named_files
from rtj.lint.settings import LintOptions
from rtj.report.moments import counted
from rtj.report.summary import summarize
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate
from rtj.scenario.judge import Verdict

__all__ = ["Asked", "Request", "Screen", "watch"]

Now = Callable[[], datetime.datetime]


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed; see `rtj.cli.arguments` for the meaning of each."""

    inputs: Request
    events: tuple[str, ...] = ()
    tests: bool = True


def watch(asked: Asked, screen: Screen) -> int:
    """Look at the project now and after every save, until Ctrl-C. Raises UsageError when there is not one project to watch."""
    require()
    session = Session(_target(asked), asked, screen)
    try:
        session.begin()
        for _ in ring(session.places):
            session.look()
    except KeyboardInterrupt:
        if sys.stdout.isatty():
            screen.talk([()])  # behind the ^C of the terminal
    return OK


def _target(asked: Asked) -> Target:
    if asked.inputs.reads_stdin:
        raise UsageError("`rtj watch` waits for files to be saved; what comes from stdin is checked by `rtj validate -`")
    found = targets(asked.inputs)
    if len(found) > 1:
        named = ", ".join(str(one.project.parent) for one in found[:4])
        raise UsageError(f"`rtj watch` looks after one project; there are {len(found)} ({named}): name one with --project")
    for path in asked.events:
        if path == "-" or (Path(path).exists() and not Path(path).is_file()):
            raise UsageError(f"--events {path}: only files are read again; a pipe ends")
        if not Path(path).exists():
            raise InputError(f"{path}: no such file")
    return found[0]


class Session:
    """One project under watch: what stands, and what a look at it changes."""

    def __init__(
        self, target: Target, asked: Asked, screen: Screen, now: Now = lambda: datetime.datetime.now().astimezone()
    ) -> None:
        self.target, self.asked, self.screen, self.now = target, asked, screen, now
        self.trees, self.memory = TreeMemory(TreeCache(target.project)), Memory()
        self.marks = words.signs(sys.stdout)
        self.view: news.View | None = None
        self.good: news.Good | None = None
        self.verdicts: tuple[Verdict, ...] = ()
        self.outcome: news.Outcome | None = None
        self.texts: dict[str, str] = {}
        self.read: tuple[Path, ...] = ()
        self.replayed: tuple[news.Good, tuple[object, ...]] | None = None
        self.trouble = ""
        self.began_ms = time.time_ns() // 1_000_000

    def begin(self) -> None:
        """The first look: what keeps the project from being looked at at all ends the command."""
        began = time.perf_counter()
        self._take(self._check(), began)
        self.trees.save()
        gc.freeze()  # what was read stays: no collection needs to look at it
        many = counted(len(self.texts), "file")
        self.screen.talk([line(Piece(f"watching {many} of {self.target.project.parent}; Ctrl-C ends", "dim"))])

    def look(self) -> None:
        """Look again, and tell what is new."""
        began = time.perf_counter()
        try:
            found = self._check()
        except RtjError as error:
            self._complain(str(error), began)
        else:
            self._take(found, began)

    def places(self) -> Places:
        """Where the next save may happen."""
        return places(self.target.project.parent, (*self.read, *map(Path, self.asked.events)))

    # ---- one look

    def _check(self) -> Run:
        """Read and check. A file may go between being found and being read, when an editor replaces it: then it is read again."""
        options = LintOptions(today=self.now().date())
        try:
            return run(self.target, options, self._known())
        except InputError:
            return run(self.target, options, self._known())

    def _known(self) -> Known:
        self.trees.turn()
        self.memory.turn()
        return Known(self.trees, self.memory)

    def _complain(self, trouble: str, began: float) -> None:
        if trouble != self.trouble:
            self.screen.answer([words.still(trouble, self.good, self._clocked(began), self.marks)])
        self.trouble = trouble

    def _take(self, found: Run, began: float) -> None:
        """Tell what is new in what was found, play the tests that it concerns, and run the events again."""
        linted = found.linted
        texts = {source.path: source.text for source in linted.sources}
        changed = frozenset(path for path in texts.keys() | self.texts.keys() if texts.get(path) != self.texts.get(path))
        program = linted.analysis.compiled.program
        view = news.View(found.findings, changed, program, linted.scripts if self.asked.tests else ())
        loaded = linted.analysis.loaded
        self.read = (*loaded.files.values(), *named_files(loaded), baseline_file(loaded))
        before, self.view, self.texts = self.view, view, texts
        good = None if program is None else news.good(program, f"{self.now():%H:%M:%S}", self.memory)
        idle = before is not None and not changed and before.findings == view.findings and not self.trouble
        if not idle or (good is not None and not good.same(self.good)):
            self.trouble = ""
            self._tell(before, view, good, began)
        self._replay()

    def _tell(self, before: news.View | None, view: news.View, good: news.Good | None, began: float) -> None:
        lines = full(news.worth_telling(before, view), columns(sys.stdout))
        if good is not None:
            names = news.touched(self.good, good)
            due = news.to_play(view.scripts, self.verdicts, names)
            played = play(good.program, due) if due else []
            self.verdicts = news.together(view.scripts, self.verdicts, played)
            for verdict in played:
                if not verdict.passed:
                    lines += [*render_verdict(verdict, good.program, columns(sys.stdout)), ()]
            self.good = self.good if self.good is not None and good.same(self.good) else good
        clocked = self._clocked(began)
        self.screen.answer([*lines, words.status(view, self.good, self.verdicts, clocked, self.marks)])

    def _clocked(self, began: float) -> words.Clocked:
        return words.Clocked(f"{self.now():%H:%M:%S}", round((time.perf_counter() - began) * 1000))

    # ---- events

    def _replay(self) -> None:
        """Run the recorded events through the last good program, if either has changed."""
        if not self.asked.events or self.good is None:
            return
        due = (self.good, tuple(_state(path) for path in self.asked.events))
        if self.replayed is not None and due[0] is self.replayed[0] and due[1] == self.replayed[1]:
            return
        self.replayed = due
        try:
            outcome = self._simulate(self.good.program)
        except RtjError as error:
            self.screen.answer([line(Piece("!", "bad"), Piece(f" {one_line(str(error))}", "bad"))])
            return
        self.screen.answer(words.turnout(self.outcome, outcome))
        self.outcome = outcome

    def _simulate(self, program: Program) -> news.Outcome:
        options = SimulateOptions(self.asked.events, now_ms=self.began_ms)
        with tempfile.TemporaryDirectory(prefix="rtj-") as folder:
            messages = Path(folder, "messages.jsonl")
            result = simulate(program, options, None, Outputs(str(messages)))
            if result.interrupted:
                raise KeyboardInterrupt
            with messages.open("rb") as lines:
                mail = news.mail_of(lines)
        summary = summarize(result, program, zone_of(program))
        return news.Outcome(summary.headline, {row.name: row for row in summary.journeys}, mail)


def _state(path: str) -> tuple[object, ...]:
    """What changes whenever a file does."""
    try:
        stat = Path(path).stat()
    except OSError as error:
        return (str(error),)
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
