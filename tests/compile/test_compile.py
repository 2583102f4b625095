"""Journeys become the state machines that the golden files show; layout and order of keys do not count.

The way is `checked` trees -> `flatten` -> `naming`; what a project names besides YAML is read by `files`."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rtj.base.errors import InputError, UsageError
from rtj.compile import compile_project, compile_text, journey_machine
from rtj.ir.journey import Branch, Journey, Repeat, Split, WaitFor
from rtj.ir.program import Program, canonical, fingerprint, read_program
from tests.compile.outline import outline_journey, outline_project

IDIOMS = Path(__file__).parent / "idioms"


@pytest.fixture(scope="module")
def program() -> Program:
    compiled = compile_project([], IDIOMS)
    assert compiled.diagnostics == ()
    assert compiled.program is not None
    return compiled.program


def test_idioms_compile_as_shown(program: Program, golden: Callable[[str, str], None]) -> None:
    """Every entry kind, pattern and node; the scenarios and idioms of the language's own page."""
    golden("compile/project.out", outline_project(program))
    for journey in program.journeys:
        golden(f"compile/{journey.name}.out", outline_journey(journey))


def test_machine_is_canonical_json(program: Program, golden: Callable[[str, str], None]) -> None:
    """What `rtj compile` prints."""
    text = journey_machine(program, "no_login").decode()

    golden("compile/no_login.json", text)
    with pytest.raises(KeyError):
        journey_machine(program, "no_such_journey")


def test_program_is_read_back(program: Program) -> None:
    """Canonical JSON loses nothing."""
    assert read_program(canonical(program)) == program


def targets(journey: Journey) -> Iterator[str | None]:
    for node in journey.nodes:
        yield getattr(node, "next", None)
        yield getattr(node, "otherwise", None)
        match node:
            case WaitFor():
                yield from (case.body for case in node.cases)
            case Branch() | Split():
                yield from (arm.body for arm in node.arms)
            case Repeat():
                yield node.body


def test_pointers_lead_to_nodes(program: Program) -> None:
    """Ids are unique in a journey, and nothing points outside."""
    for journey in program.journeys:
        ids = [node.id for node in journey.nodes]
        assert len(ids) == len(set(ids))
        assert {target for target in targets(journey) if target is not None} <= set(ids)


def test_repeat_leads_back(program: Program) -> None:
    """The last node of the body leads back to the repeat, and on below it when it is done."""
    (journey,) = (j for j in program.journeys if j.name == "nodes_of_all_kinds")
    nodes = {node.id: node for node in journey.nodes}

    assert nodes["pause"].next == "verify_again"  # type: ignore[union-attr]
    assert nodes["verify_again"].next == "branch"  # type: ignore[union-attr]


# ---- fingerprint


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same YAML with the keys of all mappings in another order."""
    if isinstance(value, dict):
        pairs = [(key, shuffled(part, chance)) for key, part in value.items()]
        chance.shuffle(pairs)
        return dict(pairs)
    if isinstance(value, list):
        return [shuffled(part, chance) for part in value]
    return value


def texts() -> list[str]:
    return [(IDIOMS / name).read_text() for name in ("rtj.yaml", "scenarios.journey.yaml", "idioms.journey.yaml")]


@pytest.mark.parametrize("seed", range(3))
def test_order_and_layout_do_not_count(seed: int, tmp_path: Path, program: Program) -> None:
    """Key order, flow or block style, comments, order of journeys and of files: the same fingerprint."""
    chance = random.Random(seed)
    (tmp_path / "founders.csv").write_text((IDIOMS / "founders.csv").read_text())
    project, *journeys = (list(yaml.load_all(text, yaml.CBaseLoader)) for text in texts())
    documents = [shuffled(document, chance) for file in journeys for document in file]
    chance.shuffle(documents)
    (tmp_path / "rtj.yaml").write_text("# a comment\n" + yaml.safe_dump(shuffled(project[0], chance), sort_keys=False))
    for number, document in enumerate(documents):
        text = yaml.safe_dump(document, sort_keys=False, default_flow_style=False, width=40)
        (tmp_path / f"{number}.journey.yaml").write_text("\n# another\n" + text)

    compiled = compile_project([], tmp_path)

    assert compiled.diagnostics == ()
    assert compiled.program is not None
    assert fingerprint(compiled.program) == fingerprint(program)


def test_meaning_counts(program: Program) -> None:
    """One number changed in a phrase is another program."""
    changed = [text.replace("{list: founders.csv}", "profile.orders > 9") for text in texts()]
    one = compile_text(*changed).program
    two = compile_text(changed[0], changed[1].replace("wait: 30m", "wait: 31m"), changed[2]).program

    assert one is not None
    assert two is not None
    assert fingerprint(one) != fingerprint(two)


# ---- the world


def test_no_project_is_an_error_of_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        compile_project([], tmp_path)


def test_missing_journey_file(tmp_path: Path) -> None:
    (tmp_path / "rtj.yaml").write_text("project: x\n")
    with pytest.raises((InputError, UsageError)):
        compile_project([tmp_path / "no.journey.yaml"], tmp_path)


def test_program_only_without_errors() -> None:
    """A program is given iff there is no error; what only warns or informs does not count."""
    good = compile_text("project: x\nevents: {a: {}}\nchannels: {sms: {rate: 10 per 1s}}", "journey: j\nenter: {on: a}\ndo: []")
    bad = compile_text("project: x\nevents: {a: {}}", "journey: j\nenter: {on: b}\ndo: []")

    assert [d.severity for d in good.diagnostics] == ["info"]
    assert good.program is not None
    assert [d.severity for d in bad.diagnostics] == ["error"]
    assert bad.program is None


# ---- files that a project names


def test_list_with_a_single_column(tmp_path: Path) -> None:
    """Without a header the column is the best kind of identifier."""
    (tmp_path / "rtj.yaml").write_text(
        "project: x\nidentity:\n"
        "  email: {kind: person, priority: 1, normalize: [trim, lower]}\n  user_id: {kind: person, priority: 2}\n"
        "events: {a: {}}\naudiences: {vips: {list: vips.csv}}\n"
    )
    (tmp_path / "vips.csv").write_text("\ufeffAda@Example.org\n\n grace@example.org \n", encoding="utf-8")

    program = compile_project([], tmp_path).program

    assert program is not None
    (vips,) = (a for a in program.audiences if a.name == "vips")
    assert vips.condition is None
    assert vips.members == (("email", "ada@example.org"), ("email", "grace@example.org"))


def test_event_from_json_schema(tmp_path: Path) -> None:
    """Required fields are sure, the others may be missing; what has no type here cannot be read."""
    schema = {
        "type": "object",
        "required": ["total", "at"],
        "properties": {
            "total": {"type": "number"},
            "at": {"type": "string", "format": "date-time"},
            "tier": {"type": ["string", "null"], "enum": ["gold", "silver"]},
            "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
            "blob": {},
        },
    }
    (tmp_path / "order.json").write_text(json.dumps(schema))
    (tmp_path / "rtj.yaml").write_text("project: x\nevents: {order: {schema: order.json}}\n")

    compiled = compile_project([], tmp_path)

    assert compiled.diagnostics == ()
    assert compiled.program is not None
    (order,) = (e for e in compiled.program.events if e.name == "order")
    assert {f.name: brief_type(f.type) for f in order.fields} == {
        "total": "number",
        "at": "instant",
        "tier": "('gold' | 'silver')?",
        "lines": "[{sku: string?}]?",
    }


def brief_type(kind: Any) -> str:
    from rtj.lang.types import show

    return show(kind)
