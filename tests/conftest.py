"""Options and fixtures of all tests: golden files, and recorded streams that are no part of the product."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"
STREAMS = ROOT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew; read their diff")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a file under tests/golden: `golden("summary/shop.out", text)`."""

    def check(name: str, actual: str) -> None:
        expected = GOLDEN / name
        if request.config.getoption("--update-golden"):
            expected.parent.mkdir(parents=True, exist_ok=True)
            expected.write_text(actual, encoding="utf-8", newline="")
        assert expected.is_file(), f"{expected.relative_to(ROOT)} is missing: pytest --update-golden writes it"
        assert actual == expected.read_bytes().decode()

    return check


@pytest.fixture(scope="session")
def shared_stream() -> Callable[[str], Path]:
    """The path of a recorded stream by its file name; the test is skipped where the streams are not."""

    def find(name: str) -> Path:
        path = Path(os.environ.get("RTJ_STREAMS", STREAMS)) / name
        if not path.is_file():
            pytest.skip(f"the recorded stream {name} is not here; RTJ_STREAMS may name its folder")
        return path

    return find
