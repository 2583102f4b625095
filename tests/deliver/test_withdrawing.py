"""What waits in hand for somebody who was erased is let go, and holds nobody else up (S10.1)."""

from __future__ import annotations

from rtj.deliver.desk import Desk, Lane
from rtj.store.port import WaitingRow
from tests.store.samples import message


def test_what_is_in_hand_is_let_go_when_its_turn_comes() -> None:
    desk, lane = Desk(), Lane("mail")
    for number, who in enumerate(("ada", "ada", "bob", "ada"), 1):
        desk.add(WaitingRow(message(number, who)), lane, 0)
    desk.withdraw({"ada"})
    assert [item.number for item in desk.take(lane, 9, 0.0, 0)] == [3] and set(desk.items) == {3}
    assert desk.tallies["email"].failed == 0
