"""`moved` and `dropped` are laid out as what they are read from: a line if that is enough, comments at their node."""

from __future__ import annotations

import pytest

from rtj.base.span import Source
from rtj.layout.formatting import convert_text, format_text

BOTH = [
    (
        "journey: one\nmoved: {a: b, c: d}  # two\ndropped: {e: exit}\nenter: {on: login}\n",
        "journey one {\n  moved a to b\n  moved c to d  # two\n  dropped e to exit\n  enter on login\n}\n",
    ),
    (
        "journey: one\nmoved:\n  a: b  # first\n  # second\n  c: d\nenter: {on: login}\n",
        "journey one {\n  moved a to b  # first\n  # second\n  moved c to d\n  enter on login\n}\n",
    ),
    (  # as a mapping it would be one move, from `a` to `b`
        "journey: one\nmoved:\n  - {from: from, to: a}\n  - {from: to, to: b}\nenter: {on: login}\n",
        "journey one {\n  moved from to a\n  moved to to b\n  enter on login\n}\n",
    ),
    (  # a mistake that the checker tells: as a mapping it could not be written
        "journey: one\ndropped:\n  - {from: a, to: exit}\n  - {from: a, to: b}\nenter: {on: login}\n",
        "journey one {\n  dropped a to exit\n  dropped a to b\n  enter on login\n}\n",
    ),
    (
        'journey: one\nmoved: {"on": a, "null": "yes"}\nenter: {on: login}\n',
        "journey one {\n  moved on to a\n  moved null to yes\n  enter on login\n}\n",
    ),
    (  # what is ignored at one is not ignored at all
        "journey: one\nmoved:\n  # rtj: ignore[W204] -- why\n  a: b\n  c: d\nenter: {on: login}\n",
        "journey one {\n  # rtj: ignore[W204] -- why\n  moved a to b\n  moved c to d\n  enter on login\n}\n",
    ),
]


@pytest.mark.parametrize(("yaml", "dsl"), BOTH)
def test_both_spellings_say_it_and_stay_as_they_are(yaml: str, dsl: str) -> None:
    assert format_text(Source("a.journey.yaml", yaml)).text == yaml
    assert format_text(Source("a.journey", dsl)).text == dsl
    assert convert_text(Source("a.journey.yaml", yaml), "dsl").text == dsl
    assert convert_text(Source("a.journey", dsl), "yaml").text == yaml


def test_a_list_becomes_a_mapping_and_headers_stand_in_one_order() -> None:
    text = (
        "journey: one\nenter: {on: login}\ntimers: rebase\nmoved:\n- from: a  # why\n  to: b\nformerly: hello\non_deploy: pin\n"
    )

    assert format_text(Source("a.journey.yaml", text)).text == (
        "journey: one\nformerly: hello\non_deploy: pin\ntimers: rebase\n# why\nmoved: {a: b}\nenter: {on: login}\n"
    )


def test_many_stand_below_each_other() -> None:
    text = f"journey: one\nmoved: {{{', '.join([f'old_{n}: new_{n}' for n in range(9)])}}}\nenter: {{on: login}}\n"
    laid = format_text(Source("a.journey.yaml", text)).text

    assert laid is not None
    assert laid.splitlines()[1:4] == ["moved:", "  old_0: new_0", "  old_1: new_1"]
