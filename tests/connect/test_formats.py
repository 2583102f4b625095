"""Formats: sniffed once and said why, pinned, or declared; CloudEvents and Segment records become events."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from rtj.base.errors import UsageError
from rtj.connect.formats import choose, sniff
from rtj.connect.letters import DeadLetter, Letters
from rtj.connect.mapping import compile_identities, compile_properties, compile_value, parse_path
from rtj.connect.shapes import cloudevents, segment, unwrap
from rtj.ir.program import Namespace
from tests.run.shop import START, event, program, run, write

SPACES = program().ranked
CLOUD = {
    "specversion": "1.0",
    "id": "1",
    "source": "/shop",
    "type": "purchase",
    "time": "2026-01-01T00:00:00Z",
    "data": {"total": 1},
}
TRACK = {
    "type": "track",
    "messageId": "m1",
    "event": "purchase",
    "userId": "u1",
    "anonymousId": "a1",
    "timestamp": "2026-01-01T00:00:00Z",
    "properties": {"total": 1},
}


def texts(*records: Any) -> list[bytes]:
    return [json.dumps(record).encode() for record in records]


def test_sniffing() -> None:
    """The format of most records, in words; broken lines do not count; wrappers are looked into."""
    native = event(1, "purchase", 0, {"total": 1}, email="a@x")
    assert sniff(texts(CLOUD, CLOUD)) == ("cloudevents", "all of the first 2 records have `specversion`")
    assert sniff(texts(TRACK, TRACK, native))[0] == "segment"
    assert sniff([b"{", *texts(native)])[0] == "rtj"
    assert sniff(texts({"batch": [TRACK, TRACK]}, native))[1].startswith("2 of the first 3")
    assert sniff(texts([CLOUD]))[0] == "cloudevents"
    assert sniff([]) == ("rtj", "there is no record to look at")
    assert "none of the first 1" in sniff(texts({"a": 1}))[1]


def test_pinned_and_declared() -> None:
    """`--format` names a format or a declared source; a file called as a declared source is read by it."""
    assert choose(program(), SPACES, "x.jsonl", "rudderstack", texts(CLOUD)).name == "segment"
    assert choose(program(), SPACES, "x.jsonl", "crm", []).name == "sources.crm"
    assert choose(program(), SPACES, "/a/crm.2026.jsonl.gz", None, []).lateness_ms == 600_000
    assert choose(program(), SPACES, "crm.jsonl", "rtj", []).shape is None
    with pytest.raises(UsageError, match=r'unknown format "csv"\. expected one of rtj, cloudevents, segment, xdm, crm'):
        choose(program(), SPACES, "x.jsonl", "csv", [])


@pytest.mark.parametrize("order", ["ts", "arrival"])
def test_cloudevents_run(tmp_path: Path, order: str) -> None:
    """Structured events: extensions and subject identify, (source, id) is unique, base64 data is unpacked."""
    packed = base64.b64encode(b'{"total":2}').decode()
    records = [
        {**CLOUD, "email": " Ada@x.org"},
        {**CLOUD, "source": "/other", "subject": "ada@x.org"},
        {**CLOUD, "id": "2", "userid": "u1", "data": None, "data_base64": packed},
        {**CLOUD, "id": "3", "subject": "ada@x.org", "data_base64": "?"},
        {**CLOUD, "id": "4", "subject": ["ada"]},
        {**CLOUD, "id": "5", "time": None},
        {"id": "6"},
    ]
    ran = run(tmp_path, write(tmp_path / "e.jsonl", records), order=order)
    assert ran.result.formats[0].format == "cloudevents"
    assert ran.result.dead == {"fields": 1, "format": 1, "properties": 1, "ts": 1}
    assert ran.result.duplicates == 0
    assert ran.result.profiles == 2


@pytest.mark.parametrize("order", ["ts", "arrival"])
def test_a_business_event_of_any_format_is_about_nobody(tmp_path: Path, order: str) -> None:
    restocked = {**CLOUD, "id": "2", "type": "restocked", "data": {"item": "tea"}}
    ran = run(tmp_path, write(tmp_path / "e.jsonl", [{**CLOUD, "userid": "u1"}, restocked]), order=order)
    assert ran.result.dead == {}
    assert ran.result.read == 2
    assert ran.result.profiles == 1


@pytest.mark.parametrize("order", ["ts", "arrival"])
def test_segment_run(tmp_path: Path, order: str) -> None:
    """Both ids link, an email among the traits too, alias joins the former id; each record of a batch may be a dead letter."""
    identify = {
        "type": "identify",
        "messageId": "m2",
        "userId": "u1",
        "traits": {"email": "ada@x.org"},
        "timestamp": "2026-01-01T00:00:01Z",
    }
    alias = {"type": "alias", "messageId": "m3", "userId": "u1", "previousId": "a2", "timestamp": "2026-01-01T00:00:02Z"}
    page = {"type": "page", "messageId": "m4", "anonymousId": "a2", "name": "Home", "timestamp": "2026-01-01T00:00:03Z"}
    batch = {"batch": [TRACK, {**TRACK, "messageId": None}, identify], "sentAt": "2026-01-01T00:00:09Z"}
    ran = run(tmp_path, write(tmp_path / "e.jsonl", [batch, alias, page, {"type": "noise", "userId": "u"}]), order=order)
    assert ran.result.formats[0].format == "segment"
    assert ran.result.dead == {"fields": 1, "format": 1}
    assert [letter["line"] for letter in ran.dead] == [1, 4]
    assert ran.result.unknown_types == {"alias": 1, "identify": 1, "page": 1}
    assert ran.result.profiles == 1
    linked = [json.loads(line)["identifier"] for line in ran.trace.splitlines()[1:] if b'"linked"' in line]
    assert linked == ["device:a1", "device:a2"] or linked == ["device:a1", "email:ada@x.org", "device:a2"]


def test_shapes_of_single_records() -> None:
    """What pages, groups and traits bring along."""
    shape = segment(SPACES)
    page = shape(
        {"type": "page", "messageId": 1, "userId": "u", "timestamp": 5, "name": "Home", "properties": {"a": 1}, "channel": "web"}
    )
    assert (page.type, page.properties, page.channel) == ("page", {"a": 1, "name": "Home"}, "web")
    group = shape({"type": "group", "messageId": 1, "userId": "u", "sentAt": "x", "groupId": "g", "traits": {"b": 2}})
    assert group.properties == {"groupId": "g", "b": 2}
    assert cloudevents((Namespace("k", 1, kind="cookie"),))({**CLOUD, "k": 5}).identifiers == ((0, 5),)
    assert list(unwrap([[{"a": 1}], {"messages": [{"b": 2}]}])) == [{"a": 1}, {"b": 2}]


def test_values_of_a_mapping() -> None:
    """Paths, fallbacks, constants, hashes, casts, defaults and tables."""
    record = {"a": {"b": [{"c": 5}, 7]}, "t": "1.5", "n": None, "METADATA$ID": "m", "flag": "Yes"}
    cases: list[tuple[Any, Any]] = [
        ("a.b[0].c", 5),
        ("a.b[-1]", 7),
        ("a.b[9]", None),
        ("METADATA$ID", "m"),
        (["n", "x.y", "t"], "1.5"),
        ({"const": 3}, 3),
        ({"path": "n", "default": 4}, 4),
        ({"path": "t", "cast": "number"}, 1.5),
        ({"path": "t", "cast": "epoch_s"}, 1500),
        ({"path": "a.b[1]", "cast": "string"}, "7"),
        ({"path": "flag", "cast": "bool"}, True),
        ({"path": "a.b[1]", "table": {"7": "seven"}}, "seven"),
        ({"path": "t", "table": {"x": "y"}}, "1.5"),
    ]
    for spec, expected in cases:
        assert compile_value(spec, "v")(record) == expected, spec
    hashed = compile_value({"hash": ["t", "n"]}, "v")
    assert hashed(record) == hashed(dict(reversed(record.items())))
    assert hashed({}) is None
    assert parse_path("a.b[0]") == ("a", "b", 0)
    properties = compile_properties({"x": "a.b[1]", "y": "n"})
    assert properties(record) == {"x": 7}


@pytest.mark.parametrize(
    "spec", [{"paths": "a"}, {"path": "a", "cast": "money"}, {"expr": "1"}, 5, "", "a[b]", {"cast": "number"}]
)
def test_a_mapping_that_cannot_be_used(spec: Any) -> None:
    with pytest.raises(UsageError, match="sources"):
        compile_value(spec, "id")


def test_identities_name_known_namespaces() -> None:
    with pytest.raises(UsageError, match=r'unknown namespace "mail"\. expected one of email, user_id, device'):
        compile_identities([{"ns": "mail", "path": "m"}], SPACES)


def test_letters_are_kept_as_far_as_wanted() -> None:
    """All are counted; the text is cut and never breaks."""
    kept: list[DeadLetter] = []
    letters = Letters(kept.append, 2)
    for line in range(4):
        letters.add(line, "json", "broken", b"\xff" + "é".encode() * 5_000)
    assert letters.counts == {"json": 4}
    assert [letter.line for letter in kept] == [0, 1]
    assert len(kept[0].text) == 2_000


def test_no_namespace_at_all(tmp_path: Path) -> None:
    """A project without identifiers reads business events only; START keeps the clock honest."""
    bare = "project: bare\nbusiness_events:\n  restocked: {item: string}\n"
    from rtj.compile import compile_text

    compiled = compile_text(bare)
    if compiled.program is None:
        pytest.skip("a project needs an identity section")
    path = write(tmp_path / "e.jsonl", [event(1, "restocked", 0, {"item": "i"}), event(2, "other", 1)])
    ran = run(tmp_path, path, project=compiled.program)
    assert ran.result.first_ts == START
    assert ran.result.dead == {"identifier": 1}
