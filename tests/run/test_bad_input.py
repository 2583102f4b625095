"""Whatever the input is, the answer is a dead letter or one clear message, never a traceback."""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rtj.base.errors import InputError, OutputError, UsageError
from rtj.connect.streams import LINE_MAX
from rtj.run.options import Outputs, SimulateOptions
from rtj.run.simulate import simulate
from tests.run.shop import NOW, START, event, program, run, stream, write

ROOT = Path(__file__).resolve().parents[2]
WAYS: tuple[dict[str, Any], ...] = ({}, {"workers": 2}, {"order": "arrival"})
GOOD = event("good", "purchase", 1000, {"total": 3}, email="ada@x.org")


def lines(*records: bytes | dict[str, Any]) -> bytes:
    return b"".join(r + b"\n" if isinstance(r, bytes) else json.dumps(r).encode() + b"\n" for r in records)


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        (b'{"id":"1","type":"purchase","ts":"2026-01-0', "json", "truncated"),
        (b"{" * 3, "json", ""),
        (b"[]", "fields", "object"),
        (b'{"id":"a\x00b"}', "json", ""),
        (b'{"id":"caf\xe9","type":"purchase","ts":1}', "encoding", "UTF-8"),
        ('{"id":"1"}'.encode("utf-16-le"), "json", ""),
        (
            b'{"id":"1","type":"purchase","ts":1,"email":"a@x.org","properties":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
            "json",
            "deep",
        ),
        (json.dumps({k: v for k, v in GOOD.items() if k != "ts"}).encode(), "ts", "missing"),
        (json.dumps({**GOOD, "ts": "yesterday"}).encode(), "ts", "RFC3339"),
        (json.dumps({**GOOD, "ts": "2026-01-01T00:00:00"}).encode(), "ts", "zone"),
        (json.dumps({**GOOD, "ts": None}).encode(), "ts", "null"),
        (json.dumps({**GOOD, "ts": 1e300}).encode(), "ts", "float"),
        (json.dumps({**GOOD, "ts": 1 << 61}).encode(), "ts", "no instant"),
        (json.dumps({**GOOD, "ts": "9999-12-31T23:59:59Z"}).encode(), "ahead", "ahead of now"),
        (json.dumps({**GOOD, "ts": "2066-01-01T00:00:00Z"}).encode(), "ahead", "ahead of now"),
        (
            json.dumps({**GOOD, "ts": "2025-03-01T00:00:00Z", "received_at": "2025-02-01T00:00:00Z"}).encode(),
            "ahead",
            "received_at",
        ),
        (json.dumps({**GOOD, "received_at": "2025-02-01T00:00:00"}).encode(), "fields", "received_at"),
        (json.dumps({**GOOD, "id": [1]}).encode(), "fields", "$.id"),
        (json.dumps({**GOOD, "id": True}).encode(), "fields", "$.id"),
        (json.dumps({**GOOD, "type": 7}).encode(), "fields", "$.type"),
        (json.dumps({**GOOD, "email": {"a": 1}}).encode(), "fields", "$.email"),
        (json.dumps({**GOOD, "email": None}).encode(), "identifier", ""),
        (json.dumps({**GOOD, "email": " NULL "}).encode(), "identifier", ""),
        (json.dumps({**GOOD, "email": "anonymous          "}).encode(), "identifier", ""),
        (json.dumps({**GOOD, "email": "00000000-0000-0000"}).encode(), "identifier", ""),
        (json.dumps({**GOOD, "properties": {}}).encode(), "properties", "total"),
        (json.dumps({**GOOD, "properties": {"total": "much"}}).encode(), "properties", "$.properties.total"),
        (json.dumps({**GOOD, "properties": None}).encode(), "properties", "object"),
        (json.dumps({**GOOD, "type": "page_view", "properties": {"path": 1}}).encode(), "properties", "path"),
    ],
)
def test_a_bad_line_is_a_dead_letter(tmp_path: Path, options: dict[str, Any], line: bytes, reason: str, detail: str) -> None:
    """It costs only itself: the lines around it are worked, and source, number, reason and text are told."""
    path = write(tmp_path / "events.jsonl", lines(GOOD, line, {**GOOD, "id": "good2"}))
    ran = run(tmp_path, path, **options)
    assert ran.result.dead == {reason: 1}
    assert ran.result.read == 3
    assert ran.result.profiles == 1
    (letter,) = ran.dead
    assert (letter["source"], letter["line"]) == (path, 2)
    assert letter["reason"].startswith(reason)
    assert detail in letter["reason"]
    assert len(letter["text"]) <= 2_000


@pytest.mark.parametrize("options", WAYS)
def test_text_that_is_fine(tmp_path: Path, options: dict[str, Any]) -> None:
    """A byte order mark, CRLF, blank lines, keys given twice, several records on a line, no newline at the end."""
    twice = b'{"id":"x","id":"y","type":"purchase","ts":1767225601000,"email":"ada@x.org","properties":{"total":1}}'
    text = (
        b"\xef\xbb\xbf" + lines(GOOD).replace(b"\n", b"\r\n") + b"\r\n\n  \n" + twice + b" " + lines({**GOOD, "id": 3}).rstrip()
    )
    ran = run(tmp_path, write(tmp_path / "events.jsonl", text), **options)
    assert ran.result.dead == {}
    assert ran.result.read == 3
    assert b'"event":"good"' in ran.trace


@pytest.mark.parametrize("options", WAYS)
def test_half_a_last_line(tmp_path: Path, options: dict[str, Any]) -> None:
    """A writer that was cut off leaves a dead letter with the number of its line."""
    ran = run(tmp_path, write(tmp_path / "events.jsonl", lines(GOOD, GOOD)[:-20]), **options)
    assert ran.result.read == 2
    assert [letter["line"] for letter in ran.dead] == [2]


@pytest.mark.parametrize("options", WAYS)
def test_no_events(tmp_path: Path, options: dict[str, Any]) -> None:
    """An empty file, and one of nothing but newlines, are no mistake."""
    for text in (b"", b"\n\n"):
        ran = run(tmp_path, write(tmp_path / "events.jsonl", text), **options)
        assert ran.result.read == 0
        assert ran.result.end is None
        assert ran.trace.count(b"\n") == 1


@pytest.mark.parametrize("options", WAYS)
def test_a_line_of_50_megabytes(tmp_path: Path, options: dict[str, Any]) -> None:
    """It is let go as it comes: memory does not grow by it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = tmp_path / "events.jsonl"
    with path.open("wb") as file:
        file.write(lines(GOOD))
        for _ in range(50):
            file.write(b"x" * (1 << 20))
        file.write(b"\n" + lines({**GOOD, "id": "good2"}))
    ran = run(tmp_path, str(path), **options)
    assert ran.result.dead == {"too_long": 1}
    assert ran.result.read == 3
    assert ran.dead[0]["line"] == 2
    assert f"{LINE_MAX:,}" in ran.dead[0]["reason"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


@pytest.mark.parametrize("options", WAYS)
def test_files_that_cannot_be_read(tmp_path: Path, options: dict[str, Any]) -> None:
    """Missing, a folder, another encoding, a packed file that is cut off: one message that names the file."""
    packed = gzip.compress(lines(*stream(1)))
    cases = {
        "missing.jsonl": (None, "no such file"),
        "utf16.jsonl": (json.dumps(GOOD).encode("utf-16"), "UTF-16"),
        "cut.jsonl.gz": (packed[: len(packed) // 2], "cut off"),
        "broken.jsonl.gz": (packed[:50] + b"?" * 50 + packed[100:], "gzip"),
    }
    for name, (text, words) in cases.items():
        path = tmp_path / name
        if text is not None:
            path.write_bytes(text)
        with pytest.raises(InputError, match=f"{name}.*{words}"):
            run(tmp_path, str(path), **options)
    with pytest.raises(InputError, match="is a directory"):
        run(tmp_path, str(tmp_path), **options)


@pytest.mark.parametrize("workers", [1, 2])
def test_too_many_dead_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    """Only so many are listed, which the last line says; all are counted."""
    monkeypatch.setattr("rtj.run.harvest.LETTERS_MAX", 10)
    ran = run(tmp_path, write(tmp_path / "events.jsonl", b"oops\n" * 50), workers=workers)
    assert ran.result.dead == {"json": 50}
    assert len(ran.dead) == 10 * workers + 1
    assert ran.dead[-1] == {"reason": f"{50 - 10 * workers} further dead letters are counted, but not listed"}


def test_the_same_source_twice(tmp_path: Path) -> None:
    """Every event would be its own copy."""
    path = write(tmp_path / "events.jsonl", [GOOD])
    with pytest.raises(UsageError, match="twice"):
        run(tmp_path, path, path)


@pytest.mark.parametrize("options", WAYS)
def test_strict_stops_at_the_first(tmp_path: Path, options: dict[str, Any]) -> None:
    """The first dead letter in the order of source and position is the answer."""
    good = lines(*stream(2, 100))
    write(tmp_path / "a.jsonl", good)
    path = write(tmp_path / "b.jsonl", good + b"oops\n" + good + b"again\n")
    with pytest.raises(InputError, match=rf"b\.jsonl:{len(good.splitlines()) + 1}: json"):
        run(tmp_path, str(tmp_path / "a.jsonl"), path, strict=True, **options)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("options", WAYS)
def test_a_disk_that_is_full(tmp_path: Path, options: dict[str, Any]) -> None:
    """Messages and trace that cannot be written are one message."""
    path = write(tmp_path / "events.jsonl", stream(3))
    asked = SimulateOptions(events=(path,), now_ms=NOW, **{"workers": 1, **options})
    for out in (Outputs(messages="/dev/full"), Outputs(trace="/dev/full")):
        with pytest.raises(OutputError, match="/dev/full: no space left"):
            simulate(program(), asked, None, out)
    with pytest.raises(OutputError, match="no/such/folder"):
        simulate(program(), asked, None, Outputs(messages=str(tmp_path / "no/such/folder/m")))


@pytest.mark.parametrize("order", ["ts", "arrival"])
def test_a_pipe_that_closes_early(tmp_path: Path, order: str) -> None:
    """Who reads stdout may stop (`| head -1`): BrokenPipeError, which the command line takes for a silent end."""
    path = write(tmp_path / "events.jsonl", stream(4, 3000))
    code = (
        "import sys\n"
        "from rtj.run.options import Outputs, SimulateOptions\n"
        "from rtj.run.simulate import simulate\n"
        "from tests.run.shop import program, NOW\n"
        "try:\n"
        f"    simulate(program(), SimulateOptions(events=({path!r},), order={order!r}, now_ms=NOW), None, Outputs(trace='-'))\n"
        "except BrokenPipeError:\n"
        "    sys.stderr.write('closed')\n"
        "    sys.stderr.flush()\n"
        "    import os; os._exit(0)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b"closed"


def test_received_in_time(tmp_path: Path) -> None:
    """`received_at` may be an instant or epoch ms, and an hour of skew is allowed."""
    records = [
        event(1, "purchase", "2026-01-01T01:00:00Z", {"total": 1}, email="a@x.org")
        | {"received_at": "2026-01-01T01:00:00+01:00"},
        event(2, "purchase", "2026-01-01T01:00:00Z", {"total": 1}, email="a@x.org") | {"received_at": START},
        event(3, "purchase", "2026-01-01T01:00:00.001Z", {"total": 1}, email="a@x.org") | {"received_at": START},
    ]
    ran = run(tmp_path, write(tmp_path / "events.jsonl", records))
    assert ran.result.dead == {"ahead": 1}
    assert ran.result.read == 3
