"""Events in every format come in by HTTP, and stand in the log as lines of our own; who sends broken ones hears which and why."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import zstandard

from rtj.ir.program import SourceMap
from tests.live.httpdoor import EVENT, KEY, Run

CLOUD: dict[str, Any] = {
    "specversion": "1.0",
    "id": "c1",
    "source": "/shop",
    "type": "purchase",
    "time": "2026-03-01T10:00:00Z",
    "subject": "ada@example.com",
    "data": {"total": 39},
}
TRACK: dict[str, Any] = {
    "type": "track",
    "messageId": "m1",
    "event": "purchase",
    "userId": "u1",
    "timestamp": "2026-03-01T10:00:00Z",
    "properties": {"total": 39},
}
ENTITY: dict[str, Any] = {
    "_id": "x1",
    "timestamp": "2026-03-01T10:00:00Z",
    "eventType": "purchase",
    "identityMap": {"Email": [{"id": "ada@example.com"}]},
    "total": 39,
}
MESSAGE = {"header": {"schemaRef": {"id": "s"}}, "body": {"xdmEntity": ENTITY}}


@pytest.fixture(scope="module")
def door() -> Iterator[Run]:
    run = Run()
    yield run
    run.close()


@pytest.fixture
def run(door: Run) -> Run:
    door.committed.clear()
    return door


@pytest.mark.parametrize(
    ("body", "kind", "ids"),
    [
        (EVENT, "application/json", ["e1"]),
        ([EVENT, {**EVENT, "id": 2}], "application/json; charset=UTF-8", ["e1", 2]),
        ({"events": [EVENT]}, "application/json", ["e1"]),
        (CLOUD, "application/json", ["/shop#c1"]),
        (CLOUD, "application/cloudevents+json", ["/shop#c1"]),
        ([CLOUD, {**CLOUD, "id": "c2"}], "application/cloudevents-batch+json; charset=utf-8", ["/shop#c1", "/shop#c2"]),
        (TRACK, "application/json", ["m1"]),
        ({"batch": [TRACK, {**TRACK, "messageId": "m2"}], "sentAt": "2026-03-01T10:00:00Z"}, "application/json", ["m1", "m2"]),
        (ENTITY, "application/json", ["x1"]),
        (MESSAGE, "application/json", ["x1"]),
        ({"messages": [MESSAGE, MESSAGE]}, "application/json", ["x1", "x1"]),
    ],
)
def test_every_format_becomes_lines_of_one(run: Run, body: Any, kind: str, ids: list[Any]) -> None:
    answer = run.post(body, content_type=kind)
    assert (answer.status_code, answer.json()) == (202, {"accepted": len(ids)})
    lines = run.lines()
    assert [line["id"] for line in lines] == ids
    assert {line["type"] for line in lines} == {"purchase"}
    assert all(line["properties"]["total"] == 39 for line in lines)
    assert all("email" in line or "user_id" in line for line in lines)
    assert all(one.stream == "shop" for one in run.committed)


def test_lines_however_they_end(run: Run) -> None:
    """NDJSON with a mark at its start, CRLF, blank lines, and an event over several lines of a JSON body stay lines."""
    text = b"\xef\xbb\xbf" + b"\r\n\r\n".join(json.dumps({**EVENT, "id": f"e{n}"}).encode() for n in range(3))
    assert run.post(text, content_type="application/x-ndjson").json() == {"accepted": 3}
    assert run.post(json.dumps([EVENT, EVENT], indent=2).replace("\n", "\r\n").encode()).json() == {"accepted": 2}
    assert [line["id"] for line in run.lines()] == ["e0", "e1", "e2", "e1", "e1"]
    assert all(one.text.endswith(b"\n") and b"\r" not in one.text for one in run.committed)


def test_text_of_all_the_world(run: Run) -> None:
    ids = ["Æther-🦊", "شراء", "购买", "\u2028\u2029", "a\tb"]
    answer = run.post([{**EVENT, "id": name, "email": f"{n}@例え.jp"} for n, name in enumerate(ids)])
    assert answer.json() == {"accepted": 5}
    assert [line["id"] for line in run.lines()] == ids


def test_a_cloudevent_in_its_headers(run: Run) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "c9", "ce-source": "/caf%C3%A9", "ce-type": "purchase"}
    headers |= {"ce-time": "2026-03-01T10:00:00Z", "ce-email": "ada@example.com"}
    assert run.post({"total": 5}, **headers).json() == {"accepted": 1}
    assert run.lines()[0]["id"] == "/café#c9"
    assert run.post({"total": 5}, **{**headers, "ce-time": "yesterday"}).json()["errors"][0]["reason"] == "ts"
    assert run.post(b"{", **headers).json()["error"] == "json"
    assert run.post(b"x", **{**headers, "content-type": "text/plain"}).status_code == 415


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_packed(run: Run, encoding: str) -> None:
    plain = json.dumps([EVENT] * 100).encode()
    packed = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstandard.ZstdCompressor().compress}[encoding](plain)
    assert run.post(packed, content_encoding=encoding).json() == {"accepted": 100}


def test_segments_own_paths(run: Run) -> None:
    """As its SDKs call them: the write key as the user of Basic, 200 when all is well; what the service puts in, we put in."""
    basic = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
    bare = {"event": "purchase", "userId": "u1", "properties": {"total": 3}}
    for path, body in (
        ("/v1/track", bare),
        ("/v1/batch", {"batch": [{**TRACK, "timestamp": None}], "sentAt": "2026-03-01T10:00:00Z"}),
        ("/shop/v1/batch", {"batch": [TRACK]}),
        ("/v1/identify", {"userId": "u1", "traits": {"email": "ada@example.com"}}),
    ):
        answer = run.post(body, path, key=None, authorization=basic)
        assert (answer.status_code, answer.json()) == (200, {"success": True, "accepted": 1}), path
    first, second, _, fourth = run.lines()
    assert first["id"].startswith("hash-") and first["type"] == "purchase" and first["user_id"] == "u1"
    assert second["ts"] == "2026-03-01T10:00:00Z"
    assert (fourth["type"], fourth["email"]) == ("identify", "ada@example.com")
    assert run.post({"batch": [{"type": "track"}]}, "/v1/batch").status_code == 400
    assert run.post(bare, "/v1/unheard").status_code == 404


def test_the_same_content_without_an_id_is_a_copy(run: Run) -> None:
    bare = {"event": "purchase", "userId": "u1", "properties": {"total": 3}, "timestamp": "2026-03-01T10:00:00Z"}
    for _ in range(2):
        run.post(bare, "/v1/track")
    one, other = run.lines()
    assert one["id"] == other["id"]


def test_somebody_with_several_addresses_stays_one(run: Run) -> None:
    """Our lines have one value of a namespace; what else is known stands in lines behind it, beside another identifier."""
    identities = {"Email": [{"id": "a@x.org"}, {"id": "b@x.org"}], "CRMID": [{"id": "u7"}]}
    assert run.post({**ENTITY, "identityMap": identities}).json() == {"accepted": 1}
    event, link = run.lines()
    assert (event["email"], event["user_id"]) == ("a@x.org", "u7")
    assert (link["type"], link["email"], link["user_id"], link["id"]) == ("rtj.linked", "b@x.org", "u7", "x1#1")
    del identities["CRMID"]
    answer = run.post({**ENTITY, "identityMap": identities})
    assert answer.status_code == 400
    assert "declare the format" in answer.json()["errors"][0]["detail"]


def test_broken_ones_are_told_and_buried(run: Run) -> None:
    """In our own format they go in as they are, for the run to bury; else they are handed over as refused. Good ones get in."""
    records = [EVENT, {**EVENT, "ts": "noon"}, {**EVENT, "properties": {"total": "much"}}, {**EVENT, "email": "null"}, 7]
    answer = run.post(records)
    assert answer.status_code == 207
    told = answer.json()
    assert (told["accepted"], told["rejected"]) == (1, 4)
    assert [(one["index"], one["reason"]) for one in told["errors"]] == [
        (1, "ts"),
        (2, "properties"),
        (3, "identifier"),
        (4, "fields"),
    ]
    assert run.lines() == records
    run.committed.clear()
    answer = run.post([CLOUD, {**CLOUD, "time": None}, "text", {**CLOUD, "data": {"total": []}}])
    assert [one["index"] for one in answer.json()["errors"]] == [1, 2, 3]
    assert [line["id"] for line in run.lines()] == ["/shop#c1", "/shop#c1"]
    assert [one.reason for one in run.committed[0].refused] == ["ts", "format"]


def test_one_bad_line_costs_only_itself(run: Run) -> None:
    good = json.dumps(EVENT).encode()
    text = b"\n".join([good, b"{", b'{"id": "\xff"}', b'{"properties":' + b"[" * 100_000, good])
    answer = run.post(text, content_type="application/x-ndjson")
    assert answer.status_code == 207
    assert [(one["index"], one["reason"]) for one in answer.json()["errors"]] == [(1, "json"), (2, "encoding"), (3, "json")]


def test_types_that_nobody_declared_are_told(run: Run) -> None:
    answer = run.post([EVENT, {**EVENT, "type": "purchse"}, {**EVENT, "type": "purchse"}, {**EVENT, "type": "☃"}])
    assert answer.status_code == 202
    told = answer.json()
    assert (told["accepted"], told["unknown_types"]) == (4, {"purchse": 2, "☃": 1})
    assert "did you mean purchase?" in told["hint"]
    assert run.post(EVENT).json() == {"accepted": 1}


def test_nothing_usable_is_400_and_buried_nevertheless(run: Run) -> None:
    answer = run.post([{"id": 1}, {"id": 2}])
    assert answer.status_code == 400
    assert (answer.json()["accepted"], answer.json()["rejected"]) == (0, 2)
    run.post(EVENT)
    assert len(run.lines()) == 3


def test_a_source_with_a_format_of_its_own_keeps_it() -> None:
    """Records go in as they came, the stream is pinned, and other formats are turned away."""
    run = Run()
    pinned = SourceMap("pinned", "xdm")
    run.program = msgspec.structs.replace(run.program, sources=(*run.program.sources, pinned))
    try:
        crm, adobe = run.source("crm"), run.source("pinned")
        assert (run.feeders[0].format, crm.format, adobe.format) == ("rtj", "crm", "xdm")
        row = {"key": "k1", "what": "bought", "when": 1_772_359_200, "who": {"mail": "ada@example.com"}, "facts": {"sum": 4}}
        assert run.post(row, "/v1/events/crm").json() == {"accepted": 1}
        assert run.post([MESSAGE, ENTITY], "/v1/events/pinned").json() == {"accepted": 2}
        assert run.lines() == [row, MESSAGE, ENTITY]
        assert run.post(CLOUD, "/v1/events/pinned", content_type="application/cloudevents+json").status_code == 415
        assert run.post(EVENT, "/v1/events").status_code == 404  # of several sources one must be named
        assert run.post(EVENT, "/v1/events/unheard").status_code == 404
    finally:
        run.close()
