"""The tables of a store, and how those of an older format become those of today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rtj.store.database import Table
from rtj.store.port import FORMAT

LOG = Table(
    "log",
    ("seq",),
    (
        ("seq", "INTEGER"),
        ("stream", "INTEGER"),
        ("clock", "INTEGER"),
        ("taken_ms", "INTEGER"),
        ("seal", "INTEGER"),
        ("before", "BLOB"),
        ("body", "BLOB"),
    ),
)
STREAMS = Table("streams", ("number",), (("number", "INTEGER"), ("name", "BLOB"), ("seal", "INTEGER")))
POSITIONS = Table("positions", ("number",), (("number", "INTEGER"), ("position", "BLOB"), ("seal", "INTEGER")))
PROFILES = Table(  # the long column is the last, so that heads are read without it
    "profiles",
    ("number",),
    (
        ("number", "INTEGER"),
        ("due", "INTEGER"),
        ("recheck", "INTEGER"),
        ("head_seal", "INTEGER"),
        ("body_seal", "INTEGER"),
        ("members", "TEXT"),
        ("ids", "BLOB"),
        ("body", "BLOB"),
    ),
)
OWNERS = Table(
    "owners", ("space", "value"), (("space", "INTEGER"), ("value", "BLOB"), ("number", "INTEGER"), ("seal", "INTEGER"))
)
LEFTOVERS = Table("leftovers", ("name",), (("name", "TEXT"), ("seal", "INTEGER"), ("body", "BLOB")))
OUTBOX = Table(
    "outbox",
    ("number",),
    (
        ("number", "INTEGER"),
        ("priority", "INTEGER"),
        ("at", "INTEGER"),
        ("state", "TEXT"),
        ("tries", "INTEGER"),
        ("next_ms", "INTEGER"),
        ("fate_seal", "INTEGER"),  # of what became of it
        ("seal", "INTEGER"),  # of all else
        ("kind", "TEXT"),
        ("key", "BLOB"),
        ("profile", "BLOB"),
        ("channel", "BLOB"),
        ("error", "BLOB"),
        ("body", "BLOB"),
    ),
)
LETTERS = Table(
    "letters",
    ("number",),
    (
        ("number", "INTEGER"),
        ("stream", "INTEGER"),
        ("line", "INTEGER"),
        ("seal", "INTEGER"),
        ("reason", "BLOB"),
        ("text", "BLOB"),
    ),
)
HOLDERS = Table(
    "holders",
    ("what",),
    (
        ("what", "TEXT"),
        ("id", "TEXT"),
        ("who", "TEXT"),
        ("host", "TEXT"),
        ("pid", "INTEGER"),
        ("operation", "TEXT"),
        ("created_ms", "INTEGER"),
        ("beat_ms", "INTEGER"),
    ),
)
PROGRAMS = Table(
    "programs",
    ("fingerprint",),
    (("fingerprint", "TEXT"), ("at_ms", "INTEGER"), ("seal", "INTEGER"), ("body", "BLOB")),
)
DEPLOYMENTS = Table(
    "deployments",
    ("serial",),
    (
        ("serial", "INTEGER"),
        ("kind", "TEXT"),
        ("state", "TEXT"),
        ("project", "TEXT"),
        ("running", "TEXT"),
        ("plan", "TEXT"),
        ("who", "TEXT"),
        ("at_ms", "INTEGER"),
        ("message", "TEXT"),
        ("seal", "INTEGER"),
        ("body", "BLOB"),
        ("orders", "BLOB"),
    ),
)
APPROVALS = Table(
    "approvals",
    ("plan", "who"),
    (("plan", "TEXT"), ("who", "TEXT"), ("at_ms", "INTEGER"), ("message", "TEXT"), ("signature", "TEXT")),
)
AUDIT = Table(
    "audit",
    ("number",),
    (
        ("number", "INTEGER"),
        ("at_ms", "INTEGER"),
        ("who", "TEXT"),
        ("action", "TEXT"),
        ("detail", "BLOB"),
        ("before", "TEXT"),
        ("hash", "TEXT"),
    ),
)
STORE = Table(  # one row: what the store is, and the end of its audit log
    "store",
    ("one",),
    (
        ("one", "INTEGER"),
        ("format", "INTEGER"),
        ("made_by", "TEXT"),
        ("environment", "TEXT"),
        ("lineage", "TEXT"),
        ("serial", "INTEGER"),
        ("lines", "INTEGER"),
        ("hash", "TEXT"),
    ),
)
RUN = Table(  # one row: how far the run is. `clock` has no value before the first commit, which `commits` tells
    "run",
    ("one",),
    (
        ("one", "INTEGER"),
        ("epoch", "INTEGER"),
        ("commits", "INTEGER"),
        ("clock", "INTEGER"),
        ("last_entry", "INTEGER"),
        ("letters", "INTEGER"),
        ("seal", "INTEGER"),  # of all that a commit changes
    ),
)
TABLES = (
    STORE,
    RUN,
    HOLDERS,
    LOG,
    STREAMS,
    POSITIONS,
    PROFILES,
    OWNERS,
    LEFTOVERS,
    OUTBOX,
    LETTERS,
    PROGRAMS,
    DEPLOYMENTS,
    APPROVALS,
    AUDIT,
)
INDEXES = (
    "CREATE UNIQUE INDEX outbox_key ON outbox (key)",
    "CREATE INDEX outbox_profile ON outbox (profile, number)",
    "CREATE INDEX outbox_waiting ON outbox (number) WHERE state = 'waiting'",
    "CREATE INDEX outbox_old ON outbox (at) WHERE state <> 'waiting'",
)


def created(table: Table) -> str:
    """The statement that makes a table, in the words of SQLite."""
    columns = ", ".join(f"{name} {kind} NOT NULL" for name, kind in table.columns)
    kinds = dict(table.columns)
    by_row = len(table.key) == 1 and kinds[table.key[0]] == "INTEGER"
    return f"CREATE TABLE {table.name} ({columns}, PRIMARY KEY ({', '.join(table.key)})){'' if by_row else ' WITHOUT ROWID'}"


STEPS: Mapping[int, tuple[str, ...]] = {
    1: (),  # entries of the log may have holes from now on, which an older rtj would take for nothing
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which format this rtj writes. `steps`: the statements that bring a store of a format to the one after it."""

    format: int = FORMAT
    steps: Mapping[int, tuple[str, ...]] = field(default_factory=lambda: STEPS)


TODAY = Layout()
