"""What the language reference shows of the layout is what comes out."""

from __future__ import annotations

import re

from rtj.base.places import grammar_file
from rtj.base.span import Source
from rtj.layout.formatting import convert_text, format_text


def test_the_chapter_on_layout_shows_what_fmt_and_convert_give() -> None:
    page = grammar_file("README.md").read_text(encoding="utf-8")
    chapter = page[page.index("\n## Layout\n") :]
    dsl, yaml = re.findall(r"```(?:journey|yaml journey)\n(.*?)```", chapter, re.DOTALL)[:2]

    assert format_text(Source("x.journey", dsl)).text == dsl
    assert format_text(Source("x.journey.yaml", yaml)).text == yaml
    assert convert_text(Source("x.journey", dsl), "yaml").text == yaml
    assert convert_text(Source("x.journey.yaml", yaml), "dsl").text == dsl
