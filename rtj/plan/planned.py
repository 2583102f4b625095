"""A plan as a file: everything that a deployment will do, and what it was decided by, as canonical JSON with one hash.

It holds the programs themselves, so that what is deployed is what was looked at, whatever has been edited since. It names no
folder of the machine on which it was made.
"""

from __future__ import annotations

import hashlib
from typing import Literal, TypeAlias

import msgspec

from rtj.base.errors import InputError
from rtj.ir.environments import Guardrail
from rtj.ir.program import Program, canonical, read_program
from rtj.ir.standing import Takeover
from rtj.plan.changes import Diff, Judged, Level
from rtj.plan.stages import HandOver, Stage, Strand

Struct = msgspec.Struct

FORMAT = 1  # of the file; raised when its meaning changes
STRANDED = "stranded"  # what people in older versions are accepted to be, as `--accept stranded@welcome`
OLDER = "@"  # between the name of a journey and an older version of it
PLAN_MAX = 256 * 1024 * 1024  # bytes of a file
Kind: TypeAlias = Literal["deploy", "rollback", "pause", "resume", "ramp"]
CheckName: TypeAlias = Literal["validate", "test", "drift", "guardrails"]


class Bundle(Struct, frozen=True):
    """A program with its fingerprint; `program` is its canonical JSON."""

    fingerprint: str
    program: msgspec.Raw

    def read(self) -> Program:
        """The program. Raises msgspec.ValidationError when it is none."""
        return read_program(bytes(self.program))


class Check(Struct, frozen=True):
    """Something that was asked before: did it `pass`, and what was found, in words."""

    name: CheckName
    passed: bool
    told: str = ""


class Accepted(Struct, frozen=True):
    """A breaking change that somebody takes upon them: its code, the journey (`project` for none), the hash of its content."""

    code: str
    journey: str
    content: str


class Base(Struct, frozen=True):
    """The state of the environment for which a plan was made: which store, the newest deployment, what ran (the fingerprint of
    the project and of all that ran, "" for nothing), and the clock of its people."""

    lineage: str
    serial: int
    project: str = ""
    running: str = ""
    clock: int | None = None


class Told(Struct, frozen=True):
    """Who deploys, when (ms since the epoch), why; with which rtj; from which commit, "" where nobody knows."""

    author: str
    at_ms: int
    message: str = ""
    rtj: str = ""
    commit: str = ""


class Bounds(Struct, frozen=True):
    """What it must respect: so many approvals, so many messages at once. `immediate`: how many it would cause by a rehearsal, by
    journey; `takeover`: what a rehearsal has needed; None: nobody has tried."""

    approvals: int = 0
    immediate_max: int = 100
    immediate: tuple[tuple[str, int], ...] | None = None
    takeover: Takeover | None = None


class Undone(Struct, frozen=True):
    """What a rollback does not take back: messages that went out since then, and people who left meanwhile."""

    since: int
    messages: int
    told: tuple[str, ...] = ()


class Plan(Struct, frozen=True):
    """`project`: the fingerprint of what is deployed; `running`: of all that then runs, old versions included. `settings`: those
    of the environment, as canonical JSON has them, with which drift is seen. `waived`: preconditions that were waived, by name.
    `order`: the entries of the log (`rtj.plan.order`). `guardrails`: those that watch what it brings."""

    kind: Kind
    environment: str
    base: Base
    told: Told
    project: str
    running: str
    stages: tuple[Stage, ...]
    diff: Diff
    level: Level
    checks: tuple[Check, ...] = ()
    waived: tuple[str, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    bounds: Bounds = Bounds()
    order: bytes = b""
    programs: tuple[Bundle, ...] = ()
    settings: str = ""
    undone: Undone | None = None
    confirm: Literal["yes", "name"] = "yes"
    guardrails: tuple[Guardrail, ...] = ()
    format: int = FORMAT

    @property
    def hash(self) -> str:
        """The hash of all of it, to which approvals are bound."""
        return _hash(canonical(self))

    @property
    def serial(self) -> int:
        """The serial that this deployment gets."""
        return self.base.serial + 1


def bundle(program: Program, fingerprint: str) -> Bundle:
    """A program as a plan carries it."""
    return Bundle(fingerprint, msgspec.Raw(canonical(program)))


def written_plan(plan: Plan) -> bytes:
    """The text of the file: an object with `hash` and `plan`."""
    body = canonical(plan)
    return b'{"hash":"%s","plan":%s}\n' % (_hash(body).encode("ascii"), body)


class _File(Struct, frozen=True):
    hash: str
    plan: msgspec.Raw


def read_plan(content: bytes, name: str) -> Plan:
    """What `written_plan` wrote. Raises InputError when it is no plan, of another rtj, or not what was written."""
    if len(content) > PLAN_MAX:
        raise InputError(f"{name}: larger than {PLAN_MAX // 2**20} MiB")
    try:
        file = msgspec.json.decode(content, type=_File)
        plan = msgspec.json.decode(file.plan, type=Plan)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if b'"format":' in content and f'"format":{FORMAT}'.encode() not in content:
            raise InputError(f"{name}: a plan of another version of rtj; `rtj plan -o` makes one") from error
        raise InputError(f"{name}: no plan; `rtj plan -o FILE` writes one ({error})") from error
    if plan.format != FORMAT:
        raise InputError(f"{name}: a plan of format {plan.format}; this rtj reads format {FORMAT}")
    if _hash(bytes(file.plan)) != file.hash or plan.hash != file.hash:
        raise InputError(f"{name}: it is not what was written: its hash is another one; make the plan anew")
    return plan


def whose(judged: Judged) -> str:
    """The journey of a change as one types it."""
    return judged.change.journey or "project"


def unaccepted(plan: Plan) -> tuple[Judged, ...]:
    """The breaking changes that nobody has taken upon them."""
    known = {(one.code, one.journey, one.content) for one in plan.accepted}
    return tuple(
        judged
        for judged in plan.diff.every
        if judged.effective == "breaking"
        and not judged.waived
        and (judged.change.code, whose(judged), judged.change.content) not in known
    )


def homeless(plan: Plan) -> tuple[tuple[str, str, int], ...]:
    """People in older versions of a journey who lose their place, which no difference between projects tells, and which nobody
    has taken upon them: the journey, the version, how many."""
    known = {(one.journey, one.content) for one in plan.accepted if one.code == STRANDED}
    found = []
    for stage in plan.stages:
        name, people = "", 0
        if isinstance(stage, HandOver):
            name, people = stage.old, stage.stranded
        elif isinstance(stage, Strand):
            name, people = stage.journey, stage.people
        journey, _, version = name.partition(OLDER)
        if version and people and (journey, version) not in known:
            found.append((journey, version, people))
    return tuple(found)


def record_of(plan: Plan) -> bytes:
    """The plan as the store keeps it: without the programs, which it has, and with what cannot be reckoned again."""
    return canonical(msgspec.structs.replace(plan, programs=(), order=b""))


def read_record(content: bytes) -> Plan | None:
    """What `record_of` wrote; None when this rtj cannot read it."""
    try:
        return msgspec.json.decode(content, type=Plan)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
