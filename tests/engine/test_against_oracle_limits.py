"""The limits of identity (S2.1, S2.2), made so small that random streams reach them, as the naive reading of the rules has it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from rtj.engine import identity
from tests.oracle import identity as naive
from tests.oracle.compare import differences
from tests.oracle.generate import FEATURES, Case, case

ALONE = frozenset({"identity", "late", "audiences", "lists"})


@pytest.fixture(params=[(2, 50), (50, 2), (3, 2)], ids=["two-people", "two-identifiers", "both"])
def limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    people, identifiers = request.param
    for module, names in ((identity, ("PEOPLE_MAX", "IDENTIFIERS_MAX")), (naive, ("PEOPLE", "IDENTIFIERS"))):
        monkeypatch.setattr(module, names[0], people)
        monkeypatch.setattr(module, names[1], identifiers)
    return people, identifiers


def of_kinds(found: Case, *kinds: str) -> Case:
    """The same with other kinds of namespaces."""
    spaces = tuple(
        msgspec.structs.replace(space, kind=kind, unique=space.unique and kind == "person")
        for space, kind in zip(found.program.namespaces, kinds, strict=True)
    )
    return replace(found, program=msgspec.structs.replace(found.program, namespaces=spaces))


@pytest.mark.parametrize(
    "kinds", [("person", "person", "cookie"), ("person", "device", "cookie"), ("device", "cookie", "person")]
)
def test_small_limits(limits: tuple[int, int], kinds: tuple[str, str, str]) -> None:
    for seed in range(12):
        found = differences(of_kinds(case(seed, ALONE), *kinds))
        assert found is None, found


def test_small_limits_among_everything_else(limits: tuple[int, int]) -> None:
    for seed in range(400, 412):
        found = differences(case(seed, FEATURES))
        assert found is None, found
