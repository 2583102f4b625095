"""Adobe's experience events: recognised in each of their wrappings, brought to events, refused with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtj.connect.envelope import MisfitError
from rtj.connect.formats import choose, sniff
from rtj.connect.shape_xdm import IDENTITIES_MAX, xdm
from rtj.connect.shapes import unwrap
from rtj.ir.program import Namespace
from tests.run.shop import program

SPACES = (
    Namespace("crm_id", "person"),
    Namespace("email", "person"),
    Namespace("anonymous_id", "cookie"),
)
ENTITY: dict[str, Any] = {
    "_id": "x1",
    "timestamp": "2026-03-01T10:00:00Z",
    "eventType": "commerce.purchases",
    "identityMap": {
        "CRMID": [{"id": "c-7", "primary": True}],
        "Email": [{"id": "ada@example.com"}, {"id": "ada@work.example"}],
        "ECID": [{"id": "4711", "authenticatedState": "ambiguous"}],
        "Unheard": [{"id": "u"}],
    },
    "commerce": {"order": {"priceTotal": 39.5, "currencyCode": "EUR"}},
}
MESSAGE = {"header": {"schemaRef": {"id": "s"}, "imsOrgId": "o"}, "body": {"xdmMeta": {}, "xdmEntity": ENTITY}}


@pytest.mark.parametrize("record", [ENTITY, MESSAGE, {"xdm": ENTITY, "data": {}}], ids=["bare", "streaming", "edge"])
def test_an_event_in_each_wrapping(record: dict[str, Any]) -> None:
    shaped = xdm(SPACES)(record)
    assert (shaped.id, shaped.type, shaped.ts) == ("x1", "commerce.purchases", "2026-03-01T10:00:00Z")
    assert shaped.identifiers == ((0, "c-7"), (1, "ada@example.com"), (1, "ada@work.example"), (2, "4711"))
    assert shaped.properties == {"commerce": ENTITY["commerce"]}
    assert sniff([json.dumps(record).encode()])[0] == "xdm"


def test_batches_are_unwrapped_and_the_format_can_be_pinned() -> None:
    assert list(unwrap({"messages": [MESSAGE, MESSAGE]})) == [MESSAGE, MESSAGE]
    assert sniff([json.dumps({"messages": [MESSAGE, MESSAGE]}).encode()]) == (
        "xdm",
        "all of the first 2 records have `xdmEntity`, or `_id`, `timestamp` and `identityMap` or `eventType`",
    )
    for pinned in ("xdm", "aep"):
        assert choose(program(), SPACES, "x.jsonl", pinned, []).name == "xdm"


def test_an_address_of_the_person_is_an_identifier_where_the_map_has_none() -> None:
    entity = {**ENTITY, "identityMap": None, "personalEmail": {"address": "bo@example.com"}}
    assert xdm(SPACES)(entity).identifiers == ((1, "bo@example.com"),)
    assert xdm(SPACES)({**ENTITY, "personalEmail": {"address": "bo@example.com"}}).identifiers[1] == (1, "ada@example.com")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"_id": None}, "fields"),
        ({"eventType": 4}, "fields"),
        ({"timestamp": None}, "ts"),
        ({"timestamp": 1.5}, "ts"),
        ({"identityMap": [1]}, "fields"),
        ({"identityMap": {"Email": ["ada@example.com"]}}, "fields"),
        ({"identityMap": {"Email": [{"id": {"x": 1}}]}}, "fields"),
        ({"identityMap": {"Email": [{"id": f"{n}@x"} for n in range(IDENTITIES_MAX + 1)]}}, "identifier"),
    ],
)
def test_what_is_no_event_says_why(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(MisfitError) as caught:
        xdm(SPACES)({"body": {"xdmEntity": {**ENTITY, **change}}})
    assert caught.value.reason == reason


def test_other_records_are_no_xdm() -> None:
    for record in ({"id": "1"}, {"body": "text"}, {"body": {"xdmEntity": 7}}):
        with pytest.raises(MisfitError, match="not an XDM event"):
            xdm(SPACES)(record)
