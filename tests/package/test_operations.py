"""What stands in examples/operations is true: the guide's commands work in its order on a real run, the alerts ask for meters
that there are, the units are what their programs take, and a backup that is put back goes on as if nothing had happened."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.deliver.receiver import SECRET, receiving
from tests.package.readme import ROOT, commands, environment
from tests.servers.postgres import Postgres

HERE = ROOT / "examples" / "operations"
GUIDE = (HERE / "README.md").read_text(encoding="utf-8")
COMMAND_S = 60
KEY = "a-key-that-is-long-enough"
SYSTEMCTL = """\
#!/bin/bash
# What systemctl does to the unit, on the one process.
case "$1" in
  start)
    for _ in {1..40}; do
      if [ ! -e run.pid ] || ! kill -0 $(cat run.pid) 2>/dev/null; then rtj run --env prod >>run.log 2>&1 & echo $! >run.pid; fi
      curl -fsS "http://$RTJ_SERVE/readyz" >/dev/null 2>&1 && exit 0
      sleep 0.5
    done
    cat run.log; exit 1 ;;
  stop) kill -TERM $(cat run.pid); for _ in {1..200}; do kill -0 $(cat run.pid) 2>/dev/null || exit 0; sleep 0.1; done; exit 1 ;;
  kill) kill -KILL $(cat run.pid); sleep 0.2 ;;
esac
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def prepared(folder: Path, mail: str) -> tuple[Path, dict[str, str]]:
    """A copy of the example, and the variables of its service."""
    place = folder / "tea_shop"
    shutil.copytree(HERE, place, ignore=shutil.ignore_patterns(".rtj", "out", "backups", "*.plan"))
    variables = environment(folder)
    for name, text in (("systemctl", SYSTEMCTL), ("sudo", '#!/bin/sh\nexec "$@"\n')):
        shim = folder / "bin" / name
        shim.write_text(text, encoding="utf-8")
        shim.chmod(0o755)
    return place, {
        **variables,
        "RTJ_STORE": str(folder / "state" / "prod.db"),
        "RTJ_HTTP": f"127.0.0.1:{free_port()}",
        "RTJ_SERVE": f"127.0.0.1:{free_port()}",
        "WEB_KEYS": f"shop={KEY}",
        "OPS_KEYS": f"prometheus={KEY}-too",
        "MAIL_URL": mail,
        "MAIL_SECRET": SECRET,
        "SHOP_KEY": KEY,
        "METRICS_KEY": f"{KEY}-too",
    }


@contextmanager
def manager(path: Path) -> Iterator[list[str]]:
    """What a service manager at this socket hears."""
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))

        def listen() -> None:
            while (state := listener.recv(4096)) != b"END":
                heard.append(state.decode())

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield heard
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"END", str(path))
            thread.join()


def shell(line: str, place: Path, variables: dict[str, str]) -> str:
    with (place / "told.txt").open("w+", encoding="utf-8") as told:  # no pipe: a run that goes on would hold it open
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=place, env=variables, stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.STDOUT,
            timeout=COMMAND_S, check=False,
        )  # fmt: skip
        told.seek(0)
        text = told.read()
    assert done.returncode == 0 and "Traceback" not in text, f"{line}\nended with {done.returncode}\n{text}{_log(place)}"
    return text


def _log(place: Path) -> str:
    log = place / "run.log"
    return log.read_text(encoding="utf-8")[-2000:] if log.exists() else ""


@pytest.mark.long
def test_the_guide_works_from_its_first_command_to_its_last(tmp_path: Path) -> None:
    with receiving() as receiver, manager(tmp_path / "notify") as heard:
        place, variables = prepared(tmp_path, receiver.url)
        variables["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        scraped, scrape = "", 'curl -fsS -H "Authorization: Bearer $METRICS_KEY" "http://$RTJ_SERVE/metrics"'
        try:
            for command in commands(GUIDE):
                shell(command.text, place, variables)
                if command.text.startswith("rtj history") or command.text.startswith("rtj profile ada --env prod"):
                    _until(lambda: bool(receiver.taken))  # the reminder of the cart has gone out
                if "metrics" in command.text:
                    _until(lambda: 'rtj_dead_letters_total{reason="ts",source="web"} 1' in shell(scrape, place, variables))
                    scraped = shell(scrape, place, variables)
                    shell(_healthcheck(), place, variables)
        finally:
            if (place / "run.pid").exists():
                subprocess.run(["kill", "-KILL", (place / "run.pid").read_text().strip()], check=False, stderr=subprocess.DEVNULL)
    assert {"READY=1", "WATCHDOG=1", "STOPPING=1"} <= {line for state in heard for line in state.splitlines()}
    assert [one["template"] for one in receiver.taken.values()] == ["cart_reminder"]
    assert list(receiver.tries.values()) == [1], "nothing was sent again, though the run was killed"
    for rule in _alerts():
        for name in re.findall(r"\brtj_\w+", rule):
            assert f"# TYPE {name.removesuffix('_total')}" in scraped, name


@pytest.mark.long
def test_postgresql_is_dumped_and_put_back_as_the_guide_says(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.url.replace("@/postgres?", "@/tea_shop?")
    psql = str(postgres.tools / "psql")
    subprocess.run([psql, postgres.url, "-qc", "CREATE DATABASE tea_shop"], check=True, timeout=60)
    place, variables = prepared(tmp_path, "http://127.0.0.1:9/")
    variables |= {"RTJ_STORE": url, "PATH": f"{postgres.tools}{os.pathsep}{variables['PATH']}"}
    shell("mkdir backups && rtj deploy --env prod --yes --no-approvals", place, variables)
    before = json.loads(shell("rtj status prod --format json", place, variables))
    dump, restore = re.findall(r"^```sh postgresql\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    shell(dump, place, variables)
    subprocess.run([psql, url, "-qc", "DROP SCHEMA rtj_prod CASCADE"], check=True, timeout=60, stderr=subprocess.DEVNULL)
    shell(restore, place, variables)
    after = json.loads(shell("rtj status prod --format json && rtj status prod --check >&2", place, variables).splitlines()[0])
    assert before.pop("lineage") != after.pop("lineage")
    assert [before[name] for name in ("serial", "project", "running")] == [
        after[name] for name in ("serial", "project", "running")
    ]


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come")


def _alerts() -> list[str]:
    (group,) = yaml.safe_load((HERE / "rtj-alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule["expr"] for rule in group["rules"]]


def _healthcheck() -> str:
    """The command by which the container is asked how it is, under the Python of this test."""
    text = (HERE / "Containerfile").read_text(encoding="utf-8")
    (found,) = re.findall(r"^HEALTHCHECK .*\\\n\s*CMD (.*)$", text, re.MULTILINE)
    return str(found)


def test_every_file_is_told_of() -> None:
    for path in HERE.iterdir():
        if path.is_file() and path.name not in ("README.md", ".gitignore", "events.jsonl", "rtj-alerts.yml"):
            assert f"({path.name})" in GUIDE, path.name
    assert len(_alerts()) == 4


def test_variables_of_the_environment_are_in_the_file_for_the_service() -> None:
    asked = set(re.findall(r"env:([A-Z_]+)", (HERE / "rtj.yaml").read_text(encoding="utf-8")))
    given = {
        line.partition("=")[0]
        for line in (HERE / "prod.env.example").read_text(encoding="utf-8").splitlines()
        if "=" in line[:20]
    }
    assert asked == given


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "rtj.service"
    unit.write_text((HERE / "rtj.service").read_text(encoding="utf-8").replace("/opt/rtj/bin/rtj", "/bin/true"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "rtj.service" not in done.stderr, done.stderr
    assert os.path.basename(unit) == "rtj.service"
