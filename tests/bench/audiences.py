"""What live audiences cost: a business event among very many people of whom few are interested, with the index and by asking
everybody; and what keeping audiences costs each event. All in one process and one run, so that ratios can be trusted."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

from rtj.compile import compile_text
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.world import World
from rtj.ir.records import Event

PROJECT = """
project: bench
timezone: Europe/Berlin
identity: {user: {kind: person, priority: 1}}
events:
  view: {item: string, price: number}
business_events:
  restock: {item: string}
channels:
  email: {purpose: transactional}
profile:
  favourite: {from: view.item, type: string?}
  viewed: distinct(view.item) over 30d
audiences:
  watchers: profile.favourite == 'tea'
"""
JOURNEY = "journey: j\nenter: {on: ENTER, again: always}\ndo:\n  - {send: back, by: email}\n"
INSIDE = """
journey: j
enter: {on: view as seen}
do:
  - id: hold
    wait_for:
      - {on: restock, when: event.item == seen.item, do: [{send: back, by: email}]}
      - {after: 60d}
"""
WAYS = {
    "for AUDIENCE": JOURNEY.replace("ENTER", "restock for watchers"),
    "event.item == profile.favourite": JOURNEY.replace("ENTER", "restock where event.item == profile.favourite"),
    "event.item in profile.viewed": JOURNEY.replace("ENTER", "restock where event.item in profile.viewed"),
    "inside, event.item == seen.item": INSIDE,
}
CONDITIONS = (
    "count(view) over {n}d >= 3",
    "sum(view.price) over {n}h > 20",
    "profile.favourite == 'thing-{n}'",
    "count(view where event.price > {n}) >= 5",
)
INTERESTED = 50
START = 1_772_359_200_000
EVENTS = 200
SCANS = 3
CPU = time.process_time


class Told(World):
    """A world that can be told to ask everybody."""

    def without_index(self) -> None:
        """From now on no index is used, nor kept."""
        self._asks_everybody = True
        self.kernel.fanout = None


def populated(journey: str, people: int) -> Told:
    """Everybody has viewed a thing; INTERESTED of them, spread over all, viewed tea."""
    made = compile_text(PROJECT, journey)
    assert made.program is not None, made.diagnostics
    world = Told(Machine(made.program, Level.COUNTS), Recorder())
    view = world.machine.record("view")
    others = [view(item=f"thing-{n}", price=3) for n in range(1000)]
    tea = view(item="tea", price=3)
    every = max(1, people // INTERESTED)
    for number in range(people):
        props = tea if number % every == 0 else others[number % 1000]
        at = START + number // 100
        world.feed(Event(at, 0, number, "view", "v", at, ((0, f"u{number}"),), props))
        if number % 100 == 99:
            world.close(at)
    world.close(START + people // 100)
    return world


def per_event(world: World, count: int, first: int) -> float:
    """Seconds that a restock of tea takes, with its instant."""
    tea = world.machine.record("restock")(item="tea")
    began = CPU()
    for number in range(first, first + count):
        at = START + 3_600_000 + 600_000 * number  # beyond `again: always` nothing holds anybody back
        world.advance(at)
        world.feed(Event(at, 0, number, "restock", f"r{number}", at, (), tea))
        world.close(at)
    return (CPU() - began) / count


def measure_audiences(people: int, repeat: int) -> None:
    """Print both tables. In the last way the interested are no longer inside once they were told: nobody is found any more."""
    print(f"{people:,} people, {INTERESTED} of them interested; CPU time of one process\n")
    print(f"{'a business event':36}{'index, ms':>11}{'first, ms':>11}{'all asked, ms':>15}{'x':>9}")
    for name, journey in WAYS.items():
        world = populated(journey, people)
        first = per_event(world, 1, 0)
        warm = min(per_event(world, EVENTS, 1 + EVENTS * turn) for turn in range(repeat))
        world.without_index()
        scan = per_event(world, SCANS, 1 + EVENTS * repeat)
        print(f"{name:36}{warm * 1000:11.3f}{first * 1000:11.0f}{scan * 1000:15.1f}{scan / warm:9,.0f}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory {peak:,.0f} MB, of which one world at a time\n")
    print(f"{'an event of one person':36}{'microseconds':>14}{'x':>9}")
    base = 0.0
    for count in (0, 1, 5, 20):
        cost = min(upkeep(count) for _ in range(repeat))
        base = base or cost
        print(f"{f'with {count} audiences':36}{cost * 1e6:14.2f}{cost / base:9.2f}", flush=True)


def upkeep(audiences: int) -> float:
    """Seconds that an event takes with so many audiences that all hang on it."""
    lines = [f"  a{n}: {CONDITIONS[n % len(CONDITIONS)].format(n=n + 1)}" for n in range(audiences)]
    text = PROJECT.split("audiences:", maxsplit=1)[0] + ("audiences:\n" + "\n".join(lines) if lines else "")
    made = compile_text(text, JOURNEY.replace("ENTER", "restock where event.item == profile.favourite"))
    assert made.program is not None, made.diagnostics
    world = World(Machine(made.program, Level.COUNTS), Recorder())
    view = world.machine.record("view")
    props = [view(item=f"thing-{n}", price=n % 7) for n in range(100)]
    events = [
        Event(START + n * 500, 0, n, "view", "v", START + n * 500, ((0, f"u{n % 2000}"),), props[n % 100]) for n in range(20_000)
    ]
    return timed(lambda: play(world, events)) / len(events)


def play(world: World, events: list[Event]) -> None:
    for event in events:
        world.advance(event.at)
        world.feed(event)
        world.close(event.at)


def timed(work: Callable[[], None]) -> float:
    began = CPU()
    work()
    return CPU() - began
