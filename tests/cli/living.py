"""An environment with people inside: deployed by the command, fed as a run feeds it, without one."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime
from pathlib import Path

from typer.testing import CliRunner

from rtj.cli.environments import find_environment
from rtj.cli.main import app
from rtj.deploy.holders import holder
from rtj.ir.entries import Lines, Tick
from rtj.live.session import SessionOptions, open_session
from rtj.store.opening import open_store

SOURCE = "app"


def call(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr of a command."""
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.stdout, done.stderr


def deploy(*options: str) -> None:
    """Deploy the project of the working directory to its only environment."""
    code, out, err = call("deploy", "--yes", *options)
    assert code == 0, out + err


def feed(*events: dict[str, object], until: str, project: Path | None = None) -> None:
    """Take events into the store, and let time go on to an instant."""
    environment = find_environment(None, project)
    now = instant(until)
    with closing(open_store(environment.store, environment.name)) as store:
        session = open_session(store, SessionOptions(now_ms=lambda: now), holder("run", now))
        stream = session.open_stream(SOURCE, None)
        text = "".join(json.dumps(event) + "\n" for event in events).encode()
        session.take(Lines(stream, now, text))
        session.take(Tick(stream, now))
        session.commit()
        session.leave()


def instant(text: str) -> int:
    """Milliseconds since the epoch."""
    return int(datetime.fromisoformat(text).timestamp() * 1_000)
