"""A project that does not compile goes as far as it is right: what is wrong is left out, with its reason, and nothing else."""

from __future__ import annotations

import random

import pytest

from rtj.base.places import journeys_dir
from rtj.compile.partial import Partial, compiled_part
from rtj.compile.pipeline import Analysis, analyse
from rtj.compile.spots import spots
from rtj.compile.texts import wordings
from rtj.ir.program import canonical, read_program
from rtj.lang.load import load_project, load_text

PROJECT = """\
project: shop
events:
  login: {}
  bought: {total: number}
profile:
  spent: sum(bought.total) over 30d
channels:
  email: {purpose: transactional}
"""
GOOD = "journey good {\n  enter on login\n  wait 1d @pause\n  send hello by email\n}\n"
BAD = "journey bad {\n  enter by start\n  emit nothing_such\n}\n"


def analysed(*journeys: str, project: str = PROJECT) -> Analysis:
    return analyse(load_text(project, *journeys))


def part(*journeys: str, project: str = PROJECT) -> Partial:
    found = compiled_part(analysed(*journeys, project=project))
    assert found is not None
    return found


def kept(found: Partial) -> list[str]:
    return [journey.name for journey in found.program.journeys]


def test_what_compiles_is_whole() -> None:
    analysis = analysed(GOOD)

    assert compiled_part(analysis) == Partial(analysis.compiled.program)  # type: ignore[arg-type]


def test_a_journey_that_is_wrong_leaves_no_trace_in_the_others() -> None:
    reads = BAD.replace("emit nothing_such", "branch { when profile.spent > 3 and count(login) > 9 { emit nothing_such } }")

    found = part(GOOD, BAD)

    assert kept(found) == ["good"]
    assert found.lost["bad"].code == "E317"
    assert found.declarations == ()
    assert found.program.journeys == part(GOOD, reads).program.journeys == analysed(GOOD).compiled.program.journeys  # type: ignore[union-attr]
    assert part(GOOD, reads).program.aggregates == found.program.aggregates, "what only it counted is counted no more"


def test_who_starts_it_stays() -> None:
    starter = "journey starter {\n  enter on login\n  start bad\n  start worse\n}\n"

    found = part(starter, BAD, "journey worse {\n  enter by start\n  branch {{{\n")

    assert kept(found) == ["starter"]
    assert found.lost.keys() == {"bad", "worse"}


def test_who_starts_what_nobody_declares_is_wrong() -> None:
    found = part(GOOD, "journey starter {\n  enter on login\n  start nobody\n}\n")

    assert (kept(found), found.lost["starter"].code) == (["good"], "E345")


def test_a_circle_takes_its_journeys_along() -> None:
    one = "journey one {\n  enter by start again always\n  start two\n}\n"

    found = part(GOOD, one, one.replace("one", "TWO").replace("two", "one").replace("TWO", "two"))

    assert "good" in kept(found)
    assert found.lost and {diagnostic.code for diagnostic in found.lost.values()} == {"E201"}


def test_of_wrong_declarations_the_right_ones_stay() -> None:
    wrong = PROJECT.replace("spent: sum(bought.total) over 30d", "spent: sum(bought.totl) over 30d\n  last: last(login.ts)")
    reader = "journey reader {\n  enter on login\n  branch @rich { when profile.spent > 1 { send more by email } }\n}\n"

    found = part(GOOD, reader, project=wrong)

    assert kept(found) == ["good", "reader"]
    assert [d.code for d in found.declarations] == ["E311"]
    assert "last" in {aggregate.name for aggregate in found.program.aggregates}


def test_a_declaration_that_cannot_be_read_takes_its_readers_along() -> None:
    buyer = "journey buyer {\n  enter on bought when event.total > 1\n  send thanks by email\n}\n"

    found = part(GOOD, buyer, project=PROJECT.replace("{total: number}", "[total]"))

    assert kept(found) == ["good"]
    assert found.lost.keys() == {"buyer"}
    assert found.declarations[0].code == "E103"


def test_without_a_project_file_there_is_nothing() -> None:
    assert compiled_part(analysed(GOOD, project="- a\n- b\n")) is None


def damaged(text: str, rnd: random.Random) -> str:
    lines = text.split("\n")
    at = rnd.randrange(len(lines))
    match rnd.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines[at] = lines[at][: rnd.randrange(len(lines[at]) + 1)]
        case 2:
            lines[at] = lines[at].replace(rnd.choice("aeinost"), "x", 1)
        case _:
            lines.insert(at, rnd.choice(lines))
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(8))
def test_damaged_playbooks_go_as_far_as_they_are_right(seed: int) -> None:
    rnd = random.Random(seed)
    folder = rnd.choice(sorted(file.parent for file in journeys_dir().glob("*/rtj.yaml")))
    texts = {path.resolve(): path.read_bytes().decode() for path in (folder / "rtj.yaml", *folder.glob("*.journey*"))}
    for _ in range(4):
        path = rnd.choice(sorted(texts))
        texts[path] = damaged(texts[path], rnd)

        analysis = analyse(load_project((), folder, None, {path: text.encode() for path, text in texts.items()}))
        found = compiled_part(analysis)

        dict(spots(analysis))
        wordings(analysis.checked)
        if found is None:
            return
        assert read_program(canonical(found.program)) == found.program
        assert (analysis.compiled.program is None) == bool(found.lost or found.declarations), "nothing is left out unsaid"
        assert not set(kept(found)) & set(found.lost) or len(kept(found)) < len(analysis.loaded.journeys)
