"""The log of a run: lines that machines and people read, few of the same, and never a reason to stop."""

from __future__ import annotations

import io
import json
import logging
import threading

from rtj.live.journal import BURST, TEXT_MAX, WINDOW_S, Bridge, Journal


class Clock:
    def __init__(self) -> None:
        self.now = 1_772_359_200.0

    def __call__(self) -> float:
        return self.now


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line() -> None:
    stream = io.StringIO()
    Journal(stream, clock=Clock()).info("deployed", serial=7, where="prod")
    assert lines(stream) == [
        {"time": "2026-03-01T10:00:00.000Z", "level": "info", "event": "deployed", "serial": 7, "where": "prod"}
    ]


def test_for_people() -> None:
    stream = io.StringIO()
    Journal(stream, form="plain", clock=Clock()).warning("late", source="shop", why=None)
    assert stream.getvalue() == "10:00:00 warning late source=shop\n"


def test_the_same_again_and_again_is_counted() -> None:
    stream, clock = io.StringIO(), Clock()
    journal = Journal(stream, clock=clock)
    for _ in range(100):
        journal.error("store_fails", where="a")
    journal.error("store_fails", where="b")
    assert len(lines(stream)) == BURST + 1
    clock.now += WINDOW_S
    journal.error("store_fails", where="a")
    assert lines(stream)[-1]["left_out"] == 100 - BURST
    clock.now += WINDOW_S
    journal.error("store_fails", where="a")
    assert "left_out" not in lines(stream)[-1]


def test_levels() -> None:
    stream = io.StringIO()
    journal = Journal(stream, least="warning")
    journal.debug("a")
    journal.info("b")
    journal.warning("c")
    assert [line["event"] for line in lines(stream)] == ["c"]


def test_what_others_say_stays_on_its_line() -> None:
    stream = io.StringIO()
    Journal(stream).info("x", words='a\nb\x1b[31m"' + "y" * 10_000)
    (line,) = lines(stream)
    text = str(line["words"])
    assert len(text) == TEXT_MAX and "\n" not in text and "\x1b" not in text


def test_a_stream_that_is_gone_stops_nobody() -> None:
    stream = io.StringIO()
    journal = Journal(stream)
    stream.close()
    journal.info("x")
    assert journal.lost == 1


def test_libraries_are_heard_without_what_they_were_given() -> None:
    stream = io.StringIO()
    bridge = Bridge(Journal(stream))
    logger = logging.Logger("library")
    logger.addHandler(bridge)
    logger.info("nothing")
    logger.warning("met %s", "ada@example.com")
    try:
        raise ValueError("ada@example.com")
    except ValueError:
        logger.exception("failed")
    first, second = lines(stream)
    assert (first["words"], second["words"], second["error"]) == ("met %s", "failed", "ValueError")
    assert "ada" not in stream.getvalue()


def test_many_threads() -> None:
    stream = io.StringIO()
    journal = Journal(stream)
    threads = [threading.Thread(target=lambda n=n: journal.info(f"e{n}", number=n)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {line["number"] for line in lines(stream)} == set(range(50))
