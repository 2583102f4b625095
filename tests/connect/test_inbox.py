"""The inbox holds sources back at its bound, keeps each stream's order, serves all streams, and lets go only of what it may."""

from __future__ import annotations

import json
import threading
import time

from rtj.connect.inbox import (
    ITEM_BYTES,
    QUANTUM_BYTES,
    Closing,
    Delivery,
    Idle,
    Inbox,
    Item,
    Opening,
    Remark,
)
from rtj.connect.lanes import Lanes, types_of


def line(kind: str, number: int = 0, size: int = 0) -> bytes:
    return json.dumps({"id": str(number), "type": kind, "ts": 0, "properties": {"pad": "x" * size}}).encode() + b"\n"


def delivery(stream: str, text: bytes, number: int = 0) -> Delivery:
    return Delivery(stream, text, str(number).encode(), 0)


def drain(inbox: Inbox) -> list[Item]:
    found: list[Item] = []
    while items := inbox.take(1 << 30, 0):
        found += items
    return found


def test_a_stream_keeps_its_order_with_its_notices() -> None:
    inbox = Inbox()
    inbox.tell(Opening("a"))
    for number in range(3):
        assert inbox.put(delivery("a", line("x"), number))
    inbox.tell(Closing("a", "end of file"))
    kinds = [item.position if isinstance(item, Delivery) else type(item) for item in drain(inbox)]
    assert kinds == [Opening, b"0", b"1", b"2", Closing]


def test_idle_is_held_once_however_often_it_is_told() -> None:
    inbox = Inbox()
    for since in (1, 2, None, 5):
        inbox.tell(Idle("a", since))
    assert drain(inbox) == [Idle("a", 5)]
    assert inbox.held_bytes == 0


def test_whoever_puts_waits_for_room_and_gets_in_as_soon_as_there_is_some() -> None:
    inbox = Inbox(most_bytes=1000)
    assert inbox.put(delivery("a", line("x", size=1000), 1))
    assert not inbox.offer(delivery("a", line("x"), 2))
    assert not inbox.put(delivery("a", line("x"), 2), wait_s=0.02)
    entered = threading.Event()
    thread = threading.Thread(target=lambda: (inbox.put(delivery("a", line("x"), 2)), entered.set()))
    thread.start()
    assert not entered.wait(0.05)
    assert len(inbox.take(1, 0)) == 1
    assert entered.wait(30)
    thread.join()
    assert [item.position for item in drain(inbox) if isinstance(item, Delivery)] == [b"2"]


def test_who_waits_gives_up_when_asked_to() -> None:
    inbox = Inbox(most_bytes=1)
    assert inbox.put(delivery("a", line("x")))
    gone = threading.Event()
    threading.Timer(0.05, gone.set).start()
    assert not inbox.put(delivery("a", line("x")), gone)


def test_take_waits_wakes_at_once_and_can_be_woken() -> None:
    inbox = Inbox()
    assert inbox.take(1, 0.01) == []
    threading.Timer(0.05, lambda: inbox.put(delivery("a", line("x")))).start()
    began = time.monotonic()
    assert len(inbox.take(1, 10)) == 1
    threading.Timer(0.05, inbox.wake).start()
    assert inbox.take(1, 10) == []
    assert time.monotonic() - began < 10
    inbox.wake()  # before anybody waits: not lost
    assert inbox.take(1, 10) == []


def test_a_stream_with_large_deliveries_does_not_starve_one_with_small_ones() -> None:
    inbox = Inbox()
    for number in range(8):
        inbox.put(delivery("large", line("x", size=4 * QUANTUM_BYTES), number))
        inbox.put(delivery("small", line("x"), number))
    first = [item.stream for item in inbox.take(QUANTUM_BYTES * 4, 0)]
    assert first.count("small") == 8 and first.count("large") == 1
    assert [item.position for item in drain(inbox) if isinstance(item, Delivery)] == [str(n).encode() for n in range(1, 8)]


def test_a_take_is_bounded_but_never_empty_handed() -> None:
    inbox = Inbox()
    for number in range(3):
        inbox.put(delivery("a", line("x", size=100_000), number))
    assert [len(inbox.take(1, 0)) for _ in range(3)] == [1, 1, 1]


def test_first_types_get_in_when_the_others_wait_within_a_bound_of_their_own_and_without_overtaking() -> None:
    inbox = Inbox(Lanes(first=frozenset({"purchase"})), most_bytes=1000, most_first=3 * ITEM_BYTES)
    assert inbox.offer(delivery("a", line("view", size=1000), 1))
    assert not inbox.offer(delivery("b", line("view")))
    assert not inbox.offer(delivery("b", line("purchase") + line("view")))
    assert inbox.offer(delivery("a", line("purchase"), 2))
    assert inbox.offer(delivery("b", line("purchase"), 3))
    assert inbox.offer(delivery("b", line("purchase"), 4))
    assert not inbox.offer(delivery("b", line("purchase"), 5))
    found = drain(inbox)
    assert [item.position for item in found if item.stream == "a" and isinstance(item, Delivery)] == [b"1", b"2"]
    assert [item.position for item in found if item.stream == "b" and isinstance(item, Delivery)] == [b"3", b"4"]
    assert inbox.held_bytes == 0


def test_only_declared_types_are_let_go_only_when_it_stays_full_and_they_are_counted() -> None:
    inbox = Inbox(Lanes(shed=frozenset({"scroll"})), most_bytes=11_000, shed_after_s=0.5)
    mixed = line("scroll", 1) + line("purchase", 2) + b"\n" + b"no json\n" + line("scroll", 3) + b'[{"type":"scroll"}]\n'
    assert inbox.put(delivery("a", line("scroll", size=9_000), 1))
    assert inbox.put(delivery("a", mixed, 2))  # not over the mark for long enough
    assert inbox.shed() == {}
    time.sleep(0.55)
    assert inbox.put(Delivery("a", mixed, b"3", 0), wait_s=1)
    assert inbox.shed() == {"scroll": 2}
    texts = {item.position: item.text for item in drain(inbox) if isinstance(item, Delivery)}
    assert texts[b"2"] == mixed
    assert texts[b"3"] == line("purchase", 2) + b"\n" + b"no json\n" + b'[{"type":"scroll"}]\n'
    assert inbox.put(delivery("a", mixed, 4))
    assert b"".join(item.text for item in drain(inbox) if isinstance(item, Delivery)) == mixed


def test_what_is_let_go_moves_the_position_is_done_and_stands_in_the_log() -> None:
    inbox = Inbox(Lanes(shed=frozenset({"scroll"})), most_bytes=1_000, shed_after_s=0)
    done: list[str] = []
    assert inbox.put(delivery("a", line("buy", size=1000), 1))
    assert inbox.put(Delivery("a", line("scroll"), b"2", 0, lambda: done.append("2")), wait_s=0)  # full, yet as good as read
    items = drain(inbox)
    left = [item for item in items if isinstance(item, Delivery)][-1]
    assert (left.text, left.position) == (b"", b"2")
    left.done()
    assert done == ["2"]
    assert [item.code for item in items if isinstance(item, Remark)] == ["shed_begin", "shed_end"]


def test_types_are_told_of_every_format_and_never_guessed() -> None:
    text = (
        b'{"id":"1","type":"buy"}\n{"specversion":"1.0","type":"buy"}\n{"type":"track","event":"Order Completed"}\n'
        b'{"type":"identify"}\r\n{"type":7}\n\xff\n[1]\n\n{"type":"\\u0062uy"}\n{"a":\r1}'
    )
    assert types_of(text) == ["buy", "buy", "Order Completed", "identify", None, None, None, None, "buy", None]


def test_many_threads_lose_nothing_and_mix_nothing_up() -> None:
    inbox = Inbox(most_bytes=20_000)

    def feed(stream: str) -> None:
        for number in range(300):
            assert inbox.put(delivery(stream, line("x", number, 50), number))

    threads = [threading.Thread(target=feed, args=(f"s{index}",), daemon=True) for index in range(6)]
    for thread in threads:
        thread.start()
    seen: dict[str, list[int]] = {}
    while sum(map(len, seen.values())) < 1800:
        for item in inbox.take(5_000, 30):
            assert isinstance(item, Delivery)
            seen.setdefault(item.stream, []).append(int(item.position))
        assert inbox.held_bytes < 20_000 + 1_000
    for thread in threads:
        thread.join()
    assert all(numbers == list(range(300)) for numbers in seen.values()) and len(seen) == 6
