"""The gates of a message, one after the other: address, suppression, consent, holdout, quiet hours, caps, receipts, merges.

Modules: engine.gates, engine.consent, engine.caps, engine.quiet, engine.mail, engine.receipts.
"""

from __future__ import annotations

import msgspec
import pytest

from rtj.engine.functions import chance
from rtj.ir.addresses import address_hash
from tests.engine.gated import ONE, at, compiled, events, key_of, run, run_events, told

LISTS = "journey: a\nenter: {on: go, again: always}\ndo:\n  - send: hello\n    id: m\n    by: email else sms\n    else: [exit]"


def test_channels_that_declare_nothing_send_as_ever() -> None:
    done = run(compiled("channels: {email: {}}"), ("1 10:00", "go", "u1", {}))

    assert told(done) == ["1 10:00 sent email"]


# ---- address and suppression


def test_who_has_no_address_is_not_written_to() -> None:
    program = compiled("channels: {email: {address: profile.mail, purpose: transactional}}")

    done = run(
        program,
        ("1 10:00", "go", "u1", {}),
        ("1 11:00", "say", "u1", {"mail": "  "}),
        ("1 12:00", "go", "u1", {}),
        ("1 13:00", "say", "u1", {"mail": "a@b"}),
        ("1 14:00", "go", "u1", {}),
    )

    assert told(done) == ["1 10:00 blocked email address missing", "1 12:00 blocked email address missing", "1 14:00 sent email"]


def test_an_identifier_may_be_the_address() -> None:
    program = compiled("channels: {email: {address: profile.d, purpose: transactional}}")

    done = run(program, ("1 10:00", "go", "u1", {}), ("1 11:00", "go", "u1 dx", {}))

    assert told(done) == ["1 10:00 blocked email address missing", "1 11:00 sent email"]


def test_a_suppressed_address_gets_nothing_be_it_transactional() -> None:
    program = compiled("channels: {email: {address: profile.mail, purpose: transactional}, sms: {purpose: transactional}}", LISTS)
    listed = (("email", address_hash("s3", "ada@example.com")), ("sms", address_hash("s3", "")))
    program = msgspec.structs.replace(program, suppressed=listed)

    done = run(program, ("1 10:00", "say", "u1", {"mail": " Ada@Example.com"}), ("1 11:00", "go", "u1", {}))

    assert told(done) == ["1 11:00 blocked email suppression list", "1 11:00 blocked sms suppression list", "1 11:00 goes else"]


# ---- consent

CONSENT = """
consents: {any: profile.any, subscriptions: {news: profile.news}}
messages: {hello: {subscription: news}}
channels: {email: {purpose: marketing, consent: profile.ok, confirmed: profile.sure%s}}
"""
SURE = {"sure": True}


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({}, "unknown"),
        ({"ok": True}, ""),
        ({"ok": True, "any": False}, "any"),
        ({"any": True, "ok": False}, "channel"),
        ({"any": True, "ok": True, "news": False}, "subscription"),
        ({"any": False, "ok": False, "news": False}, "any"),
        ({"any": True}, ""),
        ({"news": True}, ""),
        ({"ok": True, "sure": None}, "unconfirmed"),
        ({"ok": True, "sure": False}, "unconfirmed"),
    ],
)
def test_a_no_at_any_level_blocks_and_else_a_yes_at_any_grants(said: dict[str, bool | None], verdict: str) -> None:
    done = run(compiled(CONSENT % ""), ("1 09:00", "say", "u1", {**SURE, **said}), ("1 10:00", "go", "u1", {}))

    assert told(done) == [f"1 10:00 blocked email consent {verdict}" if verdict else "1 10:00 sent email"]


def test_where_nothing_is_known_the_default_counts() -> None:
    program = compiled(CONSENT % ", default: granted")

    assert told(run(program, ("1 09:00", "say", "u1", SURE), ("1 10:00", "go", "u1", {}))) == ["1 10:00 sent email"]
    assert told(run(program, ("1 10:00", "go", "u1", {}))) == ["1 10:00 blocked email consent unconfirmed"]


def test_denied_by_default_reaches_nobody_of_whom_nothing_is_known() -> None:
    done = run(compiled("channels: {email: {default: denied}}"), ("1 10:00", "go", "u1", {}))

    assert told(done) == ["1 10:00 blocked email consent unknown"]


def test_a_transactional_message_asks_for_no_consent() -> None:
    gates = CONSENT.replace("subscription: news", "purpose: transactional") % ""

    assert told(run(compiled(gates), ("1 10:00", "go", "u1", {}))) == ["1 10:00 sent email"]


def test_consent_changes_with_the_facts_of_the_instant() -> None:
    done = run(
        compiled("channels: {email: {purpose: marketing, consent: profile.ok}}"),
        ("1 10:00", "say", "u1", {"ok": True}),
        ("1 10:00", "go", "u1", {}),
        ("1 11:00", "go", "u1", {}),
        ("1 11:00", "say", "u1", {"ok": False}),
    )

    assert told(done) == ["1 10:00 sent email", "1 11:00 blocked email consent channel"]


# ---- channels in turn, else, the name of the answer


def test_the_next_channel_is_tried_and_the_answer_of_nothing_is_null() -> None:
    gates = "channels: {email: {default: denied}, sms: {purpose: transactional, address: profile.mail}}"
    journey = (
        "journey: a\nenter: {on: go, again: always}\ndo:\n  - {id: m, send: hello, by: email else sms, as: sent}\n"
        "  - branch:\n      - {when: sent.channel is empty, do: [exit]}\n  - {id: n, send: more, by: sms}"
    )

    done = run(
        compiled(gates, journey),
        ("1 10:00", "go", "u1", {}),
        ("1 11:00", "say", "u1", {"mail": "x"}),
        ("1 12:00", "go", "u1", {}),
    )

    assert told(done) == [
        "1 10:00 blocked email consent unknown",
        "1 10:00 blocked sms address missing",
        "1 10:00 goes arm 1",
        "1 12:00 blocked email consent unknown",
        "1 12:00 sent sms",
        "1 12:00 goes else",
        "1 12:00 sent sms",
    ]
    assert done.counts["blocked", "a", "email", "consent"] == 2


# ---- the holdout


def test_the_holdout_is_chosen_by_the_hash_of_its_salt() -> None:
    program = compiled("channels: {email: {}}\nholdout: {share: 30%, salt: h}")
    people = [f"u{n}" for n in range(40)]

    done = run(program, *(("1 10:00", "go", who, {}) for who in people))

    out = {r[1] for r in done.records if r[3]["what"] == "blocked"}
    assert out == {f"u:{who[1:]}" for who in people if chance("h", f"u:{who[1:]}") < 0.3}
    assert 0 < len(out) < 40
    assert {r[3]["rule"] for r in done.records if r[3]["what"] == "blocked"} == {"h"}


# ---- quiet hours

QUIET = 'channels: {email: {}}\nquiet_hours: {from: "22:00", to: "08:00"%s}'


def test_a_message_is_held_until_the_quiet_hours_are_over() -> None:
    done = run(
        compiled(QUIET % ""), ("1 21:59", "go", "u1", {}), ("1 22:00", "go", "u2", {}), ("2 08:00", "go", "u3", {}), end="3"
    )

    assert told(done) == ["1 21:59 sent email", "1 22:00 held email 2 08:00", "2 08:00 sent email", "2 08:00 sent email"]
    assert done.counts["held", "a", "email"] == 1


def test_dropped_it_is_blocked() -> None:
    done = run(compiled(QUIET % ", then: drop"), ("1 23:00", "go", "u1", {}))

    assert told(done) == ["1 23:00 blocked email quiet_hours drop"]


def test_at_the_release_all_gates_are_passed_again() -> None:
    gates = QUIET.replace("{}", "{consent: profile.ok}", 1) % ""

    done = run(
        compiled(gates),
        ("1 20:00", "say", "u1", {"ok": True}),
        ("1 23:00", "go", "u1", {}),
        ("2 07:00", "say", "u1", {"ok": False}),
        end="3",
    )

    assert told(done) == ["1 23:00 held email 2 08:00", "2 08:00 blocked email consent channel"]


def test_what_ends_withdraws_what_it_holds() -> None:
    journey = "journey: a\nenter: {on: go, again: always}\nexit: {on: say}\ndo: [{id: m, send: hello, by: email}]"

    done = run(compiled(QUIET % "", journey), ("1 23:00", "go", "u1", {}), ("2 07:00", "say", "u1", {}), end="3")

    assert told(done) == ["1 23:00 held email 2 08:00", "2 07:00 withdrawn email"]
    assert [r[3]["what"] for r in done.records][-2:] == ["withdrawn", "left"]


def test_days_are_those_on_which_it_begins_to_be_quiet() -> None:
    """2026-03-06 is a Friday: its night is quiet, that of Saturday is not."""
    program = compiled(QUIET % ", days: friday")

    done = run(
        program,
        ("6 07:00", "go", "u1", {}),
        ("6 22:00", "go", "u2", {}),
        ("7 07:59", "go", "u3", {}),
        ("7 23:00", "go", "u4", {}),
        end="9",
    )

    assert told(done) == [
        "6 07:00 sent email",
        "6 22:00 held email 7 08:00",
        "7 07:59 held email 7 08:00",
        "7 08:00 sent email",
        "7 08:00 sent email",
        "7 23:00 sent email",
    ]


def test_a_wait_below_counts_from_the_release_and_a_new_zone_moves_nothing() -> None:
    journey = (
        "journey: a\nenter: {on: go, again: always}\ndo:\n  - {id: m, send: hello, by: email}\n  - {id: w, wait: 1h}\n"
        "  - {id: n, send: more, by: email}"
    )
    done = run(
        compiled(QUIET % "", journey),
        ("1 23:00", "go", "u1", {}),
        ("1 23:30", "say", "u1", {"timezone": "Asia/Tokyo"}),
        end="4",
    )

    assert told(done) == ["1 23:00 held email 2 08:00", "2 08:00 sent email", "2 09:00 sent email"]


def test_longer_than_seven_days_is_not_held() -> None:
    """Somebody who travels: at each release it is night where they are."""
    trip = [("07:30", "America/Los_Angeles"), ("14:30", "Asia/Tokyo"), ("22:30", "Europe/London")]
    moves = [(f"{day} {clock}", "say", "u1", {"timezone": zone}) for day in range(2, 12) for clock, zone in trip]

    done = run(compiled(QUIET % ""), ("1 23:00", "go", "u1", {}), *moves, end="12")

    lines = told(done)
    assert lines[0] == "1 23:00 held email 2 08:00"
    assert lines[-1].endswith("blocked email quiet_hours 7d")
    assert not any("sent" in line for line in lines)


# ---- caps


def test_rolling_caps_leave_out_what_lies_exactly_so_far_back() -> None:
    program = compiled("channels: {email: {}}\ncaps: {one: {at_most: 1, per: 24h}}")

    done = run(program, *((when, "go", "u1", {}) for when in ("1 10:00", "2 09:59", "2 10:00")))

    assert told(done) == ["1 10:00 sent email", "2 09:59 blocked email cap one", "2 10:00 sent email"]


def test_a_calendar_cap_is_counted_in_its_zone_else_the_persons() -> None:
    """23:30 UTC of the first is the second in Berlin, and the first in New York."""
    calls = [("1 09:00", "say", "u1", {"timezone": "America/New_York"}), *((w, "go", "u1", {}) for w in ("1 22:30", "1 23:30"))]

    berlin = compiled("channels: {email: {}}\ncaps: {one: {at_most: 1 per day, zone: Europe/Berlin}}")
    own = compiled("channels: {email: {}}\ncaps: {one: {at_most: 1 per day}}")
    assert told(run(berlin, *calls)) == ["1 22:30 sent email", "1 23:30 sent email"]
    assert told(run(own, *calls)) == ["1 22:30 sent email", "1 23:30 blocked email cap one"]


def test_a_rolling_month_is_the_calendars() -> None:
    program = compiled("channels: {email: {}}\ncaps: {one: {at_most: 1 per 1 month}}")

    done = run(program, *((w, "go", "u1", {}) for w in ("2026-01-31T10:00:00", "2026-02-28T09:59:00", "2026-02-28T10:00:00")))

    assert [line.split()[2] for line in told(done)] == ["sent", "blocked", "sent"]


def test_the_last_place_goes_to_the_journey_of_higher_priority() -> None:
    low = "journey: a\nenter: {on: go}\ndo: [{id: m, send: hello, by: email}]"
    high = "journey: z\npriority: 5\nenter: {on: go}\ndo: [{id: m, send: hello, by: email}]"

    done = run(compiled("channels: {email: {}}\ncaps: {one: {at_most: 1 per day}}", low, high), ("1 10:00", "go", "u1", {}))

    assert [(r[3]["what"], r[3]["journey"]) for r in done.records if r[3]["what"] in ("sent", "blocked")] == [
        ("sent", "z"),
        ("blocked", "a"),
    ]


def test_a_cap_counts_what_it_covers_and_passes_over_transactional_messages() -> None:
    gates = (
        "channels: {email: {}, sms: {}}\nmessages: {hello: {category: news}, bill: {purpose: transactional, category: news}}\n"
        "caps: {news: {at_most: 1 per day, categories: news, channels: email}}"
    )
    bill = "journey: b\nenter: {on: say, again: always}\ndo: [{id: m, send: bill, by: email}]"
    done = run(
        compiled(gates, LISTS, bill),
        ("1 10:00", "say", "u1", {}),
        ("1 11:00", "go", "u1", {}),
        ("1 12:00", "say", "u1", {}),
        ("1 13:00", "go", "u1", {}),
    )

    assert told(done) == [
        "1 10:00 sent email",
        "1 11:00 sent email",
        "1 12:00 sent email",
        "1 13:00 blocked email cap news",
        "1 13:00 sent sms",
    ]


def test_a_cap_of_entries_refuses_last_of_all_and_counts_restarts() -> None:
    journey = "journey: a\nenter: {on: go, again: always, while_inside: restart}\ndo: [{id: w, wait: 3d}]"
    gates = "channels: {email: {}}\ncaps: {two: {at_most: 2 per day, of: entries, journeys: a}}"

    done = run(compiled(gates, journey), *((w, "go", "u1", {}) for w in ("1 10:00", "1 11:00", "1 12:00", "2 00:00")))

    assert told(done, "entered", "refused", "left") == [
        "1 10:00 entered e0",
        "1 11:00 left restarted",
        "1 11:00 entered e1",
        "1 12:00 refused capped two",
        "2 00:00 left restarted",
        "2 00:00 entered e3",
    ]
    assert done.counts["refused", "a", "capped"] == 1


# ---- receipts


def test_a_failure_gives_the_place_back_and_a_hard_one_suppresses_the_address() -> None:
    program = compiled("channels: {email: {address: profile.mail}}\ncaps: {one: {at_most: 1 per week}}")
    calls = [("1 09:00", "say", "u1", {"mail": "a@b"}), ("1 10:00", "go", "u1", {})]
    first = key_of(run(program, *calls))
    again = [*calls, ("1 11:00", "failed", "u1", {"message": first}), ("1 12:00", "go", "u1", {})]
    second = key_of(run(program, *again), 1)

    done = run(
        program,
        *again,
        ("1 13:00", "go", "u1", {}),
        ("1 14:00", "failed", "u1", {"message": second, "hard": True}),
        ("1 15:00", "go", "u1", {}),
        ("1 16:00", "say", "u1", {"mail": "c@d"}),
        ("1 17:00", "go", "u1", {}),
    )

    assert told(done) == [
        "1 10:00 sent email",
        "1 12:00 sent email",
        "1 13:00 blocked email cap one",
        "1 14:00 suppressed email e5",
        "1 15:00 blocked email suppression profile",
        "1 17:00 sent email",
    ]


def test_a_complaint_about_nothing_in_particular_is_about_all_present_addresses() -> None:
    program = compiled(
        "channels: {email: {address: profile.mail}, sms: {purpose: transactional}, push: {address: profile.d}}", LISTS
    )

    done = run(
        program, ("1 09:00", "say", "u1", {"mail": "a@b"}), ("1 10:00", "complained", "u1", {}), ("1 11:00", "go", "u1", {})
    )

    assert told(done) == [
        "1 10:00 suppressed email e1",
        "1 10:00 suppressed sms e1",
        "1 11:00 blocked email suppression profile",
        "1 11:00 blocked sms suppression profile",
        "1 11:00 goes else",
    ]


def test_unsubscribing_withdraws_until_a_later_grant() -> None:
    program = compiled("channels: {email: {purpose: marketing, consent: profile.ok}}")
    calls = [("1 09:00", "say", "u1", {"ok": True}), ("1 10:00", "go", "u1", {})]
    key = key_of(run(program, *calls))

    done = run(
        program,
        *calls,
        ("1 11:00", "unsubscribed", "u1", {"message": key}),
        ("1 12:00", "go", "u1", {}),
        ("1 13:00", "say", "u1", {"ok": True}),
        ("1 14:00", "go", "u1", {}),
        ("1 15:00", "unsubscribed", "u1", {}),
        ("1 16:00", "go", "u1", {}),
    )

    assert told(done) == [
        "1 10:00 sent email",
        "1 11:00 unsubscribed channel:email e2",
        "1 12:00 blocked email consent channel",
        "1 14:00 sent email",
        "1 15:00 unsubscribed any e6",
        "1 16:00 blocked email consent any",
    ]


def test_a_subscription_is_withdrawn_alone() -> None:
    gates = "consents: {subscriptions: {news: profile.news}}\nmessages: {hello: {subscription: news}}\n"
    gates += "channels: {email: {default: granted}}"
    other = "journey: b\nenter: {on: go, again: always}\ndo: [{id: m, send: other, by: email}]"
    program = compiled(gates, ONE, other)
    key = key_of(run(program, ("1 10:00", "go", "u1", {})))

    done = run(
        program, ("1 10:00", "go", "u1", {}), ("1 11:00", "unsubscribed", "u1", {"message": key}), ("1 12:00", "go", "u1", {})
    )

    assert told(done) == [
        "1 10:00 sent email",
        "1 10:00 sent email",
        "1 11:00 unsubscribed subscription:news e1",
        "1 12:00 blocked email consent subscription",
        "1 12:00 sent email",
    ]


def test_receipts_of_others_of_nobody_and_of_long_ago_do_nothing() -> None:
    program = compiled("channels: {email: {}}")
    key = key_of(run(program, ("1 10:00", "go", "u1", {})))
    calls = [
        ("1 10:00", "go", "u1", {}),
        ("1 11:00", "complained", "u2", {"message": key}),
        ("1 12:00", "failed", "u1", {"message": "?"}),
    ]

    done = run(program, *calls, ("2026-05-31T10:00:00", "complained", "u1", {"message": key}))
    late = run(program, *calls, ("2026-05-31T10:01:00", "complained", "u1", {"message": key}))

    assert (done.counts["receipt_unknown",], late.counts["receipt_unknown",]) == (2, 3)
    assert told(done)[-1:] == ["31 10:00 suppressed email e3"]


# ---- merges


def test_a_message_is_not_sent_twice_because_two_devices_are_one_person() -> None:
    once = "journey: a\nenter: {on: go, again: never}\ndo: [{id: m, send: hello, by: email}]"

    done = run(
        compiled(QUIET % "", once),
        ("1 23:00", "go", "dx", {}),
        ("1 23:30", "go", "dy", {}),
        ("2 01:00", "say", "u1 dx", {}),
        ("2 02:00", "say", "u1 dy", {}),
        end="3",
    )

    assert told(done) == [
        "1 23:00 held email 2 08:00",
        "1 23:30 held email 2 08:00",
        "2 02:00 withdrawn email",
        "2 08:00 sent email",
    ]


def test_caps_count_what_both_devices_were_sent() -> None:
    program = compiled("channels: {email: {}}\ncaps: {two: {at_most: 2 per week}}")

    done = run(
        program,
        ("1 10:00", "go", "dx", {}),
        ("1 11:00", "go", "dy", {}),
        ("1 12:00", "say", "u1 dx", {}),
        ("1 13:00", "say", "u1 dy", {}),
        ("1 14:00", "go", "u1", {}),
    )

    assert told(done)[-1] == "1 14:00 blocked email cap two"


@pytest.mark.parametrize("no_first", [True, False])
def test_a_no_of_either_side_stays_until_a_newer_grant(*, no_first: bool) -> None:
    """The yes of the other device is later, and not an answer to it."""
    program = compiled("channels: {email: {purpose: marketing, consent: profile.ok}}")
    no, yes = ("dx", "dy") if no_first else ("dy", "dx")

    done = run(
        program,
        ("1 10:00", "say", no, {"ok": False}),
        ("1 11:00", "say", yes, {"ok": True}),
        ("1 12:00", "say", "u1 dx", {}),
        ("1 13:00", "go", "u1 dy", {}),
        ("1 14:00", "say", "u1", {"ok": True}),
        ("1 15:00", "go", "u1", {}),
    )

    assert told(done) == ["1 13:00 blocked email consent channel", "1 15:00 sent email"]


def test_a_withdrawal_by_receipt_survives_the_grant_of_the_other_device() -> None:
    program = compiled("channels: {email: {purpose: marketing, consent: profile.ok}}")
    calls = [("1 08:00", "say", "dx", {"ok": True}), ("1 09:00", "go", "dx", {})]
    key = key_of(run(program, *calls))

    done = run(
        program,
        *calls,
        ("1 10:00", "unsubscribed", "dx", {"message": key}),
        ("1 11:00", "say", "dy", {"ok": True}),
        ("1 12:00", "say", "u1 dx", {}),
        ("1 13:00", "go", "u1 dy", {}),
        ("1 14:00", "say", "u1", {"ok": True}),
        ("1 15:00", "go", "u1", {}),
    )

    assert told(done)[-2:] == ["1 13:00 blocked email consent channel", "1 15:00 sent email"]


def test_a_no_that_is_the_last_of_an_event_survives_as_well() -> None:
    """A computed attribute takes no value: the no is kept beside it, until a newer yes."""
    program = compiled("channels: {email: {purpose: marketing, consent: last(say.ok)}}")

    done = run(
        program,
        ("1 10:00", "say", "dx", {"ok": False}),
        ("1 11:00", "say", "dy", {"ok": True}),
        ("1 12:00", "say", "u1 dx", {}),
        ("1 13:00", "go", "u1 dy", {}),
        ("1 14:00", "say", "u1", {"ok": True}),
        ("1 15:00", "go", "u1", {}),
        ("1 16:00", "unsubscribed", "u1", {}),
        ("1 17:00", "go", "u1", {}),
    )

    assert told(done, "sent", "blocked") == [
        "1 13:00 blocked email consent channel",
        "1 15:00 sent email",
        "1 17:00 blocked email consent any",
    ]


def test_late_receipts_work_where_they_are_worked() -> None:
    """A withdrawal that comes late does not undo the grant that was given after it."""
    program = compiled("channels: {email: {purpose: marketing, consent: profile.ok}}")
    calls = [("1 09:00", "say", "u1", {"ok": True}), ("1 10:00", "go", "u1", {}), ("1 12:00", "say", "u1", {"ok": True})]
    key = key_of(run(program, *calls))
    made = events(program, *calls, ("1 13:00", "go", "u1", {}), ("1 14:00", "go", "u1", {}), ("1 15:00", "go", "u1", {}))
    late = events(
        program, ("1 11:00", "unsubscribed", "u1", {"message": key}), ("1 12:30", "unsubscribed", "u1", {"message": key})
    )
    for event, worked in zip(late, ("1 13:30", "1 14:30"), strict=True):
        event.at, event.late, event.pos = at(worked), True, 99

    done = run_events(program, sorted([*made, *late], key=lambda e: (e.at, e.pos)), at("1 16:00"))

    assert told(done, "sent", "blocked", "unsubscribed") == [
        "1 10:00 sent email",
        "1 13:00 sent email",
        "1 13:30 unsubscribed channel:email e0",
        "1 14:00 sent email",
        "1 14:30 unsubscribed channel:email e1",
        "1 15:00 blocked email consent channel",
    ]


# ---- bad input


def test_consent_with_a_future_date_counts_from_then_on() -> None:
    program = compiled("channels: {email: {purpose: marketing, consent: profile.since <= now()}}")

    done = run(
        program,
        ("1 09:00", "say", "u1", {"since": at("1 12:00")}),
        ("1 11:59", "go", "u1", {}),
        ("1 12:00", "go", "u1", {}),
    )

    assert told(done) == ["1 11:59 blocked email consent channel", "1 12:00 sent email"]


@pytest.mark.parametrize("zone", ["Mars/Base", "", "UTC+25", "../../etc/passwd", "欧洲/柏林"])
def test_an_unknown_zone_falls_back_and_is_counted(zone: str) -> None:
    """It never drops a message."""
    done = run(compiled(QUIET % ""), ("1 20:00", "say", "u1", {"timezone": zone}), ("1 23:00", "go", "u1", {}), end="3")

    assert told(done) == ["1 23:00 held email 2 08:00", "2 08:00 sent email"]
    assert done.counts["bad_zone",] == 1


def test_max_duration_ends_what_holds() -> None:
    journey = "journey: a\nenter: {on: go, again: always}\nmax_duration: 2h\ndo: [{id: m, send: hello, by: email}]"

    done = run(compiled(QUIET % "", journey), ("1 23:00", "go", "u1", {}), end="3")

    assert told(done, "held", "withdrawn", "left") == [
        "1 23:00 held email 2 08:00",
        "2 01:00 withdrawn email",
        "2 01:00 left max_duration",
    ]


def test_addresses_in_any_script_are_suppressed_by_what_they_are() -> None:
    program = compiled("channels: {email: {address: profile.mail}}")

    done = run(
        program,
        ("1 09:00", "say", "u1", {"mail": "李雷@例え.jp"}),
        ("1 10:00", "complained", "u1", {}),
        ("1 11:00", "say", "u1", {"mail": " 李雷@例え.JP "}),
        ("1 12:00", "go", "u1", {}),
        ("1 13:00", "say", "u1", {"mail": "🫖@tea.example"}),
        ("1 14:00", "go", "u1", {}),
    )

    assert told(done, "sent", "blocked") == ["1 12:00 blocked email suppression profile", "1 14:00 sent email"]
