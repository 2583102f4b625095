"""Events that nobody reads are passed over only where they would change nothing: whoever shares a device with whom, and whatever
is let go in between, the trace is that of the naive rules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.ir import journey as j
from rtj.ir.program import Audience, Program
from tests.oracle.build import Maker, event_type, feed, journey, minutes, on, program
from tests.oracle.drivers import ENGINE
from tests.oracle.interpreter import run

READ, UNREAD = event_type("view", item="string?"), event_type("glance")
PEOPLE = st.sampled_from((("user:u",), ("user:v",), ("email:m", "user:u"), ()))
DEVICES = st.sampled_from((("cookie:c",), ("cookie:d",), ("cookie:c", "cookie:d"), ()))
STREAMS = st.lists(st.tuples(st.sampled_from(("glance", "glance", "view")), st.integers(0, 2), PEOPLE, DEVICES), max_size=14)


def made() -> Program:
    lists = (Audience("listed", None, members=(("cookie", "c"),)),)
    return program((READ, UNREAD), journey("a", on("view"), j.Wait("w", minutes(3))), audiences=lists)


@pytest.mark.parametrize("way", sorted(ENGINE))
@settings(max_examples=60, deadline=None)
@given(stream=STREAMS)
def test_what_is_passed_over_changes_nothing(way: str, stream: list[tuple[str, int, tuple[str, ...], tuple[str, ...]]]) -> None:
    e = Maker(made())
    events, at = [], 0
    for kind, gap, person, devices in stream:
        at += gap
        if person or devices:
            events.append(e(kind, at, *person, *devices))
    if events:
        assert ENGINE[way](e.program, [feed(*events)], None, False).records == run(e.program, [feed(*events)]).records
