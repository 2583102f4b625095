"""What it costs to keep profiles in a store: bytes and time of each, beside a run that keeps nothing; a start from many heads.

python -m tests.bench.storing [EVENTS] [HEADS]
"""

from __future__ import annotations

import gc
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rtj.compile import compile_project
from rtj.engine.keeping import Changes
from rtj.engine.kernel import Kernel
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.reviving import Stored, keep, revive
from rtj.engine.state import Profile
from rtj.engine.stored import ProfileCodec, write_identifiers
from rtj.ir.entries import Lines, Opened
from rtj.ir.kept import ProfileHead
from rtj.ir.program import Program, fingerprint
from rtj.run.following import Follower
from rtj.run.memory import collect_seldom
from tests.bench.workload import write_events, write_project

BATCH = 64_000  # bytes of lines between two commits
ROUNDS = 5
RECEIVED_MS = 1_900_000_000_000  # later than all events


@dataclass
class Rows:
    """A store that costs nothing: what was committed, by number."""

    bodies_by: dict[int, bytes] = field(default_factory=dict)
    written: int = 0

    def take(self, changes: Changes) -> None:
        for row in changes.profiles:
            self.bodies_by[row.number] = row.body
            self.written += 1
        for number in changes.gone:
            del self.bodies_by[number]

    def bodies(self, numbers: object) -> dict[int, bytes]:
        return {number: self.bodies_by[number] for number in numbers}  # type: ignore[attr-defined]


def follow(program: Program, text: bytes, *, awake: int | None) -> tuple[Follower, float, Rows]:
    """Work all lines in batches, with a commit after each if `awake` is given; the processor time that took."""
    follower, rows = Follower(lambda _: program, fingerprint(program), Level.COUNTS), Rows()
    if awake is not None:
        keep(follower.world, Stored((), (), rows.bodies, awake))
    start, place, number = time.process_time(), 0, 1
    follower.take(Opened(0, "events", None), number)
    while place < len(text):
        end = text.find(b"\n", min(place + BATCH, len(text) - 1)) + 1
        number += 1
        follower.take(Lines(0, RECEIVED_MS, text[place:end]), number)
        place = end
        keeper = follower.world.keeper
        if keeper is not None:
            rows.take(keeper.changes())
            keeper.committed()
    return follower, time.process_time() - start, rows


def microseconds(codec: ProfileCodec, profiles: list[Profile]) -> tuple[float, float, float]:
    """To encode and to decode one, the least of some rounds, and its bytes."""
    records = [codec.encode(p) for p in profiles]
    encoding, decoding = [], []
    for _ in range(ROUNDS):
        start = time.process_time()
        for p in profiles:
            codec.encode(p)
        encoding.append(time.process_time() - start)
        start = time.process_time()
        for p, record in zip(profiles, records, strict=True):
            codec.decode(p, record)
        decoding.append(time.process_time() - start)
    each = 1e6 / max(len(profiles), 1)
    return min(encoding) * each, min(decoding) * each, sum(map(len, records)) / max(len(profiles), 1)


def measure_heads(program: Program, count: int) -> tuple[float, float]:
    """Seconds and MB of a start with so many profiles at rest."""

    def heads() -> Iterator[ProfileHead]:
        for number in range(1, count + 1):
            due = 1_772_323_200_000 + number * 7_919 % 2_419_200_000
            yield ProfileHead(number, due, due, "5", write_identifiers(((0, f"user-{number:08d}"),)))

    ready = list(heads())
    gc.collect()
    before, start = _mb(), time.process_time()
    gc.disable()
    world = revive(Kernel(Machine(program), Recorder(), Level.COUNTS), Stored(ready, (), lambda _: {}))
    gc.enable()
    seconds = time.process_time() - start
    assert len(world.profiles) == count
    return seconds, _mb() - before


def _mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_storing(events: int, heads: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder / "five", 5)
        write_events(folder / "events.jsonl", events)
        done = compile_project((), folder / "five" / "rtj.yaml")
        assert done.program is not None
        program, text = done.program, (folder / "events.jsonl").read_bytes()
    collect_seldom()
    follow(program, text[: len(text) // 10].rpartition(b"\n")[0] + b"\n", awake=None)
    _, plain, _ = follow(program, text, awake=None)
    follower, all_awake, rows = follow(program, text, awake=10 * events)
    _, cold, _ = follow(program, text, awake=500)
    codec = ProfileCodec(follower.world.machine)
    inside = [p for p in follower.world.profiles if p.instances]
    outside = [p for p in follower.world.profiles if not p.instances and p.mail is None]
    begun = [p for p in outside if p.partials]
    ordinary = [p for p in outside if not p.partials]
    print(f"{'':34}{'encode us':>10}{'decode us':>10}{'bytes':>8}{'profiles':>10}")
    for label, profiles in (("at rest", ordinary), ("a pattern has begun", begun), ("inside a journey", inside)):
        encode, decode, size = microseconds(codec, profiles)
        print(f"{label:34}{encode:10.2f}{decode:10.2f}{size:8.0f}{len(profiles):10}")
    print(f"\n{'':34}{'CPU s':>10}{'events/s':>10}{'x plain':>8}")
    for label, seconds in (("nothing kept", plain), ("kept, all awake", all_awake), ("kept, 500 awake", cold)):
        print(f"{label:34}{seconds:10.2f}{events / seconds:10.0f}{seconds / plain:8.2f}")
    print(f"\n{rows.written / events:.2f} rows written for each event")
    seconds, mb = measure_heads(program, heads)
    print(f"{heads} heads: {seconds:.2f} s, {mb:.0f} MB, {mb * 1_048_576 / heads:.0f} bytes each")


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    measure_storing(given[0] if given else 200_000, given[1] if len(given) > 1 else 1_000_000)
