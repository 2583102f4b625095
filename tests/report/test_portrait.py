"""A portrait in words: what each thing about a person is called, in whatever language their data is."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from rtj.ir.portraits import Known, Membership, Message, Portrait, Refusal, Says
from rtj.ir.records import Day, Instant
from rtj.ir.standing import Held, Reach, Shut, StandingInstance
from rtj.report.portrait import VALUE_MAX, Row, sections, value_words

BERLIN = ZoneInfo("Europe/Berlin")
AT = Instant(1_774_746_000_000)  # 29 March 2026 02:00 in Berlin, where it is 03:00 at once
NOBODY = Portrait(
    profile="user_id:ada",
    at=AT,
    identifiers=("user_id:ada",),
    zone="Europe/Berlin",
    attributes={},
    computed={},
    audiences=(),
    consent=(),
    suppressed=(),
    reach={},
    inside=(),
)


def rows(title: str, **parts: Any) -> list[Row]:
    found = {section.title: list(section.rows) for section in sections(msgspec.structs.replace(NOBODY, **parts), BERLIN)}
    return found[title]


def inside(**parts: Any) -> StandingInstance:
    known = {"profile": "user_id:ada", "journey": "welcome", "version": "v", "id": "i", "node": "pause", "entered": AT}
    return StandingInstance(**{**known, **parts})


def test_of_whom_nothing_is_known() -> None:
    told = {section.title: (len(section.rows), section.none) for section in sections(NOBODY, BERLIN)}

    assert told["names"] == (1, "none")
    assert told["inside"] == (0, "no journey")
    assert told["not done"] == (0, ""), "a section that is left out"


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, "at pause, until something happens"),
        ({"due": Instant(AT + 3_600_000), "since": AT}, "at pause, since 29 March 2026 03:00, until 29 March 2026 04:00"),
        ({"key": "cart-7"}, "at pause for cart-7, until something happens"),
        ({"held": Held("email", AT)}, "at pause, a message by email is held until 29 March 2026 03:00"),
    ],
)
def test_where_they_stand(parts: dict[str, Any], told: str) -> None:
    assert rows("inside", inside=(inside(**parts),)) == [Row("welcome", told, "entered 29 March 2026 03:00")]


@pytest.mark.parametrize(
    ("parts", "text", "tone"),
    [
        ({"state": "done"}, "hello by email  delivered", "good"),
        ({"state": "waiting", "tries": 1}, "hello by email  waits to go out", ""),
        ({"state": "failed", "tries": 9, "error": "410 gone"}, "hello by email  failed after 9 tries: 410 gone", "bad"),
        ({"state": "withdrawn"}, "hello by email  withdrawn", "warn"),
        ({"state": "done", "call": True, "channel": "crm", "template": ""}, "calls crm  delivered", "good"),
    ],
)
def test_messages(parts: dict[str, Any], text: str, tone: str) -> None:
    known = {"at": AT, "channel": "email", "journey": "welcome", "node": "m", "template": "hello", "key": "k"}

    assert rows("messages", messages=(Message(**{**known, **parts}),)) == [
        Row("29 March 2026 03:00", text, "welcome at m", tone)  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize(
    ("reach", "text"),
    [
        (Reach(), "yes"),
        (Reach(Shut("address", "missing"), Shut("address", "missing")), "no: no address"),
        (Reach(Shut("cap", "weekly")), "news no: the cap weekly is reached; answers yes"),
        (Reach(Shut("consent", "any"), Shut("suppression", "list")), "news no: "),
    ],
)
def test_what_would_stop_a_message(reach: Reach, text: str) -> None:
    [row] = rows("can reach", reach={"email": reach})

    assert row.text.startswith(text)


def test_consent() -> None:
    said = (Says("any", None), Says("channel:email", False, AT, withdrawn=True), Says("subscription:news", True, AT))

    assert rows("consent", consent=said, suppressed=("sms", "")) == [
        Row("any", "not known", "", "dim"),
        Row("channel email", "no", "withdrawn by a receipt, since 29 March 2026 03:00", "bad"),
        Row("subscription news", "yes", "since 29 March 2026 03:00", "good"),
        Row("sms", "an address is suppressed", "", "bad"),
        Row("every channel", "an address is suppressed", "", "bad"),
    ]


def test_facts_are_what_is_known() -> None:
    attributes = {"name": Known("עדה", AT), "tier": Known("bronze"), "unknown": Known(None)}

    assert rows("facts", attributes=attributes, computed={"spent": 12.5, "never": None, "tier": "x"}) == [
        Row("name", "עדה", "since 29 March 2026 03:00"),
        Row("tier", "bronze", "nobody said so"),
        Row("spent", "12.5", "computed"),
    ]


def test_the_rest() -> None:
    assert rows("audiences", audiences=(Membership("buyers"), Membership("loyal", AT))) == [
        Row("buyers", ""),
        Row("loyal", "since 29 March 2026 03:00"),
    ]
    assert rows("not done", refused=(Refusal(AT, "welcome", "no consent", "email"),)) == [
        Row("29 March 2026 03:00", "welcome by email: no consent", "", "dim")
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (True, "yes"),
        (0, "0"),
        (1e21, "1e21"),
        ("", ""),
        (AT, "29 March 2026 03:00"),
        (Day(20_541), "29 March 2026"),
        ([], "none"),
        (["茶", Day(20_541)], "茶, 29 March 2026"),
        ({"sku": "a", "qty": 2}, "sku a, qty 2"),
        ("x" * 300, "x" * (VALUE_MAX - 1) + "…"),
    ],
)
def test_values(value: Any, told: str) -> None:
    assert value_words(value, BERLIN) == told
