"""`rtj diff` given what is bad: every call ends with a sentence and a code that means something, never in a traceback."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rtj.cli.main import app
from rtj.compile.pipeline import compile_project
from rtj.ir.program import canonical
from tests.cli.conftest import WELCOME, write_events

ROOT = Path(__file__).resolve().parents[2]
CODES = (0, 1, 2, 4)
SHORTER = WELCOME.replace("wait: 1h", "wait: 30m")
SPAN = re.compile(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)")  # of code, in Markdown
BROKEN = WELCOME.replace("wait: 1h", "wait: soon")


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def diff(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """Code, stdout and stderr of a call."""
    result = CliRunner().invoke(app, ["diff", *arguments], input=stdin)
    assert "Traceback" not in result.stderr
    assert result.exit_code in CODES, result.stderr
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def versions(tiny: Path) -> Path:
    """The tiny project with a commit, and a shorter wait in the working tree."""
    git(tiny, "init", "-q")
    git(tiny, "add", "-A")
    git(tiny, "commit", "-qm", "first")
    (tiny / "journeys" / "welcome.journey.yaml").write_text(SHORTER)
    return tiny


def program_of(folder: Path) -> bytes:
    program = compile_project((), folder / "rtj.yaml").program
    assert program is not None
    return canonical(program)


def write(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


# ---- versions


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nosuch", "git knows no such commit"),
        ("HEAD~9", "`~9` of it is not"),
        ("HEAD^{tree}", "git knows no such commit"),
        ("nosuch..HEAD", "git knows no such commit"),
        ("", "names no version"),
        (" ", "names no version"),
        ("git:", "names no version"),
        ("env:", "names no version"),
        ("env:prod", "no such environment"),
        ("a\nb\x1b[31m", "git knows no such commit"),
        ("/dev/null", "a pipe or a device is no version"),
        ("journeys", "a folder without rtj.yaml"),
    ],
)
def test_what_names_no_version(versions: Path, name: str, told: str) -> None:
    code, out, err = diff(name)
    assert (code, out) == (2, "")
    assert told in err
    assert "\x1b" not in err


def test_a_damaged_repository_is_no_empty_one(versions: Path) -> None:
    for path in (versions / ".git" / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"x")
    code, out, err = diff()
    assert (code, out) == (2, "")
    assert "cannot be read; `git fsck` tells what is damaged" in err


def test_without_git_two_folders_can_be_compared(versions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(versions))
    assert "asks git, which is not installed" in diff()[2]
    assert diff(".", ".")[0] == 0


def test_three_versions_are_one_too_many(versions: Path) -> None:
    assert diff("HEAD", "HEAD", "HEAD")[0] == 2


def test_a_pipe_is_not_waited_for(versions: Path) -> None:
    os.mkfifo("pipe")
    assert diff("pipe")[0] == 2


@pytest.mark.parametrize(
    "content",
    [
        b"", b" ", b"{}", b"[]", b"null", b"{", b"garbage", b'{"what":"header"}', b'{"journeys":' + b"[" * 100_000, b"\x1f\x8b",
        b"\x1f\x8b\x08\x00garbage", gzip.compress(b"{}"), gzip.compress(b"x" * 99_999)[:60], b"\xff\xfe{}", b"\x00" * 999,
    ],
)  # fmt: skip
def test_what_is_no_program(versions: Path, content: bytes) -> None:
    code, out, err = diff(write(versions / "program", content))
    assert (code, out) == (4, "")
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1


def test_programs_that_are_cut_anywhere(versions: Path) -> None:
    program = program_of(versions)
    for packed in (program, gzip.compress(program)):
        for size in range(0, len(packed) - 1, len(packed) // 20):
            assert diff(write(versions / "program", packed[:size]))[0] == 4


def test_a_program_of_a_newer_form(versions: Path) -> None:
    record = json.loads(program_of(versions))
    record["format"] = 99
    code, _, err = diff(write(versions / "program", json.dumps(record).encode()))
    assert code == 4
    assert "compiled by another version of rtj (form 99" in err


def test_a_packed_bomb_is_not_unpacked(versions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtj.cli.versions_read.PROGRAM_MAX", 1 << 20)
    code, _, err = diff(write(versions / "program", gzip.compress(b"{" * (64 << 20))))
    assert code == 4
    assert "larger than 1 MiB" in err


def test_programs_that_say_what_no_compiler_says(versions: Path) -> None:
    """One part of the program is another: what nobody foresaw is a fault of the file, not of rtj."""
    program = json.loads(program_of(versions))
    rnd = random.Random(1)
    codes = set()
    for _ in range(120):
        damaged = json.loads(json.dumps(program))
        *way, last = rnd.choice(places := list(_places(program)))
        inside = _at(damaged, way)
        match rnd.randrange(4):
            case 0:
                del inside[last]
            case 1:
                inside[last] = _at(program, rnd.choice(places))
            case 2:
                inside[last] = rnd.choice([0, -1, 10**15, "", "x" * 1000, "\x1b[31m\u202e", None, [], {}])
            case _:
                inside[last] = f"{inside[last]}x" if isinstance(inside[last], str) else inside[last]
        name = write(versions / "program", json.dumps(damaged).encode())
        code, out, err = diff(*rnd.choice([(name, "."), (".", name)]), "--events", "events.jsonl")
        codes.add(code)
        assert "\x1b" not in out + err and "\u202e" not in out + err
    assert codes >= {0, 4}


def _places(value: object, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [] if not way else [way]
    return found + [place for key, one in inner for place in _places(one, (*way, key))]


def _at(value: Any, way: Any) -> Any:
    for key in way:
        value = value[key]
    return value


def test_what_nobody_foresaw_in_a_program_is_blamed_on_the_program(versions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise KeyError("secret")

    name = write(versions / "program", program_of(versions))
    monkeypatch.setattr("rtj.cli.diffing.differences", fails)
    code, _, err = diff(name)
    assert code == 4
    assert "program: cannot be worked with (KeyError): the compiled program is damaged" in err
    assert "secret" not in err
    result = CliRunner().invoke(app, ["diff", "HEAD"])
    assert (result.exit_code, "this is a fault of rtj" in result.stderr) == (3, True)


def test_a_newer_version_that_does_not_compile_is_not_harmless(versions: Path) -> None:
    (versions / "journeys" / "welcome.journey.yaml").write_text(BROKEN)
    code, out, err = diff()
    assert code == 1
    assert "journey welcome  LOST  not compared: working tree cannot be read" in out
    assert "1 journey of working tree cannot be compared" in err
    assert diff("--fail-on", "never")[0] == 0
    assert "::error title=rtj diff%3A welcome is lost::" in diff("--format", "github")[1]


def test_an_older_version_that_does_not_compile_is_compared_as_far_as_it_goes(versions: Path) -> None:
    (versions / "journeys" / "welcome.journey.yaml").write_text(BROKEN)
    git(versions, "commit", "-qam", "broken")
    (versions / "journeys" / "welcome.journey.yaml").write_text(SHORTER)
    (versions / "journeys" / "big_spenders.journey.yaml").unlink()
    code, out, _ = diff("--fail-on", "never")
    assert code == 0
    assert "journey welcome  LOST  not compared: HEAD cannot be read" in out
    assert "journey big_spenders" in out
    code, _, err = diff("--events", "events.jsonl")
    assert code == 2
    assert "--events: HEAD does not compile, so it cannot be replayed: " in err


# ---- instances

INSTANCE = (
    b'{"what":"instance","profile":"p","journey":"welcome","version":"v","id":"i","node":"pause",'
    b'"entered":"2026-01-01T00:00:00Z"}\n'
)
HEAD = b'{"what":"header","rtj":"0","program":"x","at":"2026-03-01T00:00:00Z"}\n'


@pytest.mark.parametrize("content", [b"", b"\n", b"x", b"{}", b'{"what":"header"}', HEAD.replace(b"}", b',"format":7}'), b"\xff"])
def test_what_is_no_snapshot_is_known_before_the_events_are_replayed(versions: Path, content: bytes) -> None:
    name = write(versions / "instances", content)
    for more in ((), ("--events", "events.jsonl")):
        code, out, err = diff("--instances", name, *more)
        assert (code, out) == (4, ""), err


def test_a_folder_is_no_snapshot(versions: Path) -> None:
    assert "journeys: is a directory" in diff("--instances", "journeys")[2]


def test_noise_in_a_snapshot_is_left_out_and_counted(versions: Path) -> None:
    noise = b"\n".join(os.urandom(50).replace(b"\n", b"") for _ in range(300))
    code, out, _ = diff("--instances", write(versions / "instances", HEAD + noise))
    assert code == 0
    assert "line 2: left out" in out


def test_a_snapshot_of_another_project_is_said_to_be_one(versions: Path) -> None:
    line = INSTANCE.replace(b"welcome", b"elsewhere")
    code, out, _ = diff("--instances", write(versions / "instances", HEAD + line))
    assert code == 0
    assert "is of another program (x) than HEAD" in out


def test_two_million_people_of_one_name_need_no_memory(versions: Path) -> None:
    """Ten thousand instances of one profile are held; here the bound is what keeps memory flat, with 60,000 of them."""
    name = write(versions / "instances", HEAD + INSTANCE * 60_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code, out, _ = diff("--instances", name)
    assert code == 0
    assert "10,000 inside" in out
    assert "more than 10,000 instances of one profile, and 49,999 more" in out
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000


# ---- events


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no difference in 0 events of 0 people"),
        (b"no JSON\n\xff\n{}\n", "3 lines of no use to either version"),
        (
            b'{"id":"1","type":"zzz","ts":"2026-03-01T09:00:00Z","user_id":"a"}\n',
            "1 event of types that neither version declares: zzz (1)",
        ),
    ],
)
def test_events_that_say_nothing_lower_no_level(versions: Path, content: bytes, told: str) -> None:
    (versions / "journeys" / "welcome.journey.yaml").unlink()
    code, out, _ = diff("--events", write(versions / "some.jsonl", content))
    assert code == 1, out
    assert told in out
    assert "no difference" in out


def test_who_is_inside_at_the_end_of_events_lowers_no_level_and_that_is_said(versions: Path) -> None:
    (versions / "journeys" / "welcome.journey.yaml").unlink()
    code, out, _ = diff("--events", "events.jsonl")
    assert code == 1  # for somebody else may be inside now
    assert "note: nobody is inside at the end of events.jsonl, under HEAD: they lower no level" in out
    assert diff("--events", "events.jsonl", "--drain")[0] == 1
    cut = write(versions / "cut.jsonl", b"".join((versions / "events.jsonl").read_bytes().splitlines(keepends=True)[:1]))
    code, out, _ = diff("--events", cut)
    assert (code, "note: 1 inside at the end of " in out) == (1, True)
    assert diff("--events", cut, "--workers", "4")[1] == out


def test_events_that_all_fail_the_newer_schema(versions: Path) -> None:
    project = versions / "rtj.yaml"
    project.write_text(project.read_text().replace("plan: string", "plan: number"))
    (versions / "journeys" / "welcome.journey.yaml").write_text(WELCOME)
    code, out, _ = diff("--events", "events.jsonl", "--fail-on", "never")
    assert code == 0
    assert "3 events of signed_up do not fit the new version" in out


@pytest.mark.parametrize("name", ["nowhere.jsonl", "journeys", "damaged.gz"])
def test_events_that_cannot_be_read(versions: Path, name: str) -> None:
    (versions / "damaged.gz").write_bytes(b"\x1f\x8b\x08damaged")
    assert diff("--events", name)[0] == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("--events", "events.jsonl", "--events", "events.jsonl"),
        ("--events", "-", "--events", "-"),
        ("--events", "-", "--instances", "-"),
        ("--events", "events.jsonl", "--output", "json=events.jsonl"),
        ("--events", "events.jsonl", "--read-as", "zzz"),
        ("--events", "events.jsonl", "--until", "never"),
        ("--events", "events.jsonl", "--workers", "0"),
        ("--events", "events.jsonl", "--examples", "-1"),
        ("--events", "events.jsonl", "--profile", " "),
        ("--profile", "ada"),
        ("--output", "zzz=x"),
        ("--accept", "why", "--fail-on", "never"),
    ],
)
def test_calls_that_mean_nothing(versions: Path, arguments: tuple[str, ...]) -> None:
    assert diff(*arguments)[:2] == (2, "")


def test_hostile_names_break_out_of_no_format(versions: Path) -> None:
    nasty = "</script><img src=x> @all \x1b[31m\u202e ::error:: `|`\r\n"
    events = [
        {
            "id": f"{n}",
            "type": "signed_up",
            "ts": "2026-03-01T09:00:00Z",
            "user_id": f"{nasty}{n}",
            "properties": {"plan": nasty * 999},
        }
        for n in range(30)
    ]
    write_events(versions / "nasty.jsonl", events)
    title = WELCOME.replace("Welcome 歓迎", '"\\u202e\\e[31m</td>" #').replace("title: ", "title: ")
    (versions / "journeys" / "welcome.journey.yaml").write_text(title.replace("wait: 1h", "wait: 30m"))
    for layout in ("text", "markdown", "github", "html"):
        _, out, err = diff("--events", "nasty.jsonl", "--until", "2026-03-02", "--format", layout)
        assert "\x1b" not in out + err and "\u202e" not in out + err, layout
        assert layout in ("text", "github") or not re.search(r"(?<![\\`])<img", re.sub(SPAN, "", out)), layout
        assert len(out) < 60_000, layout
    _, out, _ = diff("--events", "nasty.jsonl", "--until", "2026-03-02", "--profile", f"user_id:{' '.join(nasty.split())}1")
    assert "\x1b" not in out and "\u202e" not in out


# ---- outputs


@pytest.mark.parametrize("output", ["json=nowhere/x", "json=journeys", "json=/dev/full"])
def test_what_cannot_be_written_is_said_and_stdout_has_its_answer(versions: Path, output: str) -> None:
    code, out, _ = diff("--output", output)
    assert code == 4
    assert "D122" in out


@pytest.mark.parametrize(
    "content", [b"\xff\x00", b"x" * 99, b"welcome D122\n", b"welcome D122 pause length 0123456789abcdef -- why\n"]
)
def test_waivers_that_are_none(versions: Path, content: bytes) -> None:
    (versions / "rtj.accept").write_bytes(content)
    code, _, err = diff()
    assert (code, err != "") in ((0, True), (4, True))


def test_a_waiver_file_that_is_no_file(versions: Path) -> None:
    (versions / "rtj.accept").mkdir()
    assert diff()[0] == 4
    assert diff("--accept", "why", "--fail-on", "safe")[0] == 4


def started(folder: Path, *arguments: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "rtj", "diff", *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=stdout, stderr=subprocess.PIPE, stdin=subprocess.PIPE)


@pytest.mark.parametrize("layout", ["text", "json", "html"])
def test_a_closed_pipe_is_no_error(versions: Path, layout: str) -> None:
    read, wrote = os.pipe()
    os.close(read)
    process = started(versions, "--events", "events.jsonl", "--format", layout, stdout=wrote)
    os.close(wrote)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


@pytest.mark.parametrize("more", [(), ("--profile", "ada"), ("--workers", "2")])
def test_an_interrupt_ends_it_with_130(versions: Path, more: tuple[str, ...]) -> None:
    """Somebody presses Ctrl-C while events are still coming."""
    line = (versions / "events.jsonl").read_bytes().splitlines(keepends=True)[0]
    with started(versions, "--events", "-", *more) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        fed = threading.Event()

        def feed(pipe: int) -> None:
            with contextlib.suppress(BrokenPipeError):
                for number in range(1_000_000):
                    os.write(pipe, line.replace(b"e1", b"n%d" % number))
                    if number == 2_000:
                        fed.set()

        feeder = threading.Thread(target=feed, args=(process.stdin.fileno(),))
        feeder.start()
        assert fed.wait(30)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.stdout.read(), process.stderr.read()
        feeder.join()
        watchdog.cancel()
    assert (process.returncode, out, err) == (130, b"", b"error: interrupted\n")
