"""Options and fixtures of all tests: golden files, servers, and which examples hypothesis tries.

A change is judged by the same examples each time. New ones are looked for with `pytest --hypothesis-profile explore`: what that
finds becomes an example that stays.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.servers.kafka import Kafka, running_kafka
from tests.servers.postgres import Postgres, running_postgres

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"

settings.register_profile("same", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew; read their diff")


def pytest_configure() -> None:
    """Where the suite itself runs in GitHub Actions, commands shall not address it."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        os.environ.pop(name, None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Of `pytest -n auto`: which tests stay together."""
    from tests.sharing import Sharing

    return Sharing(config, log)


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
def kafka() -> Iterator[Kafka]:
    """One real broker for all tests of a session; each makes topics of its own. By `ways["in"]` it is behind a bad network."""
    with running_kafka(("in",)) as broker:
        yield broker


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One real server for all tests of a session; each has schemas of its own."""
    with running_postgres() as server:
        yield server
