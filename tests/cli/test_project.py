"""What the command line names: files, folders, a project file, journeys by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.base.errors import UsageError
from rtj.cli.project import Named, narrow, one_journey, sort_out
from rtj.ir.journey import Journey, Node, StartJourney, Wait
from rtj.ir.program import Program


def journey(name: str, *nodes: Node) -> Journey:
    return Journey(name=name, entries=(), nodes=nodes, first=None)


def program(*journeys: Journey) -> Program:
    return Program("p", "UTC", (), (), (), (), (), (), journeys)


CHAIN = program(journey("a", StartJourney("s", "b")), journey("b", Wait("w"), StartJourney("s", "c")), journey("c"), journey("d"))


def test_a_named_journey_brings_those_that_it_starts() -> None:
    assert [j.name for j in narrow(CHAIN, ["b"]).journeys] == ["b", "c"]
    assert [j.name for j in narrow(CHAIN, ["d", "a"]).journeys] == ["a", "b", "c", "d"]
    assert narrow(CHAIN, []) is CHAIN


def test_journeys_that_start_each_other_are_no_trap() -> None:
    ring = program(journey("a", StartJourney("s", "b")), journey("b", StartJourney("s", "a")))
    assert [j.name for j in narrow(ring, ["a"]).journeys] == ["a", "b"]


def test_one_journey_is_the_named_or_the_only_one() -> None:
    assert one_journey(CHAIN, ["b"]).name == "b"
    assert one_journey(program(journey("x")), []).name == "x"
    with pytest.raises(UsageError, match="no journeys"):
        one_journey(program(), [])
    many = program(*(journey(f"j{n}") for n in range(20)))
    with pytest.raises(UsageError, match=r"20 journeys.*j0, j1.* and 12 more"):
        one_journey(many, [])


def test_an_unknown_name_gets_a_suggestion_or_the_list() -> None:
    with pytest.raises(UsageError, match="did you mean dashboard"):
        narrow(program(journey("dashboard"), journey("z")), ["dashbord"])
    with pytest.raises(UsageError, match="it has a, b, c, d"):
        narrow(CHAIN, ["welcome"])
    with pytest.raises(UsageError, match="which has none"):
        narrow(program(), ["welcome"])


def test_what_exists_is_a_file_and_the_rest_are_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rtj.yaml").write_text("project: p\n")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("deep/b.journey.yaml", "deep/er/a.journey.yml", "deep/notes.yaml"):
        (tmp_path / name).write_text("")
    assert sort_out(["deep"]).files == (Path("deep/b.journey.yaml"), Path("deep/er/a.journey.yml"))
    assert sort_out(["deep/notes.yaml"]).files == (Path("deep/notes.yaml"),)
    assert sort_out(["a", "b"]) == Named((), ("a", "b"))
    assert sort_out(["rtj.yaml"]) == Named((), (), Path("rtj.yaml"))
    assert sort_out([]) == Named((), ())
