"""Copies are found as the rule says (S1.8), however often an id is used, and without going through all its uses."""

from __future__ import annotations

from random import Random
from time import process_time

from rtj.run.duplicates import Duplicates


def test_what_is_a_copy_is_what_comparing_with_all_earlier_ones_says() -> None:
    for seed in range(200):
        random = Random(seed)
        horizon = random.choice((3, 10))
        found, at = Duplicates(horizon), 0
        seen: list[tuple[str, str, int]] = []
        for _ in range(60):
            at += random.choice((0, 0, 1, 2, 9, 25))
            name, best, ts = random.choice("ab"), random.choice("xyz"), at - random.randrange(horizon + 1)
            near = [other for known, other, before in seen if known == name and abs(ts - before) <= horizon]
            found.turn(at)
            wanted = "copy" if best in near else "reused" if near else "new"
            assert found.judge(name, best, ts) == wanted, seed
            seen.append((name, best, ts))


def test_an_id_that_every_event_has_costs_no_square() -> None:
    found = Duplicates(10**9)
    begin = process_time()
    for number in range(50_000):
        found.turn(number)
        assert found.judge("0", f"user-{number}", number) == ("reused" if number else "new")
    assert process_time() - begin < 5  # a hundredth of what going through all would take
