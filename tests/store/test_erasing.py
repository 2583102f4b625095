"""Of who is erased the outbox keeps key, way, instant and state, and nothing of it goes out any more (S10.1)."""

from __future__ import annotations

from rtj.store.port import Commit, Outcome, Store
from tests.store.samples import leased, message


def test_rows_keep_key_instant_and_state(store: Store) -> None:
    epoch = leased(store)
    store.commit(Commit(0, outbox=[message(1, "ada"), message(2, "ada"), message(3, "bob")]), epoch)
    store.commit(Commit(0, outcomes=[Outcome(1, "failed", 3, 0, "no such mailbox: ada@x.de")]), epoch)
    store.commit(Commit(0, erased={"ada": "#1"}), epoch)
    found = store.sent_to("#1", 9)
    assert [(row.key, row.at, row.body, fate) for row, fate in found] == [
        ("key 2", message(2).at, b"null", Outcome(2, "withdrawn", 0)),
        ("key 1", message(1).at, b"null", Outcome(1, "failed", 3)),
    ]
    assert store.sent_to("ada", 9) == [] and [one.row.profile for one in store.waiting(0, 9)] == ["bob"]
    assert store.check() == []


def test_what_was_being_sent_meanwhile_is_told_as_sent_but_not_tried_again(store: Store) -> None:
    epoch = leased(store)
    store.commit(Commit(0, outbox=[message(1, "ada"), message(2, "ada")]), epoch)
    store.commit(Commit(0, erased={"ada": "#1"}), epoch)
    store.commit(Commit(0, outcomes=[Outcome(1, "done", 1), Outcome(2, "waiting", 1, 7, "busy")]), epoch)
    assert [fate.state for _, fate in store.sent_to("#1", 9)] == ["withdrawn", "done"] and store.waiting(0, 9) == []
