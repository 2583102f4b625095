"""The language reference: every example in it compiles, or fails as it says, and its tables are those of the program.

What a block of the page means stands in `tests/lang/blocks.py`. What compiling reports must be announced by a comment with its
code on that line or the one above, and what is announced must be reported, if only by a rule.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import rtj
from rtj.base.codes import CODES
from rtj.base.places import grammar_file
from rtj.ir.functions import FUNCTIONS, Function
from rtj.lang.phrase_grammar import journey_parser
from rtj.lang.types import show_signature
from rtj.lint.lint import lint
from rtj.plan.catalogue import CHANGES
from tests.lang.blocks import FENCE, announced, loaded

PAGE = grammar_file("README.md")
RULES = grammar_file("semantics.md")
TABLE = re.compile(r"(?<=<!-- functions -->\n).*?(?=<!-- end of functions -->)", re.DOTALL)
TABLE_OF_CHANGES = re.compile(r"(?<=<!-- changes -->\n).*?(?=<!-- end of changes -->)", re.DOTALL)

BLOCKS = [
    pytest.param(m[1], m[2], id=f"line_{PAGE.read_text(encoding='utf-8')[: m.start()].count(chr(10)) + 1}")
    for m in FENCE.finditer(PAGE.read_text(encoding="utf-8"))
    if m[1].split()[0] in ("yaml", "journey", "conditions", "values") and m[1] != "yaml tests"  # those are played: tests/scenario
]


@pytest.mark.parametrize(("info", "body"), BLOCKS)
def test_every_example_compiles_or_fails_as_it_says(info: str, body: str, tmp_path: Path) -> None:
    linted = lint(loaded(info, body, tmp_path))

    wanted, compiled = Counter(announced(body)), set(linted.analysis.compiled.diagnostics)
    found: Counter[str] = Counter()
    for d in (finding.diagnostic for finding in linted.findings):
        if d not in compiled and d.code not in wanted:  # what is doubtful about an example is another story
            continue
        lines = d.span.source.text.splitlines()
        near = "\n".join(lines[max(0, d.span.line - 2) : d.span.line])
        told = f"line {d.span.line}: {d.code} {d.message} ({d.hint})\n{near}"
        assert d.code in announced(near), told
        found[d.code] += 1
    assert found == wanted


def test_blocks_that_are_not_compiled_are_no_yaml() -> None:
    kinds = {m[1] for m in FENCE.finditer(PAGE.read_text(encoding="utf-8"))}

    assert {kind for kind in kinds if "yaml" in kind} <= {
        "yaml project",
        "yaml project-fragment",
        "yaml files",
        "yaml journey",
        "yaml entry",
        "yaml nodes",
        "yaml tests",
    }


def test_the_page_names_no_code_that_does_not_exist() -> None:
    named = set(re.findall(r"\b[EW]\d{3}\b", PAGE.read_text(encoding="utf-8")))

    assert named <= CODES.keys()


def function_row(function: Function) -> str:
    signatures = "<br>".join(f"`{show_signature(function.name, s)}`" for s in function.signatures)
    first = "; ".join(f"`{left}` is `{right}`" for left, right in function.examples[:2])
    null = "null" if function.null == "null" else "as told"
    cells = (signatures, function.meaning, null, first)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def function_table() -> str:
    return "| function | meaning | of null | for example |\n|---|---|---|---|\n" + "".join(map(function_row, FUNCTIONS.values()))


def table_of_changes() -> str:
    rows = (
        f"| [{code}](changes/{code}.md) | `{kind.name}` | {kind.meaning} | {', '.join(f'`{level}`' for level in kind.levels)} |\n"
        for code, kind in CHANGES.items()
    )
    return "| code | name | | level |\n|---|---|---|---|\n" + "".join(rows)


def test_the_table_of_changes_is_that_of_the_program(request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        page = TABLE_OF_CHANGES.sub(lambda _: table_of_changes(), page)
        PAGE.write_text(page, encoding="utf-8", newline="")

    found = TABLE_OF_CHANGES.search(page)
    assert found is not None
    assert found[0] == table_of_changes(), "pytest --update-golden writes it"


def test_the_table_of_functions_is_that_of_the_program(request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        page = TABLE.sub(lambda _: function_table(), page)
        PAGE.write_text(page, encoding="utf-8", newline="")

    found = TABLE.search(page)

    assert found is not None
    assert found[0] == function_table(), "pytest --update-golden writes it"


def test_rules_that_are_cited_stand_in_the_page_of_rules() -> None:
    page = RULES.read_text(encoding="utf-8")
    rules, _, later = page.partition("## Not there yet")
    known = {
        f"{chapter[1]}.{number}"
        for chapter in re.finditer(r"^## (S\d+) .*\n((?:(?!^## ).*\n)*)", rules, re.MULTILINE)
        for number in re.findall(r"^(\d+)\. ", chapter[2], re.MULTILINE)
    }
    package = Path(rtj.__file__).parent
    texts = [PAGE, RULES, *sorted(package.rglob("*.py"))]
    cited = {rule for text in texts for rule in re.findall(r"\bS\d+\.\d+\b", text.read_text(encoding="utf-8"))}

    assert {"S1.12", "S5.3", "S11.1"} <= known
    assert cited <= known | set(re.findall(r"\bS\d+\.\d+\b", later))


def test_every_rule_of_the_journey_language_has_an_example() -> None:
    chapter = PAGE.read_text(encoding="utf-8").partition("## The journey language\n")[2].partition("\n## ")[0]
    used: set[str] = set()
    for info, body in FENCE.findall(chapter):
        if info.startswith("journey") and "# E" not in re.sub(r"# E90\d", "", body):
            text = body if info == "journey" else f"journey a {{ enter on x\n{body}}}"
            used |= {str(tree.data).removeprefix("expr__") for tree in journey_parser().parse(text).iter_subtrees()}

    grammar = grammar_file("journey.lark").read_text(encoding="utf-8")
    own = {m[1] for m in re.finditer(r"^([a-z]\w*):|-> (\w+)$", grammar, re.MULTILINE) if m[1]}
    named = {m[1] for m in re.finditer(r"-> (\w+)$", grammar, re.MULTILINE)}
    assert (own | named) - used == set()
