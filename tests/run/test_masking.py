"""What is labelled pii is not in traces and dead letters, in every way of running; `show_pii` shows it; messages stay whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from rtj.base.errors import InputError
from rtj.ir.program import Program
from tests.run.shop import program, run, stream, write


def labelled() -> Program:
    made = program()
    spaces = tuple(
        msgspec.structs.replace(space, labels=("pii",) if space.name in ("email", "user_id") else ()) for space in made.namespaces
    )
    return msgspec.structs.replace(made, namespaces=spaces)


def test_traces_are_masked_sorted_and_the_same_in_every_way_of_running(tmp_path: Path) -> None:
    path = write(tmp_path / "events.jsonl", stream(5))
    alone = run(tmp_path, path, project=labelled())
    assert b"@" not in alone.trace and b"user-number" not in alone.trace and b"device:device-" in alone.trace
    assert any("@" in message["profile"] for message in alone.messages)
    rows = [msgspec.json.decode(line) for line in alone.trace.splitlines()[1:]]
    places = [(row["at"], row["profile"], row["n"]) for row in rows]
    assert places == sorted(places)
    for other in (
        run(tmp_path, path, project=labelled(), order="arrival"), run(tmp_path, path, project=labelled(), workers=2),
    ):  # fmt: skip
        assert other.trace == alone.trace and other.messages == alone.messages
    assert b"@" in run(tmp_path, path, project=labelled(), show_pii=True).trace


@pytest.mark.parametrize("order", ["ts", "arrival"])
def test_one_person_is_found_by_the_raw_value(tmp_path: Path, order: Any) -> None:
    path = write(tmp_path / "events.jsonl", stream(5))
    shown = run(tmp_path, path, project=labelled(), profile="p3@x.org", order=order, show_pii=True)
    masked = run(tmp_path, path, project=labelled(), profile=" P3@X.org", order=order)
    assert b"p3@x.org" in shown.trace and b"p3@x.org" not in masked.trace
    assert len(masked.trace.splitlines()) == len(shown.trace.splitlines()) > 3
    assert masked.messages == shown.messages


@pytest.mark.parametrize("order", ["ts", "arrival"])
def test_a_dead_letter_shows_what_is_wrong_and_nobody(tmp_path: Path, order: Any) -> None:
    broken = (
        b'{"id":"1","type":"purchase","ts":"2026-01-01T00:00:00Z","email":"ada@x.org","properties":{"total":"lots"}}\nada@x.org\n'
    )
    path = write(tmp_path / "events.jsonl", broken)
    masked = run(tmp_path, path, project=labelled(), order=order)
    assert len(masked.dead) == 2 and "ada" not in str(masked.dead) and masked.dead[0]["line"] == 1
    assert "properties" in masked.dead[0]["reason"] and '"type":"purchase"' in masked.dead[0]["text"]
    shown = run(tmp_path, path, project=labelled(), order=order, show_pii=True)
    assert shown.dead[1]["text"] == "ada@x.org"
    with pytest.raises(InputError) as failure:
        run(tmp_path, path, project=labelled(), order=order, strict=True)
    assert "ada" not in str(failure.value)


def test_keys_that_are_data_are_masked_too(tmp_path: Path) -> None:
    """A key may be an address; whatever is inside a labelled field is its value."""
    broken = (
        b'{"id":"1","type":"purchase","ts":"2026-01-01T00:00:00Z","email":"ada@x.org","ada@x.org":1,'
        b'"traits":{"first_name":"Ada","ada@x.org":{"a":1}},"properties":{"name":{"Ada":"Lovelace"},"+49 30 1":2}}\n'
    )
    only = run(tmp_path, write(tmp_path / "events.jsonl", broken), project=labelled())
    text = "".join(str(letter["text"]) for letter in only.dead)
    assert not any(word in text for word in ("ada", "Ada", "Lovelace", "+49"))
    assert '"first_name":"***"' in text
