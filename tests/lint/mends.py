"""Texts that are mended: a project and journeys from texts, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping

from rtj.lang.load import load_text
from rtj.lint.fixing import Mended, mend
from rtj.lint.lint import Linted, lint


def looked_at(texts: Mapping[str, str]) -> Linted:
    """The texts of a project (`rtj.yaml`, then journeys), checked."""
    return lint(load_text(*texts.values()))


def named(project: str, *journeys: str) -> dict[str, str]:
    """The texts by the paths that findings call them."""
    return {"rtj.yaml": project, **{f"{number}.journey.yaml": text for number, text in enumerate(journeys, 1)}}


def mended(texts: Mapping[str, str], *, unsafe: bool = False) -> Mended:
    return mend(looked_at(texts), lambda new: looked_at({**texts, **new}), lambda _: True, unsafe=unsafe)


def after(texts: Mapping[str, str], *, unsafe: bool = False) -> dict[str, str]:
    """The texts as they are when all is mended that can be."""
    return {**texts, **mended(texts, unsafe=unsafe).texts}
