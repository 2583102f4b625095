"""A run is put together from the settings of its environment: sources, sinks, streams of sources that are gone."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rtj.base.errors import InputError, RefusedError
from rtj.compile import compile_project
from rtj.connect.feed_file import FileFeeder
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Closed, Deployed, Opened, decode_entry, encode_entries
from rtj.ir.environments import Environment, FileSink, FileSource, Policies, SinkBinding, SourceBinding
from rtj.ir.program import canonical, fingerprint
from rtj.live.assembling import RunOptions, run_environment
from rtj.live.journal import Journal
from rtj.live.session import SessionOptions, open_session
from rtj.live.tracing import TraceFile
from rtj.store.opening import open_store
from rtj.store.port import Deployment, Holder, Store

PROJECT = """\
project: two
timezone: UTC
identity: {user: {kind: person}}
events: {hello: {}}
channels: {push: {purpose: transactional}}
messages: {hi: {category: news}}
"""
GREET = "journey: greet\nenter: {on: hello}\ndo:\n  - {send: hi, by: push}\n"


def holder(name: str) -> Holder:
    return Holder(name, "me@here", "here", os.getpid(), "test", 0, 1 << 50)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "greet.journey.yaml").write_text(GREET, encoding="utf-8")
    program = compile_project((), tmp_path / "rtj.yaml").program
    assert program is not None
    found = open_store(str(tmp_path / "store.db"), "here")
    found.publish([(fingerprint(program), canonical(program))], 0)
    session = open_session(found, SessionOptions(), holder("first"))
    session.take(Deployed(1, fingerprint(program), Crossing({})))
    session.commit()
    session.leave()
    return found


def environment(folder: Path, *names: str) -> Environment:
    sources = tuple(SourceBinding(name, FileSource(str(folder / f"{name}.jsonl"))) for name in names)
    sinks = (SinkBinding("*", FileSink(str(folder / "out.jsonl"))),)
    return Environment("here", str(folder / "store.db"), sources, sinks, Policies())


def write(folder: Path, name: str, *events: tuple[str, str, str]) -> None:
    lines = [json.dumps({"id": i, "type": "hello", "ts": ts, "user": user}) + "\n" for i, ts, user in events]
    with (folder / f"{name}.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(lines)


def sent(folder: Path) -> list[str]:
    return [json.loads(line)["profile"] for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_source_that_is_gone_holds_nobody_up_and_a_new_one_joins_in(tmp_path: Path, store: Store) -> None:
    told = io.StringIO()
    write(tmp_path, "app", ("1", "2026-03-01T10:00:00Z", "ada"))
    write(tmp_path, "web", ("2", "2026-03-01T10:00:01Z", "böb"))
    run_environment(environment(tmp_path, "app", "web"), store, holder("a"), RunOptions(once=True), Journal(told))
    write(tmp_path, "shop", ("3", "2026-03-01T11:00:00Z", "例え"))
    run_environment(environment(tmp_path, "shop"), store, holder("b"), RunOptions(once=True), Journal(told))

    assert sent(tmp_path) == ["user:ada", "user:böb", "user:例え"]
    streams = [e for row in store.log() if isinstance(e := decode_entry(row.body), Opened | Closed)]
    assert [type(e) for e in streams] == [Opened, Opened, Closed, Closed, Opened, Closed]
    events = [json.loads(line)["event"] for line in told.getvalue().splitlines()]
    assert events.count("ended") == 2


def test_a_deployment_that_cannot_be_taken_is_halted_and_people_go_on(tmp_path: Path, store: Store) -> None:
    order = encode_entries([Deployed(1, "0123456789abcdef", Crossing({}))])
    store.record(Deployment(1, "deploy", "ordered", "p", "r", "h", "me", 0, "", b"{}", order), 0)
    write(tmp_path, "app", ("1", "2026-03-01T10:00:00Z", "ada"))
    with pytest.raises(InputError, match="0123456789abcdef"):
        run_environment(environment(tmp_path, "app"), store, holder("a"), RunOptions(once=True), Journal(io.StringIO()))
    assert [one.state for one in store.deployments()] == ["halted"]
    run_environment(environment(tmp_path, "app"), store, holder("b"), RunOptions(once=True), Journal(io.StringIO()))
    assert sent(tmp_path) == ["user:ada"]


def test_a_source_that_died_of_a_mistake_of_ours_ends_the_run(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(_: FileFeeder) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(FileFeeder, "work", work)
    told = io.StringIO()
    with pytest.raises(ZeroDivisionError):
        run_environment(environment(tmp_path, "app"), store, holder("a"), RunOptions(), Journal(told))
    assert "source_failed" in told.getvalue()
    assert store.leaseholder() is None


def test_two_runs_never_write_one_trace(tmp_path: Path) -> None:
    first = TraceFile(tmp_path / "trace.jsonl", show_pii=False)
    script = "from pathlib import Path; from rtj.live.tracing import TraceFile; TraceFile(Path('trace.jsonl'), show_pii=False)"
    other = (sys.executable, "-c", script)
    assert b"RefusedError" in subprocess.run(other, cwd=tmp_path, capture_output=True, check=False).stderr
    first.close()
    assert subprocess.run(other, cwd=tmp_path, capture_output=True, check=False).returncode == 0


def test_sources_without_an_event_leave_the_clock_alone(tmp_path: Path, store: Store) -> None:
    (tmp_path / "app.jsonl").touch()
    before = store.clock()
    run_environment(environment(tmp_path, "app"), store, holder("a"), RunOptions(once=True), Journal(io.StringIO()))
    assert store.clock() == before
    write(tmp_path, "app", ("1", "2026-03-01T10:00:00Z", "ada"))
    run_environment(environment(tmp_path, "app"), store, holder("b"), RunOptions(once=True), Journal(io.StringIO()))
    assert sent(tmp_path) == ["user:ada"]


def test_what_is_no_event_is_told_at_once(tmp_path: Path, store: Store) -> None:
    told = io.StringIO()
    write(tmp_path, "app", ("1", "2026-03-01T10:00:00Z", "ada"))
    with (tmp_path / "app.jsonl").open("a", encoding="utf-8") as file:
        file.write('garbage\n{"id": "2", "type": "helo", "ts": "2026-03-01T10:00:00Z", "user": "ada"}\n')
    run_environment(environment(tmp_path, "app"), store, holder("a"), RunOptions(once=True), Journal(told))
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    assert [(one["line"], one["reason"]) for one in lines if one["event"] == "dead_letter"] == [(2, "json")]
    assert [one["type"] for one in lines if one["event"] == "unknown_type"] == ["helo"]


def test_who_comes_second_is_told_who_was_first(tmp_path: Path, store: Store) -> None:
    store.take_lease(Holder("x", "eve@elsewhere", "elsewhere", 1, "run here", 0, 1 << 50), 1_000)
    with pytest.raises(RefusedError, match=r"eve@elsewhere.*rtj unlock x; `rtj run --env \S+ --standby` waits"):
        run_environment(environment(tmp_path, "app"), store, holder("a"), RunOptions(once=True), Journal(io.StringIO()))
