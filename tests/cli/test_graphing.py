"""`rtj graph`: what goes where, what is refused, and what is said beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.base.span import Source
from rtj.cli.main import app
from rtj.layout.formatting import convert_text
from tests.report.pictures import EVERYTHING, PROJECT, SEQUEL

DRAWN = ("svg", "png", "html")


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["graph", *arguments])
    return done.exit_code, done.stdout if done.stdout_bytes[:1] != b"\x89" else "png", done.stderr


def test_one_journey_in_the_terminal(tiny: Path) -> None:
    code, out, err = call("welcome")
    assert (code, err) == (0, "")
    assert out.startswith("Welcome 歓迎\nwelcome\n\nGoal    on bought\n\n╭───")
    assert "│ Wait  1 hour   @pause │" in out
    assert "│ Send  hello │\n│ by email    │" in out


def test_all_journeys_begin_with_how_they_hang_together(tiny: Path) -> None:
    code, out, _ = call()
    assert code == 0
    assert out.startswith("tiny\n2 journeys, none starts another\n")
    assert "big_spenders" in out and "Welcome 歓迎" in out
    assert call("--map")[1] == "tiny\n2 journeys, none starts another\n"


@pytest.mark.parametrize("form", ["mermaid", "dot", "text"])
def test_texts_are_the_same_bytes_each_time(tiny: Path, form: str) -> None:
    assert call("welcome", "--as", form) == call("journeys/welcome.journey.yaml", "--as", form)


@pytest.mark.parametrize(("name", "begins"), [
    ("a.svg", b"<svg "), ("a.png", b"\x89PNG"), ("a.html", b"<!DOCTYPE html>"), ("a.mmd", b"---\ntitle"), ("a.dot", b"digraph"),
    ("a.gv", b"digraph"), ("a.txt", "Welcome 歓迎".encode()), ("A.SVG", b"<svg "),
])  # fmt: skip
def test_the_name_of_the_file_says_what_it_is(tiny: Path, name: str, begins: bytes) -> None:
    _needs(name.lower())
    code, out, err = call("welcome", "-o", name)
    assert (code, out) == (0, "")
    assert f"wrote {name}" in err
    assert (tiny / name).read_bytes().startswith(begins)


def _needs(name: str) -> None:
    if name.endswith(DRAWN):
        pytest.importorskip("pygraphviz", reason="needs the extra graph")
        pytest.importorskip("resvg_py", reason="needs the extra graph")


@pytest.mark.parametrize("form", ["svg", "png", "html", "mermaid", "dot", "text"])
def test_a_folder_gets_a_file_each_and_the_map(tiny: Path, form: str) -> None:
    _needs(form)
    code, _, err = call("--as", form, "-o", "pictures/")
    assert code == 0 and "wrote 3 files into pictures" in err
    assert sorted(path.stem for path in (tiny / "pictures").iterdir()) == ["big_spenders", "journeys", "welcome"]
    assert call("welcome", "--as", form, "-o", "pictures")[0] == 0  # a folder that is there needs no slash


def test_a_page_holds_all_of_them(tiny: Path) -> None:
    _needs("html")
    code, out, _ = call("--as", "html")
    assert code == 0
    assert out.count("<figure") == 3


def test_events_are_simulated_and_drawn(tiny: Path) -> None:
    code, out, err = call("welcome", "--events", "events.jsonl")
    assert (code, err) == (0, "")
    assert "3 entered" in out and "reached it (33%)" in out
    done = CliRunner().invoke(app, ["simulate", "-e", "events.jsonl", "--trace", "t.jsonl", "-q"])
    assert done.exit_code == 0
    assert call("welcome", "--counts", "t.jsonl") == (0, out, "")


def test_a_trace_of_another_version_is_told(tiny: Path) -> None:
    CliRunner().invoke(app, ["simulate", "-e", "events.jsonl", "--trace", "t.jsonl", "-q"])
    path = tiny / "journeys" / "welcome.journey.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("wait: 1h", "wait: 2h"), encoding="utf-8")
    assert "the trace is of another version" in call("welcome", "--counts", "t.jsonl")[2]
    path.write_text(path.read_text(encoding="utf-8").replace("id: pause", "id: rest"), encoding="utf-8")
    assert "not there any more: another version ran" in call("welcome", "--counts", "t.jsonl")[2]
    (tiny / "empty.jsonl").write_text("", encoding="utf-8")
    assert "nothing in the trace is of what is drawn" in call("welcome", "--counts", "empty.jsonl")[2]


@pytest.mark.parametrize(("arguments", "said"), [
    (("nobody",), "neither a file nor a journey of the project"),
    (("--as", "svg"), "2 journeys (big_spenders, welcome) do not go into one svg: name one, or say -o FOLDER/"),
    (("welcome", "-o", "a.jpeg"), "--output a.jpeg: what should it be? --as text, svg, png, html, mermaid, dot"),
    (("welcome", "-o", "journeys/welcome.journey.yaml", "--as", "text"), "is also read and would be overwritten"),
    (("welcome", "--counts", "events.jsonl", "--events", "events.jsonl"), "the counts come from one of them"),
    (("welcome", "--map"), "--map shows all journeys"),
    (("welcome", "--events", "-"), "--events -: write a trace"),
    (("welcome", "--as", "pdf"), "pdf"),
])  # fmt: skip
def test_calls_that_make_no_sense(tiny: Path, arguments: tuple[str, ...], said: str) -> None:
    before = {path: path.read_bytes() for path in tiny.rglob("*.yaml")}
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert before == {path: path.read_bytes() for path in tiny.rglob("*.yaml")}


def test_a_trace_that_is_none_fails(tiny: Path) -> None:
    assert call("welcome", "--counts", "nowhere.jsonl")[0] == 4
    code, _, err = call("welcome", "--counts", "rtj.yaml")
    assert code == 4 and "rtj.yaml, line 1: not a record of a trace; `rtj simulate --trace FILE` writes one" in err


def test_what_does_not_compile_is_not_drawn(tiny: Path) -> None:
    path = tiny / "journeys" / "welcome.journey.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("start.plan", "start.paln"), encoding="utf-8")
    code, out, err = call("welcome")
    assert (code, out) == (1, "")
    assert "^^^^" in err


def test_a_journey_of_five_thousand_nodes_is_drawn_in_part(tiny: Path) -> None:
    """Quickly, and saying so."""
    _needs("svg")
    nodes = "".join(f"  - {{id: n{n}, wait: 1h}}\n" for n in range(5_000))
    (tiny / "journeys" / "long.journey.yaml").write_text(f"journey: long\nenter: {{on: bought}}\ndo:\n{nodes}", encoding="utf-8")
    code, out, err = call("long", "--as", "svg")
    assert code == 0
    assert "nodes stand together in boxes that say so; --as text, dot and mermaid draw all of it" in err
    assert len(out) < 500_000


def test_a_map_of_very_many_journeys_is_not_drawn(tiny: Path) -> None:
    many = "".join(f"---\njourney: j{n}\nenter: {{on: bought}}\ndo: [{{send: thanks, by: email}}]\n" for n in range(450))
    (tiny / "journeys" / "many.journey.yaml").write_text(many, encoding="utf-8")
    code, _, err = call("--map", "--as", "svg")
    assert code == 2 and "a map of 452 journeys is too large to be drawn" in err
    assert call("--map", "--as", "dot")[1].count("Journey: ") == 452


def test_frames_are_plain_where_the_encoding_has_none(tiny: Path) -> None:
    done = CliRunner(charset="ascii").invoke(app, ["graph", "big_spenders"])
    assert done.exit_code == 0
    assert done.stdout_bytes.decode("ascii").count("+--+") >= 2


def test_both_spellings_give_one_picture(tmp_path: Path) -> None:
    """The words are the author's, in the one form that the spellings share."""
    drawn = []
    dsl = convert_text(Source("a.journey.yaml", EVERYTHING), "dsl").text
    assert dsl is not None
    for name, spelled in (("a.journey.yaml", EVERYTHING), ("a.journey", dsl)):
        folder = tmp_path / name.replace(".", "_")
        folder.mkdir()
        (folder / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
        (folder / name).write_text(spelled, encoding="utf-8")
        (folder / "b.journey.yaml").write_text(SEQUEL, encoding="utf-8")
        drawn.append(call("everything", "-p", str(folder)))
    assert drawn[0] == drawn[1]
    assert drawn[0][0] == 0
