"""Whatever happens to an environment at once (`mixed`), the trace is that of a run to which nothing happens, the log gives it
again, from each backup too, less who was erased, and nothing is left of those: not in the store, nor in one that was put back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.mixed import Mix


def one_seed(folder: Path, seed: int, size: int) -> None:
    mix = Mix(folder, seed, size, forgets=bool(seed % 2))
    mix.play()
    mix.check()
    mix.put_back()
    mix.everybody_goes()


@pytest.mark.parametrize("seed", [2, 9, 10])
def test_all_at_once_is_as_one_after_the_other(tmp_path: Path, seed: int) -> None:
    one_seed(tmp_path, seed, 80)


@pytest.mark.long
@pytest.mark.parametrize("seed", [21, 23, 27, 30, 36, 40])
def test_the_same_of_many(tmp_path: Path, seed: int) -> None:
    one_seed(tmp_path, seed, 200)
