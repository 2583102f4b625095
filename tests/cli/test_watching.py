"""`rtj watch`: every save is seen, told in a line, and judged by the last good program while there is an error."""

from __future__ import annotations

import datetime
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rtj.base.errors import InputError, MissingExtra, UsageError
from rtj.cli import watch_bell
from rtj.cli.screen import Screen
from rtj.cli.validate_inputs import Request
from rtj.cli.watch_bell import places, ring
from rtj.cli.watching import Asked, Session, watch

ROOT = Path(__file__).resolve().parents[2]
TEST = """\
journey: welcome
tests:
  - name: who signs up is greeted
    events: [{+0s signed_up: {plan: basic}}]
    expect: {messages: [{at: +1h, message: hello}]}
"""
WAIT_S = 30  # for one line of a process, on a machine that has much to do


# ---- one session, without a process


class Clock:
    """Every look at it is a second later."""

    def __init__(self) -> None:
        self.seconds = 0

    def __call__(self) -> datetime.datetime:
        self.seconds += 1
        return datetime.datetime(2026, 3, 1, 10, tzinfo=datetime.UTC) + datetime.timedelta(seconds=self.seconds)


class Told:
    """A session in the current folder, and what it says."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *events: str, tests: bool = True) -> None:
        self.capsys = capsys
        asked = Asked(Request(), events, tests)
        self.session = Session(watching_target(asked), asked, Screen("never"), Clock())
        self.session.begin()
        self.first = self.lines()

    def lines(self) -> list[str]:
        out = self.capsys.readouterr().out
        return [re.sub(r"[\d,]+ ms", "N ms", line) for line in out.splitlines()]

    def look(self) -> list[str]:
        self.session.look()
        return self.lines()


def watching_target(asked: Asked):  # type: ignore[no-untyped-def]
    from rtj.cli.watching import _target

    return _target(asked)


def test_a_save_is_told_in_one_line(tiny: Path, capsys: pytest.CaptureFixture[str], edit: Callable[[str, str], None]) -> None:
    told = Told(capsys)
    assert [line for line in told.first if "journeys" in line] == ["✓ 2 journeys · N ms · 10:00:03"]
    edit("wait: 1h", "wait: 2h")
    assert told.look() == ["✓ 2 journeys · N ms · 10:00:06"]
    assert told.look() == []


def test_what_did_not_change_is_not_told(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys)
    os.utime("rtj.yaml")
    os.utime("journeys/welcome.journey.yaml")
    assert told.look() == []


def test_an_error_is_told_and_the_last_good_program_named(
    tiny: Path, capsys: pytest.CaptureFixture[str], edit: Callable[[str, str], None]
) -> None:
    told = Told(capsys)
    edit("signed_up as", "sined_up as")
    lines = told.look()
    assert "error[E317] unknown-event: unknown event type `sined_up`; expected one of" in lines[0]
    assert any(line.startswith("  = help: did you mean `signed_up`?") for line in lines)
    assert lines[-1] == "! 1 error; still running the program of 10:00:02 · N ms · 10:00:05"
    edit("sined_up as", "signed_up as")
    assert told.look() == ["✓ 2 journeys · N ms · 10:00:08"]


def test_tests_are_played_when_they_may_come_out_otherwise(
    tiny: Path, capsys: pytest.CaptureFixture[str], edit: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("welcome.test.yaml").write_text(TEST, encoding="utf-8")
    played: list[int] = []
    real = watching_play()
    monkeypatch.setattr("rtj.cli.watching.play", lambda program, due: played.append(len(due)) or real(program, due))
    told = Told(capsys)
    assert played == [1]
    edit("wait: 1h", "wait: 2h")
    lines = told.look()
    assert lines[0] == "FAIL welcome: who signs up is greeted"
    assert lines[-1].startswith("✗ 1 of 1 test failed · 1 warning · 2 journeys")
    Path("journeys/big_spenders.journey.yaml").write_text(
        Path("journeys/big_spenders.journey.yaml").read_text(encoding="utf-8").replace("100", "200"), encoding="utf-8"
    )
    assert told.look()[-1].startswith("✗ 1 of 1 test failed"), "what stands is counted, though it was not played"
    edit("wait: 2h", "wait: 1h")
    assert told.look()[-1].startswith("✓ 1 warning · 2 journeys · 1 test")
    assert played == [1, 1, 1]


def watching_play():  # type: ignore[no-untyped-def]
    from rtj.cli import testing

    return testing.run


def test_no_test_plays_none(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("welcome.test.yaml").write_text(TEST.replace("+1h", "+2h"), encoding="utf-8")
    assert "test" not in Told(capsys, tests=False).first[-1]


def test_events_are_run_again_when_they_or_the_program_changed(
    tiny: Path, capsys: pytest.CaptureFixture[str], edit: Callable[[str, str], None]
) -> None:
    told = Told(capsys, "events.jsonl")
    assert "reached" in told.first[-1]
    edit("id: hello, send: hello", "id: hi, send: hi")
    assert told.look()[1:] == ["  welcome: as many as before, but otherwise", "    hi 2 (+2), hello 0 (-2)"]
    edit("title: Welcome", "title: Hello")
    assert told.look()[1:] == ["  the events come out in the same numbers as before"]
    events = Path("events.jsonl")
    events.write_bytes(events.read_bytes().splitlines(keepends=True)[0])
    lines = told.look()
    assert lines[0].startswith("  big_spenders: gone")
    assert not any(line.startswith("✓") for line in lines), "the project is as it was"


def test_events_are_run_by_the_last_good_program(
    tiny: Path, capsys: pytest.CaptureFixture[str], edit: Callable[[str, str], None]
) -> None:
    told = Told(capsys, "events.jsonl")
    edit("do:", "doo:")
    assert told.look()[-1].startswith("! ")
    events = Path("events.jsonl")
    events.write_bytes(events.read_bytes().splitlines(keepends=True)[0])
    assert told.look()[0].startswith("  big_spenders: gone")
    events.unlink()
    assert told.look() == ["! events.jsonl: no such file"]
    assert told.look() == []


def test_a_project_that_goes_and_comes_back(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys)
    Path("rtj.yaml").rename("rtj.off")
    (line,) = told.look()
    assert line.startswith("! ")
    assert "rtj.yaml: no such file" in line
    assert line.endswith("; still running the program of 10:00:02 · N ms · 10:00:05")
    assert told.look() == [], "it is said once"
    Path("rtj.off").rename("rtj.yaml")
    assert told.look()[-1].startswith("✓ 2 journeys")


def test_only_findings_of_what_was_named_are_told(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked(Request(("journeys/big_spenders.journey.yaml",)))
    session = Session(watching_target(asked), asked, Screen("never"), Clock())
    path = Path("journeys/welcome.journey.yaml")
    path.write_text(path.read_text(encoding="utf-8") + "  - {id: last, wait: 1d}\n", encoding="utf-8")
    session.begin()
    assert "W207" not in capsys.readouterr().out


def test_calls_that_cannot_be_watched(tiny: Path) -> None:
    for asked, words in (
        (Asked(Request(), ("-",)), "only files are read again"),
        (Asked(Request(("-",))), "waits for files to be saved"),
        (Asked(Request(("nobody",))), "neither a file nor a journey"),
    ):
        with pytest.raises(UsageError, match=words):
            watch(asked, Screen("never"))
    with pytest.raises(InputError, match="missing"):
        watch(Asked(Request(), ("missing.jsonl",)), Screen("never"))
    other = tiny / "other"
    other.mkdir()
    (other / "rtj.yaml").write_text("project: other\n")
    (other / "x.journey.yaml").write_text("journey: x\n")
    with pytest.raises(UsageError, match="looks after one project"):
        watch(Asked(Request((str(tiny),))), Screen("never"))


@pytest.fixture
def edit(tiny: Path) -> Callable[[str, str], None]:
    """Replace a text in the journey `welcome`, or do nothing."""

    def replace(old: str, new: str) -> None:
        path = tiny / "journeys" / "welcome.journey.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return replace


# ---- the bell


def test_folders_of_the_project_and_of_its_files_are_listened_to(tmp_path: Path) -> None:
    root = tmp_path / "project"
    for folder in ("journeys/deep", ".git/objects", "node_modules/x", "inner/deeper"):
        (root / folder).mkdir(parents=True)
    (root / "inner" / "rtj.yaml").touch()
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "vip.csv").touch()
    (root / "linked.csv").symlink_to(lists / "vip.csv")
    found = places(root, (root / "rtj.yaml", root / "linked.csv", tmp_path / "gone" / "x.yaml"))
    top = os.path.realpath(root)
    assert found.folders == {top, f"{top}/journeys", f"{top}/journeys/deep", os.path.realpath(lists)}
    heard = {
        f"{top}/rtj.yaml": True,
        f"{top}/linked.csv": True,
        f"{os.path.realpath(lists)}/vip.csv": True,
        f"{top}/journeys/a.journey.yaml": True,
        f"{top}/journeys/a.test.yml": True,
        f"{top}/journeys/deep": True,
        f"{top}/journeys/.a.journey.yaml.swp": False,
        f"{top}/journeys/.a.journey.yaml": False,
        f"{top}/journeys/4913": False,
        f"{top}/notes.txt": False,
        f"{top}/other.csv": False,
    }
    assert {path: found.hears(path) for path in heard} == heard


def test_too_many_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_bell, "FOLDERS_MAX", 3)
    for number in range(4):
        (tmp_path / str(number)).mkdir()
    with pytest.raises(UsageError, match="more than 3 folders"):
        places(tmp_path, ())


def test_a_project_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is gone"):
        places(tmp_path / "x", ())


def test_without_watchfiles_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tiny: Path) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(MissingExtra, match=re.escape("rtj watch needs the extra `watch`: pip install 'rtj[watch]'")):
        watch(Asked(Request()), Screen("never"))


def test_where_the_system_watches_no_more_it_is_polled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import watchfiles

    asked: list[object] = []

    def refuse(*folders: str, force_polling: bool | None, **options: object) -> Iterator[set[object]]:
        asked.append(force_polling)
        if force_polling is None:
            raise RuntimeError("no space left on device")
        yield set()

    monkeypatch.setattr(watchfiles, "watch", refuse)
    next(ring(lambda: places(tmp_path, ())))
    assert asked == [None, True]


# ---- the whole process


class Watcher:
    """A running `rtj watch`, its lines as they come, and a pause for each that is long enough for any machine."""

    def __init__(self, folder: Path, *options: str, **more: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rtj", "watch", *options],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def until(self, beginning: str) -> list[str]:
        """The lines up to one that begins so."""
        found: list[str] = []
        end = time.monotonic() + WAIT_S
        while not (found and found[-1].startswith(beginning)):
            try:
                found.append(self._lines.get(timeout=max(0.1, end - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"no line {beginning!r} came; only {found}, {self.process.poll()=}") from None
        return found

    def replace(self, name: str, text: str) -> None:
        """Save as editors do that put a new file in the place of the old one."""
        new = self.folder / f".{name.rsplit('/', 1)[-1]}.tmp"
        new.write_bytes(text.encode())
        new.replace(self.folder / name)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(WAIT_S)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture(params=["notified", "polling"])
def watcher(tiny: Path, request: pytest.FixtureRequest) -> Iterator[Watcher]:
    polling = {"WATCHFILES_FORCE_POLLING": "1", "WATCHFILES_POLL_DELAY_MS": "50"} if request.param == "polling" else {}
    one = Watcher(tiny, "--events", "events.jsonl", **polling)
    try:
        one.until("✓ 2 journeys")
        yield one
    finally:
        one.end()


def test_a_day_at_work(watcher: Watcher, tiny: Path) -> None:
    """In place, atomic, with CRLF, broken, mended, renamed, deleted, in a new folder; then Ctrl-C."""
    name = "journeys/welcome.journey.yaml"
    welcome = (tiny / name).read_text(encoding="utf-8")
    watcher.until("8 events")
    (tiny / name).write_text(welcome.replace("wait: 1h", "wait: 3h"), encoding="utf-8")
    watcher.until("✓ 2 journeys")
    watcher.replace(name, welcome.replace("\n", "\r\n"))
    watcher.until("✓ 2 journeys")
    watcher.replace(name, "journey: welcome\nenter: {on: [\n")
    lines = watcher.until("! 1 error; still running the program of ")
    assert any(line.startswith("error[E001]") for line in lines)
    (tiny / name).write_text(welcome, encoding="utf-8")
    watcher.until("✓ 2 journeys")
    (tiny / name).rename(tiny / "journeys" / "hello.journey.yaml")
    watcher.until("✓ 2 journeys")
    (tiny / "journeys" / "hello.journey.yaml").unlink()
    watcher.until("✓ 1 journey")
    watcher.until("  welcome: gone")
    (tiny / "more" / "deep").mkdir(parents=True)
    (tiny / "more" / "deep" / "welcome.journey.yaml").write_text(welcome, encoding="utf-8")
    watcher.until("✓ 2 journeys")
    watcher.until("  welcome: new; entered 3")
    (tiny / "more" / "deep" / "welcome.journey.yaml").write_text(
        welcome.replace("id: hello, send: hello", "id: hi, send: hi"), encoding="utf-8"
    )
    watcher.until("✓ 2 journeys")
    watcher.until("    hi 2 (+2)")
    with (tiny / "events.jsonl").open("a", encoding="utf-8") as events:
        events.write("{}\n")
    watcher.until("  the events come out in the same numbers")
    assert watcher.stop() == 0
    assert watcher.process.stderr is not None
    said = watcher.process.stderr.read()
    assert "Traceback" not in said
    assert "Interrupt" not in said
    assert "Ctrl-C ends" in said


def test_a_closed_pipe_ends_it_without_a_word(tiny: Path) -> None:
    """`rtj watch | head -1`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rtj", "watch"],
        cwd=tiny,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        try:
            assert process.stdout.readline().decode().startswith("✓ 2 journeys")
            process.stdout.close()
            assert b"Ctrl-C ends" in process.stderr.readline()
            end = time.monotonic() + WAIT_S
            while process.poll() is None and time.monotonic() < end:  # the bell may not hang yet
                (tiny / "rtj.yaml").write_bytes((tiny / "rtj.yaml").read_bytes() + b"# more\n")
                time.sleep(0.2)
            assert process.returncode == 141
            assert process.stderr.read() == b""
        finally:
            process.kill()
