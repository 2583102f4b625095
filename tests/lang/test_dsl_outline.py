"""A journey has the same nodes in both spellings, each where it stands in its file."""

from __future__ import annotations

import pytest

from rtj.base.span import Source
from rtj.lang import yaml_nodes as y
from rtj.lang.dsl_outline import outline, texts
from tests.lang.test_dsl import BOTH


def ids(node: y.YamlNode, path: str = "") -> dict[str, str]:
    """The ids of nodes and names of arms below a node, by the path to them."""
    found: dict[str, str] = {}
    if isinstance(node, y.Mapping):
        for pair in node.pairs:
            if pair.key.value in ("id", "arm") and isinstance(pair.value, y.Scalar):
                found[path] = pair.value.value
            found |= ids(pair.value, f"{path}/{pair.key.value}")
    elif isinstance(node, y.Sequence):
        for number, item in enumerate(node.items):
            found |= ids(item, f"{path}/{number}")
    return found


@pytest.mark.parametrize(("dsl", "yaml"), BOTH)
def test_nodes_stand_at_the_paths_that_they_have_in_yaml(dsl: str, yaml: str) -> None:
    (written,) = y.read_documents(Source("a.journey.yaml", yaml), [])
    (spelt,) = outline(Source("a.journey", dsl))

    assert ids(spelt) == ids(written)


def walked(node: y.YamlNode) -> list[y.YamlNode]:
    inner: list[y.YamlNode] = []
    if isinstance(node, y.Mapping):
        inner = [part for pair in node.pairs for part in (pair.key, pair.value)]
    elif isinstance(node, y.Sequence):
        inner = list(node.items)
    return [node, *(found for part in inner for found in walked(part))]


@pytest.mark.parametrize(("dsl", "yaml"), BOTH)
def test_parts_follow_each_other_and_lie_within_their_node(dsl: str, yaml: str) -> None:
    for document in outline(Source("a.journey", dsl)):
        for node in walked(document):
            parts = list(node.pairs) if isinstance(node, y.Mapping) else []
            ends = [max(pair.key.span.end, pair.value.span.end) for pair in parts]
            assert all(end <= pair.key.span.start for end, pair in zip(ends, parts[1:], strict=False))
            assert all(
                node.span.start <= pair.key.span.start and end <= node.span.end for end, pair in zip(ends, parts, strict=True)
            )


def test_only_what_stands_in_quotes_is_a_text() -> None:
    source = Source("a.journey", "journey a 'x # y' { # it's a comment\n enter on b }")

    assert [source.text[start:end] for start, end in texts(source)] == ["'x # y'"]


def test_a_broken_journey_has_an_outline_of_what_could_be_read() -> None:
    (document,) = outline(Source("a.journey", "journey a {\n enter on x\n sned y\n wait 3 dyas\n send z by email\n}"))

    assert isinstance(document, y.Mapping)
    assert [pair.key.value for pair in document.pairs] == ["journey", "enter", "do"]
