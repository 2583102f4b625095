"""What one sees of `rtj run`: a panel on a terminal, which tells what is wrong and how to end it; lines of JSON elsewhere."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from rtj.cli.living import Asked, view_of
from rtj.cli.panel_lines import Setting, panel_lines, setting_of
from rtj.cli.screen import Line, width
from rtj.ir.environments import (
    Environment,
    FileSource,
    HttpSource,
    KafkaSource,
    SinkBinding,
    SourceBinding,
    StdinSource,
    WebhookSink,
)
from rtj.live.dials import Dials
from rtj.live.vitals import Backlog, Vitals, Waiting
from tests.cli.conftest import event
from tests.cli.deployments import ROOT, process, told, write_shop

NOW = 1_800_000_000_000
CODES = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]|\r")


def text(lines: list[Line]) -> str:
    return "\n".join("".join(piece.text for piece in pieces).rstrip() for pieces in lines)


@pytest.fixture
def dials() -> Dials:
    """A run in which everything goes on at once."""
    vitals = Vitals("prod", "0.1")
    vitals.well("journeys")
    vitals.count_events("web", ["bought"] * 1_234)
    vitals.serial, vitals.deployed_ms, vitals.memory_bytes = 7, NOW - 3_600_000, 214_000_000
    vitals.profiles, vitals.awake = 1_000_000, 100
    vitals.watermarks = {"orders[0]": NOW - 400, "orders[1]": NOW - 7_200_000, "web": NOW - 100}
    vitals.backlogs = {"orders[0]": Backlog(5, "messages"), "orders[1]": Backlog(1_000, "messages"), "log": Backlog(0, "bytes")}
    vitals.inside.replace({("welcome", "a"): 12, ("forgotten", "b"): 3})
    vitals.messages.replace({("welcome", "email"): 40, ("welcome", "sms"): 2})
    vitals.outbox = {"email": Waiting(done=40), "sms": Waiting(3, 2, 1, NOW - 60_000, "no connection: refused", True)}
    vitals.letters.add(2, "ts", "web")
    vitals.letters.add(1, "json", "orders")
    vitals.unknown.replace({("purchse",): 9})
    return Dials(vitals)


SETTING = Setting(
    "prod", (("orders", "kafka orders"), ("web", "http://x/v1/events/web"), ("log", "a.jsonl")), (("*", "webhook h"),)
)


def test_it_tells_what_comes_in_where_people_are_and_what_goes_out(dials: Dials) -> None:
    dials.look(dials.began + 2)
    said = text(panel_lines(dials, SETTING, (120, 50), NOW))
    assert re.search(r"^prod  running  .*deployment 7, 1 hour ago · 214 MB", said)
    assert "617 events a second" in said and "1,000,000 people known, 100 of them awake" in said
    assert re.search(r"orders +kafka orders +0 +0 +1,005 +2 hours ago", said)
    assert re.search(r"web +http://x/v1/events/web +617 +1,234 +now", said)
    assert re.search(r"log +a.jsonl +0 +0 +none +nothing yet", said)
    assert re.search(r"welcome +12 +40 by email, 2 by sms", said) and re.search(r"forgotten +3 +none", said)
    assert re.search(r"sms +webhook h +2 +3 +for 1 minute +1", said)
    assert "Ctrl-C ends it in order" in said


def test_it_tells_what_is_not_as_it_should_be(dials: Dials) -> None:
    vitals = dials.vitals
    vitals.unwell("store", "disk full")
    vitals.troubles = {"orders": "the broker is away"}
    vitals.unwell("sources", "orders: the broker is away")
    said = text(panel_lines(dials, SETTING, (200, 50), NOW))
    assert said.startswith("prod  in trouble")
    assert "! store: disk full; the commit is tried again" in said
    assert "! source orders: the broker is away; it is tried again" in said
    assert "! channel sms: no connection: refused; 3 messages wait" in said
    assert "! not read: 3 dead letters (2 ts · 1 json): `rtj status prod --dead-letters`" in said
    assert "! not declared: 9 events (9 purchse)" in said
    assert "sources:" not in said and "halted" not in said
    vitals.outbox = {"sms": Waiting(0, 2, 63, None, "answered 403", True)}
    vitals.halted = "refused: 100.0 % failed (24 of 24 deliveries in 1d), more than 10 %"
    said = text(panel_lines(dials, SETTING, (200, 50), NOW))
    assert "! channel sms: answered 403; nothing waits; 63 given up, and not sent later" in said
    assert (
        "! halted by a guardrail: refused: 100.0 % failed (24 of 24 deliveries in 1d), more than 10 %: `rtj status prod`" in said
    )
    vitals.unwell("draining", "it ends")
    assert "Ctrl-C once more ends it at once" in text(panel_lines(dials, SETTING, (200, 50), NOW))
    dials.ended = True
    said = text(panel_lines(dials, SETTING, (200, 50), NOW))
    assert said.startswith("prod  ended") and "Ctrl-C" not in said


def test_a_clock_that_stands_is_explained(dials: Dials) -> None:
    vitals = dials.vitals
    vitals.clock_ms = NOW - 1_000
    assert "stands" not in text(panel_lines(dials, SETTING, (200, 50), NOW)), "it goes"
    vitals.clock_ms = NOW - 7_200_000
    assert "stands at 2027-01-15 06:00 UTC: nobody waits for a date" in text(panel_lines(dials, SETTING, (200, 50), NOW))
    vitals.soonest_ms = NOW + 3_600_000
    assert "nobody has a date before 2027-01-15 09:00 UTC" in text(panel_lines(dials, SETTING, (200, 50), NOW))
    vitals.soonest_ms = NOW - 3_600_000
    said = text(panel_lines(dials, SETTING, (200, 50), NOW))
    assert "whoever has a date from 2027-01-15 07:00 UTC on waits for the sources" in said


@pytest.mark.parametrize("rows", [2, 12, 24, 60])
def test_it_fits_into_the_terminal(dials: Dials, rows: int) -> None:
    dials.vitals.inside.replace({(f"旅程{n}" * 20, "a"): n for n in range(100)})
    lines = panel_lines(dials, SETTING, (80, rows), NOW)
    assert len(lines) < max(rows, 2)
    journeys = [one for one in text(lines).splitlines() if "旅程" in one]
    assert len(journeys) <= 12 and all(width(one) <= 100 for one in journeys)
    assert rows < 60 or "and 89 more" in text(lines)


def test_addresses_tell_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "https://hooks.example/T0/secret?token=1")
    environment = Environment(
        "prod",
        "env:STORE",
        tuple(
            SourceBinding(name, feed)
            for name, feed in (
                ("a", FileSource("/x/y/live.jsonl")),
                ("b", StdinSource()),
                ("c", HttpSource("127.0.0.1:80")),
                ("d", KafkaSource("b:1", "env:NOT_SET", "g")),
            )
        ),
        (SinkBinding("email", WebhookSink("env:HOOK", "s3cret")),),
    )
    setting = setting_of(environment, blocks=True)
    assert dict(setting.sources) == {
        "a": "live.jsonl", "b": "stdin", "c": "http://127.0.0.1:80/v1/events/c", "d": "kafka env:NOT_SET",
    }  # fmt: skip
    assert setting.sinks == (("email", "webhook hooks.example"),)


def test_a_rate_is_over_the_last_seconds() -> None:
    vitals = Vitals()
    dials = Dials(vitals)
    for second in range(1, 31):
        vitals.count_events("web", ["a"] * (100 if second > 20 else 1_000))
        dials.look(dials.began + second)
    assert dials.per_second() == dials.per_second("web") == 100
    assert dials.per_second("nobody") == 0
    assert dials.course(15) == [1_000] * 5 + [100] * 10


# ---- a real run


@pytest.fixture
def shop(tiny: Path) -> Path:
    write_shop(tiny)
    told("deploy", "--yes", "-q")
    return tiny


@contextmanager
def terminal(*words: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A command on a terminal of its own."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "", "LINES": ""}
    command = (sys.executable, "-m", "rtj", *words)
    with subprocess.Popen(command, env=environment, stdin=follower, stdout=follower, stderr=follower) as running:
        os.close(follower)
        with closing(os.fdopen(leader, "rb", 0)):
            try:
                yield running, leader
            finally:
                running.kill()


def reads(leader: int, wanted: str, seconds: float = 30) -> str:
    """What a terminal shows until some words are there, or all is over."""
    seen, until = "", time.monotonic() + seconds
    while wanted not in CODES.sub("", seen) and time.monotonic() < until:
        if select.select([leader], [], [], 0.1)[0]:
            try:
                more = os.read(leader, 65_536)
            except OSError:  # its other end is closed
                break
            seen += more.decode("utf-8", "replace")
    return CODES.sub("", seen)


def test_on_a_terminal_it_is_a_panel_and_ctrl_c_ends_it_in_order(shop: Path) -> None:
    with terminal("run") as (running, leader):
        assert "Ctrl-C ends it in order" in reads(leader, "Ctrl-C ends it in order")
        with (shop / "live.jsonl").open("a", encoding="utf-8") as file:
            file.write("{\n" + json.dumps(event(30, "signed_up", "2026-03-04T09:00:00Z", "eve", plan="pro")) + "\n")
        said = reads(leader, "not read: 1 dead letter")
        assert "warning dead_letter" in said and "live.jsonl" in said
        running.send_signal(signal.SIGINT)
        said = reads(leader, "ended in order: ")
        said += reads(leader, "\x00", 1)
        assert running.wait(30) == 0
    assert "ended in order: 7 events read" in said
    assert "prod  ended" in said
    assert "Traceback" not in said


def test_once_reads_what_has_an_end_and_ends(shop: Path) -> None:
    rules = (shop / "rtj.yaml").read_text(encoding="utf-8")
    http = 'api: {http: "127.0.0.1:0"}'
    (shop / "rtj.yaml").write_text(rules.replace("web: {file: live.jsonl}", f"web: {{file: none.jsonl}}\n      {http}"), "utf-8")
    (shop / "rtj.yaml").write_text(
        (shop / "rtj.yaml").read_text(encoding="utf-8").replace("sources: {web: {}}", "sources: {web: {}, api: {}}"), "utf-8"
    )
    done = process("run", "--once", "--view", "plain")
    assert done.returncode == 0
    assert "left_out where=api" in done.stderr and "no such file; there is nothing to read" in done.stderr
    (shop / "rtj.yaml").write_text(rules.replace("web: {file: live.jsonl}", 'web: {http: "127.0.0.1:0"}'), "utf-8")
    done = process("run", "--once")
    assert (done.returncode, "no source of prod has an end (web)" in done.stderr) == (2, True)


def test_what_is_refused_at_once_shows_no_panel(tiny: Path) -> None:
    write_shop(tiny)
    with terminal("run") as (running, leader):
        said = reads(leader, "comes first")
        assert running.wait(30) == 5
    assert "rtj deploy" in said and "Ctrl-C" not in said


def test_elsewhere_it_is_lines(shop: Path) -> None:
    done = process("run", "--once")
    assert json.loads(done.stderr.splitlines()[0])["event"] == "running"
    done = process("run", "--once", "--view", "plain")
    assert " info    running sources=1" in done.stderr
    assert (done.returncode, done.stdout) == (0, "")


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    assert view_of(Asked()) == "plain"
    monkeypatch.setenv("TERM", "xterm")
    assert view_of(Asked()) == "panel"
    assert view_of(Asked(quiet=True)) == "plain"
    assert view_of(Asked(view="json")) == "json"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    assert view_of(Asked()) == "json"
