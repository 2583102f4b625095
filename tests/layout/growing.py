"""Journeys that chance wrote, in both spellings: every node and clause, deep blocks, comments wherever they may stand, blanks and
line ends as people who care for none would type them. They can be read; they make no sense."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

WORDS = ["a", "cart", "event_", "beta", "x1", "profile_", "when_", "stay_", "starts", "ids"]
TEXTS = [
    "plain", "it's", 'say "hi"', "both ' and \"", "back\\slash", "two\nlines", "tab\there", "桜と雪", "🎂🎉", "Ünïcödé",
    "a: b", "x # y", "- dash", "{curly}", "[list], with, commas", "yes", "null", "12", "2026-01-01", "*star", "&amp", "!bang",
    "%", "@at", " led and trailed ", "# hash", "next\x85line", "sep\u2028arated", "no\u00a0break", "zero\u200bwidth",
]  # fmt: skip
REMARKS = [
    "# why", "#tight", "# 桜 🎂 remark", "# a: b, {c} 'd' \"e\"", "#", "# - {send: switched_off}", "# send x by y }",
    "#1 of 2", "# with # another", "# rtj: ignore[W204] -- why", "# rtj: file-ignore[W602]",
]  # fmt: skip
SCHEDULES = [
    "monday at 09:00", "weekday at 10:00 zone 'Asia/Tokyo'", "2 weeks on thursday starting 2026-01-08", "month on 1, 15",
    "quarter on last day", "3 months on 1", "day", "6h", "90m starting 2026-02-01", "month on first monday at 08:00",
    "weekend", "year",
]  # fmt: skip
MOMENTS = [
    "09:00", "weekday at 10:00", "next saturday at 15:15", "friday at 08:00 to 10:00 zone z", "r.starts_at - 1 day",
    "10:00 on a.b - 1 day zone a.z", "saturday, sunday at 10:00",
]  # fmt: skip
LENGTHS = ["30m", "90s", "1h30m", "1 day", "2 weeks", "1 quarter", "12 months", "0s", "90m"]


@dataclass
class Grower:
    """Grows one journey as a tree of plain data: (word, clauses, parts)."""

    chance: random.Random
    used: int = 0

    def pick(self, items: Any) -> Any:
        return self.chance.choice(items)

    def maybe(self, share: float = 0.5) -> bool:
        return self.chance.random() < share

    def name(self) -> str:
        return str(self.pick(WORDS))

    def text(self, quote: str = "'") -> str:
        value = str(self.pick(TEXTS))
        return quote + value.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\n", "\\n").replace("\t", "\\t") + quote

    def expr(self, depth: int = 2) -> str:
        if depth == 0 or self.maybe(0.2):
            return str(
                self.pick(
                    [
                        self.name(),
                        f"{self.name()}.{self.name()}",
                        "1.50",
                        "7",
                        "null",
                        "true",
                        self.text(),
                        self.text('"'),
                        "30d",
                        "2026-03-01",
                    ]
                )
            )
        one, other = self.expr(depth - 1), self.expr(depth - 1)
        op = self.pick(["and", "or", "and", "or", "==", "<", "in", "not in", "+", "-", "*", "??"])
        return str(
            self.pick(
                [
                    f"({one}) {op} ({other})",
                    f"({one}) {op} ({other})",
                    f"not ({one})",
                    f"f({one}, {other})",
                    f"[{one}, {other}]",
                    f"count({self.name()} where {one}) over {self.pick(LENGTHS)}",
                    f"any({one} for i in {self.name()}.items)",
                    f"({one}) is not missing",
                    f"if {one} then {other} else {one}",
                    f"{self.name()}[{one}].x",
                    f"({one}) has been ({other}) for 7d",
                ]
            )
        )

    def step(self) -> str:
        events = " or ".join([self.name() for _ in range(self.pick([1, 1, 2]))])
        head = self.pick(
            [events, events, f"3 ({events})", f"2 consecutive {self.name()}", f"joining {self.name()}", "nudge.opened"]
        )
        said = [f"within {self.pick(LENGTHS)}", f"where {self.expr()}", f"same {self.expr(1)}", f"for {self.name()}"]
        self.chance.shuffle(said)
        return " ".join([head + (" since entry" if self.maybe(0.1) else ""), *said[: self.pick([0, 0, 1, 2, 4])]])

    def pattern(self) -> tuple[str, str]:
        """A pattern without its last name, and that name or nothing."""
        steps = [self.step() + (f" as {self.name()}" if self.maybe(0.3) else "") for _ in range(self.pick([0, 0, 0, 1, 2]))]
        if steps and self.maybe(0.3):
            return " then ".join([*steps, f"not {self.name()} within 1h"]), ""
        return " then ".join([*steps, self.step()]), self.name() if self.maybe() else ""

    # ---- what stands where: lists of (key, value), values are phrases or ("text", value)

    def on(self) -> list[tuple[str, Any]]:
        pattern, bind = self.pattern()
        return [("on", pattern), *([("as", bind)] if bind else []), *([("when", self.expr())] if self.maybe(0.4) else [])]

    def trigger(self, word: str) -> Any:
        kind = self.pick(["on", "on", "when", "every", "once", "by"]) if word == "enter" else self.pick(["on", "when"])
        said: list[tuple[str, Any]] = {
            "on": self.on,
            "when": lambda: [("when", self.expr())],
            "every": lambda: [("every", self.pick(SCHEDULES)), ("for", self.name())],
            "once": lambda: [("once", "2026-12-31 08:00"), ("for", self.name())],
            "by": lambda: [("by", "start"), *([("as", self.name())] if self.maybe() else [])],
        }[kind]()
        if word == "enter":
            more = [
                ("key", self.expr(1)),
                ("again", self.pick(["never", "always", "after 7d", "after exit"])),
                ("while_inside", "restart"),
                ("backfill", True),
            ]
            said += [one for one in more if self.maybe(0.3)]
        if word == "goal":
            said += [("within", "7d")] if kind == "when" and self.maybe() else []
            said += [("stay", True)] if self.maybe(0.3) else []
        return (word, said, [])

    def journey(self, size: int) -> Any:
        said: list[tuple[str, Any]] = [("journey", f"j{self.chance.randrange(1000)}")]
        said += [("title", ("text", self.pick(TEXTS)))] if self.maybe() else []
        headers = [
            ("priority", self.pick(["60", "-5", "0"])),
            ("runs", "from 2026-01-01 to 2026-12-31"),
            ("max_duration", "91d"),
            ("on_resume", "leave"),
            ("catch_up", "1h"),
            ("stability", self.pick(["draft", "stable"])),
            ("formerly", self.name()),
            ("on_deploy", self.pick(["migrate", "pin", "boundary"])),
            ("timers", self.pick(["keep", "rebase", "restart"])),
        ]
        top = [("", [one], []) for one in headers if self.maybe(0.3)]
        top += [("moved", [("from", self.name()), ("to", self.name())], []) for _ in range(self.pick([0, 0, 1, 2]))]
        top += [
            ("dropped", [("from", self.name()), ("to", self.pick(["exit", self.name()]))], [])
            for _ in range(self.pick([0, 0, 1, 2]))
        ]
        top += [self.trigger("enter") for _ in range(self.pick([1, 1, 2, 3]))]
        top += [self.trigger("goal") for _ in range(self.pick([0, 1, 2]))]
        top += [self.trigger("exit") for _ in range(self.pick([0, 1, 2]))]
        self.used = 0
        return (said, top, self.block(size, 0))

    def block(self, size: int, depth: int) -> list[Any]:
        return (
            [self.statement(size, depth) for _ in range(self.pick([0, 1, 1, 2, 3] if depth else [0, 2, 4]))]
            if self.used < size and depth < 6
            else []
        )

    def id(self) -> list[tuple[str, Any]]:
        return [("id", self.name())] if self.maybe(0.4) else []

    def pairs(self) -> list[tuple[str, Any]]:
        return (
            [("with", ", ".join([f"{self.name()} = {self.expr(1)}" for _ in range(self.pick([1, 2, 3]))]))]
            if self.maybe(0.4)
            else []
        )

    def bind(self) -> list[tuple[str, Any]]:
        return [("as", self.name())] if self.maybe(0.3) else []

    def otherwise(self, size: int, depth: int) -> list[Any]:
        return [("else", self.block(size, depth + 1))] if self.maybe(0.3) else []

    def statement(self, size: int, depth: int) -> Any:
        self.used += 1
        word = self.pick(
            [
                "wait",
                "until",
                "wait_for",
                "branch",
                "split",
                "repeat",
                "send",
                "decide",
                "score",
                "call",
                "collect",
                "set",
                "emit",
                "start",
                "exit",
            ]
        )
        match word:
            case "wait":
                return ("node", [("wait", self.pick([self.pick(LENGTHS), self.expr(1)])), *self.id()], [])
            case "until":
                parts = [("do", self.block(size, depth + 1))] if self.maybe(0.3) else []
                return ("node", [("wait", f"until {self.pick(MOMENTS)}"), *self.id()], [*parts, *self.otherwise(size, depth)])
            case "wait_for":
                cases = [self.case(size, depth) for _ in range(self.pick([1, 2, 3]))]
                return ("node", [("wait_for", None), *self.id()], [("wait_for", cases)])
            case "branch":
                arms: list[Any] = [
                    ("arm", [("when", self.expr())], [("do", self.block(size, depth + 1))]) for _ in range(self.pick([1, 2]))
                ]
                if self.maybe():
                    arms.append(("arm", [("else", None)], [("else", self.block(size, depth + 1))]))
                return ("node", [("branch", None), *self.id()], [("branch", arms)])
            case "split":
                shares = [
                    ("arm", [("share", s), ("arm", f"arm_{n}")], [("do", self.block(size, depth + 1))] if self.maybe(0.7) else [])
                    for n, s in enumerate(["45%", "33.5%", "21.5%"])
                ]
                said = [("split", ("text", self.pick(TEXTS))), *([("per", "entry")] if self.maybe(0.3) else []), *self.id()]
                return ("node", said, [("arms", shares)])
            case "repeat":
                said = [("repeat", "3 times"), *([("until", self.expr())] if self.maybe() else []), *self.id()]
                return ("node", said, [("do", self.block(size, depth + 1))])
            case "send":
                by = [("by", self.pick(["email", "push else email"]))] if self.maybe(0.8) else []
                return (
                    "node",
                    [("send", self.name()), *by, *self.pairs(), *self.bind(), *self.id()],
                    self.otherwise(size, depth),
                )
            case "decide":
                take = [("take", "2")] if self.maybe(0.3) else []
                return (
                    "node",
                    [("decide", self.name()), *take, *self.pairs(), *self.bind(), *self.id()],
                    self.otherwise(size, depth),
                )
            case "score":
                return ("node", [("score", self.name()), *self.bind(), *self.id()], self.otherwise(size, depth))
            case "call":
                return ("node", [("call", self.name()), *self.pairs(), *self.bind(), *self.id()], self.otherwise(size, depth))
            case "collect":
                end = self.pick([("for", "1d"), ("until", self.pick(MOMENTS))])
                most = [("max", "200")] if self.maybe() else []
                where = f"{self.name()} where {self.expr(1)}" if self.maybe() else self.name()
                return ("node", [("collect", where), end, *most, ("as", self.name()), *self.id()], [])
            case "set":
                return ("node", [("set", f"profile.{self.name()} = {self.expr(1)}, profile.b = 1"), *self.id()], [])
            case "exit":
                return ("node", [("exit", ("text", self.pick(TEXTS)) if self.maybe() else None), *self.id()], [])
            case _:
                return ("node", [(word, self.name()), *self.pairs(), *self.id()], [])

    def case(self, size: int, depth: int) -> Any:
        said: list[tuple[str, Any]] = self.pick(
            [self.on(), [("when", self.expr())], [("after", self.pick(LENGTHS))], [("until", self.pick(MOMENTS))]]
        )
        return ("arm", said, [("do", self.block(size, depth + 1))])


# ---- the journey language


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


class DslWriter:
    """Writes a journey word by word, with any blanks, line ends and comments between two."""

    def __init__(self, chance: random.Random, remarks: float) -> None:
        self.chance, self.remarks = chance, remarks

    def text(self, journeys: list[Any]) -> str:
        words: list[str] = []
        for said, top, block in journeys:
            words += ["journey", said[0][1], *[quoted(value[1]) for _, value in said[1:]], "{"]
            for word, clauses, _ in top:
                words += ([word] if word else []) + self.clauses(clauses)
            words += [*self.block(block), "}"]
        out = [self.between(first=True)]
        for word in words:
            out += [word, self.between()]
        return "".join(out)

    def clauses(self, clauses: list[tuple[str, Any]]) -> list[str]:
        words: list[str] = []
        for key, value in clauses:
            match key, value:
                case "id", name:
                    words.append(f"@{name}")
                case "share" | "arm" | "from", name:
                    words.append(name)
                case "per", _:
                    words.append("per entry")
                case "once", when:
                    words += ["once", "at", when]
                case _, True | None:
                    words.append(key)
                case _, ("text", told):
                    words += [key, quoted(told)]
                case _, phrase:
                    words += [
                        key,
                        *([phrase] if self.chance.random() < 0.8 or "'" in phrase or '"' in phrase else phrase.split(" ")),
                    ]
        return words

    def block(self, nodes: list[Any]) -> list[str]:
        words: list[str] = []
        for node in nodes:
            words += self.unit(node) + ([";"] if self.chance.random() < 0.2 else [])
        return words

    def unit(self, node: Any) -> list[str]:
        kind, said, parts = node
        if kind == "node":  # clauses of statements may stand in any order
            said = [said[0], *self.chance.sample(said[1:], len(said) - 1)]
        words = self.clauses(said)
        for key, inner in parts:
            opened = key == "else" and said[0][0] != "else"
            words += (["else"] if opened else []) + ["{"]
            words += self.block(inner) if key in ("do", "else") else [w for unit in inner for w in self.unit(unit)]
            words.append("}")
        return words

    def between(self, *, first: bool = False) -> str:
        if self.chance.random() < self.remarks:
            remark = self.chance.choice(REMARKS)
            before = self.chance.choice(["\n", "\n\n", " ", "\n\n\n   "]) if not first else ""
            return f"{before}{remark}\n{self.chance.choice(['', '  ', chr(10), chr(9)])}"
        return str(self.chance.choice([" ", " ", "\n", "  ", "\n\n", "\t", "\r\n"]))


# ---- YAML


FOLDED = ("on", "when", "key", "every", "once", "wait", "with", "set", "collect", "until", "after")


class YamlWriter:
    """Writes the same journeys as YAML, in any style, keys in any order, with comments between lines and behind them."""

    def __init__(self, chance: random.Random, remarks: float) -> None:
        self.chance, self.remarks = chance, remarks

    def text(self, journeys: list[Any]) -> str:
        return "---\n".join([self.remark("") + self.journey(one) for one in journeys])

    def remark(self, margin: str) -> str:
        """Lines between two: comments at this margin or any other, empty lines."""
        out = ""
        while self.chance.random() < self.remarks:
            blanks = self.chance.choice([margin, margin, "", margin + "  ", margin[2:]])
            out += self.chance.choice(["", "\n"]) + f"{blanks}{self.chance.choice(REMARKS)}\n"
        return out + self.chance.choice(["", "", "", "\n", "  \n\n"])

    def behind(self) -> str:
        return f" {self.chance.choice(REMARKS).replace('#1', '# 1')}" if self.chance.random() < self.remarks else ""

    def journey(self, journey: Any) -> str:
        said, top, block = journey
        out = "".join([f"{key}: {self.scalar(value, 2, flow=False)}{self.behind()}\n{self.remark('')}" for key, value in said])
        words: dict[str, list[Any]] = {}
        for word, clauses, _ in top:
            words.setdefault(word or clauses[0][0], []).append(clauses)
        for word, many in words.items():
            if word in ("moved", "dropped") and self.chance.random() < 0.5 and len({old for (_, old), _ in many}) == len(many):
                out += self.changes(word, {old: new for (_, old), (_, new) in many})
            elif word not in ("enter", "goal", "exit", "moved", "dropped"):
                out += f"{word}: {self.scalar(many[0][0][1], 2, flow=False)}{self.behind()}\n"
            elif len(many) == 1 and self.chance.random() < 0.7:
                out += self.keyed(word, many[0], "")
            else:
                out += f"{word}:{self.behind()}\n{self.remark('  ')}" + "".join([self.item(("", one, []), "  ") for one in many])
            out += self.remark("")
        if block or self.chance.random() < 0.3:
            out += self.nodes("do", block, "")
        return out + self.remark("")

    def changes(self, word: str, pairs: dict[str, str]) -> str:
        """Ids of nodes as a mapping."""
        if self.chance.random() < 0.5:
            told = ", ".join([f"{old}: {new}" for old, new in pairs.items()])
            return f"{word}: {{{told}}}{self.behind()}\n"
        lines = [f"{self.remark('  ')}  {old}: {new}{self.behind()}\n" for old, new in pairs.items()]
        return f"{word}:{self.behind()}\n" + "".join(lines)

    def keyed(self, word: str, clauses: list[tuple[str, Any]], margin: str) -> str:
        if self.chance.random() < 0.5:
            return f"{margin}{word}: {self.flow(('', clauses, []))}{self.behind()}\n"
        return f"{margin}{word}:{self.behind()}\n" + self.lines(clauses, margin + "  ")

    def lines(self, clauses: list[tuple[str, Any]], margin: str) -> str:
        clauses = list(clauses)
        self.chance.shuffle(clauses)
        out = ""
        for key, value in clauses:
            if value is not None or key == "exit":
                told = self.scalar(value, len(margin) + 2, flow=False, folds=key in FOLDED)
                out += f"{margin}{key}: {told}{self.behind()}\n{self.remark(margin)}"
        return out

    def nodes(self, key: str, nodes: list[Any], margin: str) -> str:
        if not nodes or (self.chance.random() < 0.4 and len(nodes) < 3):
            return f"{margin}{key}: [{', '.join([self.flow(node) for node in nodes])}]{self.behind()}\n"
        inner = margin + self.chance.choice(["", "  ", "    "])
        return f"{margin}{key}:{self.behind()}\n" + "".join([self.remark(inner) + self.item(node, inner) for node in nodes])

    def item(self, node: Any, margin: str) -> str:
        _, said, parts = node
        if self.chance.random() < 0.4:
            return f"{margin}- {self.flow(node)}{self.behind()}\n"
        inner = margin + "  "
        out = self.lines(said, inner)
        for key, units in parts:
            out += self.nodes(key, units, inner) + self.remark(inner)
        rest = out.lstrip(" \n")
        return f"{margin}- {rest}" if rest[0] != "#" and out.startswith(inner) else f"{margin}-\n{out}"

    def flow(self, node: Any) -> str:
        _, said, parts = node
        told = [f"{key}: {self.scalar(value, 0, flow=True)}" for key, value in said if value is not None or key == "exit"]
        told += [f"{key}: [{', '.join([self.flow(one) for one in units])}]" for key, units in parts]
        return "{" + ", ".join(told) + "}"

    def scalar(self, value: Any, indent: int, *, flow: bool, folds: bool = False) -> str:
        if value is None:
            return self.chance.choice(["", "null", "~"]) if not flow else "null"
        if value is True:
            return "true"
        told = value[1] if isinstance(value, tuple) else str(value)
        plain = not isinstance(value, tuple) and not set(told) & set(",[]{}#\"'\\") and ": " not in told and told != "null"
        if plain and self.chance.random() < 0.7:
            return told
        double = '"' + told.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
        double = double.replace("\x85", "\\N").replace("\u2028", "\\L")
        if folds and "\x85" not in told and "\u2028" not in told and self.chance.random() < 0.5:
            words = told.split(" ") if "'" not in told and '"' not in told else [told]
            margin = " " * indent
            remark = f"  {self.chance.choice(REMARKS)}" if self.chance.random() < self.remarks else ""
            return "|\n" + "".join([f"{margin}{word}{remark}\n" for word in words]).rstrip("\n")
        return double


def journeys(seed: int, size: int = 12) -> tuple[random.Random, list[Any]]:
    chance = random.Random(seed)
    return chance, [Grower(chance).journey(size) for _ in range(chance.choice([1, 1, 2]))]


def dsl(seed: int, remarks: float = 0.05, size: int = 12) -> str:
    chance, grown = journeys(seed, size)
    return DslWriter(chance, remarks).text(grown)


def yaml(seed: int, remarks: float = 0.1, size: int = 12) -> str:
    chance, grown = journeys(seed, size)
    return YamlWriter(chance, remarks).text(grown)
