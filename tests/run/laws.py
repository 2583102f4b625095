"""What must hold of every run of `tests/run/everything.py`, counted by brute force from the trace and the events, with no line
of the engine: no cap exceeded, no marketing at night, nothing to who said no, no key twice, every hold ends, nobody enters too
often.

A person is followed through the trace: born, merged, erased. Laws that ask what a person had said need to know whose each event
was; they are asked where no two events share an instant (`apart`).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.run.everything import DAY, HOUR, MINUTE, SALT, Record, Whole

JUNK = ("", "null", "undefined")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LENGTHS = {"12h": 12 * HOUR, "24h": DAY, "36h": 36 * HOUR, "2 days": 2 * DAY - HOUR}  # a calendar length is at least that long
GAPS = {"after 6h": 6 * HOUR, "after 5m": 5 * MINUTE, "after 1 day": DAY - HOUR, "always": 0, "after exit": 0}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Identifier = tuple[str, str]
Stamp = tuple[int, str, int]
NEVER: Stamp = (-1, "", 0)


class BrokenLawError(AssertionError):
    """What was broken, by whom, and when."""


def require(law: str, record: Record, *, holds: bool, **more: Any) -> None:
    if not holds:
        raise BrokenLawError(f"{law}: {json.dumps(record, ensure_ascii=False)} {more}")


def ms(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def local(at: int, zone: str) -> datetime:
    return (EPOCH + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def identifiers(config: Record, record: Record) -> list[Identifier]:
    """Best first, normalised, without junk."""
    found = []
    for space, spec in sorted(config["identity"].items(), key=lambda one: one[1]["priority"]):
        value = record.get(space)
        if value is None or value in JUNK:
            continue
        if space == "email":
            value = value.strip().lower()
        elif space == "phone":
            digits = "".join(c for c in value if c in "+0123456789")
            value = digits if digits.startswith("+") else "+49" + digits[1:]
        assert spec is not None
        found.append((space, value))
    return found


def worked(whole: Whole) -> list[tuple[Stamp, Record]]:
    """The events of files in the order of time: without what is broken, and without copies (S1.2, S1.8, S1.9)."""
    horizon = int(whole.config["dedupe"][:-1]) * HOUR
    placed = []
    for source, lines in sorted(whole.streams.items()):
        for place, line in enumerate(lines):
            try:
                record = json.loads(line.lstrip("\ufeff"))
            except ValueError:
                continue
            if isinstance(record, dict) and not record["id"].startswith("b"):
                placed.append(((record["ts"], source, place), record))
    uses: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    found = []
    for stamp, record in sorted(placed, key=lambda one: one[0]):
        best = identifiers(whole.config, record)[:1]
        if not best and record["type"] != "restocked":
            continue
        if not any(who == best and abs(ts - stamp[0]) <= horizon for ts, who in uses[record["id"]]):
            found.append((stamp, record))
        uses[record["id"]].append((stamp[0], best))
    return found


@dataclass
class Person:
    """All that is told of somebody, with those who merged into them. `facts`: attribute -> (stamp, value) told; `noes`: source of
    consent -> stamps of withdrawals that no attribute tells of."""

    origin: str
    born: int
    ids: set[Identifier] = field(default_factory=set)
    gone: int | None = None
    sends: list[tuple[int, Record]] = field(default_factory=list)
    entries: list[tuple[int, Record]] = field(default_factory=list)
    inside: dict[tuple[str, str | None], set[str]] = field(default_factory=lambda: defaultdict(set))
    members: set[str] = field(default_factory=set)
    facts: dict[str, list[tuple[Stamp, Any]]] = field(default_factory=lambda: defaultdict(list))
    noes: dict[str, list[Stamp]] = field(default_factory=lambda: defaultdict(list))
    suppressed: set[tuple[str, str]] = field(default_factory=set)

    def take(self, other: Person) -> None:
        self.ids |= other.ids
        self.sends += other.sends
        self.entries += other.entries
        self.members |= other.members
        self.suppressed |= other.suppressed
        for slot, instances in other.inside.items():
            self.inside[slot] |= instances
        for name, told in other.facts.items():
            self.facts[name] += told
        for source, stamps in other.noes.items():
            self.noes[source] += stamps

    def latest(self, name: str) -> Any:
        """The value told last, by the events' own time."""
        told = [one for one in self.facts[name] if one[1] is not ...]
        return max(told, key=lambda one: one[0])[1] if told else None


class Laws:
    """Goes through a trace once. `until` is the last instant that was worked; `in_time`: was every event worked at its own?"""

    def __init__(self, whole: Whole, trace: list[Record], until: int, *, in_time: bool) -> None:
        self.whole, self.config, self.until = whole, whole.config, until
        self.people: dict[str, Person] = {}
        self.into: dict[str, str] = {}
        self.trace = trace
        self.entered: dict[str, Record] = {}
        self.left: dict[str, Record] = {}
        self.holds: dict[tuple[str, str], Record] = {}
        self.keys: dict[str, tuple[Person, Record, str]] = {}
        self.kept: dict[Identifier, tuple[dict[str, Stamp], set[tuple[str, str]]]] = {}
        self.journeys = {j["journey"]: j for n, t in whole.texts.items() if n.endswith(".journey.yaml") for j in [json.loads(t)]}
        self.events: dict[int, tuple[Stamp, Record]] = {}
        self.failed: dict[str, int] = {}
        accepted = worked(whole)
        for stamp, record in accepted:
            self.events[stamp[0]] = (stamp, record)
            if record["type"] == "failed":
                key = record["properties"]["message"]
                self.failed[key] = min(stamp[0], self.failed.get(key, stamp[0]))
        self.apart = in_time and len(self.events) == len(accepted)
        listed = whole.texts["blocked.csv"].splitlines()[1:]
        self.listed = {(channel, address) for channel, address in (line.split(",") for line in listed)}

    def check(self) -> None:
        for at, records in self._instants():
            self._identity(at, records)
            self.entered |= {r["instance"]: r for r in records if r["what"] == "entered"}
            for record in records:
                if not record["profile"].startswith("~"):
                    self._record(at, record)
        for (instance, _), record in self.holds.items():
            require("a hold that was due was decided", record, holds=ms(record["until"]) > self.until or instance in self.left)

    def _instants(self) -> Iterator[tuple[int, list[Record]]]:
        by: dict[int, list[Record]] = defaultdict(list)
        for record in self.trace:
            by[ms(record["at"])].append(record)
        for at in sorted({*by, *self.events}):
            if at <= self.until or by[at]:
                yield at, by[at]

    def find(self, origin: str) -> Person:
        while origin in self.into:
            origin = self.into[origin]
        return self.people[origin]

    # ---- who is who

    def _identity(self, at: int, records: list[Record]) -> None:
        for record in records:
            if record["what"] == "born":
                origin = record["profile"]
                require("nobody is born twice", record, holds=origin not in self.people)
                self.people[origin] = Person(origin, at)
                self._own(self.people[origin], origin.split("#")[0])
        for record in records:
            if record["profile"].startswith("~"):
                continue
            require("everybody in the trace was born", record, holds=record["profile"] in self.people)
            p = self.find(record["profile"])
            match record["what"]:
                case "linked":
                    self._own(p, record["identifier"])
                case "moved":
                    self._drop(record["identifier"])
                    p.ids.add(spelled(record["identifier"]))
                case "let_go" | "junk":
                    self._drop(record["identifier"])
                case "merged":
                    other = self.find(record["other"])
                    require("nobody merges with themselves", record, holds=other is not p)
                    p.take(other)
                    self.into[other.origin] = p.origin
                    self.people[other.origin].gone = at
        if self.apart and at in self.events and at <= self.until:
            self._learn(*self.events[at], [r for r in records if r["what"] == "erased"])

    def _own(self, p: Person, text: str) -> None:
        identifier = spelled(text)
        p.ids.add(identifier)
        noes, suppressed = self.kept.get(identifier, ({}, set()))
        p.suppressed |= suppressed
        for source, stamp in noes.items():
            p.noes[source].append(stamp)

    def _drop(self, text: str) -> None:
        for p in self.people.values():
            if p.gone is None:
                p.ids.discard(spelled(text))

    def _owner(self, record: Record) -> Person | None:
        ids = identifiers(self.config, record)
        living = [p for p in self.people.values() if p.gone is None]
        return next((p for i in ids for p in living if i in p.ids), None)

    def _learn(self, stamp: Stamp, record: Record, erased: list[Record]) -> None:
        """What an event says about its person."""
        p = self._owner(record)
        if record["type"] == "restocked" or p is None:
            return
        told = record["properties"]
        if record["type"] == "erase":
            hidden = hashlib.blake2b(p.origin.encode(), digest_size=8, key=self.config["secret"].encode()).hexdigest()
            require("the right one is erased", record, holds=[r["profile"] for r in erased] == ["~" + hidden], who=p.origin)
            self._forget(p, stamp)
        elif record["type"] == "say":
            for name, value in told.items():
                p.facts[name].append((stamp, value))
        elif record["type"] in ("unsubscribed", "complained", "failed"):
            self._receipt(p, stamp, record["type"], told)

    def _receipt(self, p: Person, stamp: Stamp, kind: str, told: Record) -> None:
        key = told.get("message")
        if key is not None:
            known = self.keys.get(key)
            if known is None or self.find(known[0].origin) is not p:
                return
            _, sent, address = known
            if kind == "unsubscribed":
                subscription = self.config["messages"].get(sent["template"], {}).get("subscription")
                p.noes[f"subscription:{subscription}" if subscription else f"channel:{sent['channel']}"].append(stamp)
            elif sent["channel"] != "sms" and (kind == "complained" or told.get("hard")):
                p.suppressed.add((sent["channel"], address))
        elif kind == "unsubscribed":
            p.noes["any"].append(stamp)
        elif kind == "complained":
            p.suppressed |= {(channel, "") for channel in ("push", "letter")}
            if (address := self.address(p, "email")) is not None:
                p.suppressed.add(("email", address))

    def _forget(self, p: Person, stamp: Stamp) -> None:
        noes = {source: stamp for source in ("any", "channel:email", "channel:sms", "channel:push", "subscription:newsletter")
                if self.refuses(p, source)}  # fmt: skip
        for identifier in p.ids:
            if noes or p.suppressed:
                self.kept[identifier] = (noes, set(p.suppressed))
            else:
                self.kept.pop(identifier, None)
        p.gone, p.ids = stamp[0], set()

    # ---- what is known

    def zone(self, p: Person) -> str:
        name = p.latest("zone")
        return name if name not in (None, "Mars/Base") else str(self.config["timezone"])

    def address(self, p: Person, channel: str) -> str | None:
        """Trimmed and lower; "" for a channel that has none; which of their phones somebody has best is not known here."""
        if channel != "email":
            return "?" if channel == "sms" else ""
        mail = p.latest("mail")
        return mail.strip().lower() or None if mail is not None else None

    def refuses(self, p: Person, source: str) -> bool:
        """Is the last that was said about it a no, for certain?"""
        name = {"any": "any", "channel:email": "ok", "channel:sms": "sms", "subscription:newsletter": "news"}.get(source)
        told = p.facts[name] if name is not None else []
        no = max([*p.noes[source], *(stamp for stamp, value in told if value is False)], default=NEVER)
        return no > max((stamp for stamp, value in told if value is not False), default=NEVER)

    # ---- what happens

    def _record(self, at: int, record: Record) -> None:
        p = self.find(record["profile"])
        origin = self.people[record["profile"]]
        require("nothing happens to who is gone", record, holds=origin.gone is None or origin.gone >= at)
        instance = record.get("instance")
        if instance is not None and record["what"] != "entered":
            require("only who is inside is told of", record, holds=instance in self.entered and instance not in self.left)
        place = (instance or "", str(record.get("node")))
        match record["what"]:
            case "entered":
                self._entered(p, at, record)
            case "left":
                self.left[record["instance"]] = record
                require("a hold is withdrawn first", record, holds=place not in self.holds)
                p.inside[record["journey"], record.get("key")].discard(record["instance"])
                spent = at - ms(self.entered[record["instance"]]["at"])
                require(
                    "nobody stays for ever", record, holds=spent <= (5 * DAY + HOUR if record["journey"] == "back" else 91 * DAY)
                )
            case "joined" if self.apart:
                require("who joins was out", record, holds=record["audience"] not in p.members)
                p.members.add(record["audience"])
            case "left_audience" if self.apart:
                require("who leaves was in", record, holds=record["audience"] in p.members)
                p.members.remove(record["audience"])
            case "held":
                held = self.holds.get(place)
                require("held until it is over", record, holds=held is None or ms(held["until"]) == at)
                require("a hold lies ahead", record, holds=at < ms(record["until"]) <= at + 8 * DAY)
                self.holds[place] = record
            case "withdrawn":
                require("only what is held is withdrawn", record, holds=self.holds.pop(place, None) is not None)
            case "sent" | "blocked":
                held = self.holds.pop(place, None)
                require("decided when the hold is over", record, holds=held is None or ms(held["until"]) == at)
                if record["what"] == "sent":
                    self._sent(p, at, record)

    def _entered(self, p: Person, at: int, record: Record) -> None:
        slot = (record["journey"], record.get("key"))
        require("an instance enters once", record, holds=self.entered[record["instance"]] is record)
        if self.apart:
            require("one instance for a key", record, holds=not p.inside[slot])
            kin = [i for (journey, _), instances in p.inside.items() if journey == slot[0] for i in instances]
            require("ten keys at once", record, holds=len(kin) < 10)
            self._again(p, at, record, slot)
        p.inside[slot].add(record["instance"])
        p.entries.append((at, record))
        for name, cap in self.config["caps"].items():
            if cap.get("of") == "entries" and record["journey"] in cap["journeys"]:
                times = [t for t, r in p.entries if r["journey"] in cap["journeys"]]
                self._counted(p, at, record, (name, cap), times)

    def _again(self, p: Person, at: int, record: Record, slot: tuple[str, str | None]) -> None:
        before = [(t, r) for t, r in p.entries if (r["journey"], r.get("key")) == slot]
        if not before:
            return
        last = max(t for t, _ in before)
        left = [self.left.get(r["instance"], {}) for _, r in before]
        if any(one.get("reason") == "restarted" and one["at"] == record["at"] for one in left):
            return
        rule = self.journeys[slot[0]]["enter"].get("again", "after 5m")
        require("nobody enters too soon", record, holds=rule != "never" and at - last >= GAPS[rule], last=last)

    def _sent(self, p: Person, at: int, record: Record) -> None:
        require("no key twice", record, holds=record["key"] not in self.keys)
        address = self.address(p, record["channel"]) if self.apart else ""
        self.keys[record["key"]] = (p, record, address or "")
        message = self.config["messages"].get(record["template"], {})
        if self.apart:
            require("a message has an address", record, holds=address is not None)
            where = {("", address), (record["channel"], address)}
            require("nothing goes to a suppressed address", record, holds=not where & (self.listed | p.suppressed))
        if message.get("purpose", self.config["channels"][record["channel"]]["purpose"]) == "transactional":
            return
        p.sends.append((at, record))
        text = json.dumps([SALT, record["profile"]], ensure_ascii=False, separators=(",", ":")).encode()
        chance = (int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 11) / 2**53
        require("nothing goes to the holdout", record, holds=chance >= 0.2)
        if self.apart:
            self._said_yes(p, record, message)
        self._awake(p, at, record)
        for name, cap in self.config["caps"].items():
            if cap.get("of") != "entries" and covers(self.config, cap, record):
                times = [t for t, r in p.sends if covers(self.config, cap, r) and self.failed.get(r["key"], at + 1) > at]
                self._counted(p, at, record, (name, cap), times)

    def _said_yes(self, p: Person, record: Record, message: Record) -> None:
        sources = ["any", f"channel:{record['channel']}"]
        sources += [f"subscription:{message['subscription']}"] if "subscription" in message else []
        for source in sources:
            require("nothing goes to who said no", record, holds=not self.refuses(p, source), source=source)

    def _awake(self, p: Person, at: int, record: Record) -> None:
        quiet = self.config["quiet_hours"]
        if record["channel"] not in quiet.get("channels", [record["channel"]]) or ("zone" not in quiet and not self.apart):
            return
        now = local(at, quiet.get("zone") or self.zone(p))
        begin, end = (int(text[:2]) * 60 + int(text[3:]) for text in (quiet["from"], quiet["to"]))
        minute = now.hour * 60 + now.minute
        inside = begin <= minute < end if begin < end else minute >= begin or minute < end
        day = now - timedelta(days=1) if end <= begin and minute < end else now
        days = quiet.get("days", WEEKDAYS)
        require(
            "nothing goes out in quiet hours", record, holds=not inside or WEEKDAYS[day.weekday()] not in days, local=str(now)
        )

    def _counted(self, p: Person, at: int, record: Record, named: tuple[str, Record], times: list[int]) -> None:
        name, cap = named
        if cap["per"] in LENGTHS:
            count = sum(at - LENGTHS[cap["per"]] < t <= at for t in times)
        elif "zone" in cap or self.apart:
            count = sum(t <= at and period(t, cap, self.zone(p)) == period(at, cap, self.zone(p)) for t in times)
        else:
            return
        require(f"the cap {name} holds", record, holds=count <= cap["at_most"], count=count, times=times)


def spelled(text: str) -> Identifier:
    space, _, value = text.partition(":")
    return space, value


def covers(config: Record, cap: Record, record: Record) -> bool:
    category = config["messages"].get(record["template"], {}).get("category")
    return (
        record["channel"] in cap.get("channels", [record["channel"]])
        and record["journey"] in cap.get("journeys", [record["journey"]])
        and cap.get("categories", category) == category
    )


def period(at: int, cap: Record, zone: str) -> tuple[int, ...]:
    day = local(at, cap.get("zone", zone)).date()
    return tuple(day.isocalendar())[:2] if cap["per"] == "week" else (day.toordinal(),)
