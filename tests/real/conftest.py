"""Real streams: journeys over recorded events, held to confirmations that know nothing of rtj."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without the recorded streams there is nothing to confirm."""
    for item in items:
        if HERE in item.path.parents and not DATA.is_dir():
            item.add_marker(pytest.mark.skip(reason=f"the recorded streams are not here: no folder {DATA}"))
