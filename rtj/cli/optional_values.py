"""Options whose value may be left out: `--changed`, `--changed=main`. Typer knows none, so they are spelled out for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

USUAL = {
    "--changed": "HEAD",
    "--add-ignores": "",
    "--write-baseline": "",
    "--write": "",
    "--members": "all",
    "--log": "",
}  # when none is written
TAKES_NEXT = ("--changed",)  # also `--changed main`, where the word is no option and no file


class OptionalValues(TyperCommand):
    """A command with such options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(spelled_out(args)))


def spelled_out(args: Sequence[str]) -> Iterator[str]:
    """The arguments with every value written: `--changed` becomes `--changed=HEAD`."""
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if word == "--":
            yield from (word, *rest)
            return
        if word not in USUAL:
            yield word
        elif rest and _takes(word, rest[0]):
            yield f"{word}={rest.pop(0)}"
        else:
            yield f"{word}={USUAL[word]}"


def _takes(option: str, word: str) -> bool:
    """Is the next word the value of the option?"""
    if option == "--log":
        return not word.startswith("-")  # nothing but its environment can be meant
    if option == "--members":
        return word.isdigit()
    return option in TAKES_NEXT and not word.startswith("-") and not Path(word).exists()
