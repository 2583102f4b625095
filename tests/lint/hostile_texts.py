"""Journey files that were made to harm whoever reads them: bombs, depths, floods. Name -> (text, the code of the error)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

PROJECT = """\
project: shop
events:
  login: {}
  purchase: {total: number, item: string}
profile:
  orders: count(purchase)
  tier: {type: string?}
channels:
  email: {purpose: transactional}
"""
HEAD = "journey: one\nenter: {on: login}\n"
NODE = "- {send: a, by: email}\n"
WHEN = "journey: one\nenter:\n  on: purchase\n  when: "
FULL = 2 * 2**20 - 200  # as much as a file may hold, less a head
Text = Callable[[], str]


def do(nodes: str) -> str:
    return f"{HEAD}do:\n{nodes}"


def times(count: int, line: str) -> str:
    """A line so often, `{0}` being its number."""
    return "".join(line.format(number) for number in range(count))


def filled(piece: str) -> str:
    return piece * (FULL // len(piece.encode()))


def bomb(layers: int, width: int) -> str:
    return f"a0: &a0 [{'x, ' * width}]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * width}]\n" for n in range(1, layers))


ALIASES: dict[str, tuple[Text, str]] = {
    "alias bomb": (lambda: HEAD + bomb(12, 9), "E005"),
    "alias bomb in keys": (lambda: HEAD + times(12, "? &k{0} [x, x, x]\n: x\n") + bomb(12, 9), "E005"),
    "anchors within anchors": (
        lambda: f"{HEAD}x: {''.join(f'&n{n} [' for n in range(60))}{']' * 60}\ny: [{times(60, '*n{0}, ') * 20}]\n", "E005"
    ),
    "aliases of one text": (lambda: f"{HEAD}x: &a y\ndo: [{'*a, ' * 100_000}]\n", "E005"),
    "anchors": (lambda: f"{HEAD}do: [{times(100_000, '&a{0} x, ')}]\n", "E005"),
    "merge bomb": (
        lambda: f"{HEAD}m0: &m0 {{a: b}}\n" + "".join(f"m{n}: &m{n} {{<<: [{f'*m{n - 1}, ' * 9}]}}\n" for n in range(1, 30)),
        "E005",
    ),
    "merged wide": (lambda: HEAD + f"m: &m {{{times(300, 'k{0}: v, ')}}}\ndo:\n" + "- {<<: *m}\n" * 3000, "E004"),
    "itself": (lambda: f"{HEAD}do: &a [*a]\n", "E004"),
    "itself below a key": (lambda: f"{HEAD}do: &a\n  - wait_for: *a\n", "E004"),
    "the document itself": (lambda: f"&a\n{HEAD}do: [*a]\n", "E004"),
    "an anchor of another document": (lambda: f"{HEAD}do: &a []\n---\n{HEAD}do: *a\n", "E004"),
    "tags": (lambda: f"{HEAD}do: [{'!foo x, ' * 3000}]\n", "E004"),
    "a python object": (lambda: f"{HEAD}do: !!python/object/apply:os.system [x]\n", "E004"),
    "tag directives": (lambda: times(20_000, "%TAG !a{0}! tag:x{0}\n") + "---\n" + HEAD, "E005"),
}  # fmt: skip
N = 100_000
DEPTHS: dict[str, tuple[Text, str]] = {
    "lists": (lambda: f"{HEAD}do: {'[' * N}{']' * N}\n", "E005"),
    "lists not closed": (lambda: f"{HEAD}do: {'[' * N}", "E005"),
    "mappings": (lambda: f"{HEAD}do: {'{a: ' * N}{'}' * N}\n", "E005"),
    "keys": (lambda: f"{HEAD}do: {'{' * N}{'}' * N}\n", "E005"),
    "both": (lambda: f"{HEAD}do: {'[{a: ' * N}{'}]' * N}\n", "E005"),
    "explicit keys": (lambda: f"{HEAD}do: {'[? ' * N}\n", "E005"),
    "items on a line": (lambda: f"{HEAD}do:\n  {'- ' * N}x\n", "E005"),
    "explicit keys on a line": (lambda: f"{HEAD}do:\n  {'? ' * N}x\n", "E005"),
    "blocks of keys": (lambda: HEAD + "do:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 2000)), "E005"),
    "blocks of items": (lambda: HEAD + "do:\n" + "".join(f"{' ' * n}-\n" for n in range(1, 2000)), "E005"),
    "closed and never opened": (lambda: f"{HEAD}do: {']' * N}\n", "E001"),
}
SIZES: dict[str, tuple[Text, str]] = {
    "one text": (lambda: f"{HEAD}title: {filled('x')}\n", ""),
    "words": (lambda: f"{HEAD}title: {filled('x ')}\n", ""),
    "doubled quotes": (lambda: f"{HEAD}title: 'x{filled(chr(39) * 2)}'\n", ""),
    "escapes": (lambda: f'{HEAD}title: "{filled(chr(92) + "u0041")}"\n', ""),
    "a block of lines": (lambda: f"{HEAD}title: |\n{filled('  some words' + chr(10))}", ""),
    "folded lines": (lambda: f"{HEAD}title: >\n{filled('  some words' + chr(10))}", ""),
    "blank lines": (lambda: f"{HEAD}title: >\n{filled(chr(10))}", ""),
    "blank lines in quotes": (lambda: f"{HEAD}title: 'a{filled(chr(10))}b'\n", ""),
    "comments": (lambda: HEAD + filled("# x\n"), ""),
    "tabs": (lambda: filled("\t"), "E003"),
    "nothing but line ends": (lambda: filled("\n"), "E008"),
    "a text of CJK": (lambda: f"{HEAD}title: {filled('日')}\n", ""),
    "a key": (lambda: f"{HEAD}? {filled('x')}\n: v\n", "E101"),
    "a phrase of letters": (lambda: WHEN + filled("x"), "E005"),
    "a phrase of or": (lambda: f"{WHEN}profile.tier == 'a'{filled(' or profile.tier == ' + repr('a'))}\n", "E005"),
    "a phrase of brackets": (lambda: WHEN + filled("("), "E005"),
    "a phrase of not": (lambda: WHEN + filled("not "), "E005"),
    "a phrase of minus": (lambda: f"{WHEN}x{filled('-')}1\n", "E005"),
    "a phrase of fields": (lambda: f"{WHEN}event{filled('.a')}\n", "E005"),
    "a phrase of one text": (lambda: f"{WHEN}profile.tier == '{filled('a')}'\n", "E005"),
    "a phrase of digits": (lambda: f"{WHEN}profile.orders == {filled('9')}\n", "E005"),
    "a phrase of a list": (lambda: f"{WHEN}profile.tier in [{filled(repr('a') + ', ')}'b']\n", "E005"),
    "many phrases of 200 levels": (
        lambda: do("- branch:\n" + filled(f"    - when: {' or '.join(['profile.orders > 3'] * 90)}\n      do: []\n")), "E005"
    ),
}  # fmt: skip
FLOODS: dict[str, tuple[Text, str]] = {
    "keys": (lambda: HEAD + times(100_000, "key{0}: v\n"), "E005"),
    "one key": (lambda: HEAD + "k: v\n" * 100_000, "E005"),
    "a thousand unknown keys": (lambda: HEAD + times(1_000, "ente{0}: v\n"), "E101"),
    "items": (lambda: do("- x\n" * 100_000), "E005"),
    "items on a line": (lambda: f"{HEAD}do: [{'x, ' * 100_000}]\n", "E005"),
    "nodes on a line": (lambda: f"{HEAD}do: [{filled('{send: a, by: email}, ')}]\n", "E005"),
    "nodes": (lambda: do(NODE * 50_000), "E005"),
    "cases": (lambda: do("- id: w\n  wait_for:\n" + "    - {on: login, do: [{exit: x}]}\n" * 10_000), "E005"),
    "arms of a branch": (lambda: do("- branch:\n" + times(10_000, "    - {{when: profile.orders > {0}, do: [exit]}}\n")), "E005"),
    "arms of a split": (lambda: do("- id: w\n  split: s\n  arms:\n" + times(10_000, "    - {{arm: a{0}, share: 1%}}\n")), "E005"),
    "events": (lambda: f"{HEAD.replace('login', 'login' + ' or purchase' * 10_000)}", "E005"),
    "steps": (lambda: f"{HEAD.replace('login', 'login' + ' then purchase' * 10_000)}", "E005"),
    "documents": (lambda: "---\n" * 100_000, "E005"),
    "documents with a text": (lambda: HEAD + "---\nx\n" * 100_000, "E005"),
    "journeys in a file": (lambda: "---\n".join(f"journey: j{n}\nenter: {{on: login}}\n" for n in range(20_000)), "E005"),
    "directives": (lambda: "%FOO bar\n" * N + "---\n" + HEAD, "E005"),
    "ignore comments": (lambda: do("# rtj: ignore[no-timeout] -- x\n" * 60_000 + NODE), ""),
    "ignore comments of nothing": (lambda: do("# rtj: ignore\n" * N + NODE), ""),
    "ignore comments in one line": (lambda: do(NODE[:-1] + " # rtj: ignore[W204]" * 80_000 + "\n"), ""),
    "codes in an ignore comment": (lambda: do(f"{NODE[:-1]} # rtj: ignore[{'W204, ' * 200_000}W204]\n"), ""),
    "ignore comments in a text": (lambda: do("- exit: |\n" + "    # rtj: ignore[W204]\n" * 80_000), ""),
    "slips in phrases": (lambda: do(times(5_000, "- {{id: a{0}, wait: 2 hours}}\n")), "E301"),
    "unknown names": (lambda: do(times(3_000, "- {{send: a{0}, by: email, with: a = crat.x}}\n")), "E310"),
    "one id": (lambda: do(NODE * 5_000), "E341"),
}  # fmt: skip


def every() -> Iterator[tuple[str, Text, str]]:
    """Family and name, text, code."""
    for family, cases in (("aliases", ALIASES), ("depth", DEPTHS), ("2 MiB", SIZES), ("flood", FLOODS)):
        for name, (text, code) in cases.items():
            yield f"{family}: {name}", text, code
