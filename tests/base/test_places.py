"""What travels with the package is found beside it and inside it; the cache is where the system keeps caches."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rtj.base import places
from rtj.base.errors import InputError


def test_beside_the_package_and_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert places.grammar_file("expr.lark").is_file()
    monkeypatch.setattr(places, "PACKAGE", tmp_path / "rtj")
    with pytest.raises(InputError, match="installation is incomplete"):
        places.journeys_dir()
    (tmp_path / "journeys").mkdir()
    assert places.journeys_dir() == tmp_path / "journeys"
    (tmp_path / "rtj" / "_journeys").mkdir(parents=True)
    assert places.journeys_dir() == tmp_path / "rtj" / "_journeys"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the cache folder is named otherwise there")
def test_the_cache_follows_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert places.cache_dir() == tmp_path / "rtj"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/folders/ada")
    assert places.cache_dir() == Path("/folders/ada/.cache/rtj")


def test_an_account_without_a_home_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert not places.cache_dir().exists()
