"""What `simulate` answers: ends, order, lateness, copies, one person, pipes, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from rtj.connect.instants import instant_text
from rtj.ir.expr import Length
from rtj.run.duplicates import Duplicates
from rtj.run.options import Outputs, Progress, SimulateOptions
from rtj.run.simulate import can_fork, crew_size, simulate
from rtj.run.sources import opened_files
from tests.run.shop import MINUTE, NOW, PROJECT, START, event, program, run, stream, write

ROOT = Path(__file__).resolve().parents[2]
WAYS: tuple[dict[str, Any], ...] = ({}, {"workers": 2}, {"order": "arrival"})
CART = {"item": "i1", "value": 50}


def whats(trace: bytes, *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(json.loads(line).get(key) for key in keys) for line in trace.splitlines()[1:]]


@pytest.mark.parametrize("options", WAYS)
def test_the_end_of_a_run(tmp_path: Path, options: dict[str, Any]) -> None:
    """S1.6: the last event, `until` earlier or later, a length after the last event, and until nobody is inside."""
    path = write(
        tmp_path / "e.jsonl",
        [event(1, "add_to_cart", 0, CART, email="a@x.org"), event(2, "page_view", MINUTE, {"path": "/"}, email="b@x.org")],
    )
    assert run(tmp_path, path, **options).messages == []
    for until in (START + 30 * MINUTE, Length(ms=29 * MINUTE)):
        ran = run(tmp_path, path, until=until, **options)
        assert [message["ts"] for message in ran.messages] == [instant_text(START + 30 * MINUTE)]
        assert ran.result.end == START + 30 * MINUTE
        assert ran.result.counts["inside", "cart"] == 1
    assert run(tmp_path, path, until=START + 30 * MINUTE - 1, **options).messages == []
    early = run(tmp_path, path, until=START + 1, **options)
    assert early.result.profiles == 1
    drained = run(tmp_path, path, drain=True, **options)
    assert ("inside", "cart") not in drained.result.counts
    assert drained.result.counts["left", "cart", "completed"] == 1
    month = run(tmp_path, path, until=Length(months=1), **options)
    assert month.result.end == START + MINUTE + 31 * 86_400_000


@pytest.mark.parametrize("options", WAYS)
def test_one_person(tmp_path: Path, options: dict[str, Any]) -> None:
    """`--profile` by any identifier that the person ever had gives that person's lines of the whole trace, and only those."""
    path = write(tmp_path / "e.jsonl", stream(11))
    whole = run(tmp_path, path)
    lines = [json.loads(line) for line in whole.trace.splitlines()[1:]]
    linked = next(line for line in lines if line["what"] == "linked")
    for name in (linked["identifier"], linked["identifier"].split(":")[1], linked["profile"]):
        told = run(tmp_path, path, profile=name, **options)
        found = [json.loads(line) for line in told.trace.splitlines()[1:]]
        mine = {line["profile"] for line in found}
        assert linked["profile"] in mine
        assert found == [line for line in lines if line["profile"] in mine]
        assert {message["profile"] for message in told.messages} <= mine
        assert len(mine) < len({line["profile"] for line in lines})
    assert run(tmp_path, path, profile="nobody", **options).trace.count(b"\n") == 1


def test_late_events(tmp_path: Path) -> None:
    """S1.7: worked where their source's watermark stands, counted; rejected by type, or when older than the horizon of copies."""
    records = [
        event(1, "add_to_cart", 100 * MINUTE, CART, email="a@x.org"),
        event(2, "Product Viewed", 90 * MINUTE, {"item": "i"}, email="a@x.org"),
        event(3, "purchase", 99 * MINUTE, {"total": 1}, email="a@x.org"),
        event(4, "page_view", 10 * MINUTE, {"path": "/"}, email="a@x.org"),
        event(2, "Product Viewed", 90 * MINUTE, {"item": "i"}, email="a@x.org"),
    ]
    ran = run(tmp_path, write(tmp_path / "e.jsonl", records), order="arrival")
    assert ran.result.late == 4
    assert ran.result.counts["late_rejected",] == 2
    assert ran.result.duplicates == 1
    assert whats(ran.trace, "at", "what")[:2] == [(instant_text(START + 100 * MINUTE), what) for what in ("born", "late")]
    grouped = run(tmp_path, write(tmp_path / "e.jsonl", records))
    assert grouped.result.late == 0
    assert grouped.result.out_of_order == 2


def test_the_clock_is_the_slowest_source(tmp_path: Path) -> None:
    """S1.3: a file that lags behind another makes nothing late; its own past does."""
    fast = write(tmp_path / "a.jsonl", [event(n, "page_view", n * MINUTE, {"path": "/"}, email="a@x.org") for n in range(200)])
    slow = write(tmp_path / "b.jsonl", [event(f"s{n}", "add_to_cart", n * MINUTE, CART, email="b@x.org") for n in (0, 150, 149)])
    ran = run(tmp_path, fast, slow, order="arrival")
    assert ran.result.late == 1
    assert ran.result.out_of_order == 1


def test_copies_within_the_horizon() -> None:
    """S1.8: same id and identifier, at most the horizon away, dropped ones included; another identifier is a reuse."""
    duplicates = Duplicates(100)
    told = []
    for name, best, at in (
        ("a", "x", 0),
        ("a", "x", 100),
        ("a", "x", 200),
        ("a", "y", 210),
        ("a", "x", 301),
        ("a", "y", 900),
        ("b", "y", 900),
    ):
        duplicates.turn(at)
        told.append(duplicates.judge(name, best, at))
    assert told == ["new", "copy", "copy", "reused", "reused", "new", "new"]


def test_ids_are_let_go_after_two_to_three_horizons() -> None:
    """An id is known for two horizons, and at most for one more: no more than three horizons of ids are held."""
    duplicates = Duplicates(100)
    for at in range(2_000):
        duplicates.turn(at)
        assert duplicates.judge(at, "x", at) == "new"
        held = duplicates.fresh.keys() | duplicates.aged.keys() | duplicates.oldest.keys()
        assert held.issuperset(range(max(0, at - 200), at))
        assert len(held) <= 303


@pytest.mark.parametrize("options", WAYS)
def test_copies_across_the_horizon(tmp_path: Path, options: dict[str, Any]) -> None:
    """The horizon of the project is an hour: what is further away is another event."""
    records = [event("same", "add_to_cart", at * MINUTE, CART, email="a@x.org") for at in (0, 60, 121, 200)]
    records.append(event("same", "page_view", 201 * MINUTE, {"path": "/"}, user_id=7))
    ran = run(tmp_path, write(tmp_path / "e.jsonl", records), **options)
    assert (ran.result.duplicates, ran.result.id_reused) == (1, 1)


def test_a_pipe_is_answered_as_it_flows(tmp_path: Path) -> None:
    """S1.4: a message is written as soon as a later event has closed its instant; half a line waits for its rest."""
    read, feed = os.pipe()
    messages = tmp_path / "messages"
    pipe = f"/dev/fd/{read}" if os.path.exists("/dev/fd") else pytest.skip("this system has no /dev/fd")
    asked = SimulateOptions(events=(pipe,), order="arrival", now_ms=NOW)
    answer: list[Any] = []
    thread = threading.Thread(target=lambda: answer.append(simulate(program(), asked, None, Outputs(messages=str(messages)))))
    thread.start()
    first, second = (
        json.dumps(e).encode() + b"\n"
        for e in (
            event(1, "add_to_cart", 0, CART, email="a@x.org"),
            event(2, "page_view", 31 * MINUTE, {"path": "/"}, email="b@x.org"),
        )
    )
    os.write(feed, first + second[:30])
    time.sleep(0.2)
    assert messages.read_bytes() == b""
    os.write(feed, second[30:])
    deadline = time.monotonic() + 10
    while not messages.read_bytes() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert messages.read_bytes().count(b"\n") == 1
    os.close(feed)
    thread.join(10)
    os.close(read)
    assert answer[0].read == 2


def test_stdin_in_the_order_of_time(tmp_path: Path) -> None:
    """`--events - --order ts` reads the pipe to its end first; unsorted input is sorted."""
    records = stream(5)
    expected = run(tmp_path, write(tmp_path / "e.jsonl", records))
    code = (
        "import sys, pathlib; from tests.run.shop import run; "
        f"sys.stdout.buffer.write(run(pathlib.Path({str(tmp_path)!r}), '-').trace)"
    )
    text = "".join(json.dumps(record) + "\n" for record in reversed(records)).encode()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, input=text, capture_output=True, check=True)
    assert whats(done.stdout, "at")[0] == whats(expected.trace, "at")[0]
    assert whats(done.stdout, "at") == sorted(whats(done.stdout, "at"))


@pytest.mark.parametrize("options", ["order='arrival'", "workers=1", "workers=2"])
def test_ctrl_c_gives_the_summary_so_far(tmp_path: Path, options: str) -> None:
    """Ctrl-C stops reading, closes what was read and says so; no traceback, no process left behind."""
    path = write(tmp_path / "e.jsonl", stream(6, 3000))
    for _ in range(6):
        with open(path, "rb") as file:
            text = file.read()
        with open(path, "ab") as file:
            file.write(text)
    events = repr("-" if "arrival" in options else path)
    code = (
        "import sys\n"
        "from rtj.run.options import Outputs, SimulateOptions\n"
        "from rtj.run.simulate import simulate\n"
        "from tests.run.shop import program, NOW\n"
        "def tell(progress):\n"
        "    print('going', file=sys.stderr, flush=True)\n"
        f"r = simulate(program(), SimulateOptions(events=({events},), now_ms=NOW, {options}), tell, Outputs())\n"
        "print(r.interrupted, r.read > 0, r.end is not None)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        if "arrival" in options:
            process.stdin.write(text[: len(text) // 20])
            process.stdin.flush()
        assert process.stderr.readline() == b"going\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read().split() == [b"True", b"True", b"True"]
        assert process.wait(20) == 0
        assert b"Traceback" not in process.stderr.read()


def test_progress(tmp_path: Path) -> None:
    """Bytes while reading, people while working; it ends at the total."""
    records = stream(8, 2000)
    path = write(tmp_path / "e.jsonl", records)
    for workers in (1, 2):
        told: list[Progress] = []
        simulate(program(), SimulateOptions(events=(path,), now_ms=NOW, workers=workers), told.append, Outputs())
        assert {progress.phase for progress in told} >= {"reading", "working"}
        reading = [progress for progress in told if progress.phase == "reading"]
        assert reading[-1].events == len(records)
        assert all(progress.done <= progress.total for progress in told)


def test_how_many_workers(tmp_path: Path) -> None:
    """Small files are not worth a second process, unless it is asked for; files larger than memory get more shards."""
    with opened_files([write(tmp_path / "e.jsonl", stream(9, 50))], program(), None, tmp_path) as files:
        assert crew_size(files, None) == (1, 1)
        assert crew_size(files, 3) == ((3, 3) if can_fork() else (1, 1))


@pytest.mark.parametrize("options", WAYS)
def test_what_a_source_declares(tmp_path: Path, options: dict[str, Any]) -> None:
    """A file called as a source of the project is read by its mapping: paths, fallbacks, casts, tables, renaming."""
    rows = [
        {"key": "k1", "what": "bought", "when": START // 1000, "who": {"mail": "Ada@x.org "}, "facts": {"sum": 5, "debug": 1}},
        {"what": "bought", "when": str(START // 1000 + 60), "who": {"number": 7, "mail": "ada@x.org"}, "facts": {"sum": 6}},
        {"key": "k2", "what": "bought", "who": {"number": 7}, "facts": {"sum": 6}},
        {"key": "k3", "what": "bought", "when": START // 1000, "who": {"number": [7]}, "facts": {"sum": 6}},
        {"key": "k4", "what": "bought", "when": START // 1000, "who": {"number": 8}, "facts": {"sum": "x"}},
    ]
    ran = run(tmp_path, write(tmp_path / "crm.jsonl", rows), **options)
    assert ran.result.formats[0].format == "sources.crm"
    assert ran.result.dead == {"ts": 1, "fields": 1, "properties": 1}
    assert whats(ran.trace, "profile", "what", "identifier") == [
        ("email:ada@x.org", "born", None),
        ("email:ada@x.org", "linked", "user_id:7"),
    ]


@pytest.mark.parametrize("options", WAYS)
def test_a_source_with_places_of_its_own(tmp_path: Path, options: dict[str, Any]) -> None:
    """S1.2: `sequence` names the field that orders events of one instant."""
    project = PROJECT + "  log:\n    sequence: offset\n    map: {time: ts, identities: {email: mail}, properties: props}\n"
    rows = [
        {
            "id": f"e{n}",
            "type": "add_to_cart",
            "ts": START,
            "offset": 9 - n,
            "mail": "a@x.org",
            "props": {"item": f"i{n}", "value": 30},
        }
        for n in range(3)
    ]
    ran = run(tmp_path, write(tmp_path / "log.jsonl", rows), project=program(project), **options)
    assert (next(c for w, c in whats(ran.trace, "what", "cause") if w == "entered"),) == ("e2",)
