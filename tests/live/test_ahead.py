"""Whoever is cold and is named by a batch is read back with all others whom it names, before it is worked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from rtj.ir.crossing import Crossing
from rtj.ir.entries import Deployed, Lines
from rtj.ir.program import canonical, fingerprint
from rtj.store.opening import OpenStore, open_store
from tests.live.storm import project
from tests.live.test_session import NOW, opened, pieces


@pytest.mark.parametrize("sources", [1, 2])
def test_a_batch_reads_all_whom_it_names_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: int) -> None:
    """By one source events are worked as they are read; with two they wait for each other."""
    whole = project(3, 200)
    (tmp_path / "project").mkdir()
    program = whole.compiled(tmp_path / "project")
    store = open_store(str(tmp_path / "store.db"), "test")
    assert isinstance(store, OpenStore)
    read, asked = store.bodies, []

    def counted(numbers: Sequence[int]) -> dict[int, bytes]:
        asked.append(len(numbers))
        return read(numbers)

    monkeypatch.setattr(store, "bodies", counted)
    name = fingerprint(program)
    store.publish([(name, canonical(program))], NOW)
    session = opened(store, tmp_path, 1)
    session.take(Deployed(1, name, Crossing({})))
    streams = sorted(whole.streams)[:sources]
    waiting = {stream: iter(pieces(list(whole.streams[stream]), Random(1), 60)) for stream in streams}
    for stream in waiting:
        session.open_stream(stream, None)
    for texts in zip(*waiting.values(), strict=False):
        for stream, text in zip(waiting, texts, strict=True):
            session.take(Lines(session.numbers[stream], NOW, text))
        session.commit()
    assert sum(asked) > 10 and len(asked) < sum(asked) / 3
    session.leave()
    store.close()
