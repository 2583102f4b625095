"""Whatever is committed in whatever order, a store tells what a few dicts would tell."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtj.ir.kept import ProfileHead, ProfileRow
from rtj.store.opening import open_store
from rtj.store.port import Commit, LetterRow, LogRow, OutboxRow, Outcome, Store, StreamRow, WaitingRow
from tests.servers.postgres import Postgres
from tests.store.samples import leased

numbers = itertools.count()
small = st.integers(0, 6)
whole = st.integers(-(2**63), 2**63 - 1)
texts = st.text(max_size=4)
blobs = st.binary(max_size=6)
names = st.sampled_from(["", "a", "a/b", "b", "ü", "z\U0001f600"])
profiles = st.builds(ProfileRow, small, whole, whole, st.integers(0, 2**80).map(str), blobs, blobs)
outcomes = st.builds(
    Outcome, st.integers(1, 12), st.sampled_from(["waiting", "done", "failed", "withdrawn"]), small, whole, texts
)


@st.composite
def commits(draw: st.DrawFn) -> list[Commit]:
    """Commits in a row, whose entries and outbox are numbered on."""
    found, seq, out = [], 0, 0
    for _ in range(draw(st.integers(1, 5))):
        entries = [
            LogRow(seq + n + 1, draw(small) - 1, draw(whole), draw(whole), draw(blobs), draw(blobs)) for n in range(draw(small))
        ]
        rows = [
            OutboxRow(
                out + n + 1,
                f"k{out + n}",
                draw(st.sampled_from(["message", "call"])),
                draw(names),
                draw(texts),
                n % 3,
                n,
                draw(blobs),
            )
            for n in range(draw(st.integers(0, 3)))
        ]
        seq, out = seq + len(entries), out + len(rows)
        found.append(
            Commit(
                draw(whole),
                entries,
                draw(st.lists(st.tuples(small, texts), max_size=3)),
                draw(st.dictionaries(small, blobs, max_size=3)),
                draw(st.lists(profiles, max_size=5)),
                draw(st.lists(small, max_size=2)),
                draw(st.dictionaries(st.tuples(small, texts), st.none() | small, max_size=4)),
                draw(st.dictionaries(names, st.none() | blobs, max_size=3)),
                rows,
                draw(st.lists(outcomes, max_size=3, unique_by=lambda o: o.number)),
                draw(st.lists(st.builds(LetterRow, small, small, texts, texts), max_size=2)),
            )
        )
    return found


@dataclass
class Model:
    """What a store holds, as dicts."""

    clock: int | None = None
    log: list[LogRow] = field(default_factory=list)
    streams: dict[int, str] = field(default_factory=dict)
    positions: dict[int, bytes] = field(default_factory=dict)
    profiles: dict[int, ProfileRow] = field(default_factory=dict)
    owners: dict[tuple[int, str], int] = field(default_factory=dict)
    leftovers: dict[str, bytes] = field(default_factory=dict)
    outbox: dict[int, OutboxRow] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    letters: list[LetterRow] = field(default_factory=list)

    def commit(self, c: Commit) -> None:
        self.clock = c.clock
        self.log += c.entries
        self.streams |= dict(c.streams)
        self.positions |= c.positions
        self.profiles |= {p.number: p for p in c.profiles}
        for number in c.gone:
            self.profiles.pop(number, None)
        for key, owner in c.owners.items():
            self.owners.pop(key, None)
            if owner is not None:
                self.owners[key] = owner
        for name, body in c.leftovers.items():
            self.leftovers.pop(name, None)
            if body is not None:
                self.leftovers[name] = body
        self.outbox |= {o.number: o for o in c.outbox}
        self.outcomes |= {o.number: Outcome(o.number, "waiting", 0) for o in c.outbox}
        self.outcomes |= {o.number: o for o in c.outcomes if o.number in self.outbox}
        self.letters += c.letters


def same(store: Store, model: Model) -> None:
    assert store.clock() == model.clock and list(store.log()) == model.log
    assert store.streams() == [StreamRow(n, name, model.positions.get(n, b"")) for n, name in sorted(model.streams.items())]
    rows = [model.profiles[number] for number in sorted(model.profiles)]
    assert list(store.heads()) == [ProfileHead(p.number, p.due, p.recheck, p.members, p.ids) for p in rows]
    assert store.bodies(range(7)) == {p.number: p.body for p in rows} and store.profile_count() == len(rows)
    assert {key: store.owner(*key) for key in model.owners} == model.owners
    for prefix in ("", "a", "zz"):
        expected = sorted((name, body) for name, body in model.leftovers.items() if name.startswith(prefix))
        assert list(store.leftovers(prefix)) == expected
    waiting = [number for number, o in sorted(model.outcomes.items()) if o.state == "waiting"]
    expected_waiting = [WaitingRow(model.outbox[n], model.outcomes[n].tries, model.outcomes[n].next_ms) for n in waiting]
    assert store.waiting(0, 99) == expected_waiting and store.waiting_count() == len(waiting)
    assert store.outbox_bodies(range(20)) == {n: o.body for n, o in model.outbox.items()}
    for person in {o.profile for o in model.outbox.values()}:
        mine = sorted((n for n, o in model.outbox.items() if o.profile == person), reverse=True)
        assert store.sent_to(person, 99) == [(model.outbox[n], model.outcomes[n]) for n in mine]
    assert store.letters(99) == model.letters[::-1] and store.letter_count() == len(model.letters)
    assert [flaw for flaw in store.check() if flaw.table not in ("positions", "owners")] == []


def run(where: str, given_commits: list[Commit]) -> None:
    environment = f"model {next(numbers)}"
    store, model = open_store(where, environment), Model()
    epoch = leased(store)
    for commit in given_commits:
        store.commit(commit, epoch)
        model.commit(commit)
    same(store, model)
    store.close()
    again = open_store(where, environment, reading=True)
    same(again, model)
    again.close()


quick = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@given(commits())
@settings(quick, max_examples=25)
def test_a_file_tells_what_dicts_tell(tmp_path_factory: pytest.TempPathFactory, given_commits: list[Commit]) -> None:
    folder: Path = tmp_path_factory.mktemp("model")
    run(str(folder / "store.db"), given_commits)


@given(commits())
@settings(quick, max_examples=8)
def test_postgres_tells_what_dicts_tell(postgres: Postgres, given_commits: list[Commit]) -> None:
    run(postgres.url, given_commits)
