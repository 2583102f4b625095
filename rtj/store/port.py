"""What a store can do, whichever database it is. One store holds one environment.

Two may use it at once: one run, which holds the lease and alone writes state, log and outbox; and whoever deploys, who holds the
lock and alone writes programs, deployments and orders. What a deployment wants of the state it orders, and the run takes it into
the log (S11.5). Everything read is checked: a row whose checksum is wrong raises `DamagedError` and names table and row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from rtj.base.errors import InputError
from rtj.ir.kept import ProfileHead, ProfileRow

FORMAT = 2  # of the tables; an older one is brought up to date, a newer one is refused (S11.3)


class DamagedError(InputError):
    """Something in the store is not what was written."""


# ---- what a run commits


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry of the log. `stream` is -1 for what is of none; `before`: what the stream knew before it (opaque to the store);
    `clock`: the instant before which everything was worked when it was taken; `taken_ms`: when, by the clock of the machine."""

    seq: int
    stream: int
    clock: int
    taken_ms: int
    before: bytes
    body: bytes


OutboxKind: TypeAlias = Literal["message", "call"]
OutboxState: TypeAlias = Literal["waiting", "done", "failed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Something that must go out once. `number` orders them; `key` is unique; `profile`: an origin; `channel`: of a message, or
    the webhook of a call; `priority`: high first, never before an earlier one of the same profile; `body`: JSON."""

    number: int
    key: str
    kind: OutboxKind
    profile: str
    channel: str
    priority: int
    at: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of the outbox. `waiting` again: it is tried once more not before `next_ms`."""

    number: int
    state: OutboxState
    tries: int
    next_ms: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One of the outbox that waits: it was tried so often already, and is not tried again before `next_ms`."""

    row: OutboxRow
    tries: int = 0
    next_ms: int = 0


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A dead letter: stream, line, reason, and the text as far as it is kept."""

    stream: int
    line: int
    reason: str
    text: str


@dataclass(slots=True)
class Commit:
    """What one micro-batch changes, all of it or nothing (S11.2). `positions`: stream -> where its source is read on (opaque);
    `owners`: (namespace index, value) -> number of the profile, None: nobody any more; `leftovers`: what the world knows beside
    profiles, by name, None: no more. Of those who are `erased` what waits in the outbox is withdrawn, and of all in it key,
    way, instant and state stay."""

    clock: int
    entries: list[LogRow] = field(default_factory=list)
    streams: list[tuple[int, str]] = field(default_factory=list)
    positions: dict[int, bytes] = field(default_factory=dict)
    profiles: list[ProfileRow] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    owners: dict[tuple[int, str], int | None] = field(default_factory=dict)
    leftovers: dict[str, bytes | None] = field(default_factory=dict)
    outbox: list[OutboxRow] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    letters: list[LetterRow] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)  # serials of orders that are worked
    erased: dict[str, str] = field(default_factory=dict)  # origin of somebody who was erased -> what stands in its place


@dataclass(slots=True)
class Swept:
    """A portion of what was kept of people who were erased, all of it or nothing: `entries` as they are without them; numbers of
    dead `letters` that go; `leftovers` as of `Commit`; `note`: a line of audit (who, action, detail, when); `over`: it was the
    last, so that the files are swept too."""

    entries: list[LogRow] = field(default_factory=list)
    letters: list[int] = field(default_factory=list)
    leftovers: dict[str, bytes | None] = field(default_factory=dict)
    note: tuple[str, str, bytes, int] | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A stream that was ever opened, and where its source is read on."""

    number: int
    name: str
    position: bytes


# ---- what a deployment writes


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock or a lease: `who` is user@host, `operation` what for; both instants by the clock of its machine."""

    id: str
    who: str
    host: str
    pid: int
    operation: str
    created_ms: int
    beat_ms: int


DeploymentState: TypeAlias = Literal["published", "ordered", "applied", "halted"]


@dataclass(frozen=True, slots=True)
class Deployment:
    """One version of the environment. `kind`: deploy, rollback, pause, resume, ramp; `project`: the fingerprint of what was
    deployed; `running`: of what runs, old versions of journeys that drain included; `plan`: the hash of the plan; `body`: JSON of
    the plan, for whoever explains it; `order`: the encoded entries of the log that the run has to take."""

    serial: int
    kind: str
    state: DeploymentState
    project: str
    running: str
    plan: str
    who: str
    at_ms: int
    message: str
    body: bytes
    order: bytes


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the audit log. `hash` is of `before` (the hash of the line above) and the rest, so that nothing can be changed
    or taken out without being seen."""

    number: int
    at_ms: int
    who: str
    action: str
    detail: bytes
    before: str
    hash: str


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody approves a plan. `signature`: of all the rest, where there is a key; "" for none."""

    plan: str
    who: str
    at_ms: int
    message: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which store it is: `lineage` is drawn when it is made, `serial` the newest deployment (0: none)."""

    environment: str
    lineage: str
    serial: int
    format: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that `check` finds: the table, its row as text ("" for what is of none), and what is wrong with it."""

    table: str
    row: str
    what: str


class StateStore(Protocol):
    """What a run reads and commits."""

    def take_lease(self, holder: Holder, timeout_ms: int) -> int:
        """Become the one who writes. Returns the epoch, which grows with each lease. A lease whose beat is older than
        `timeout_ms`, or whose process is gone from this host, is taken over. Raises RefusedError, with the holder, when somebody
        holds it."""
        ...

    def beat(self, epoch: int, now_ms: int) -> None:
        """Tell that the holder lives. Raises RefusedError when somebody else has the lease."""
        ...

    def leave_lease(self, epoch: int) -> None: ...
    def leaseholder(self) -> Holder | None: ...

    def commit(self, commit: Commit, epoch: int) -> None:
        """All of it, durably, or nothing. Raises RefusedError when the lease is another's; OutputError when it cannot be written
        (disk full), after which the same commit, unchanged, may be tried again: it is written once, even where nobody knew. An
        entry of the log and a key of the outbox that are there already stay as they are."""
        ...

    def clock(self) -> int | None: ...
    def commits(self) -> int: ...  # how many there ever were
    def streams(self) -> list[StreamRow]: ...
    def log(self, first: int = 0) -> Iterator[LogRow]: ...
    def last_entry(self) -> int: ...  # 0: there is none
    def heads(self) -> Iterator[ProfileHead]: ...  # by number
    def these(self, numbers: Sequence[int]) -> Iterator[tuple[ProfileHead, bytes]]: ...  # of those that are there
    def every_body(self) -> Iterator[tuple[int, bytes]]: ...  # of everybody, by number
    def head(self, number: int) -> ProfileHead | None: ...  # of one
    def bodies(self, numbers: Sequence[int]) -> dict[int, bytes]: ...
    def owner(self, space: int, value: str) -> int | None: ...
    def leftovers(self, prefix: str = "") -> Iterator[tuple[str, bytes]]: ...  # by name
    def leftover(self, name: str) -> bytes | None: ...  # one of them
    def waiting(self, after: int, most: int) -> list[WaitingRow]: ...  # with a greater number, by number
    def outbox_bodies(self, numbers: Sequence[int]) -> dict[int, bytes]: ...  # of those of them that are there
    def waiting_count(self) -> int: ...
    def sent_to(self, profile: str, most: int) -> list[tuple[OutboxRow, Outcome]]: ...  # newest first
    def sent_since(self, at: int) -> dict[str, int]: ...  # messages that went out, of instants after `at`, by channel
    def letters(self, most: int) -> list[LetterRow]: ...  # newest first
    def letter_count(self) -> int: ...  # how many there ever were; of very many only the newest are kept
    def profile_count(self) -> int: ...
    def forget_log(self, before: int, taken_before_ms: int) -> int:
        """Let go of entries with a smaller number that were taken earlier. Returns how many."""
        ...

    def forget_sent(self, at_before: int) -> int:
        """Let go of what has gone out, or never will, of an earlier instant. Returns how many."""
        ...

    def entries(self, numbers: Sequence[int]) -> list[LogRow]: ...  # those of them that are there, by number
    def letters_after(self, number: int, most: int) -> list[tuple[int, LetterRow]]: ...  # with a greater number, by number

    def sweep(self, swept: Swept, epoch: int) -> None:
        """Rewrite what is there, durably; again changes nothing. Raises RefusedError when the lease is another's, OutputError
        when it cannot be written."""
        ...

    def compact(self) -> None:
        """Write all that is there anew, so that nothing else is in the files of the store. It takes as long as the store is
        large; where the database has its own way of it (PostgreSQL: VACUUM), nothing happens."""
        ...

    def ask(self, name: str, body: bytes, note: tuple[str, str, bytes, int]) -> None:
        """Leave something for whoever runs, as one of the leftovers, and a line of audit. Needs no lease."""
        ...

    def orders(self) -> list[Deployment]: ...  # those that are ordered and not applied, by serial


class DeployStore(Protocol):
    """What whoever deploys reads and writes. What changes something is one transaction and appends to the audit log."""

    def identity(self) -> Identity: ...
    def take_lock(self, holder: Holder, wait_ms: int) -> None: ...  # RefusedError names the holder
    def unlock(self, lock: str) -> None: ...  # the exact id
    def lockholder(self) -> Holder | None: ...

    def publish(self, programs: Iterable[tuple[str, bytes]], at_ms: int) -> None: ...  # by fingerprint; immutable
    def program(self, fingerprint: str) -> bytes: ...
    def programs(self) -> list[tuple[str, int]]: ...  # with when they were published
    def forget_programs(self, fingerprints: Iterable[str], who: str, at_ms: int) -> None: ...

    def record(self, deployment: Deployment, serial: int) -> None:
        """A new serial; `serial` is the newest that the caller knows. Raises RefusedError when the world moved."""
        ...

    def advance(self, serial: int, state: DeploymentState, at_ms: int) -> None: ...
    def deployment(self, serial: int) -> Deployment | None: ...
    def deployments(self, most: int | None = None) -> list[Deployment]: ...  # newest first
    def approve(self, approval: Approval) -> None: ...
    def approvals(self, plan: str) -> list[Approval]: ...
    def note(self, who: str, action: str, detail: bytes, at_ms: int) -> None: ...  # a line of audit
    def audit(self) -> Iterator[AuditRow]: ...  # verified; DamagedError names the line at which the chain breaks

    def renew(self, who: str, detail: bytes, at_ms: int) -> None:
        """This store was put back from a backup: it is another one from now on. It gets a new lineage, by which plans of before
        are stale; nobody holds its lock or lease, and who did so is fenced off; the audit log says `restore`."""
        ...


class Store(StateStore, DeployStore, Protocol):
    """Both, and an end. Any thread may ask, one at a time: whoever must not wait for a commit opens the store for itself."""

    def still(self) -> AbstractContextManager[None]:
        """All that is read in it, by this thread, is as of one instant, though a run commits all the time, which it does not
        hinder; nothing may be written in it. One within another is as of the instant of the outer one."""
        ...

    def backup(self, path: str) -> None:
        """Copy the store, as of one instant, to a new file, while it is used. Raises OutputError when that cannot be written,
        RefusedError where the database has its own way (`pg_dump`)."""
        ...

    def check(self) -> list[Flaw]:
        """Read everything as of one instant, and tell what is not what was written or does not fit together. Nothing: all is
        well. Of very many flaws the first are told, and that there are more."""
        ...

    def wait_for(self, seconds: float, told: Callable[[str], bool]) -> None:
        """From now on whoever asks waits so long for a server that does not answer, and AwayError is raised then. `told` is as
        of `patience.Told`. Without this it is a few seconds, and nobody hears of it."""
        ...

    def size(self) -> int: ...  # bytes
    def close(self) -> None: ...
