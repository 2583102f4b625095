"""What goes out is the line that `rtj simulate` prints, with the address and the person; a call tells nobody's name."""

from __future__ import annotations

import json

from rtj.deliver.rows import call_body, outbox_row
from rtj.ir.outgoing import OutgoingCall, OutgoingMessage
from rtj.ir.records import Day, Instant
from rtj.run.output import message_rows

AT = 1_772_323_200_123
VARS = {"name": "Ådé 桜 🦊", "n": 1.5, "when": Instant(AT), "day": Day(20_000), "list": [{"x": None}], "rtl": "שלום"}


def test_the_line_is_that_of_a_simulation() -> None:
    told = {"what": "sent", "journey": "cart", "instance": "i", "node": "m", "channel": "email", "template": "hi"}
    [(*_, line)] = message_rows([(AT, "u:1", 1, {**told, "key": "k", "vars": VARS})])
    message = OutgoingMessage("k", AT, "u:1", "email:a@x.example", "ada@x.example", "cart", "m", "email", "hi", VARS, 3)
    row = outbox_row(9, message)
    assert (row.number, row.key, row.kind, row.profile, row.channel, row.priority, row.at) == (
        *(9, "k", "message", "u:1", "email", 3, AT),
    )
    found = json.loads(row.body)
    assert (found.pop("to"), found.pop("identifier")) == ("ada@x.example", "email:a@x.example")
    assert found == json.loads(line)
    assert row.body.startswith(line.rstrip(b"}\n"))


def test_a_call_posts_what_the_author_wrote() -> None:
    call = OutgoingCall("k", AT, "u:1", ("u:1", "d:2"), "cart", "ask", "book", VARS, 0, AT + 5)
    row = outbox_row(9, call)
    assert (row.kind, row.channel) == ("call", "book")
    body = call_body(row.body)
    assert body.names == ("u:1", "d:2")
    posted = json.loads(bytes(body.post))
    assert set(posted) == {"key", "ts", "journey", "node", "args"}
    assert posted["args"]["when"] == "2026-03-01T00:00:00.123Z" and posted["args"]["day"] == "2024-10-04"
