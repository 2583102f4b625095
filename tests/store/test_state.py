"""What a run commits is there for whoever reads, whole, in either database; and nothing else is."""

from __future__ import annotations

import threading

import pytest

from rtj.base.errors import RefusedError
from rtj.ir.kept import ProfileHead
from rtj.store import database, state
from rtj.store.port import Commit, LetterRow, Outcome, Store, StreamRow, WaitingRow
from tests.store.conftest import Place
from tests.store.samples import NOW, batch, deployment, entry, leased, message, profile


def test_a_new_store_holds_nothing(store: Store) -> None:
    assert (store.clock(), store.streams(), list(store.log()), store.last_entry()) == (None, [], [], 0)
    assert (list(store.heads()), store.bodies([1]), store.owner(0, "a"), list(store.leftovers())) == ([], {}, None, [])
    assert (store.waiting(0, 9), store.waiting_count(), store.sent_to("a", 9), store.sent_since(0)) == ([], 0, [], {})
    assert (store.letters(9), store.letter_count(), store.profile_count(), store.orders()) == ([], 0, 0, [])
    assert store.outbox_bodies([1]) == {} and store.leaseholder() is None and list(store.check()) == []


def test_an_empty_commit_moves_the_clock(store: Store) -> None:
    store.commit(Commit(clock=-5), leased(store))
    assert store.clock() == -5


def test_what_is_committed_is_read_by_others_and_after_a_restart(place: Place) -> None:
    store = place.open()
    strange = "a\0'\"\u202eالعربية\r\n👩‍👩‍👧"
    commit = Commit(
        clock=NOW,
        entries=[entry(1), entry(2, b""), entry(3, bytes(9_000_000))],
        streams=[(0, strange), (1, "orders[3]")],
        positions={0: b"\0\xff"},
        profiles=[profile(7), profile(8, b"")],
        owners={(0, strange): 7, (1, strange): 8, (0, ""): 8},
        leftovers={"a/1": b"1", "a/2": b"", "b": b"\0"},
        outbox=[message(1), message(2, strange, kind="call", channel=strange, priority=9)],
        letters=[LetterRow(0, 12, strange, strange), LetterRow(-1, 0, "", "")],
    )
    store.commit(commit, leased(store))
    for other in (store, place.open(reading=True), place.open()):
        assert other.clock() == NOW and other.last_entry() == 3
        assert list(other.log()) == commit.entries and list(other.log(2)) == commit.entries[1:] and list(other.log(4)) == []
        assert other.streams() == [StreamRow(0, strange, b"\0\xff"), StreamRow(1, "orders[3]", b"")]
        assert list(other.heads()) == [ProfileHead(p.number, p.due, p.recheck, p.members, p.ids) for p in commit.profiles]
        assert [other.head(number) for number in (7, 8)] == list(other.heads()) and other.head(9) is None
        assert other.bodies([8, 7, 7, 99]) == {7: b"body", 8: b""} and other.profile_count() == 2
        assert [other.owner(*key) for key in commit.owners] == [7, 8, 8] and other.owner(2, strange) is None
        assert list(other.leftovers()) == [("a/1", b"1"), ("a/2", b""), ("b", b"\0")]
        assert list(other.leftovers("a/")) == [("a/1", b"1"), ("a/2", b"")]
        assert other.waiting(0, 9) == [WaitingRow(row) for row in commit.outbox]
        assert other.letters(9) == commit.letters[::-1] and other.letters(1) == commit.letters[1:] and other.letter_count() == 2
        assert list(other.check()) == []


def test_a_later_commit_replaces_and_takes_away(store: Store) -> None:
    epoch = leased(store)
    store.commit(Commit(1, profiles=[profile(1), profile(2)], owners={(0, "a"): 1, (0, "b"): 2}, leftovers={"x": b"1"}), epoch)
    store.commit(
        Commit(
            2,
            profiles=[profile(2, b"old"), profile(2, b"new")],
            gone=[1],
            owners={(0, "a"): 2, (0, "b"): None},
            leftovers={"x": None},
        ),
        epoch,
    )
    assert store.bodies([1, 2]) == {2: b"new"} and [head.number for head in store.heads()] == [2]
    assert (store.owner(0, "a"), store.owner(0, "b"), list(store.leftovers())) == (2, None, [])


def test_many_rows_are_read_page_by_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "HEADS_AT_ONCE", 7)
    monkeypatch.setattr(database, "PAGE_ROWS_MAX", 3)
    numbers = range(0, 2_000, 2)
    entries = [entry(number + 1) for number in range(50)]
    left = {f"n{number:03}": b"%d" % number for number in range(20)}
    store.commit(Commit(1, entries=entries, profiles=[profile(n, b"%d" % n) for n in numbers], leftovers=left), leased(store))
    assert [head.number for head in store.heads()] == list(numbers)
    assert store.bodies(range(2_000)) == {n: b"%d" % n for n in numbers}
    assert list(store.log()) == entries and dict(store.leftovers()) == left


def test_outbox_rows_wait_until_their_outcome(store: Store) -> None:
    epoch = leased(store)
    rows = [message(n, "p" if n % 2 else "q", channel="email" if n < 4 else "sms") for n in range(1, 6)]
    store.commit(Commit(1, outbox=rows), epoch)
    done = [
        Outcome(1, "done", 1),
        Outcome(2, "waiting", 3, NOW, "503\0"),
        Outcome(3, "failed", 8, 0, "gone"),
        Outcome(4, "done", 1),
    ]
    store.commit(Commit(2, outcomes=done), epoch)
    assert store.waiting(0, 9) == [WaitingRow(rows[1], 3, NOW), WaitingRow(rows[4])]
    assert store.waiting(2, 9) == [WaitingRow(rows[4])] and len(store.waiting(0, 1)) == 1 and store.waiting_count() == 2
    assert store.sent_to("p", 9) == [(rows[4], Outcome(5, "waiting", 0)), (rows[2], done[2]), (rows[0], done[0])]
    assert store.sent_to("p", 1) == [(rows[4], Outcome(5, "waiting", 0))]
    assert store.outbox_bodies([5, 1, 77]) == {1: rows[0].body, 5: rows[4].body}
    assert store.sent_since(0) == {"email": 1, "sms": 1} and store.sent_since(rows[0].at) == {"sms": 1}


def test_the_same_key_goes_out_once(store: Store) -> None:
    epoch = leased(store)
    store.commit(Commit(1, outbox=[message(1)]), epoch)
    store.commit(Commit(2, outcomes=[Outcome(1, "done", 1)]), epoch)
    store.commit(Commit(3, outbox=[message(2, key="key 1"), message(3)]), epoch)
    assert [found.row.number for found in store.waiting(0, 9)] == [3]


def test_old_log_and_what_was_sent_are_let_go(store: Store) -> None:
    epoch = leased(store)
    store.commit(Commit(1, entries=[entry(n) for n in range(1, 11)], outbox=[message(n) for n in range(1, 4)]), epoch)
    assert store.forget_log(6, NOW + 4) == 3 and store.forget_log(6, NOW + 4) == 0
    assert [row.seq for row in store.log()] == [4, 5, 6, 7, 8, 9, 10]
    assert store.forget_log(99, NOW * 2) == 7 and store.last_entry() == 10  # numbers are never given again
    store.commit(Commit(2, outcomes=[Outcome(1, "done", 1), Outcome(3, "withdrawn", 0)]), epoch)
    assert store.forget_sent(NOW + 3) == 1 and [row.number for row, _ in store.sent_to("张伟\0🎉", 9)] == [3, 2]
    assert list(store.check()) == []


def test_of_very_many_letters_the_newest_are_kept_and_all_are_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "LETTERS_KEPT", 3)
    epoch = leased(store)
    for number in range(3):
        store.commit(Commit(1, letters=[LetterRow(0, number * 2 + place, "bad", "") for place in range(2)]), epoch)
    assert [letter.line for letter in store.letters(9)] == [5, 4, 3] and store.letter_count() == 6


def test_an_order_is_worked_in_the_commit_that_takes_it(store: Store) -> None:
    epoch = leased(store)
    store.record(deployment(1), 0)
    assert [order.serial for order in store.orders()] == [1]
    store.commit(Commit(1, entries=[entry(1)], orders=[1]), epoch)
    found = store.deployment(1)
    assert store.orders() == [] and found is not None and found.state == "applied"
    assert [(line.action, line.at_ms) for line in store.audit()] == [("deploy", NOW), ("applied", NOW + 1)]


def test_a_commit_without_the_lease_changes_nothing(place: Place) -> None:
    mine, other = place.open(), place.open()
    first = leased(mine)
    mine.commit(batch(0), first)
    second = leased(other, name="lease-2", beat_ms=NOW + 60_000)
    with pytest.raises(RefusedError, match="rtj unlock lease-2"):
        mine.commit(batch(1), first)
    assert mine.clock() == 0 and mine.last_entry() == 5 and mine.bodies([0]) == {0: b"batch 0"}
    other.commit(batch(1), second)
    other.leave_lease(second)
    with pytest.raises(RefusedError, match="taken away"):
        other.commit(batch(2), second)
    assert other.clock() == 1


def test_any_failure_within_leaves_nothing_half(store: Store) -> None:
    epoch = leased(store)
    store.commit(batch(0), epoch)
    broken = batch(1)
    broken.letters.append(LetterRow(0, 1, "the last that is written", None))  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        store.commit(broken, epoch)
    assert store.clock() == 0 and store.last_entry() == 5 and store.waiting_count() == 5 and list(store.check()) == []
    store.commit(batch(1), epoch)
    assert store.clock() == 1 and store.waiting_count() == 10


def test_a_store_is_checked_as_of_one_instant_while_commits_follow(place: Place) -> None:
    store, reader = place.open(), place.open(reading=True)
    epoch = leased(store)
    ended = threading.Event()

    def write() -> None:
        for number in range(10_000):
            store.commit(batch(number), epoch)
            if ended.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert [reader.check() for _ in range(10)] == [[]] * 10
    finally:
        ended.set()
        writer.join()
