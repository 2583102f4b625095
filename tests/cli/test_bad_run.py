"""The real process under load, and the commands of those who deploy beside it: edits, a pause, a rollback, two deployers at once.
Nobody is lost, and `rtj simulate --log` gives the live trace byte for byte."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import time
from pathlib import Path
from subprocess import DEVNULL

import pytest

from tests.cli.test_run import RTJ, lines, rtj, shop, waits_for

__all__ = ["shop"]  # the fixture


@pytest.mark.long
def test_deployment_after_deployment_under_load(shop: Path) -> None:
    events, ended = lines(shop / "events.jsonl"), threading.Event()

    def load() -> None:
        for place in range(0, len(events), 100):
            with (shop / "live.jsonl").open("ab") as file:
                file.write(b"\n".join(events[place : place + 100]) + b"\n")
            time.sleep(0.15)
        ended.set()

    config = (shop / "rtj.yaml").read_text(encoding="utf-8")  # these events are of long ago: only they move the clock
    (shop / "rtj.yaml").write_text(config.replace("idle: 50ms", "idle: never"), encoding="utf-8")
    with (shop / "log").open("wb") as log:
        run = subprocess.Popen((*RTJ, "run", "--env", "dev", "--trace", "trace.jsonl"), cwd=shop, stderr=log)
    feeding = threading.Thread(target=load)
    feeding.start()
    journey = next((shop / "journeys").glob("**/welcome.*"))
    text = journey.read_text(encoding="utf-8")
    waited = re.search(r"wait[: ]+\d+ ?\w+", text)
    assert waited is not None
    quick = ("--env", "dev", "--yes", "--no-validate", "--no-test")
    try:
        waits_for(shop / "trace.jsonl", 100)
        journey.write_text(text.replace(waited[0], "wait: 7h" if ":" in waited[0] else "wait 7h", 1), encoding="utf-8")
        both = [subprocess.Popen((*RTJ, "deploy", *quick), cwd=shop, stdout=DEVNULL, stderr=DEVNULL) for _ in range(2)]
        codes = sorted(one.wait(120) for one in both)
        assert codes[0] == 0
        assert codes[1] in (0, 5)  # the other one found it done, or locked
        rtj(shop, "pause", "welcome", "--env", "dev", "--yes")
        rtj(shop, "resume", "welcome", "--env", "dev", "--yes")
        rtj(shop, "rollback", "--env", "dev", "--yes", "-m", "too long")
        feeding.join(120)
        assert ended.is_set()
        waits_for(shop / "trace.jsonl", 4_000)
    finally:
        feeding.join(120)
        run.send_signal(signal.SIGTERM)
        code = run.wait(60)
    assert code == 0, (shop / "log").read_text()
    assert "Traceback" not in (shop / "log").read_text()
    rtj(shop, "simulate", "--log", "dev", "--trace", "again.jsonl", "-q")
    assert (shop / "trace.jsonl").read_bytes() == (shop / "again.jsonl").read_bytes()
