"""Countries are those of ISO 3166; what people write in their place is understood where there is no doubt."""

from __future__ import annotations

import pytest

from rtj.base.regions import CALLED, countries, country_meant


def test_all_countries_are_there() -> None:
    known = countries()
    assert len(known) > 245 and known["DE"] == "Germany" and {"GB", "GR", "XK", "TW"} <= known.keys()
    assert all(len(code) == 2 and code.isupper() for code in known)


@pytest.mark.parametrize(
    ("word", "meant"), [("UK", "GB"), ("uk", "GB"), ("el", "GR"), ("germany", "DE"), ("Japan", "JP"), ("QQ", None)]
)
def test_what_was_meant(word: str, meant: str | None) -> None:
    assert country_meant(word) == meant


def test_no_country_is_taken_for_a_mistake() -> None:
    assert not CALLED.keys() & countries().keys()
    assert set(CALLED.values()) <= countries().keys()
