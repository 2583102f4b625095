"""A run that was killed in the middle of its first commit with a trace has left lines there; the next one cuts them off, and goes
on. What is somebody else's is left alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rtj.base.errors import InputError, OutputError
from rtj.ir.crossing import Crossing
from rtj.ir.entries import Deployed, Lines, Tick
from rtj.ir.program import canonical, fingerprint
from rtj.live.session import Session, SessionOptions, open_session
from rtj.store.opening import open_store
from rtj.store.port import Holder, Store
from tests.deploy.shop import program
from tests.live.test_bad_deployments import NOW

EVENT = {"id": "e1", "type": "signed_up", "ts": 1_774_432_800_000, "user_id": "ada", "properties": {"plan": "pro"}}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Something is deployed, and nobody has run it yet."""
    found, made = open_store(str(tmp_path / "store.db"), "test"), program()
    found.publish([(fingerprint(made), canonical(made))], NOW)
    session = opened(found, None)
    session.take(Deployed(1, fingerprint(made), Crossing({})))
    session.open_stream("web", None)
    session.commit()
    session.leave()
    return found


def opened(store: Store, trace: Path | None) -> Session:
    options = SessionOptions(1, trace, show_pii=True, now_ms=lambda: NOW)
    return open_session(store, options, Holder("one", "me@here", "here", os.getpid(), "test", NOW, NOW))


def worked(session: Session) -> None:
    session.take(Lines(0, NOW, json.dumps(EVENT).encode() + b"\n"))
    session.take(Tick(0, int(str(EVENT["ts"])) + 1))


def test_what_a_killed_first_commit_has_left_is_cut_off(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "trace.jsonl"
    first = opened(store, path)
    worked(first)
    with monkeypatch.context() as patched:

        def killed(*_: object) -> None:
            raise OutputError("killed")

        patched.setattr(store, "commit", killed)
        with pytest.raises(OutputError):
            first.commit()
    first.leave()
    assert path.stat().st_size
    second = opened(store, path)
    worked(second)
    second.commit()
    second.leave()
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [line["what"] for line in lines].count("header") == 1
    assert len(set(path.read_bytes().splitlines())) == len(lines) > 1


def test_what_is_somebody_elses_is_left_alone(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_bytes(b"dear diary\n")
    for _ in range(2):
        with pytest.raises(InputError, match="give another file"):
            opened(store, path)
    assert path.read_bytes() == b"dear diary\n"
