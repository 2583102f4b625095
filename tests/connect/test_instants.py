"""Instants and dates are read exactly, or not at all."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtj.connect.instants import EARLIEST_MS, LATEST_MS, Instants, day_of, field_hook, instant_text
from rtj.ir.records import Day, Instant


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.001Z", 1),
        ("1970-01-01t00:00:01.9999z", 1_999),
        ("1970-01-01 01:00:00+01:00", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1970-01-01T00:00:60Z", 60_000),
        ("2024-02-29T12:30:00.5-02:30", 1_709_218_800_500),
        (1_700_000_000_000, 1_700_000_000_000),
        ("2023-02-29T00:00:00Z", None),
        ("2023-02-28T24:00:00Z", None),
        ("2023-02-28T10:61:00Z", None),
        ("2023-02-28T10:00:61Z", None),
        ("2023-02-28T10:00:00+99:00", None),
        ("2023-02-28T10:00:00", None),
        ("2023-02-28", None),
        ("2023-W05-1T10:00:00Z", None),
        ("٢٠٢٣-02-28T10:00:00Z", None),
        ("", None),
        (True, None),
        (1.5, None),
        (LATEST_MS + 1, None),
        (EARLIEST_MS - 1, None),
        (None, None),
    ],
)
def test_instants(text: object, expected: int | None) -> None:
    """RFC 3339 with a zone, or whole milliseconds; the same a second time, out of the memory."""
    reader = Instants()
    assert reader.ms(text) == expected
    assert reader.ms(text) == expected


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_text_and_back(moment: dt.datetime) -> None:
    """What is written is what was read."""
    ms = (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)
    assert Instants().ms(instant_text(ms)) == ms
    assert instant_text(ms) == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_fields() -> None:
    """Properties of type instant and date."""
    record = msgspec.defstruct("R", [("at", Instant | None), ("on", Day)])
    decoder = msgspec.json.Decoder(record, dec_hook=field_hook)
    found = decoder.decode(b'{"at":"1970-01-01T00:00:01Z","on":"1970-01-03"}')
    assert (found.at, found.on) == (1000, 2)
    assert type(found.at) is Instant
    assert decoder.decode(b'{"at":null,"on":4}').on == 4
    for broken in (b'{"at":"soon","on":4}', b'{"at":1,"on":"1970-13-01"}', b'{"at":1,"on":true}'):
        with pytest.raises(msgspec.ValidationError, match="expected"):
            decoder.decode(broken)
    assert day_of("2024-2-29") is None
