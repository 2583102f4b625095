"""`rtj simulate --log`: the log of an environment, out of its store, replayed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rtj.base.errors import InputError
from rtj.cli.deploy_place import opened
from rtj.ir.entries import decode_entry
from rtj.ir.program import Program, read_program
from rtj.run.logged import Logged, follow_log
from rtj.run.meter import OnProgress
from rtj.run.options import Outputs, SimulateResult
from rtj.store.port import Store


def replay(
    environment: str, project: Path | None, outputs: Outputs, on_progress: OnProgress | None, *, show_pii: bool
) -> tuple[SimulateResult, Program]:
    """Follow the log from its start to its end. Returns also the program that runs at the end."""
    with opened(environment, project, reading=True) as place, place.store.still():
        store = place.store
        programs: dict[str, Program] = {}

        def program(name: str) -> Program:
            if name not in programs:
                programs[name] = read_program(store.program(name))
            return programs[name]

        result = follow_log(program, lambda: entries(store), outputs, on_progress, show_pii=show_pii)
        newest = next(iter(store.deployments(1)), None)
        if newest is None:
            raise InputError(f"nothing was ever deployed in {environment}")
        return result, program(newest.running)


def entries(store: Store) -> Iterator[Logged]:
    """All entries of the log."""
    for row in store.log():
        yield Logged(row.seq, row.taken_ms, decode_entry(row.body))
