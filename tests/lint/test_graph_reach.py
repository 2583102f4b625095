"""W360 and W418: what nobody comes to is found on whichever way people leave, and nothing else is."""

from __future__ import annotations

import pytest

from tests.lint.cases import PROJECT, journey, said

SEND = "{send: m, by: sms}"
LAST = "{send: n, by: sms}"


def block(*nodes: str) -> str:
    return "".join(f"  - {node}\n" for node in nodes)


LEAVING = {
    "an exit": ("{exit: done}", "the node above it leaves the journey"),
    "all arms and the else": (
        "{branch: [{when: profile.orders > 1, do: [{exit: a}]}, {else: [{exit: b}]}]}",
        "everybody who comes to the `branch` in line 4 leaves the journey there",
    ),
    "all arms of a split": (
        "{id: half, split: s, arms: [{arm: a, share: 50%, do: [exit]}, {arm: holdout, share: 50%}]}",
        "everybody who comes to `half` leaves the journey there",
    ),
    "all cases": (
        "{id: w, wait_for: [{on: login, do: [exit]}, {after: 1d, do: [exit]}]}",
        "everybody who comes to `w` leaves the journey there",
    ),
    "deep inside": (
        "{id: w, wait_for: [{on: login, do: [exit]}, {after: 1d, do: [{branch: [{when: true, do: [exit]}, {else: [exit]}]}]}]}",
        "everybody who comes to `w` leaves the journey there",
    ),
    "a moment that always comes": (
        '{id: w, wait: "until 09:00", do: [exit]}',
        "everybody who comes to `w` leaves the journey there",
    ),
    "a moment and its else": (
        "{id: w, wait: until profile.birthday, do: [exit], else: [exit]}",
        "everybody who comes to `w` leaves the journey there",
    ),
    "the first round": (
        "{id: r, repeat: 3 times, do: [exit]}",
        "everybody who comes to `r` leaves the journey there",
    ),
}
GOING_ON = {
    "a branch without else": "{branch: [{when: profile.orders > 1, do: [exit]}]}",
    "an empty else": "{branch: [{when: profile.orders > 1, do: [exit]}, {else: []}]}",
    "one arm goes on": "{branch: [{when: profile.orders > 1, do: []}, {else: [exit]}]}",
    "one arm of a split goes on": "{id: half, split: s, arms: [{arm: a, share: 50%}, {arm: holdout, share: 50%}]}",
    "a case without do": "{id: w, wait_for: [{on: login, do: [exit]}, {after: 1d}]}",
    "a moment that is past": "{id: w, wait: until cart.ts + 1d, do: [exit]}",
    "a moment without a block": "{id: w, wait: until profile.birthday, else: [exit]}",
    "a repeat that may do no round": "{id: r, repeat: 3 times, until: profile.orders > 1, do: [exit]}",
    "an else that is not the only way": "{send: m, by: sms, else: [exit]}",
}


@pytest.mark.parametrize(("node", "why"), LEAVING.values(), ids=LEAVING)
def test_what_everybody_leaves_at_has_nothing_below(node: str, why: str) -> None:
    nodes = block(node, LAST, "{send: o, by: sms}")

    told = said(PROJECT, journey(nodes), codes="W360")

    assert told.startswith(f"1.journey.yaml:5:6 W360 ['send'] never reached: {why} (leaves here: 4:")
    assert told.count("\n") == 1, "said once, at the first"
    assert told.count("leaves here") == node.count("exit") + node.count("holdout")


@pytest.mark.parametrize("node", GOING_ON.values(), ids=GOING_ON)
def test_what_somebody_goes_on_from_is_left_alone(node: str) -> None:
    assert said(PROJECT, journey(block(node, LAST)), codes="W360").strip() == ""


def test_blocks_are_told_apart() -> None:
    """What stands below in one arm is unreachable there, and what follows the branch is not."""
    nodes = block("{branch: [{when: profile.orders > 1, do: [exit, {send: m, by: sms}]}, {else: []}]}", LAST)

    assert said(PROJECT, journey(nodes), codes="W360") == (
        "1.journey.yaml:4:54 W360 ['send'] never reached: the node above it leaves the journey (leaves here: 4:47)\n"
    )


def test_where_something_could_not_be_read_only_an_exit_is_sure() -> None:
    """Of a branch with an arm that was not read nobody knows who goes on; below an exit nobody does, whatever stands between."""
    branch = "{branch: [{when: profile.orders > 1, do: [{exti: done}]}, {else: [exit]}]}"
    assert said(PROJECT, journey(block(branch, LAST)), codes="W360").strip() == ""
    assert "(leaves here: " in said(PROJECT, journey(block("{exit: done}", "{sedn: m}", LAST)), codes="W360")


# ---- receipts

NUDGE = "{id: nudge, send: m, by: sms}"
WAIT = "{id: w, wait_for: [{on: nudge.clicked, do: [exit]}, {after: 1d}]}"
COMES = {
    "below the send": block(NUDGE, WAIT),
    "below an arm that sends": block(f"{{branch: [{{when: profile.orders > 1, do: [{NUDGE}]}}]}}", WAIT),
    "in the else of another send": block("{send: o, by: sms, else: [" + NUDGE + "]}", WAIT),
    "on the next round": block(f"{{id: r, repeat: 2 times, do: [{WAIT}, {NUDGE}]}}"),
    "in a repeat within a repeat": block(f"{{id: r, repeat: 2 times, do: [{{id: q, repeat: 2 times, do: [{WAIT}]}}, {NUDGE}]}}"),
    "one that happened since entry": block(NUDGE, "{id: w, wait_for: [{on: nudge.clicked since entry}, {after: 1d}]}"),
    "of any message": block("{id: w, wait_for: [{on: clicked}, {after: 1d}]}", NUDGE),
}


@pytest.mark.parametrize("nodes", COMES.values(), ids=COMES)
def test_a_receipt_may_come_after_its_message(nodes: str) -> None:
    assert said(PROJECT, journey(nodes), codes="W418 E").strip() == ""


def test_a_receipt_cannot_come_before_its_message() -> None:
    assert said(PROJECT, journey(block(WAIT, NUDGE)), codes="W418") == (
        "1.journey.yaml:4:29 W418 ['nudge.clicked'] `nudge.clicked` can never come here: `nudge` is sent only below"
        " (sent here: 5:17)\n"
    )


def test_nor_on_another_way() -> None:
    nodes = block(f"{{branch: [{{when: profile.orders > 1, do: [{NUDGE}]}}, {{else: [{WAIT}]}}]}}")

    assert said(PROJECT, journey(nodes), codes="W418") == (
        "1.journey.yaml:4:112 W418 ['nudge.clicked'] `nudge.clicked` can never come here: `nudge` is sent on another way"
        " (sent here: 4:59)\n"
    )


def test_nor_after_everybody_who_got_it_has_left() -> None:
    nodes = block(f"{{branch: [{{when: profile.orders > 1, do: [{NUDGE}, exit]}}]}}", WAIT)

    assert "is sent on another way" in said(PROJECT, journey(nodes), codes="W418")


def test_a_goal_watches_from_the_beginning() -> None:
    head = "journey: one\nenter: {on: login}\ngoal: {on: nudge.clicked}\n"

    assert said(PROJECT, journey(block("{id: hold, wait: 1d}", NUDGE), head), codes="W418 E").strip() == ""
