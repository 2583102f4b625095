"""Everything that an environment has of one person, as JSON (S10): what is known, every event of the retained log, every message,
the dead letters. Nothing in it is masked.

A document has `format`, `environment`, `project` and `known` (as `rtj profile` tells it), and
`messages` [{at, channel, key, kind, state, tries, error, body}] · `events` [{id, type, ts, stream, entry, line}] ·
`dead_letters` [{stream, line, reason, text}].
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rtj.connect.instants import instant_text
from rtj.ir.entries import Erasure
from rtj.ir.program import Program
from rtj.live.peeking import Look
from rtj.live.portraying import encode
from rtj.live.sweeping import STEP_LETTERS, seen_of
from rtj.run.sifted_log import Finder, Names, Reader, Task
from rtj.run.sweeping import texts_of
from rtj.store.port import LogRow, Store

FORMAT = 1
MESSAGES_MAX = 1_000_000
ENTRIES_AT_ONCE = 16


def disclose(store: Store, environment: str, text: str) -> dict[str, Any] | None:
    """What is known of who is called so; None: nobody is. Raises InputError where nothing runs yet."""
    with store.still():
        look = Look(store)
        portrait = look.portrait(text)
        if portrait is None:
            return None
        program = look.program
        split = [tuple(name.split(":", 1)) for name in portrait.identifiers]
        names = tuple((space, value) for space, value in split)
        events, origins = _events(store, program, names)
        return {
            "format": FORMAT,
            "environment": environment,
            "project": program.project,
            "known": json.loads(encode(portrait)),
            "messages": [one for origin in sorted({portrait.profile, *origins}) for one in _messages(store, origin)],
            "events": events,
            "dead_letters": list(_letters(store, Names(program, names))),
        }


def _events(store: Store, program: Program, names: tuple[tuple[str, str], ...]) -> tuple[list[dict[str, Any]], frozenset[str]]:
    finder = Finder(program, [Task(store.last_entry(), 0, 0, 0, Erasure(""), names)])
    while True:
        for row in store.log():
            finder.read(seen_of(row))
        if not finder.begin_again():
            break
    found, origins = finder.owned()
    lines = _lines(store, program, sorted({seq for _, (seq, _) in found}))
    streams = {one.number: one.name for one in store.streams()}
    events = [
        {
            "id": event.id,
            "type": event.type,
            "ts": instant_text(event.ts),
            "stream": streams.get(event.source, ""),
            "entry": seq,
            "line": lines[seq, place],
        }
        for event, (seq, place) in found
    ]
    return events, origins


def _lines(store: Store, program: Program, entries: list[int]) -> dict[tuple[int, int], str]:
    reader = Reader(program)
    found: dict[tuple[int, int], str] = {}
    for start in range(0, len(entries), ENTRIES_AT_ONCE):
        rows: list[LogRow] = store.entries(entries[start : start + ENTRIES_AT_ONCE])
        for row in rows:
            for place, raw in enumerate(texts_of(reader, seen_of(row))):
                found[row.seq, place] = raw.decode("utf-8", "replace").rstrip("\r\n")
    return found


def _messages(store: Store, origin: str) -> Iterator[dict[str, Any]]:
    for row, fate in store.sent_to(origin, MESSAGES_MAX):
        yield {
            "at": instant_text(row.at),
            "channel": row.channel,
            "key": row.key,
            "kind": row.kind,
            "state": fate.state,
            "tries": fate.tries,
            "error": fate.error,
            "body": json.loads(row.body),
        }


def _letters(store: Store, names: Names) -> Iterator[dict[str, Any]]:
    streams = {one.number: one.name for one in store.streams()}
    number = 0
    while found := store.letters_after(number, STEP_LETTERS):
        number = found[-1][0]
        for _, one in found:
            if names.mentions(f"{one.text} {one.reason}"):
                yield {"stream": streams.get(one.stream, ""), "line": one.line, "reason": one.reason, "text": one.text}
