"""Random projects in which everything is switched on at once, and streams for them: from a seed, so that a case comes back.

A `Whole` holds the files as an author writes them, what the laws (`tests/run/laws.py`) must know of them, and the lines of each
source in the order of arrival. Instants are apart unless `crowded`, so that the trace tells which event did what.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtj.compile import compile_project
from rtj.ir.program import Program

START = 1_774_432_800_000  # 2026-03-25T10:00Z: four days before the clocks of Europe change, eleven before Australia's
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kathmandu", "Mars/Base", None)
MAILS = ("Ada@Example.org ", "böb@example.org", "例え@example.jp", "eve+x@example.org", "dan@example.org", "  ", None)
ITEMS = ("lamp", "茶", "🪑", "stuhl", "É")
SALT = "all-2026"
Record = dict[str, Any]


@dataclass
class Whole:
    """`texts` by file name; `config` is what the project says, as data; `streams` are the lines of each source."""

    seed: int
    config: dict[str, Any]
    texts: dict[str, str] = field(default_factory=dict)
    streams: dict[str, list[str]] = field(default_factory=dict)

    def compiled(self, folder: Path) -> Program:
        """The program; the files are written to the folder."""
        for name, text in self.texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        done = compile_project((), folder / "rtj.yaml")
        assert done.program is not None, done.diagnostics
        return done.program

    def written(self, folder: Path, streams: dict[str, list[str]] | None = None) -> tuple[str, ...]:
        """The streams as files."""
        for name, lines in (streams or self.streams).items():
            (folder / f"{name}.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return tuple(str(folder / f"{name}.jsonl") for name in (streams or self.streams))


def make(seed: int, size: int = 160) -> Whole:
    rnd = random.Random(seed)
    config = make_config(rnd)
    whole = Whole(seed, config)
    whole.texts["rtj.yaml"] = json.dumps(config, ensure_ascii=False, indent=1)
    whole.texts["prices.csv"] = "item,price,since\n" + "".join(
        f"{item},{rnd.choice((3, 7.5, 20))},{day}\n" for item in ITEMS[:4] for day in ("", "2026-03-29", "2026-04-02")
    )
    whole.texts["blocked.csv"] = "channel,address\nemail,dan@example.org\n" + rnd.choice(("", ",böb@example.org\n"))
    whole.texts["founders.csv"] = "user\nuser-1\nuser-4\n"
    for text in journeys(rnd):
        whole.texts[f"{text['journey']}.journey.yaml"] = json.dumps(text, ensure_ascii=False)
    whole.streams = Streams(rnd, size).made()
    return whole


def make_config(rnd: random.Random) -> dict[str, Any]:
    """The project file."""
    zone = rnd.choice(("Europe/Berlin", "UTC", "Australia/Sydney"))
    quiet = {
        "from": rnd.choice(("22:00", "20:30", "00:00", "01:30")),
        "to": rnd.choice(("08:00", "06:00", "02:30", "12:00")),
        "then": rnd.choice(("hold", "hold", "hold", "drop")),
    }
    if rnd.random() < 0.4:
        quiet["zone"] = rnd.choice(("Europe/Berlin", "America/New_York"))
    if rnd.random() < 0.3:
        quiet["days"] = rnd.sample(["monday", "wednesday", "friday", "saturday", "sunday"], 3)
    if rnd.random() < 0.3:
        quiet["channels"] = ["email", "sms"]
    caps = {
        "rolling": {"at_most": rnd.choice((1, 2)), "per": rnd.choice(("24h", "36h", "2 days"))},
        "weekly": {"at_most": rnd.choice((1, 3)), "per": "week", "zone": rnd.choice(("Europe/Berlin", "Asia/Tokyo"))},
        "news": {"at_most": 1, "per": rnd.choice(("day", "12h")), "categories": "news"},
        "few": {"at_most": 2, "per": "24h", "channels": ["email"], "journeys": ["cart", "views"]},
        "doors": {"at_most": 2, "per": rnd.choice(("day", "24h")), "of": "entries", "journeys": ["cart", "back"]},
    }
    return {
        "project": "everything",
        "timezone": zone,
        "secret": "a long text",
        "dedupe": rnd.choice(("24h", "6h")),
        "identity": {
            "user": {"kind": "person", "priority": 1, "unique": True},
            "email": {"kind": "person", "priority": 2, "unique": rnd.random() < 0.5, "normalize": ["trim", "lower"]},
            "phone": {"kind": "person", "priority": 3, "normalize": "e164", "region": "DE"},
            "device": {"kind": "device", "priority": 4},
            "cookie": {"kind": "cookie", "priority": 5},
        },
        "replaces": {"email_changed": "email"},
        "events": {
            "say": {
                "mail": "string?", "zone": "string?", "any": "bool?", "ok": "bool?", "sms": "bool?", "news": "bool?",
                "sure": "bool?", "tier": "string?", "birthday": "date?",
            },
            "product_view": {"item": "string?", "dwell": "number?"},
            "add_to_cart": {"item": "string", "value": "number"},
            "purchase": {"item": "string?", "total": "number"},
            "email_changed": {},
            "promoted": {"tier": "string"},
        },
        "business_events": {"restocked": {"item": "string", "units": "number"}},
        "tables": {
            "prices": {"key": "item", "file": "prices.csv", "fields": {"price": "number"}, "valid_from": "since"},
            "stock": {"key": "item", "from": "restocked", "fields": {"units": "number"}},
        },
        "profile": {
            "timezone": {"from": "say.zone"},
            "mail": {"from": "say.mail"},
            "any": {"from": "say.any"}, "ok": {"from": "say.ok"}, "sms": {"from": "say.sms"}, "news": {"from": "say.news"},
            "sure": {"from": "say.sure"},
            "birthday": {"from": "say.birthday"},
            "tier": {"from": "say.tier", "one_of": ["gold", "silver"], "default": "silver", "codes": {"1": "gold"}},
            "points": {"type": "number?"},
            "items": "distinct(product_view.item) over 3d",
            "wanted": "last(add_to_cart.item)",
            "spent": "sum(purchase.total) over 36h",
            "orders": "count(purchase)",
            "worth": "sum(prices[purchase.item].price) over 5d",
            "seen": "last(any.ts)",
        },
        "audiences": {
            "readers": "profile.news or profile.ok",
            "rich": f"profile.spent > {rnd.choice((15, 30))}",
            "busy": "audience.rich and profile.orders > 1 or profile.tier has been 'gold' for 2d",
            "asleep": "profile.seen < now() - 1d",
            "in_stock": "stock[profile.wanted].units > 0",
            "dear": "prices[profile.wanted].price > 5",
            "founders": {"list": "founders.csv"},
            "night": "hour(now()) < 7",
        },
        "channels": {
            "email": {
                "address": "profile.mail", "purpose": "marketing", "consent": "profile.ok", "confirmed": "profile.sure",
                "default": rnd.choice(("granted", "denied")),
            },
            "push": {"purpose": "marketing", "default": "granted"},
            "sms": {
                "address": "profile.phone", "purpose": "marketing", "consent": "profile.sms",
                "default": rnd.choice(("granted", "denied")),
            },
            "letter": {"purpose": "transactional"},
        },
        "webhooks": {"book": {"post": "https://crm.example/book", "returns": {"slot": "instant?"}}},
        "consents": {"any": "profile.any", "subscriptions": {"newsletter": "profile.news"}},
        "messages": {
            "shipped": {"purpose": "transactional", "category": "service"},
            "weekly": {"category": "news", "subscription": "newsletter"},
            "tip": {"category": "news"},
        },
        "suppressions": "blocked.csv",
        "caps": {name: caps[name] for name in rnd.sample(sorted(caps), rnd.randrange(2, 6))},
        "quiet_hours": quiet,
        "holdout": {"share": "20%", "salt": SALT},
        "retention": {"product_view": "90d", "*": "2 years"},
        "sources": {name: {"lateness": rnd.choice(("0s", "30m", "2h"))} for name in ("app", "crm", "shop")},
    }  # fmt: skip


def journeys(rnd: random.Random) -> list[dict[str, Any]]:
    """Journeys with every way in, every node, every rule of coming again."""
    again = lambda: rnd.choice(("never", "always", "after 6h", "after exit", "after 1 day"))  # noqa: E731
    by = lambda: rnd.choice(("email", "push", "push else email", "email else sms else push", "sms else letter"))  # noqa: E731
    clock = rnd.choice(("02:30", "09:00", "23:30"))
    return [
        {
            "journey": "cart", "priority": rnd.choice((0, 60)),
            "enter": {
                "on": "add_to_cart", "as": "cart", "when": "cart.value >= 10", "key": "cart.item", "again": again(),
                "while_inside": rnd.choice(("ignore", "restart")),
            },
            "goal": [
                {"on": "purchase within 2d", "when": "event.item == cart.item"}, {"when": "profile.orders > 3", "stay": True}
            ],
            "exit": {"on": "complained"},
            "do": [
                {"id": "rest", "wait": rnd.choice(("30m", "7h", "until 08:00", "1 day"))},
                {"id": "nudge", "send": "reminder", "by": by(), "with": "item = cart.item, worth = prices[cart.item].price ?? 0"},
                {"id": "answer", "wait_for": [
                    {"on": "nudge.clicked", "do": [{"exit": "came back"}]},
                    {"on": "product_view since entry", "when": "event.item == cart.item"},
                    {"when": "audience.in_stock", "do": [{"send": "in_stock", "by": by()}]},
                    {"after": rnd.choice(("9h", "1 day")), "do": [
                        {"id": "arms", "split": "incentive", "arms": [
                            {"arm": "a", "share": "50%", "do": [{"send": "voucher", "by": by()}]},
                            {"arm": "b", "share": "40%", "do": [{"send": "tip", "by": by()}]},
                            {"arm": "holdout", "share": "10%"},
                        ]},
                    ]},
                ]},
            ],
        },
        {
            "journey": "views", "enter": {"on": "2 product_view within 10h same event.item", "as": "views", "again": again()},
            "do": [{"send": "looking", "by": by(), "else": [{"send": "shipped", "by": "letter"}]}, {"id": "pause", "wait": "2h"}],
        },
        {
            "journey": "back", "priority": 5, "max_duration": "5d",
            "enter": {"on": "restocked where event.item in profile.items", "as": "news", "again": again()},
            "exit": {"when": "audience.rich"},
            "do": [
                {"id": "fit", "wait": "until weekday at 10:00"},
                {"send": "back", "by": by(), "with": "item = news.item"},
                {"id": "things", "collect": "product_view", "for": "1 day", "max": 3, "as": "things"},
                {"id": "told", "send": "things", "by": by(), "with": "n = count(t for t in things)"},
            ],
        },
        {
            "journey": "daily",
            "enter": {"every": f"day at {clock} zone 'Europe/Berlin'", "for": rnd.choice(("readers", "founders", "asleep"))},
            "do": [{"send": "weekly", "by": "email else push"}],
        },
        {
            "journey": "own_clock", "enter": {"every": f"day at {clock}", "for": "busy", "again": "always"},
            "do": [{"send": "tip", "by": by()}, {"set": "profile.points = (profile.points ?? 0) + 1"}],
        },
        {
            "journey": "joined", "priority": 10,
            "enter": {"on": rnd.choice(("joining rich", "leaving rich", "joining night", "joining in_stock")), "again": again()},
            "do": [
                {"id": "often", "repeat": "3 times", "until": "profile.tier == 'gold'", "do": [
                    {"send": "round", "by": by(), "as": "mail"},
                    {"id": "night", "wait": "until 07:00"},
                ]},
                {"emit": "promoted", "with": "tier = 'gold'"},
                {"set": "profile.tier = 'gold'"},
                {"start": "linked", "with": "spend = profile.spent"},
            ],
        },
        {
            "journey": "linked", "enter": {"by": "start", "as": "link", "again": "always"},
            "do": [
                {"call": "book", "with": "spend = link.spend", "as": "booking", "else": [{"exit": "no slot"}]},
                {"branch": [
                    {"when": "link.spend > 20", "do": [{"send": "rich", "by": by()}]},
                    {"else": [{"send": "others", "by": by()}]},
                ]},
                {"id": "half", "split": "half", "per": "entry", "arms": [
                    {"arm": "x", "share": "50%"}, {"arm": "y", "share": "50%"},
                ]},
            ],
        },
        {
            "journey": "chain", "enter": {
                "on": "add_to_cart as started then not purchase within 5h", "again": again(), "when": "profile.orders < 9",
            },
            "do": [{"send": "hesitant", "by": by(), "with": "item = started.item"}],
        },
        {
            "journey": "service", "enter": {"on": "purchase or promoted", "again": "always"},
            "do": [
                {"send": "shipped", "by": "letter else email"},
                {"id": "eve", "wait": "until 10:00 on profile.birthday", "else": [{"exit": "no birthday"}],
                 "do": [{"send": "party", "by": by()}]},
            ],
        },
        {
            "journey": "holding", "enter": {"when": "profile.spent > 25", "again": again()},
            "do": [{"send": "weekly", "by": by()}, {"id": "rest", "wait": "1 day"}, {"send": "tip", "by": by()}],
        },
    ]  # fmt: skip


class Streams:
    """Three sources in the order of arrival."""

    def __init__(self, rnd: random.Random, size: int) -> None:
        self.rnd, self.size = rnd, size
        self.crowded = rnd.random() < 0.3

    def made(self) -> dict[str, list[str]]:
        rnd = self.rnd
        placed: list[tuple[str, int, Record]] = []
        at = START
        for number in range(self.size):
            at += rnd.choice((3 * MINUTE, 50 * MINUTE, 2 * HOUR, 4 * HOUR)) + (0 if self.crowded else number + 1)
            if self.crowded and rnd.random() < 0.7:
                at -= at % (30 * MINUTE)
            placed.append((rnd.choice(("app", "app", "crm", "shop")), at, self.record(number, at)))
        return {name: self.lines([(at, r) for source, at, r in placed if source == name]) for name in ("app", "crm", "shop")}

    def lines(self, events: list[tuple[int, Record]]) -> list[str]:
        """Some arrive late, some twice, some broken."""
        rnd = self.rnd
        arriving = [(at + (rnd.choice((HOUR, 5 * HOUR, 3 * DAY)) if rnd.random() < 0.08 else 0), r) for at, r in events]
        copies = [(at + rnd.choice((MINUTE, HOUR, 4 * DAY)), r) for at, r in events if rnd.random() < 0.06]
        lines = [json.dumps(r, ensure_ascii=rnd.random() < 0.5) for _, r in sorted(arriving + copies, key=lambda one: one[0])]
        for broken in rnd.sample(BROKEN, 3):
            lines.insert(rnd.randrange(len(lines) + 1), broken)
        return lines

    def identifiers(self) -> dict[str, Any]:
        """Of a household of six; now and then a device or cookie of somebody else, an address that another has, junk."""
        rnd = self.rnd
        who = rnd.randrange(6)
        other = who if rnd.random() < 0.85 else rnd.randrange(6)
        everything = {
            "user": f"user-{who}",
            "email": rnd.choice((f"p{other}@example.org", f" P{other}@Example.ORG ", f"später{who}@example.org")),
            "phone": rnd.choice((f"0170 555 00{who}", f"+49 170 55500{who}")),
            "device": rnd.choice((f"device-{other}", f"device-{who}-2")),
            "cookie": rnd.choice((f"c-{who}-{rnd.randrange(3)}", "null", "undefined", "c-shared")),
        }
        names = rnd.choice((
            ("user",), ("user", "email"), ("email", "cookie"), ("device",), ("user", "device"), ("cookie", "user"),
            ("phone", "email"), ("user", "phone"), tuple(everything),
        ))  # fmt: skip
        return {name: everything[name] for name in names}

    def record(self, number: int, at: int) -> Record:
        rnd = self.rnd
        kind = rnd.choice(KINDS)
        found: Record = {"id": f"e{number}", "type": kind, "ts": at, "properties": self.properties(kind)}
        if kind == "restocked":
            return found
        found |= self.identifiers()
        return found

    def properties(self, kind: str) -> Record:
        rnd = self.rnd
        item = rnd.choice(ITEMS)
        match kind:
            case "say":
                answers = {n: rnd.choice((True, True, True, False, None)) for n in ("any", "ok", "sms", "news", "sure")}
                told: Record = {n: v for n, v in answers.items() if rnd.random() < 0.6}
                if rnd.random() < 0.6:
                    told["mail"] = rnd.choice(MAILS)
                if rnd.random() < 0.5:
                    told["zone"] = rnd.choice(ZONES)
                if rnd.random() < 0.4:
                    told["tier"] = rnd.choice(("gold", "1", "wood", "silver", None))
                if rnd.random() < 0.3:
                    told["birthday"] = rnd.choice(("2026-03-29", "2026-04-05", "1992-02-29", None))
                return told
            case "product_view":
                return {"item": item} if rnd.random() < 0.9 else {"dwell": 3}
            case "add_to_cart":
                return {"item": item, "value": rnd.choice((5, 10, 40))}
            case "purchase":
                return {"item": item, "total": rnd.choice((0.1, 12, 30))}
            case "restocked":
                return {"item": item, "units": rnd.choice((0, 0, 5))}
            case "unsubscribed" | "complained":
                return {}
            case _:
                return {"extra": ["🎈", None]}


KINDS = (
    *("say",) * 10, *("product_view",) * 18, *("add_to_cart",) * 12, *("purchase",) * 9, *("restocked",) * 6,
    *("nobody_knows",) * 3, "email_changed", "email_changed", "unsubscribed", "complained", "erase", "erase",
)  # fmt: skip
BROKEN = (
    "", "{", "[1, 2", "\ufeff\u202e\u0000",
    '{"id": "b1", "type": "purchase", "ts": 1774440000000, "user": "user-1", "properties": {"total": "much"}}',
    '{"id": "b2", "type": "purchase", "ts": "yesterday", "user": "user-1"}',
    '{"id": "b3", "type": "say", "ts": 1774440000000}',
    '{"id": "b4", "type": "say", "ts": 9774440000000, "user": "user-1"}',
    '{"id": "b5", "type": "erase", "ts": 1}',
    '{"id": "b6", "type": "erase", "ts": 1774440000000, "user": "undefined"}',
)  # fmt: skip


def with_receipts(whole: Whole, sent: list[Record]) -> Whole:
    """The same, and a fourth source that answers what a run sent: clicked, failed, complained about, unsubscribed from."""
    rnd = random.Random(whole.seed + 1)
    answers: list[tuple[int, Record]] = []
    for number, message in enumerate(sent):
        space, _, value = message["profile"].partition(":")
        kind = rnd.choice(("clicked", "delivered", "failed", "failed", "complained", "unsubscribed", "", "", ""))
        if not kind or "#" in value:
            continue
        at = message["ms"] + rnd.choice((7, 40 * MINUTE, 5 * HOUR)) + number + 1
        told = {"message": message["key"]} | ({"hard": rnd.random() < 0.5} if kind == "failed" else {})
        answers.append((at, {"id": f"r{number}", "type": kind, "ts": at, space: value, "properties": told}))
    lines = [json.dumps(r) for _, r in sorted(answers, key=lambda one: one[0])]
    return Whole(whole.seed, whole.config, whole.texts, {**whole.streams, "receipts": lines})
