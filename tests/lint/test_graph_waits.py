"""W203, W204, W207, W208, W414: waits that are missing, endless or idle, calls without a way on, journeys that do nothing."""

from __future__ import annotations

import pytest

from tests.lint.cases import PROJECT, journey, said

WEBHOOK = PROJECT + 'webhooks:\n  book: {post: "https://crm.example/book"}\n'


def block(*nodes: str) -> str:
    return "".join(f"  - {node}\n" for node in nodes)


def told(code: str, *nodes: str, head: str = "") -> str:
    """What one rule says of a journey with these nodes; nothing may be wrong in it."""
    text = journey(block(*nodes), f"journey: one\nenter: {{on: add_to_cart, as: cart}}\n{head}")
    found = said(WEBHOOK, text, codes=f"{code} E")
    assert " E" not in found
    return found.strip()


def repeat(*nodes: str, rounds: str = "3 times", until: str = "") -> str:
    asked = f", until: {until}" if until else ""
    return f"{{id: r, repeat: {rounds}{asked}, do: [{', '.join(nodes)}]}}"


SEND = "{send: m, by: sms}"


# ---- W203


@pytest.mark.parametrize(
    "body",
    [
        (SEND,),
        ("{call: book, else: []}",),
        ("{emit: login}",),
        ("{branch: [{when: profile.orders > 1, do: [" + SEND + "]}]}",),
        (SEND, "{id: w, wait: 0s}"),
    ],
)
def test_rounds_without_a_pause(body: tuple[str, ...]) -> None:
    expected = (
        "1.journey.yaml:4:13 W203 ['repeat'] all 3 rounds of `r` happen at one instant -- a `wait` in its `do` sets them apart"
    )
    assert told("W203", repeat(*body).replace("3 times", "3")) == expected


@pytest.mark.parametrize(
    ("moment", "way_out"),
    [
        ('"until 09:00"', "put a length before it, such as `wait: 1h`"),
        ('"until 08:00 to 10:00"', "put a length before it, such as `wait: 1h`"),
        ("until weekday at 10:00", "`until next weekday at 10:00` leaves today out"),
    ],
)
def test_a_moment_that_stays_reached(moment: str, way_out: str) -> None:
    text = moment.strip('"').removeprefix("until ")
    found = told("W203", repeat(SEND, f"{{id: w, wait: {moment}}}"))

    assert found.startswith(
        f"1.journey.yaml:4:13 W203 ['repeat'] the rounds of `r` happen at one instant: `until {text}` counts now"
    )
    assert f"-- {way_out} (holds only the first time: 4:" in found


@pytest.mark.parametrize(
    "node",
    [
        repeat(SEND, "{id: w, wait: 1h}"),
        repeat(SEND, "{branch: [{when: profile.orders > 1, do: [{id: w, wait: 1h}]}]}"),
        repeat(SEND, "{id: w, wait_for: [{on: login}, {after: 1d}]}"),
        repeat(SEND, "{id: w, wait: until next monday at 10:00}"),
        repeat(SEND, '{id: v, wait: "until 09:00"}', '{id: w, wait: "until 18:00"}'),
        repeat(SEND, '{id: v, wait: "until 09:00"}', "{id: w, wait: 1h}"),
        repeat(SEND, rounds="1 times"),
        repeat(SEND, "exit"),
        repeat("{set: profile.country = 'DE'}", until="profile.orders > 3"),
        repeat("{id: c, collect: login, for: 1h, as: logins}", SEND),
    ],
)
def test_rounds_that_lie_apart_or_only_compute(node: str) -> None:
    assert told("W203", node) == ""


# ---- W204

ENDLESS = "1.journey.yaml:4:13 W204 ['wait_for'] if none of this happens, only `max_duration` ends `w`, after 91d"


@pytest.mark.parametrize(
    "cases",
    [
        "{on: login}",
        "{on: login}, {on: purchase, do: [exit]}",
        "{when: profile.tier == 'gold'}",
        "{when: profile.orders > 3}",
        "{when: audience.loyal}",
    ],
)
def test_a_wait_that_nothing_ends(cases: str) -> None:
    assert told("W204", f"{{id: w, wait_for: [{cases}]}}", SEND) == f"{ENDLESS} -- add a case such as `- {{after: 3d}}`"


@pytest.mark.parametrize(
    "cases",
    [
        "{on: login}, {after: 3d}",
        '{on: login}, {until: "09:00"}',
        "{on: login}, {when: now() >= cart.ts + 3d}",
        "{on: login}, {when: profile.tier has been 'gold' for 7d}",
        "{on: login}, {when: profile.spend_30d < 3}",
        "{on: login}, {when: today() > 2026-03-01}",
        "{on: login}, {when: audience.fresh}",
        "{when: profile.tier == 'gold'}, {when: not (profile.tier == 'gold')}",
    ],
)
def test_a_wait_that_time_ends(cases: str) -> None:
    """Also by what a condition reads: the clock, a window, `has been`, an audience that reads one of them."""
    project = WEBHOOK.replace("audiences:\n", "audiences:\n  fresh: profile.last_seen > now() - 7d\n")
    text = journey(block(f"{{id: w, wait_for: [{cases}]}}", SEND))

    assert said(project, text, codes="W204 E").strip() == ""


def test_who_sets_the_duration_has_said_when_it_ends() -> None:
    assert told("W204", "{id: w, wait_for: [{on: login}]}", SEND, head="max_duration: 14d\n").strip() == ""


# ---- W207


@pytest.mark.parametrize(
    ("nodes", "place"),
    [
        ((SEND, "{id: w, wait: 3d}"), "5:13 W207 ['wait'] nothing follows `w`"),
        ((SEND, '{id: w, wait: "until 09:00"}'), "5:13 W207 ['wait'] nothing follows `w`"),
        ((SEND, "{id: w, wait: 3d}", "{id: v, wait: 3d}"), "5:13 W207 ['wait'] nothing follows `w`"),
        ((SEND, "{id: w, wait_for: [{on: login}, {after: 3d}]}"), "5:13 W207 ['wait_for'] nothing follows `w`"),
        (
            ("{branch: [{when: audience.loyal, do: [" + SEND + ", {id: w, wait: 3d}]}]}",),
            "4:71 W207 ['wait'] nothing follows `w`",
        ),
    ],
)
def test_a_wait_for_nothing(nodes: tuple[str, ...], place: str) -> None:
    expected = f"1.journey.yaml:{place}: people stay in the journey for nothing"
    assert told("W207", *nodes) == f"{expected} -- leave it out; `again: after …` says when somebody may come again"


@pytest.mark.parametrize(
    ("nodes", "head"),
    [
        ((SEND, "{id: w, wait: 3d}"), "goal: {on: purchase}\n"),
        ((SEND, "{id: w, wait: 3d}"), "exit: {on: unsubscribed}\n"),
        ((SEND, "{id: w, wait: 3d}", SEND.replace("m,", "n,")), ""),
        ((SEND, "{id: w, wait_for: [{on: login, do: [{exit: came back}]}, {after: 3d}]}"), ""),
        (("{id: r, repeat: 3 times, do: [" + SEND + ", {id: w, wait: 3d}]}",), ""),
    ],
)
def test_a_wait_that_something_depends_on(nodes: tuple[str, ...], head: str) -> None:
    assert told("W207", *nodes, head=head) == ""


@pytest.mark.parametrize("clause", ["again: always", "again: after exit", "while_inside: restart"])
def test_a_wait_that_keeps_the_door_shut(clause: str) -> None:
    head = f"journey: one\nenter: {{on: login, {clause}}}\n"
    assert said(PROJECT, journey(block(SEND, "{id: w, wait: 3d}"), head), codes="W207 E").strip() == ""


def test_a_journey_that_does_nothing_has_no_idle_wait_too() -> None:
    assert told("W207", "{id: w, wait: 3d}") == ""


# ---- W208


@pytest.mark.parametrize(
    ("nodes", "what"),
    [
        ((), "it has no nodes"),
        (("{id: w, wait: 3d}",), "it sends, calls, sets, emits and starts nothing, and has no goal"),
        (("{branch: [{when: audience.loyal, do: [exit]}]}",), "it sends, calls, sets, emits and starts nothing, and has no goal"),
    ],
)
def test_a_journey_that_does_nothing(nodes: tuple[str, ...], what: str) -> None:
    text = journey(block(*nodes)) if nodes else "journey: one\nenter: {on: login}\n"
    assert said(PROJECT, text, codes="W208 E") == f"1.journey.yaml:1:10 W208 ['one'] journey `one` does nothing: {what}\n"


@pytest.mark.parametrize(
    "node",
    [
        SEND,
        "{call: book}",
        "{set: profile.country = 'DE'}",
        "{emit: login}",
        "{start: one}",
        "{branch: [{when: audience.loyal, do: [" + SEND + "]}]}",
        "{id: w, wait_for: [{on: purchase, do: [{exit: bought}]}, {after: 3d, do: [{exit: not bought}]}]}",
    ],
)
def test_a_journey_that_does_or_measures_something(node: str) -> None:
    head = "journey: one\nenter: [{on: login}, {by: start}]\n"
    assert said(WEBHOOK, journey(block(node), head), codes="W208 E").strip() == ""


def test_a_journey_with_a_goal_measures_it() -> None:
    assert told("W208", "{id: w, wait: 3d}", head="goal: {on: purchase}\n") == ""


# ---- W414


def test_a_call_that_may_end_everything() -> None:
    assert told("W414", "{call: book}", SEND) == (
        "1.journey.yaml:4:12 W414 ['book'] if `book` fails, people leave the journey here, as `error`"
        " -- `else: []` goes on below, `else: [exit]` leaves on purpose (this is not reached then: 5:6)"
    )


@pytest.mark.parametrize(
    "nodes", [("{call: book, else: []}", SEND), ("{call: book, else: [exit]}", SEND), (SEND, "{call: book}")]
)
def test_a_call_with_a_way_on_or_nothing_behind(nodes: tuple[str, ...]) -> None:
    assert told("W414", *nodes) == ""
