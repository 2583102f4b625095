"""Projects made to keep a linter busy: most of them compile, and something in them is large. Name -> (project, journeys)."""

from __future__ import annotations

from collections.abc import Callable

from tests.lint.hostile_texts import PROJECT, do, times

CAPPED = PROJECT.replace("{purpose: transactional}", "{purpose: marketing, default: granted}") + (
    'quiet_hours: {from: "22:00", to: "08:00", zone: profile, then: hold}\n'
    "caps:\n  few: {at_most: 3, per: 24h, channels: [email]}\n"
)
Project = tuple[str, list[str]]
EXIT = do("- exit\n")


def one(nodes: str, project: str = PROJECT) -> Project:
    return project, [do(nodes)]


def arm(condition: str) -> str:
    """A branch with one arm, its condition in a block."""
    return f"- branch:\n    - do: [exit]\n      when: |\n        {condition}\n"


def value(expr: str) -> str:
    return f"- send: a\n  by: email\n  with: |\n    v = {expr}\n"


def profile(lines: str) -> str:
    return PROJECT.replace("profile:\n", f"profile:\n{lines}")


def events(lines: str) -> str:
    return PROJECT.replace("events:\n", f"events:\n{lines}")


def chain(count: int, line: str, last: str) -> str:
    """Lines of which each names the next."""
    return "".join(line.format(n, n + 1) for n in range(count)) + last.format(count)


def journeys(count: int, enter: str, nodes: Callable[[int], str]) -> list[str]:
    return [f"journey: j{n}\nenter: {enter.format(n)}\ndo: [{nodes(n)}]\n" for n in range(count)]


def branches(depth: int, indent: int = 0) -> str:
    """A tree of branches with two ways at each."""
    blank = " " * indent
    if not depth:
        return f"{blank}- exit\n"
    inner = branches(depth - 1, indent + 6)
    return f"{blank}- branch:\n{blank}  - when: profile.orders > {depth}\n{blank}    do:\n{inner}{blank}  - else:\n{inner}"


ALL_60 = ", ".join(f"{{start: j{n}, id: s{n}}}" for n in range(60))
WIDE = " and ".join(f"(profile.orders > {n} or profile.tier != '{n}')" for n in range(95))
NODES: dict[str, Callable[[], Project]] = {
    "5,000 waits": lambda: one(times(5_000, "- {{id: a{0}, wait: 1h}}\n")),
    "5,000 messages": lambda: one(times(5_000, "- {{send: a{0}, by: email}}\n")),
    "4,000 sets": lambda: one(times(4_000, "- {{set: profile.tier = 'a{0}'}}\n")),
    "2,000 collects": lambda: one(times(2_000, "- {{id: a{0}, collect: purchase, for: 1d, as: c{0}}}\n")),
    "2,500 messages under a cap": lambda: one(times(2_500, "- {{send: a{0}, by: email}}\n- {{id: w{0}, wait: 9h}}\n"), CAPPED),
    "1,000 wait_for": lambda: one(
        times(1_000, "- {{id: a{0}, wait_for: [{{on: login, do: [{{send: m{0}, by: email}}]}}, {{after: 1h}}]}}\n"), CAPPED
    ),
    "1,000 ways that meet again": lambda: one(
        times(
            1_000,
            "- branch: [{{when: profile.orders > {0}, do: [{{id: w{0}, wait: 2h}}]}}, {{else: [{{id: v{0}, wait: 3m}}]}}]\n",
        )
    ),
    "a tree of branches": lambda: one(branches(10)),
    "1,000 arms": lambda: one("- branch:\n" + times(1_000, "    - {{when: profile.orders == {0}, do: [{{exit: x{0}}}]}}\n")),
    "1,000 arms of a split": lambda: one("- id: w\n  split: s\n  arms:\n" + times(1_000, "    - {{arm: a{0}, share: 0.1%}}\n")),
    "1,000 cases": lambda: one("- id: w\n  wait_for:\n" + times(1_000, "    - {{when: profile.orders > {0}}}\n")),
    "1,000 splits": lambda: one(
        times(1_000, "- {{id: w{0}, split: s{0}, arms: [{{arm: a, share: 90%}}, {{arm: holdout, share: 10%}}]}}\n")
    ),
    "1,000 ways in": lambda: (
        PROJECT,
        ["journey: one\nenter:\n" + times(1_000, "  - {{on: purchase where event.total > {0}}}\n") + "do: [exit]\n"],
    ),
    "1,000 goals and exits": lambda: (
        PROJECT,
        [
            "journey: one\nenter: {on: login}\ngoal:\n"
            + times(1_000, "  - {{when: profile.orders > {0}}}\n")
            + "exit:\n"
            + times(1_000, "  - {{when: profile.orders > {0}}}\n")
        ],
    ),
}  # fmt: skip
PHRASES: dict[str, Callable[[], Project]] = {
    "ten conditions at the limit": lambda: one(arm(WIDE) * 10),
    "a chain of or": lambda: one(arm(" or ".join(f"profile.orders == {n}" for n in range(190)))),
    "a chain of defaults": lambda: one(value(" ?? ".join(["profile.tier"] * 198))),
    "a chain of sums": lambda: one(value(" + ".join(["profile.orders"] * 198))),
    "truths of truths": lambda: one(arm("(" * 95 + "(profile.orders == 1)" + " == true)" * 95)),
    "not not not": lambda: one(arm("not " * 95 + "profile.orders == 1")),
    "has been, 1,000 times": lambda: one(
        "- branch:\n" + times(1_000, "    - {{when: profile.orders has been {0} for 7d, do: [exit]}}\n")
    ),
    "a list of 5,000": lambda: one(arm(f"profile.tier in [{times(4_000, chr(39) + 'a{0}' + chr(39) + ', ')}'b']")),
    "a list of 5,000 of two types": lambda: one(value(f"[{times(4_000, chr(39) + 'a{0}' + chr(39) + ', ')}3]")),
}
PROJECTS: dict[str, Callable[[], Project]] = {
    "2,000 attributes": lambda: (
        profile(chain(150, "  a{0}: profile.a{1} + 1\n", "  a{0}: profile.orders\n") + times(1_850, "  b{0}: profile.orders\n")),
        [EXIT],
    ),
    "2,000 attributes in a row": lambda: (
        profile(chain(2_000, "  a{0}: profile.a{1} + 1\n", "  a{0}: profile.orders\n")), [EXIT]
    ),
    "2,000 attributes in a circle": lambda: (profile(chain(2_000, "  a{0}: profile.a{1} + 1\n", "  a{0}: profile.a0\n")), [EXIT]),
    "attributes that read the next twice": lambda: (
        profile(chain(300, "  a{0}: profile.a{1} + profile.a{1}\n", "  a{0}: profile.orders\n")), [EXIT],
    ),
    "1,000 audiences in a row": lambda: (
        PROJECT + "audiences:\n" + chain(1_000, "  a{0}: audience.a{1} and profile.orders > 1\n", "  a{0}: profile.orders > 3\n"),
        [EXIT],
    ),
    "1,000 audiences in a circle": lambda: (
        PROJECT + "audiences:\n" + chain(1_000, "  a{0}: audience.a{1}\n", "  a{0}: audience.a0\n"), [EXIT]
    ),
    "has been of has been": lambda: (
        PROJECT + "audiences:\n" + chain(1_000, "  a{0}: audience.a{1} has been true for 1h\n", "  a{0}: profile.orders > 3\n"),
        [EXIT],
    ),
    "60 journeys that start each other": lambda: (PROJECT, journeys(60, "{{by: start, again: always}}", lambda _: ALL_60)),
    "500 journeys in a circle": lambda: (
        PROJECT, journeys(500, "{{by: start}}", lambda n: f"{{id: w, wait: 1h}}, {{start: j{(n + 1) % 500}}}")
    ),
    "500 journeys that emit": lambda: (
        events(times(500, "  e{0}: {{}}\n")), journeys(500, "{{on: e{0}}}", lambda n: f"{{emit: e{(n + 1) % 500}}}")
    ),
    "400 journeys under one cap": lambda: (CAPPED, journeys(400, "{{on: login}}", lambda n: f"{{send: m{n}, by: email}}")),
    "1,000 caps": lambda: (CAPPED + times(1_000, "  k{0}: {{at_most: 2, per: {0}h}}\n"), [do("- {send: a, by: email}\n")]),
    "an event of 5,000 fields": lambda: (events(f"  big: {{{times(5_000, 'f{0}: string, ')}}}\n"), [EXIT]),
    "a rule that compares all with all": lambda: (
        PROJECT
        + "rules:\n  own:\n    each: send\n    message: no\n"
        + "    require: any(any(a == b for a in journey.ids) for b in journey.ids)\n",
        [do(times(3_000, "- {{send: m{0}, by: email}}\n"))],
    ),
    "a rule that makes long texts": lambda: (
        PROJECT
        + "rules:\n  own:\n    each: send\n    message: no\n    when: >-\n      length("
        + "replace(" * 4 + "send.message" + f", 'a', '{'a' * 1_000}')" * 4 + ") > 3\n",
        [do(times(100, "- {{send: a{0}, by: email}}\n"))],
    ),
    "patterns of stars": lambda: (f"{PROJECT}lint:\n  paths:\n    '{'**/*a' * 300}': {{ignore: [W2]}}\n", [EXIT]),
}  # fmt: skip
