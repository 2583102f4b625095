"""When an old version will have drained is told by how fast its people have left, and only once some have."""

from __future__ import annotations

import pytest

from rtj.ir.program import fingerprint
from rtj.plan.status import Count, Olds, Status, version_rows
from rtj.plan.versions import version_of
from rtj.report.plan_status import version_table
from tests.deploy.shop import program

DAY = 86_400_000
OLD, NEW = program(1), program(2)
BEGAN = 10 * DAY


@pytest.mark.parametrize(
    ("left", "days", "expected"),
    [(25, 3, 1), (50, 3, 3), (1, 99, 1), (96, 1, None), (100, 5, None), (130, 5, None), (0, 5, None)],
)
def test_it_is_reckoned_by_those_who_have_left(left: int, days: int, expected: int | None) -> None:
    old = OLD.journeys[0]
    now = BEGAN + days * DAY
    inside = {("welcome", fingerprint(old)): Count(left, 0)}
    olds = Olds({("welcome", version_of(OLD, old)): (100, BEGAN)}, now=now)
    rows = version_rows([(2, NEW), (1, OLD)], inside, {}, (), olds)

    by_phase = {row.phase: row for row in rows}
    found = by_phase["draining" if left else "drained"].drained_ms
    assert found == (None if expected is None else now + expected * DAY)
    assert by_phase["current"].drained_ms is None
    told = [cell for cells, _ in version_table(Status("prod", "l", 2, now, versions=rows)).rows for cell in cells]
    assert any("drained in about" in cell for cell in told) == (expected is not None)


def test_the_version_that_others_still_enter_is_no_drained_one() -> None:
    old = OLD.journeys[0]
    olds = Olds(admits={("welcome", version_of(OLD, old)): 95.0})
    rows = version_rows([(2, NEW), (1, OLD)], {}, {"welcome": 5.0}, (), olds)

    assert [(row.phase, row.percent) for row in rows] == [("ramping", 5.0), ("admitting", 95.0)]
    cells = [cells[1] for cells, _ in version_table(Status("prod", "l", 2, 0, versions=rows)).rows]
    assert cells == ["ramping 5 %", "admitting 95 %"]
    stopped = version_rows([(2, NEW), (1, OLD)], {}, {"welcome": 5.0}, ("welcome",), olds)
    assert [row.phase for row in stopped] == ["paused", "drained"]
