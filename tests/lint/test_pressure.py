"""W408 over-cap and W420 burst: the shortest timeline is told, with its places; what keeps to the cap is silent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lint.cases import said

EVENTS = """\
project: shop
timezone: Europe/Berlin
events:
  login: {}
  purchase: {total: number}
  signed_up: {plan: {one_of: [free, pro]}, starts_at: instant}
  add_to_cart: {cart_id: string, value: number}
profile:
  plan: {from: signed_up.plan}
  orders: count(purchase)
audiences:
  loyal: profile.orders > 3
channels:
  email: {purpose: marketing, default: granted}
  push: {purpose: marketing, default: granted}
  sms: {purpose: transactional}
"""
GENTLE = EVENTS + "caps:\n  gentle: {at_most: 2 per 24h, channels: [email, push]}\n"
DAILY = EVENTS + "caps:\n  daily: {at_most: 1 per day}\n"
BORN = EVENTS.replace("  orders:", "  birthday: {type: date?}\n  orders:")
WEEKLY = EVENTS + "caps:\n  weekly: {at_most: 2, per: week}\n"
ONCE = "journey: j\nenter: {on: signed_up, again: never}\ndo:\n"
DEFAULT = "journey: j\nenter: {on: login}\ndo:\n"

FOUND = {
    "one passage": (
        GENTLE,
        ONCE
        + "  - {send: welcome, by: email}\n  - {id: a, wait: 2h}\n  - {send: tips, by: push}\n  - {id: b, wait: 18h}\n"
        + "  - {send: offer, by: email}\n",
    ),
    "the fastest way": (
        GENTLE,
        ONCE
        + "  - {send: welcome, by: email}\n"
        + "  - {id: a, wait_for: [{on: login, do: [{send: tour, by: email}]}, {after: 3d, do: [{send: nudge, by: email}]}]}\n"
        + "  - {id: b, wait: if profile.plan == 'pro' then 1h else 3d}\n  - {send: offer, by: push}\n",
    ),
    "rounds": (GENTLE, ONCE + "  - {id: r, repeat: 5 times, do: [{id: w, wait: 10h}, {send: more, by: email}]}\n"),
    "many": (
        EVENTS + "caps:\n  wide: {at_most: 9 per 24h}\n",
        ONCE + "  - {id: r, repeat: 50 times, do: [{send: more, by: email}, {id: w, wait: 1h}]}\n",
    ),
    "calendar day": (
        DAILY,
        ONCE + "  - {send: a, by: email}\n  - {id: w, wait: 23h}\n  - {send: b, by: email}\n",
    ),
    "clocks": (
        DAILY,
        ONCE
        + "  - {id: m, wait: until 09:00}\n  - {send: a, by: email}\n  - {id: e, wait: until 18:00}\n  - {send: b, by: email}\n",
    ),
    "weekdays": (
        WEEKLY,
        ONCE
        + "  - {id: m, wait: until monday at 09:00}\n  - {send: a, by: email}\n"
        + "  - {id: e, wait: until wednesday at 09:00}\n  - {send: b, by: email}\n"
        + "  - {id: f, wait: until sunday at 09:00}\n  - {send: c, by: email}\n",
    ),
    "again": (GENTLE, DEFAULT + "  - {id: w, wait: 1h}\n  - {send: hello, by: email}\n"),
    "again written": (
        GENTLE,
        "journey: j\nenter: {on: login, again: after 6h}\ndo:\n  - {send: hello, by: email}\n  - {id: w, wait: 1h}\n",
    ),
    "goal in between": (
        DAILY,
        (
            "journey: j\nenter: {on: login, again: after exit}\ngoal: {on: purchase}\ndo:\n"
            "  - {send: hello, by: email}\n  - {id: w, wait: 7d}\n"
        ),
    ),
    "restart": (
        GENTLE,
        (
            "journey: j\nenter: {on: add_to_cart, as: cart, key: cart.cart_id, again: after 7d, while_inside: restart}\ndo:\n"
            "  - {id: w, wait: 30m}\n  - {send: nudge, by: email}\n  - {id: x, wait: 24h}\n  - {send: last_call, by: email}\n"
        ),
    ),
    "schedule": (
        EVENTS + "caps:\n  weekly: {at_most: 2 per 7d}\n",
        "journey: j\nenter: {every: day at 09:00, for: loyal}\ndo: [{send: news, by: email}]\n",
    ),
    "those who stay away": (
        WEEKLY.replace("audiences:", "  seen: last(login.ts)\naudiences:", 1),
        "journey: j\nenter: {every: day at 09:00, for: loyal, when: profile.seen < now() - 30d}\ndo: [{send: a, by: email}]\n",
    ),
    "cap of a journey": (
        EVENTS + "caps:\n  mine: {at_most: 1 per 24h, journeys: [j]}\n  theirs: {at_most: 1 per 24h, journeys: [k]}\n",
        ONCE + "  - {send: a, by: email}\n  - {id: w, wait: 1h}\n  - {send: b, by: push}\n"
        "---\njourney: k\nenter: {on: signed_up, again: never}\ndo: [{send: c, by: email}]\n",
    ),
    "two caps": (
        EVENTS + "caps:\n  a: {at_most: 1 per 24h}\n  b: {at_most: 1 per week, channels: [push]}\n",
        ONCE + "  - {send: a, by: push}\n  - {id: w, wait: 23h}\n  - {send: b, by: push}\n",
    ),
    "quiet hours": (
        DAILY + "quiet_hours: {from: 20:00, to: 08:00}\n",
        ONCE + "  - {send: a, by: email}\n  - {id: w, wait: 11h}\n  - {send: b, by: email}\n",
    ),
    "of the east": (
        EVENTS + "caps:\n  one: {at_most: 1 per 24h}  # 一日に一通\n",
        ONCE.replace("\n", "\r\n")
        + "  - {with: \"name = '歓迎 🎁'\", send: a, by: email}\r\n  - {with: \"name = '明日'\", send: b, by: push}\r\n",
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_over_cap(case: str, golden: Callable[[str, str], None]) -> None:
    """The timeline, the place of the message that is too many, of those before it, and of the cap."""
    told = said(*FOUND[case], codes="E W408")

    assert "W408" in told
    golden(f"lint/W408/{case.replace(' ', '_')}.out", told)


PAIR = "  - {send: a, by: email}\n  - {send: b, by: email}\n"
SILENT = {
    "two of two": (GENTLE, ONCE + PAIR),
    "no cap": (EVENTS, ONCE + PAIR * 1),
    "exactly as far apart": (
        EVENTS + "caps:\n  one: {at_most: 1 per 24h}\n",
        ONCE + "  - {send: a, by: email}\n  - {id: w, wait: 24h}\n  - {send: b, by: email}\n",
    ),
    "transactional": (GENTLE, ONCE + "".join(f"  - {{send: m{n}, by: sms}}\n" for n in range(5))),
    "another channel": (
        EVENTS + "caps:\n  one: {at_most: 1 per 24h, channels: [push]}\n",
        ONCE + PAIR,
    ),
    "a category": (EVENTS + "caps:\n  one: {at_most: 1 per 24h, categories: [news]}\n", ONCE + PAIR),
    "entries": (EVENTS + "caps:\n  one: {at_most: 1 per 24h, of: entries}\n", ONCE + PAIR),
    "one arm or the other": (
        DAILY,
        ONCE
        + "  - id: b\n    split: s\n    arms:\n      - {arm: a, share: 50%, do: [{send: a, by: email}]}\n"
        + "      - {arm: b, share: 50%, do: [{send: b, by: email}]}\n",
    ),
    "conditions that exclude each other": (
        DAILY,
        (
            "journey: j\nenter: {on: add_to_cart, as: cart, again: never}\ndo:\n"
            "  - branch: [{when: cart.value >= 100, do: [{send: a, by: email}]}]\n  - {id: w, wait: 1h}\n"
            "  - branch: [{when: cart.value < 100, do: [{send: b, by: email}]}]\n"
        ),
    ),
    "who is let in": (
        DAILY,
        (
            "journey: j\nenter: {on: add_to_cart, as: cart, when: cart.value >= 30, again: never}\ndo:\n"
            "  - branch: [{when: cart.value < 20, do: [{send: a, by: email}]}]\n  - {send: b, by: email}\n"
        ),
    ),
    "one attribute at one instant": (
        DAILY,
        ONCE
        + "  - branch: [{when: profile.plan == 'pro', do: [{send: a, by: email}]}]\n"
        + "  - branch: [{when: profile.plan == 'free', do: [{send: b, by: email}]}]\n",
    ),
    "the same arm in each round": (
        DAILY,
        ONCE
        + "  - {id: x, split: s, arms: [{arm: a, share: 50%, do: [{send: a, by: email}]}, {arm: b, share: 50%}]}\n"
        + "  - {id: w, wait: 1h}\n"
        + "  - {id: y, split: s, arms: [{arm: a, share: 50%}, {arm: b, share: 50%, do: [{send: b, by: email}]}]}\n",
    ),
    "days of the calendar": (
        DAILY,
        ONCE + "  - {send: a, by: email}\n  - {id: w, wait: 1 day}\n  - {send: b, by: email}\n",
    ),
    "clocks on two days": (
        DAILY,
        ONCE
        + "  - {id: e, wait: until 18:00}\n  - {send: a, by: email}\n  - {id: m, wait: until 09:00}\n  - {send: b, by: email}\n",
    ),
    "never again": (DAILY, ONCE + "  - {send: a, by: email}\n"),
    "again later": (DAILY, "journey: j\nenter: {on: login, again: after 1d}\ndo: [{send: a, by: email}]\n"),
    "several keys": (
        DAILY,
        "journey: j\nenter: {on: add_to_cart, as: cart, key: cart.cart_id, again: never}\ndo: [{send: a, by: email}]\n",
    ),
    "an audience": (DAILY, "journey: j\nenter: {on: joining loyal}\ndo: [{send: a, by: email}]\n"),
    "started": (DAILY, "journey: j\nenter: {by: start, as: link}\ndo: [{send: a, by: email}]\n"),
    "weekly": (WEEKLY, "journey: j\nenter: {every: friday at 17:00, for: loyal}\ndo: [{send: a, by: email}]\n"),
    "a birthday": (
        BORN + "caps:\n  few: {at_most: 2 per 7d}\n",
        (
            "journey: j\nenter: {every: day at 09:00, for: loyal, when: anniversary(profile.birthday) == today()}\n"
            "do: [{send: a, by: email}]\n"
        ),
    ),
    "an audience of some days": (
        BORN.replace("channels:", "  soon: days_between(today(), profile.birthday) in [1, 7]\nchannels:", 1)
        + "caps:\n  few: {at_most: 1 per 7d}\n",
        "journey: j\nenter: {every: day at 09:00, for: soon}\ndo: [{send: a, by: email}]\n",
    ),
    "between two moments": (
        BORN + "caps:\n  few: {at_most: 1 per 7d}\n",
        (
            "journey: j\ndo: [{send: a, by: email}]\nenter:\n  every: day at 09:00\n  for: loyal\n"
            "  when: profile.birthday > today() and profile.birthday < today() + 2 days\n"
        ),
    ),
    "what bounced": (
        DAILY,
        ONCE + "  - {send: a, by: email}\n" + "  - {id: x, wait_for: [{on: a.failed, do: [{send: b, by: push}]}, {after: 2d}]}\n",
    ),
    "what ends the journey": (
        DAILY,
        (
            "journey: j\nenter: {on: login, again: never}\nexit: {on: purchase}\ndo:\n  - {send: a, by: email}\n"
            "  - {id: x, wait_for: [{on: purchase, do: [{send: b, by: push}]}, {after: 2d}]}\n"
        ),
    ),
    "what begins anew": (
        DAILY,
        "journey: j\nenter: {on: login, again: never, while_inside: restart}\n"
        + ONCE[-4:]
        + "  - {id: w, wait: 2d}\n  - {send: a, by: email}\n"
        + "  - {id: x, wait_for: [{on: login, do: [{send: b, by: push}]}, {after: 2d}]}\n",
    ),
    "a moment in a field": (
        DAILY,
        (
            "journey: j\nenter: {on: signed_up, as: e, again: never}\ndo:\n  - {send: a, by: email}\n"
            "  - {id: x, wait: until e.starts_at - 1h}\n  - {send: b, by: email}\n"
        ),
    ),
    "held until the next day": (
        EVENTS + "quiet_hours: {from: 22:00, to: 08:00}\ncaps:\n  three: {at_most: 2 per 15h}\n",
        ONCE + "".join(f"  - {{send: m{n}, by: email}}\n  - {{id: w{n}, wait: 7h}}\n" for n in range(3)),
    ),
    "an error elsewhere in the file": (DAILY, ONCE + PAIR + "  - {send: c, by: telegraph}\n"),
}


@pytest.mark.parametrize("case", SILENT)
def test_within_the_cap(case: str) -> None:
    assert said(*SILENT[case], codes="W408").strip() == ""


BURSTS = {
    "in a row": (EVENTS, ONCE + PAIR),
    "over branches": (
        EVENTS,
        ONCE
        + "  - branch: [{when: profile.plan == 'pro', do: [{send: a, by: email}]}]\n  - {set: profile.seen = true}\n"
        + "  - {send: c, by: push}\n  - {send: b, by: email}\n",
    ),
}


@pytest.mark.parametrize("case", BURSTS)
def test_burst(case: str, golden: Callable[[str, str], None]) -> None:
    project = BURSTS[case][0].replace("audiences:", "  seen: {type: bool?}\naudiences:")
    told = said(project, BURSTS[case][1], codes="E W420")

    assert "W420" in told
    golden(f"lint/W420/{case.replace(' ', '_')}.out", told)


@pytest.mark.parametrize(
    "nodes",
    [
        "  - {send: a, by: email}\n  - {send: b, by: push}\n",
        "  - {send: a, by: sms}\n  - {send: b, by: sms}\n",
        "  - {send: a, by: email}\n  - {id: w, wait: 1m}\n  - {send: b, by: email}\n",
        "  - {send: a, by: email}\n  - {id: w, wait: until 09:00}\n  - {send: b, by: email}\n",
        "  - {send: a, by: email}\n  - {id: w, wait_for: [{on: login, do: [{send: b, by: email}]}, {after: 1d}]}\n",
        "  - branch:\n      - {when: profile.plan == 'pro', do: [{send: a, by: email}]}\n      - else: [{send: b, by: email}]\n",
        "  - {send: a, by: email, else: [{send: b, by: email}]}\n",
    ],
)
def test_no_burst(nodes: str) -> None:
    """Another channel, a transactional one, a rest between them, or one way only."""
    assert said(EVENTS, ONCE + nodes, codes="W420").strip() == ""
