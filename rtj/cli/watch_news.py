"""What follows from a look at a project: which tests may come out otherwise, what must be simulated again, what is worth telling.

Nothing here reads a file or a clock, so all of it can be held against a look at everything.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from rtj.base.finding import Finding
from rtj.base.memory import Is, Memory
from rtj.ir.journey import Emit, SetAttributes, StartJourney
from rtj.ir.program import Program, fingerprint
from rtj.report.summary import JourneyRow
from rtj.scenario.check import Script
from rtj.scenario.judge import Verdict


@dataclass(frozen=True, slots=True)
class View:
    """One look at a project. `findings`: all that is told, sorted; `changed`: the shown paths of texts that are new or other
    than at the last look; `program`: None while there is an error; `scripts`: the tests that can be played."""

    findings: tuple[Finding, ...] = ()
    changed: frozenset[str] = frozenset()
    program: Program | None = None
    scripts: tuple[Script, ...] = ()

    def count(self, severity: str) -> int:
        """How many findings are as grave as this."""
        return sum(1 for finding in self.findings if finding.diagnostic.severity == severity)


@dataclass(frozen=True, slots=True)
class Good:
    """A program without errors. `since`: the time of day at which it was read; `prints`: the fingerprint of each journey,
    `shared`: that of everything else."""

    program: Program
    since: str
    prints: Mapping[str, str]
    shared: str

    def same(self, other: Good | None) -> bool:
        """Do both do the same?"""
        return other is not None and (self.shared, self.prints) == (other.shared, other.prints)


def good(program: Program, since: str, memory: Memory) -> Good:
    """The program with its fingerprints."""
    prints = {j.name: memory.recall("print", (Is(j),), partial(fingerprint, j)) for j in program.journeys}
    return Good(program, since, prints, fingerprint(msgspec.structs.replace(program, journeys=())))


# ---- findings


def worth_telling(before: View | None, now: View) -> list[Finding]:
    """Errors always, for nothing runs until they are gone; other findings when they are new, or stand in what was saved."""
    if before is None:
        return list(now.findings)
    known = {finding.fingerprint for finding in before.findings}
    return [
        finding
        for finding in now.findings
        if finding.diagnostic.severity == "error"
        or finding.fingerprint not in known
        or finding.diagnostic.span.source.path in now.changed
    ]


# ---- tests


def touched(before: Good | None, now: Good) -> frozenset[str] | None:
    """The journeys of which tests may come out otherwise; None: all. A journey concerns others by starting them, and by what it
    emits and sets; what the declarations concern nobody knows."""
    if before is None or before.shared != now.shared:
        return None
    names = {name for name in before.prints.keys() | now.prints.keys() if before.prints.get(name) != now.prints.get(name)}
    changed = [journey for one in (before, now) for journey in one.program.journeys if journey.name in names]
    if any(isinstance(node, StartJourney | Emit | SetAttributes) for journey in changed for node in journey.nodes):
        return None
    return frozenset(names)


def to_play(scripts: Sequence[Script], known: Sequence[Verdict], names: frozenset[str] | None) -> list[Script]:
    """The tests that must be played: new and changed ones, and those that what has changed may concern. A receipt may be about a
    message of any journey."""
    judged = {_place(verdict.script): verdict.script for verdict in known}
    return [
        script
        for script in scripts
        if names is None
        or judged.get(_place(script)) != script
        or names.intersection(script.journeys)
        or (names and any(cue.receipt is not None for cue in script.cues))
    ]


def together(scripts: Sequence[Script], known: Sequence[Verdict], played: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The verdict on each test: that of now, else the one that stands."""
    verdicts = {_place(verdict.script): verdict for verdict in (*known, *played)}
    return tuple(verdicts[_place(script)] for script in scripts)


def _place(script: Script) -> tuple[str, int]:
    return script.suite.source.path, script.scenario.span.start


# ---- simulations


class Sent(msgspec.Struct):
    """A message as a line of `--messages` has it, as far as two simulations are compared by it."""

    ts: str
    profile: str
    journey: str
    channel: str
    template: str
    vars: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Mail:
    """The messages of one journey: how many of each, and what becomes another when one of them does."""

    counts: Mapping[str, int]
    digest: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a simulation: in a sentence, and for each journey its numbers and its messages."""

    headline: str
    rows: Mapping[str, JourneyRow]
    mail: Mapping[str, Mail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shift:
    """A number of a journey, and what it was before. Numbers about one message or reason have `detail`."""

    name: str
    before: int
    now: int
    detail: bool = False


@dataclass(frozen=True, slots=True)
class Turnout:
    """A journey that comes out otherwise than before; without `shifts` it is only the messages that do, in what they say and
    when. `come`: it was not there; `gone`: it is not any more."""

    name: str
    shifts: tuple[Shift, ...] = ()
    come: bool = False
    gone: bool = False


def mail_of(lines: Iterable[bytes]) -> dict[str, Mail]:
    """The messages of a simulation by journey, from the lines that it wrote."""
    decode = msgspec.json.Decoder(Sent).decode
    counts: dict[str, Counter[str]] = {}
    digests: dict[str, hashlib.blake2b] = {}
    for sent in map(decode, lines):
        counts.setdefault(sent.journey, Counter())[sent.template] += 1
        said = f"{sent.ts}\0{sent.profile}\0{sent.channel}\0{sent.template}\0".encode() + bytes(sent.vars)
        digests.setdefault(sent.journey, hashlib.blake2b(digest_size=16)).update(said + b"\n")
    return {name: Mail(counts[name], digests[name].hexdigest()) for name in counts}


def differences(before: Outcome, now: Outcome) -> Iterator[Turnout]:
    """The journeys that come out otherwise, by name."""
    for name in sorted(before.rows.keys() | now.rows.keys()):
        shifts = tuple(_shifts(_numbers(before, name), _numbers(now, name)))
        if shifts or before.mail.get(name) != now.mail.get(name):
            yield Turnout(name, shifts, come=name not in before.rows, gone=name not in now.rows)


def _shifts(before: Mapping[tuple[str, bool], int], now: Mapping[tuple[str, bool], int]) -> Iterator[Shift]:
    for key in dict.fromkeys((*now, *before)):
        was, number = before.get(key, 0), now.get(key, 0)
        if was != number:
            yield Shift(key[0], was, number, key[1])


def _numbers(outcome: Outcome, name: str) -> dict[tuple[str, bool], int]:
    """What is compared of a journey: (what, whether it is about one message or reason) -> how often."""
    row = outcome.rows.get(name)
    if row is None:
        return {}
    sent = outcome.mail[name].counts if name in outcome.mail else {}
    numbers = {("entered", False): row.entered, ("goals", False): row.goals or 0}
    numbers |= {("messages", False): sum(sent.values()), ("inside", False): row.inside}
    for words, pairs in (("{}", sent.items()), ("left by {}", row.left), ("refused: {}", row.refused)):
        numbers |= {(words.format(what), True): number for what, number in pairs}
    return numbers
