"""What the readers of streams would refuse is refused by `rtj validate`: every piece by itself, at its place."""

from __future__ import annotations

import msgspec
import pytest

from rtj.base.errors import UsageError
from rtj.connect.mapping import mapped
from rtj.ir.program import Namespace, SourceMap
from tests.lint.cases import PROJECT, found, said

SPACES = (Namespace("user_id", 1, True), Namespace("email", 2, True))


def project(sources: str) -> str:
    return PROJECT + "sources:\n" + "".join(f"  {line}\n" for line in sources.splitlines())


WRONG = {
    "web: {format: segmnt}": ("segmnt", "did you mean `segment`?"),
    "web: {format: crm}": ("crm", ""),
    "web: {sequence: 'a..[x'}": ("'a..[x'", ""),
    "web: {map: {typ: x}}": ("typ", "did you mean `type`?"),
    "web: {map: {type: {path: a, cast: nmber}}}": ("nmber", "did you mean `number`?"),
    "web: {map: {time: {pth: t}}}": ("time", ""),
    "web: {map: {identities: {userid: u}}}": ("userid", "did you mean `user_id`?"),
    "web: {map: {properties: {total: {path: 'a[', cast: number}}}}": ("'a['", ""),
    "web: {map: {id: {hash: ['a[']}}}": ("'a['", ""),
}


@pytest.mark.parametrize("source", WRONG)
def test_a_piece_that_no_reader_takes(source: str) -> None:
    piece, hint = WRONG[source]
    (one,) = found(project(source))
    assert (one.code, one.span.text, one.hint) == ("E105", piece, hint)


def test_all_of_them_in_one_run() -> None:
    text = (
        "web:\n  map:\n    typ: x\n    type: {path: a, cast: nmber}\n    identities: {userid: e}\n    properties: {a: {cast: b}}"
    )
    assert [d.span.text for d in found(project(text))] == ["typ", "nmber", "userid", "a"]


GOOD = """\
clicks: {format: segment, lateness: 10m}
legacy:
  sequence: seq
  map:
    id: {hash: [guid, when]}
    type: {path: kind, table: {V: product_view}}
    time: {path: when, cast: epoch_s}
    identities: {user_id: customer.id}
    properties: {from: data, rename: {a: b}, drop: [c]}
listed:
  format: custom
  map: {identities: [{ns: user_id, path: u}], properties: {item: article.name, price: {path: p, cast: number, default: 0}}}
"""


def test_what_the_readers_take_is_left_alone() -> None:
    assert said(project(GOOD)).strip() == ""


@pytest.mark.parametrize("source", [source for source in WRONG if "map: " in source])
def test_the_readers_agree(source: str) -> None:
    """Each of these really is refused when events are read."""
    _, _, text = source.partition("map: ")
    import yaml

    spec = yaml.safe_load(text[:-1])
    with pytest.raises(UsageError):
        mapped(SourceMap("web", map=msgspec.json.encode(spec).decode()), SPACES)
