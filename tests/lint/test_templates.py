"""W802: marks of a template inside a text that nothing fills, wherever a text becomes a value; texts without them are silent."""

from __future__ import annotations

import pytest

from tests.lint.cases import PROJECT, found, journey

FOUND = [
    ("{send: a, by: email, with: \"n = 'Hello {{ profile.country }}!'\"}", "{{ profile.country }}"),
    ("{send: a, by: email, with: \"n = '日本 😀 {{x}}'\"}", "{{x}}"),
    ("{send: a, by: email, with: \"n = 'Hi ' + '${name}'\"}", "${name}"),
    ("{send: a, by: email, with: \"n = profile.country ?? '{{ country | upper }}'\"}", "{{ country | upper }}"),
    ("{send: a, by: email, with: \"n = if profile.orders > 1 then 'a' else '{{b}}'\"}", "{{b}}"),
    ("{send: a, by: email, with: \"n = ['{{b}}', 'c']\"}", "{{b}}"),
    ("{set: \"profile.note = '{{b}}'\"}", "{{b}}"),
]
SILENT = ["'Hello ' + profile.country", "'{curly}'", "'$5 {off}'", "'{{ }}'", "'%name%'", "text(profile.orders)"]


@pytest.mark.parametrize(("node", "piece"), FOUND)
def test_not_filled(node: str, piece: str) -> None:
    project = PROJECT.replace("profile:\n", "profile:\n  note: {type: string?}\n")

    said = [d for d in found(project, journey(f"  - {node}\n")) if d.code == "W802" or d.severity == "error"]

    assert [(d.code, d.span.text) for d in said] == [("W802", piece)]


@pytest.mark.parametrize("value", SILENT)
def test_no_template(value: str) -> None:
    node = f'  - {{send: a, by: email, with: "n = {value}"}}\n'

    assert [d for d in found(PROJECT, journey(node)) if d.code == "W802" or d.severity == "error"] == []
