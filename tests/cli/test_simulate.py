"""`rtj simulate` from outside: stdout is the answer, stderr the talk, and every input that can be bad."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
RTJ = [sys.executable, "-m", "rtj"]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def simulate(*arguments: str, **more: str) -> Done:
    """The command in this process: a new one costs most of a second."""
    result = CliRunner().invoke(app, ["simulate", *arguments], env=more)
    assert "Traceback" not in result.stderr, result.stderr
    return Done(result.exit_code, result.stdout, result.stderr)


def simulate_process(*arguments: str, **more: str) -> Done:
    done = subprocess.run(
        [*RTJ, "simulate", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(**more),
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def without_times(text: str) -> str:
    return re.sub(r"\d+\.\d s, [\d,]+ a second( · \d+ workers)?", "<took>", text)


def test_the_summary_is_the_answer(tiny: Path, golden: Callable[[str, str], None]) -> None:
    done = simulate("--events", "events.jsonl")
    assert done.returncode == 0
    golden("cli/simulate.out", without_times(done.stdout))
    assert "events.jsonl: read as rtj" in done.stderr


def test_quiet_says_nothing_on_stderr(tiny: Path) -> None:
    assert simulate("--events", "events.jsonl", "--quiet").stderr == ""


def test_json_lines_take_stdout_and_the_summary_gives_way(tiny: Path) -> None:
    done = simulate("--events", "events.jsonl", "--messages", "-")
    messages = [json.loads(row) for row in done.stdout.splitlines()]
    assert [(m["profile"], m["template"]) for m in messages] == [
        ("user_id:ada", "hello"),
        ("user_id:eve", "hello"),
        ("user_id:ada", "thanks"),
    ]
    assert "3 messages sent" in done.stderr
    trace = simulate("--events", "events.jsonl", "--trace", "-", "--messages", "out.jsonl").stdout.splitlines()
    assert json.loads(trace[0])["what"] == "header"
    assert (tiny / "out.jsonl").read_text(encoding="utf-8") == done.stdout


def test_some_journeys_alone(tiny: Path) -> None:
    by_name = simulate("welcome", "--events", "events.jsonl").stdout
    by_file = simulate("journeys/welcome.journey.yaml", "--events", "events.jsonl").stdout
    assert without_times(by_name) == without_times(by_file)
    assert "big_spenders" not in by_name


def test_a_story_of_one_person(tiny: Path, golden: Callable[[str, str], None]) -> None:
    done = simulate("--events", "events.jsonl", "--profile", "ada")
    assert done.returncode == 0
    golden("cli/simulate_profile.out", done.stdout)
    assert (
        simulate("--events", "events.jsonl", "--profile", "user_id:ada").stdout.split("\n", 1)[1] == done.stdout.split("\n", 1)[1]
    )
    nobody = simulate("--events", "events.jsonl", "--profile", "zoe")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "nobody called zoe" in nobody.stderr


def test_the_end_can_be_moved(tiny: Path) -> None:
    def messages(*arguments: str) -> int:
        return len(simulate("--events", "events.jsonl", "--messages", "-", *arguments).stdout.splitlines())

    assert messages("--until", "2026-03-01T10:00:00Z") == 1
    assert messages("--until", "2026-03-01T11:00") == 1  # ten o'clock in UTC
    assert messages("--until", "2026-03-01") == 0
    assert messages("--until", "+1h") == 3
    assert messages("--drain") == 3


def test_errors_of_a_journey_stop_it(tiny: Path, break_journey: Callable[[str, str], None]) -> None:
    break_journey("start.plan", "start.paln")
    done = simulate("--events", "events.jsonl")
    assert (done.returncode, done.stdout) == (1, "")
    assert "paln" in done.stderr


def test_dead_letters_are_counted_kept_and_strictly_refused(tiny: Path) -> None:
    done = simulate("--events", "events.jsonl", "--dead-letters", "dead.jsonl")
    assert re.search(r"dead letters +1 ", done.stdout)
    assert len((tiny / "dead.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    assert "--dead-letters" not in done.stderr
    assert "1 dead letter: --dead-letters FILE keeps each" in simulate("--events", "events.jsonl").stderr
    strict = simulate("--events", "events.jsonl", "--strict")
    assert strict.returncode == 4
    assert "events.jsonl:8" in strict.stderr


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "directory"),
    ],
    ids=["missing", "folder"],
)
def test_an_input_that_cannot_be_read(tiny: Path, make: Callable[[Path], None], words: str) -> None:
    make(tiny / "x.jsonl")
    done = simulate("--events", "x.jsonl")
    assert done.returncode in (2, 4)
    assert done.stdout == ""
    assert "x.jsonl" in done.stderr
    assert words in done.stderr.lower()


def test_an_empty_file_is_no_error(tiny: Path) -> None:
    (tiny / "x.jsonl").write_bytes(b"")
    done = simulate("--events", "x.jsonl")
    assert done.returncode == 0
    assert done.stdout.startswith("No events: there was nothing to read.")


def test_who_stands_where_goes_to_stdout_and_the_summary_to_stderr(tiny: Path) -> None:
    done = simulate("--events", "events.jsonl", "--until", "2026-03-01T09:30Z", "--instances", "-")
    first, *rest = [json.loads(row) for row in done.stdout.splitlines()]
    assert (first["what"], first["at"], done.returncode) == ("header", "2026-03-01T09:30:00.000Z", 0)
    assert {row["what"] for row in rest} == {"profile", "instance"} and {row["profile"] for row in rest} >= {"user_id:ada"}
    assert "1 journey that nobody entered" in done.stderr


@pytest.mark.parametrize("option", ["--messages", "--trace", "--dead-letters", "--instances"])
def test_an_output_that_cannot_be_written(tiny: Path, option: str) -> None:
    done = simulate("--events", "events.jsonl", option, "no/such/folder/out.jsonl")
    assert done.returncode == 4
    assert "no/such/folder/out.jsonl" in done.stderr


@pytest.mark.parametrize("option", ["--messages", "--trace", "--instances"])
def test_a_disk_that_fills_up(tiny: Path, option: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    done = simulate("--events", "events.jsonl", option, "/dev/full")
    assert done.returncode == 4
    assert "no space left" in done.stderr.lower()


def test_a_reader_that_leaves_is_no_error(tiny: Path) -> None:
    rows = (tiny / "events.jsonl").read_text(encoding="utf-8").splitlines()[:1]
    many = [rows[0].replace('"e1"', f'"x{n}"').replace('"ada"', f'"p{n}"') for n in range(5000)]
    (tiny / "many.jsonl").write_text("\n".join(many), encoding="utf-8")
    command = f"{' '.join(RTJ)} simulate --events many.jsonl --trace - -q | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment(), timeout=60, check=False)
    assert (done.returncode, done.stderr) == (141, "")
    assert len(done.stdout.splitlines()) == 1


def test_a_pipe_shows_messages_while_it_is_open_and_ctrl_c_sums_up(tiny: Path) -> None:
    """The clock passes the first message's instant long before the input ends."""
    rows = (tiny / "events.jsonl").read_text(encoding="utf-8").splitlines()
    process = subprocess.Popen(
        [*RTJ, "simulate", "--events", "-", "--messages", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    watchdog = threading.Timer(30, process.kill)
    watchdog.start()
    process.stdin.write("\n".join((rows[0], rows[6])) + "\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["template"] == "hello"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    watchdog.cancel()
    assert process.returncode == 130
    assert "Interrupted; so far 2 events of 1 person" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("workers", ["1", "2", "3"])
def test_workers_change_nothing_but_the_time(tiny: Path, workers: str) -> None:
    one = simulate("--events", "events.jsonl", "--trace", "-", "--workers", "1", "--now", "2026-04-01")
    other = simulate("--events", "events.jsonl", "--trace", "-", "--workers", workers, "--now", "2026-04-01")
    assert (one.returncode, other.returncode) == (0, 0), other.stderr
    assert one.stdout == other.stdout


def test_colour_only_where_it_is_wanted(tiny: Path) -> None:
    assert "\x1b[" not in simulate("--events", "events.jsonl").stdout
    assert "\x1b[1m" in simulate("--events", "events.jsonl", FORCE_COLOR="1").stdout
    assert "\x1b[1m" in simulate("--events", "events.jsonl", "--color", "always", NO_COLOR="1").stdout
    assert "\x1b[" not in simulate("--events", "events.jsonl", "--color", "never", FORCE_COLOR="1").stdout


def test_a_machine_without_unicode_still_gets_a_summary(tiny: Path) -> None:
    done = simulate_process("--events", "events.jsonl", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert done.returncode == 0
    assert "welcome" in done.stdout
