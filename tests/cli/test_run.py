"""`rtj run` on real files: what it does is what `rtj simulate --log` does again, to the byte, and what a simulation of the same
files does; it goes on where it was, takes deployments while it runs, and ends when it is asked."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rtj.run.following_trace import held_messages

ROOT = Path(__file__).resolve().parents[2]
RTJ = (sys.executable, "-m", "rtj")
ENVIRONMENT = "\nenvironments:\n  dev:\n    sources:\n      events: {file: live.jsonl, idle: 50ms}\n"


def rtj(folder: Path, *arguments: str, code: int = 0) -> str:
    done = subprocess.run((*RTJ, *arguments), cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the example, with an environment that reads a file which is still empty."""
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "shop", folder)
    with (folder / "rtj.yaml").open("a", encoding="utf-8") as file:
        file.write(ENVIRONMENT)
    (folder / "live.jsonl").touch()
    rtj(folder, "deploy", "--env", "dev", "--yes")
    return folder


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def waits_for(path: Path, count: int) -> None:
    """A run that lives brings a file to so many lines."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if path.exists() and len(lines(path)) >= count:
            return
        time.sleep(0.02)
    raise AssertionError(f"{path.name} has {len(lines(path)) if path.exists() else 0} lines")


def test_what_it_did_is_done_again_to_the_byte(shop: Path) -> None:
    events = lines(shop / "events.jsonl")
    for part in (events[:3000], events[3000:]):
        with (shop / "live.jsonl").open("ab") as file:
            file.write(b"\n".join(part) + b"\n")
        rtj(shop, "run", "--env", "dev", "--once", "--trace", "trace.jsonl", "-q")
    rtj(shop, "simulate", "--log", "dev", "--trace", "again.jsonl", "--messages", "messages.jsonl", "-q")
    rtj(shop, "simulate", "--events", "live.jsonl", "--order", "arrival", "--messages", "simulated.jsonl", "-q")

    assert (shop / "trace.jsonl").read_bytes() == (shop / "again.jsonl").read_bytes()
    assert len(lines(shop / "trace.jsonl")) > 5_000
    sent = {line["key"]: line for line in map(json.loads, lines(shop / ".rtj" / "dev.messages.jsonl"))}
    logged = {line["key"]: line for line in map(json.loads, lines(shop / "messages.jsonl"))}
    assert sent.keys() == logged.keys()
    assert all(sent[key] | line == sent[key] for key, line in logged.items())  # what went out says also where to
    first = [line for line in lines(shop / "simulated.jsonl") if json.loads(line)["ts"] < "2026-03-15"]
    assert [json.loads(line) for line in lines(shop / "messages.jsonl")][: len(first)] == [json.loads(line) for line in first]


def test_a_run_lives_takes_a_deployment_and_ends_when_asked(shop: Path) -> None:
    events = lines(shop / "events.jsonl")
    with (shop / "log").open("wb") as log:
        run = subprocess.Popen((*RTJ, "run", "--env", "dev", "--trace", "trace.jsonl"), cwd=shop, stderr=log)
    try:
        (shop / "live.jsonl").write_bytes(b"\n".join(events[:2000]) + b"\n")
        waits_for(shop / "trace.jsonl", 1_000)
        assert "run dev" in rtj(shop, "run", "--env", "dev", code=5)  # who holds it already
        rtj(shop, "pause", "welcome", "--env", "dev", "--yes")
        rtj(shop, "resume", "welcome", "--env", "dev", "--yes")
        with (shop / "live.jsonl").open("ab") as file:
            file.write(b"\n".join(events[2000:]) + b"\n")
        waits_for(shop / "trace.jsonl", 4_000)
    finally:
        run.send_signal(signal.SIGTERM)
        code = run.wait(30)
    assert code == 0, (shop / "log").read_text()
    journal = [json.loads(line) for line in lines(shop / "log")]
    assert [line["event"] for line in journal if line["event"] == "deployed"] == ["deployed"] * 2
    assert journal[-1]["event"] == "ended"
    rtj(shop, "simulate", "--log", "dev", "--trace", "again.jsonl", "-q")
    assert (shop / "trace.jsonl").read_bytes() == (shop / "again.jsonl").read_bytes()


def test_a_wait_ends_though_nothing_more_comes(tmp_path: Path) -> None:
    """One person, one event: the tick of an idle source brings the message, a second after its time at most."""
    (tmp_path / "rtj.yaml").write_text(
        "project: tick\ntimezone: UTC\nidentity: {user: {kind: person}}\nevents: {hello: {}}\n"
        "channels: {push: {purpose: transactional}}\nmessages: {hi: {category: news}}\n"
        "journeys: {}\n".replace("journeys: {}\n", "")
        + "environments: {dev: {sources: {app: {file: live.jsonl, idle: 500ms}}, channels: {'*': {file: out.jsonl}}}}\n",
        encoding="utf-8",
    )
    (tmp_path / "greet.journey.yaml").write_text(
        "journey: greet\nenter: {on: hello}\ndo:\n  - {id: pause, wait: 1s}\n  - {send: hi, by: push}\n", encoding="utf-8"
    )
    rtj(tmp_path, "deploy", "--env", "dev", "--yes")
    (tmp_path / "live.jsonl").touch()
    run = subprocess.Popen((*RTJ, "run", "--env", "dev", "-q"), cwd=tmp_path, env={**os.environ, "TZ": "Asia/Kathmandu"})
    try:
        time.sleep(2)
        sent = time.time()
        event = {"id": "e1", "type": "hello", "ts": round(sent * 1000), "user": "ada"}
        with (tmp_path / "live.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")
        waits_for(tmp_path / "out.jsonl", 1)
        took = time.time() - sent
    finally:
        run.send_signal(signal.SIGTERM)
        run.wait(30)
    assert 1.0 <= took < 30.0  # a bound for slow machines; what it takes is measured elsewhere
    assert json.loads(lines(tmp_path / "out.jsonl")[0])["identifier"] == "user:ada"


def test_nothing_runs_before_something_is_deployed(shop: Path) -> None:
    shutil.rmtree(shop / ".rtj")
    assert "rtj deploy" in rtj(shop, "run", "--env", "dev", code=5)
    assert "nothing" in rtj(shop, "simulate", "--log", "dev", code=4)


def test_lines_wait_for_those_before_them() -> None:
    held = held_messages()
    sent = {"what": "sent", "key": "k", "journey": "j", "node": "n", "channel": "c", "template": "t", "vars": {}}
    held.add([(20, "b", 1, {**sent, "key": "late"}), (10, "b", 1, sent)], 15)
    assert [json.loads(line)["key"] for line in held.take().splitlines()] == ["k"]
    held.add([(20, "a", 1, {**sent, "key": "first"})], 21)
    assert [json.loads(line)["key"] for line in held.take().splitlines()] == ["first", "late"]


def test_a_deployment_while_nobody_runs_stands_in_the_trace(shop: Path) -> None:
    shutil.copy(shop / "events.jsonl", shop / "live.jsonl")
    rtj(shop, "run", "--env", "dev", "--once", "--trace", "trace.jsonl", "-q")
    journey = next((shop / "journeys").glob("**/welcome.*"))
    text = journey.read_text(encoding="utf-8")
    journey.write_text(text.replace("welcome", "greeting"), encoding="utf-8")
    before = len(lines(shop / "trace.jsonl"))
    rtj(shop, "plan", "--env", "dev", "--accept", "D003@welcome", "-o", "it.rtjplan", "--no-validate")
    rtj(shop, "deploy", "it.rtjplan")
    assert len(lines(shop / "trace.jsonl")) > before
    rtj(shop, "simulate", "--log", "dev", "--trace", "again.jsonl", "-q")
    again = (shop / "again.jsonl").read_bytes()
    assert again.startswith((shop / "trace.jsonl").read_bytes())


def test_a_standby_takes_over_from_who_was_killed(shop: Path) -> None:
    events = lines(shop / "events.jsonl")
    run = ("run", "--env", "dev", "--trace", "trace.jsonl")
    with (shop / "log").open("wb") as log:
        first = subprocess.Popen((*RTJ, *run), cwd=shop, stderr=subprocess.DEVNULL)
        (shop / "live.jsonl").write_bytes(b"\n".join(events[:2000]) + b"\n")
        waits_for(shop / "trace.jsonl", 500)
        second = subprocess.Popen((*RTJ, *run, "--standby"), cwd=shop, stderr=log)
    try:
        waits_for(shop / "log", 1)
        assert json.loads(lines(shop / "log")[0])["event"] == "standby"
        first.kill()
        first.wait()
        with (shop / "live.jsonl").open("ab") as file:
            file.write(b"\n".join(events[2000:]) + b"\n")
        waits_for(shop / "trace.jsonl", 4_000)
    finally:
        first.kill()
        second.send_signal(signal.SIGTERM)
        code = second.wait(30)
    assert code == 0, (shop / "log").read_text(encoding="utf-8")
    rtj(shop, "simulate", "--log", "dev", "--trace", "again.jsonl", "-q")
    assert (shop / "trace.jsonl").read_bytes() == (shop / "again.jsonl").read_bytes()
    keys = [json.loads(line)["key"] for line in lines(shop / ".rtj" / "dev.messages.jsonl")]
    assert len(keys) == len(set(keys))
