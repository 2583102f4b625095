"""What threads share of a run: counts stay bounded, and a question is answered once, refused, or given up; never forgotten."""

from __future__ import annotations

import threading

import pytest

from rtj.live.vitals import LABELS_MAX, OTHERS, STUCK_S, Batch, BusyError, Histogram, ProfileAsked, Questions, Vitals


def test_a_histogram_counts_each_value_in_one_bucket() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 9.0):
        histogram.observe(value)
    assert histogram.counts == [2, 1, 1]
    assert histogram.sum == 12.0


def test_what_anybody_may_name_does_not_grow_without_bound() -> None:
    vitals = Vitals()
    for number in range(10 * LABELS_MAX):
        vitals.count_events(f"s{number % 3}", [f"type{number}"])
    found = vitals.events.read()
    assert len(found) <= LABELS_MAX + 3
    assert sum(found.values()) == 10 * LABELS_MAX
    vitals.inside.replace({(f"j{n}", "v"): n for n in range(3 * LABELS_MAX)})
    assert len(vitals.inside.read()) == LABELS_MAX + 1
    assert sum(vitals.inside.read().values()) == sum(range(3 * LABELS_MAX))
    assert (OTHERS, OTHERS) in vitals.inside.read()


def test_a_run_is_ready_when_all_its_parts_are_well_and_it_comes_round() -> None:
    vitals = Vitals()
    assert vitals.reasons() == {"journeys": "starting"}
    vitals.well("journeys")
    assert vitals.reasons() == {}
    vitals.unwell("lease", "another run holds it")
    assert vitals.reasons() == {"lease": "another run holds it"}
    vitals.well("lease")
    vitals.beat -= STUCK_S + 1
    assert list(vitals.reasons()) == ["work"]
    vitals.came_round()
    assert vitals.reasons() == {}


def test_a_batch_is_counted_and_told() -> None:
    vitals, told = Vitals(), list[Batch]()
    vitals.on_batch = told.append
    vitals.batch(Batch(0, 250, 3, 7, 0.01, 0.002))
    assert sum(vitals.batch_events.counts) == sum(vitals.commit_seconds.counts) == 1
    assert vitals.log_entries == 3
    assert told[0].whole_s == pytest.approx(0.012)


def test_questions_are_answered_from_another_thread() -> None:
    woken = threading.Event()
    questions = Questions(woken.set)
    future = questions.ask(ProfileAsked("email:a@example.com"))
    assert woken.is_set()
    assert questions.serve(lambda asked: asked.id.encode()) == 1
    assert future.result(0) == b"email:a@example.com"


def test_a_failure_goes_to_who_asked_and_ends_nothing() -> None:
    questions = Questions()
    future = questions.ask(ProfileAsked("x"))

    def fail(_: ProfileAsked) -> bytes:
        raise ValueError("torn")

    questions.serve(fail)
    with pytest.raises(ValueError, match="torn"):
        future.result(0)


def test_questions_are_bounded_and_end() -> None:
    questions = Questions(most=2)
    first, second = questions.ask(ProfileAsked("1")), questions.ask(ProfileAsked("2"))
    with pytest.raises(BusyError):
        questions.ask(ProfileAsked("3"))
    first.cancel()
    asked: list[str] = []
    assert questions.serve(lambda one: asked.append(one.id)) == 1
    assert asked == ["2"] and second.result(0) is None
    last = questions.ask(ProfileAsked("4"))
    questions.close()
    with pytest.raises(BusyError):
        last.result(0)
    with pytest.raises(BusyError):
        questions.ask(ProfileAsked("5"))


def test_questions_do_not_hold_up_the_run() -> None:
    """Each turn answers one at least, and stops when its time is over."""
    questions = Questions()
    for number in range(5):
        questions.ask(ProfileAsked(str(number)))
    assert questions.serve(lambda _: None, seconds=0.0) == 1
    assert len(questions) == 4
