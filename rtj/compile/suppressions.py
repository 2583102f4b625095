"""The list of addresses that nothing is sent to: CSV with the columns `channel` and `address`, or `channel` and `hash`."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from rtj.compile.csv_places import csv_rows
from rtj.ir.addresses import HASH_BYTES, address_hash
from rtj.lang import syntax as s
from rtj.lang.likeness import nearest
from rtj.lang.scope import Report, did_you_mean

BYTES_MAX = 64 * 1024 * 1024  # of a list; about two million addresses
FAULTS_MAX = 5  # lines of a list that are told
COLUMNS = ("channel", "address", "hash")
_HASH = re.compile(rf"[0-9a-f]{{{2 * HASH_BYTES}}}")


def read_suppressions(report: Report, project: s.Project, name: s.Text, text: str) -> tuple[tuple[str, str], ...]:
    """The addresses of a list as (channel or "" for all, keyed hash), sorted, each once. Faults are told with their lines."""
    rows = _rows(report, name, text)
    header = next(rows, None)
    if header is None:
        _report(report, name, "is empty", "its first line is `channel,address` or `channel,hash`")
        return ()
    places = {cell: place for place, cell in enumerate(header[1]) if cell in COLUMNS}
    if ("address" in places) == ("hash" in places):
        near = next((word for cell in header[1] if (word := nearest(cell, COLUMNS)) is not None), None)
        _report(report, name, "names no column `address` or `hash` in its first line, or both", did_you_mean(near))
        return ()
    secret = project.secret.value if project.secret is not None else ""
    channels = {"", *(channel.name.text for channel in project.channels)}
    found: set[tuple[str, str]] = set()
    faults = 0
    for line, row in rows:
        fault = "more cells than columns" if any(row[len(header[1]) :]) else _row(row, places, channels, found, secret)
        if fault:
            faults += 1
            if faults <= FAULTS_MAX:
                _report(report, name, f"line {line}: {fault}")
    if faults > FAULTS_MAX:
        _report(report, name, f"has {faults - FAULTS_MAX:,} more lines with mistakes")
    return tuple(sorted(found))


def _row(row: list[str], places: dict[str, int], channels: set[str], found: set[tuple[str, str]], secret: str) -> str:
    """Take one line; what is wrong with it, or nothing."""

    def cell(column: str) -> str:
        place = places.get(column)
        return row[place] if place is not None and place < len(row) else ""

    channel = cell("channel")
    if channel not in channels:
        meant = did_you_mean(nearest(channel, channels - {""}))
        return f"unknown channel `{channel}`" + (f"; {meant}" if meant else "")
    if "hash" in places:
        hashed = cell("hash").lower()
        if _HASH.fullmatch(hashed) is None:
            return f"expected a hash of {2 * HASH_BYTES} hex digits, found `{hashed[:40]}`"
        found.add((channel, hashed))
        return ""
    if not cell("address"):
        return "no address"
    found.add((channel, address_hash(secret, cell("address"))))
    return ""


def _rows(report: Report, name: s.Text, text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not empty, with their numbers."""
    try:
        for before, cells in csv_rows(text):
            if any(cells):
                yield before + 1, cells
    except csv.Error as reason:
        _report(report, name, f"is no CSV: {reason}")


def _report(report: Report, name: s.Text, what: str, hint: str = "") -> None:
    report.error("E412", f"`{name.value}` {what}" if not what.startswith("line") else f"`{name.value}`, {what}", name.span, hint)
