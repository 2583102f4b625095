"""The countries of the world by their codes of two letters (ISO 3166), as the package tzdata lists them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

BESIDE = {"AC": "Ascension", "TA": "Tristan da Cunha", "XK": "Kosovo"}  # have telephone numbers, and no code of their own there
CALLED = {"UK": "GB", "EN": "GB", "EL": "GR", "USA": "US", "UAE": "AE", "GER": "DE", "SUI": "CH"}  # what people write instead


@cache
def countries() -> Mapping[str, str]:
    """English names by code."""
    table = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {code: name for code, name, *_ in rows} | BESIDE


def country_meant(word: str) -> str | None:
    """The code that was probably meant by a word that is none: another code, or a name in English."""
    if word.upper() in CALLED:
        return CALLED[word.upper()]
    return next((code for code, name in countries().items() if name.casefold() == word.casefold()), None)
