"""The language reference: every example in it compiles, or fails as it says, and its tables are those of the program.

A block of the page is told by its info string: `yaml project` and `yaml journey` are whole files; `yaml project-fragment`
(sections), `yaml entry` (headers and triggers) and `yaml nodes` are put into the small project below; `conditions` and `values`
are expressions, one a line, seen from a node. What is reported must be announced by a comment with its code on that line or
the one above.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import rtj
from rtj.base.codes import CODES
from rtj.base.places import grammar_file
from rtj.compile import compile_text
from rtj.ir.functions import FUNCTIONS, Function
from rtj.lang.types import show_signature

PAGE = grammar_file("README.md")
RULES = grammar_file("semantics.md")
FENCE = re.compile(r"^```([a-z]+(?: [a-z-]+)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANNOUNCED = re.compile(r"#.*\b([EW]\d{3})\b")
TABLE = re.compile(r"(?<=<!-- functions -->\n).*?(?=<!-- end of functions -->)", re.DOTALL)

PROJECT = """\
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
  email: {kind: person, priority: 2, unique: true, normalize: [trim, lower]}
  anonymous_id: {kind: cookie, priority: 3}
events:
  product_view: {item: string, price: number?, dwell_s: number?}
  add_to_cart: {cart_id: string, item: string, value: number, price: number}
  purchase: {cart_id: string?, total: number, items: [{sku: string, qty: number}]}
  signed_up: {first_name: string?, birthday: date?, plan: string}
  login: {}
  loyalty: {tier: string}
  registered: {event_id: string, starts_at: instant, ends_at: instant?, zone: string}
  activity: {team: string, what: string}
  promoted: {tier: {one_of: [silver, gold]}, spend: number?}
business_events:
  restocked: {item: string}
  price_changed: {item: string, price: number}
profile:
  first_name: {from: signed_up.first_name, type: string?}
  birthday: {from: signed_up.birthday}
  tier: {from: loyalty.tier, one_of: [bronze, silver, gold], default: bronze}
  tags: {type: [string]}
  points: {type: number, default: 0}
  email_ok: {type: bool, default: true}
  spend_30d: sum(purchase.total) over 30d
  orders: count(purchase)
  viewed: distinct(product_view.item) over 30d
  cart_items: distinct(add_to_cart.item) since purchase
  last_seen: last(any.ts)
audiences:
  platinum: profile.spend_30d > 5000
  readers: profile.email_ok
  watchers: profile.viewed is not empty
webhooks:
  book_advisor: {post: "https://crm.example/book", returns: {slot: instant?}}
channels:
  email: {purpose: marketing, default: granted}
  push: {purpose: marketing, default: granted}
  in_app: {purpose: transactional}
"""
CLUB = "journey: club\nenter: {by: start, as: link, again: always}\n"
ENTER = "enter: {on: add_to_cart, as: cart, key: cart.cart_id}\n"
CONDITION = "  - branch:\n      - do: []\n        when: |\n          {1}\n"
VALUE = "  - id: n{0}\n    send: message\n    by: email\n    with: |\n      v = {1}\n"
SECTION = re.compile(r"^([a-z_]+):.*\n?((?:^[ #].*\n?|^\n)*)", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    return {m[1]: m[0] for m in SECTION.finditer(text)}


def with_sections(fragment: str) -> str:
    """The project with these sections: what they declare anew replaces what it has."""
    mine = sections(fragment)
    whole = "" if "project" in mine else "project: reference\n"
    for name, theirs in sections(PROJECT).items():
        if name not in mine:
            whole += theirs
            continue
        given = set(re.findall(r"^  (\w+):", fragment, re.MULTILINE))
        kept = [line for line in theirs.splitlines()[1:] if line.split(":")[0].strip() not in given]
        if kept and mine[name].startswith(f"{name}:\n"):
            mine[name] = mine[name].rstrip() + "\n" + "\n".join(kept) + "\n"
    return whole + "".join(mine.values())


def texts(info: str, body: str) -> tuple[str, ...]:
    """The project file and the journey files that a block stands for."""
    project = with_sections("")
    match info:
        case "yaml project":
            return (body,)
        case "yaml project-fragment":
            return (with_sections(body),)
        case "yaml journey":
            return project, body, CLUB
        case "yaml entry":
            before = "" if re.search(r"^enter:", body, re.MULTILINE) else ENTER
            return project, f"journey: reference\n{before}{body}do: [exit]\n", CLUB
        case "yaml nodes":
            return project, f"journey: reference\n{ENTER}do:\n{body}", CLUB
        case "conditions" | "values":
            lines = [line for line in body.splitlines() if line.strip()]
            shape = CONDITION if info == "conditions" else VALUE
            nodes = "".join(shape.format(number, line) for number, line in enumerate(lines))
            return project, f"journey: reference\n{ENTER}do:\n{nodes}"
        case _:
            raise AssertionError(f"no meaning: ```{info}")


BLOCKS = [
    pytest.param(m[1], m[2], id=f"line_{PAGE.read_text(encoding='utf-8')[: m.start()].count(chr(10)) + 1}")
    for m in FENCE.finditer(PAGE.read_text(encoding="utf-8"))
    if m[1].split()[0] in ("yaml", "conditions", "values")
]


@pytest.mark.parametrize(("info", "body"), BLOCKS)
def test_every_example_compiles_or_fails_as_it_says(info: str, body: str) -> None:
    compiled = compile_text(*texts(info, body))

    found: Counter[str] = Counter()
    for d in compiled.diagnostics:
        lines = d.span.source.text.splitlines()
        near = "\n".join(lines[max(0, d.span.line - 2) : d.span.line])
        told = f"line {d.span.line}: {d.code} {d.message} ({d.hint})\n{near}"
        assert d.code in ANNOUNCED.findall(near), told
        found[d.code] += 1
    assert found == Counter(ANNOUNCED.findall(body))


def test_blocks_that_are_not_compiled_are_no_yaml() -> None:
    kinds = {m[1] for m in FENCE.finditer(PAGE.read_text(encoding="utf-8"))}

    assert {kind for kind in kinds if "yaml" in kind} <= {
        "yaml project",
        "yaml project-fragment",
        "yaml journey",
        "yaml entry",
        "yaml nodes",
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
