"""Nodes that nobody has named are found again by what stands before them, so that an edit elsewhere gives no change here."""

from __future__ import annotations

from rtj.compile import compile_text
from rtj.ir.journey import Journey
from rtj.plan.pairing import pair
from tests.plan.shops import PROJECT

HEAD = "journey: ask\nenter: {on: signed_up}\ndo:\n"
STEP = """\
  - id: ask{0}
    wait_for:
      - {{on: purchase, do: [{{exit: bought}}]}}
      - {{after: {0}d}}
"""


def compiled(*steps: int) -> Journey:
    program = compile_text(PROJECT, HEAD + "".join(map(STEP.format, steps))).program
    assert program is not None
    return program.journeys[0]


def test_of_several_equal_exits_that_one_is_gone_behind_which_the_node_is_gone() -> None:
    found = pair(compiled(1, 2, 3, 4), compiled(1, 3, 4))

    assert found.removed == ("ask2", "exit_2")
    assert dict(found.nodes) == {
        "ask1": "ask1", "ask3": "ask3", "ask4": "ask4", "exit": "exit", "exit_3": "exit_2", "exit_4": "exit_3",
    }  # fmt: skip


def test_the_same_holds_for_those_that_are_added() -> None:
    found = pair(compiled(1, 3, 4), compiled(1, 2, 3, 4))

    assert (found.removed, found.added) == ((), ("ask2", "exit_2"))
