"""Every kind of trace record has words, a reason, and the wall clock of the project."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

from rtj.report.timeline import read_trace, tell

BERLIN = ZoneInfo("Europe/Berlin")
AT = "2026-03-01T09:00:00.000Z"


def say(**record: object) -> str:
    happening = tell([{"at": AT, "profile": "user_id:ada", "n": 1, **record}], BERLIN)[0]
    return " | ".join(part for part in (happening.journey, happening.what, happening.why) if part)


def test_every_record_has_words() -> None:
    inside = {"journey": "cart", "instance": "ab12", "node": "nudge"}
    assert say(what="born", event="e1") == "appears | event e1"
    assert say(what="linked", identifier="email:a@b.c") == "is also email:a@b.c | seen together"
    assert say(what="moved", identifier="cookie:x", **{"from": "cookie:x"}) == "takes over cookie:x | from cookie:x"
    assert (
        say(what="link_refused", identifier="email:x", owner="user_id:bob") == "is not given email:x | it belongs to user_id:bob"
    )
    assert say(what="merged", other="cookie:x") == "becomes one with cookie:x | they turned out to be the same person"
    assert say(what="late", event="e9", ts=AT) == "event e9 comes late | it happened on 1 March 2026 10:00"
    assert say(what="joined", audience="gold") == "joins gold"
    assert say(what="left_audience", audience="gold") == "leaves gold"
    assert say(what="folded", attribute="viewed") == "has too many entries in viewed | the oldest hour became one"
    assert say(what="entered", journey="cart", key="c9", instance="i", cause="e1") == "cart | enters with key c9 | event e1"
    assert say(what="entered", journey="cart", instance="i", cause="schedule") == "cart | enters | by its schedule"
    assert say(what="refused", journey="cart", reason="again") == "cart | is not let in | entered before"
    assert say(what="waits", **inside, until="2026-03-01T09:30:00.000Z") == "cart | waits at nudge | until 10:30"
    assert say(what="waits", **inside, until="2026-03-02T09:30:05.123Z") == "cart | waits at nudge | until 2 March 2026 10:30:05"
    assert say(what="waits", **inside) == "cart | waits at nudge"
    assert say(what="goes", **inside, to="arm 1") == "cart | goes from nudge to arm 1"
    assert say(what="sent", **inside, channel="email", template="hi", key="k", vars={"n": 1, "ok": True, "x": None}) == (
        "cart | gets hi by email | at nudge, n = 1, ok = true, x = null"
    )
    assert say(what="called", **inside, webhook="book") == "cart | calls book | at nudge"
    assert say(what="answered", **inside, webhook="book") == "cart | is answered by book | at nudge"
    assert say(what="unanswered", **inside, webhook="book", reason="failed") == (
        "cart | gets no answer from book | at nudge: all tries failed"
    )
    assert say(what="set", **inside, attributes={"tier": "gold"}) == "cart | is set tier = gold | at nudge"
    assert say(what="emitted", **inside, event="promised") == "cart | emits promised | at nudge"
    assert say(what="started", **inside, other="welcome") == "cart | starts welcome | at nudge"
    assert say(what="goal", journey="cart", instance="i", cause="e2") == "cart | reaches the goal | event e2"
    assert (
        say(what="left", journey="cart", instance="i", reason="goal", node="nudge")
        == "cart | leaves | the goal was reached, at nudge"
    )
    assert say(what="left", journey="cart", instance="i", reason="no offer left") == "cart | leaves | no offer left"


def test_a_record_of_a_kind_not_known_here_is_shown_as_it_is() -> None:
    assert say(what="held_back", channel="email") == "held back | channel email"


def test_a_trace_is_read_without_its_header() -> None:
    rows = [{"what": "header", "rtj": "0.1.0"}, {"at": AT, "profile": "user_id:ada", "n": 1, "what": "born", "event": "e1"}]
    trace = "".join(json.dumps(row) + "\n" for row in rows).encode()
    story = tell(read_trace(trace), BERLIN)
    assert [happening.what for happening in story] == ["appears"]
    assert (story[0].at.hour, story[0].at.day) == (10, 1)
