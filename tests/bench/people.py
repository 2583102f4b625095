"""What people cost: the memory of a million profiles in one world, and the time of each feature on the reference workload.

Every feature is measured beside the plain workload in the same run, in turns, by processor time, and the least of some rounds
counts: whatever else the machine does only ever adds.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.bench.crowd import write_crowd, write_crowd_project
from tests.bench.measure import RTJ, Measured, measure
from tests.bench.workload import write_events, write_project

AUDIENCES = """\
  regulars:   profile.spend_30d > 400
  lookers:    profile.views_7d >= 10
  newcomers:  profile.orders >= 1 and profile.orders <= 2
  loyal:      audience.regulars has been true for 3d
"""
CAPS = """\
caps:
  - {name: gentle, at_most: 4, per: week, channels: [email]}
  - {name: daily, at_most: 3, per: 24h}
"""
QUIET = 'quiet_hours: {from: "22:00", to: "08:00", zone: profile, then: hold}\n'
HOLDOUT = 'holdout: {share: 5%, salt: "2026"}\n'
TABLE = """\
tables:
  products: {key: item, file: products.csv, fields: {item: string, shelf: string}}
"""
PRODUCTS = "item,shelf\n" + "".join(f"item-{number:05d},shelf-{number % 40}\n" for number in range(5_000))


@dataclass(frozen=True)
class Feature:
    """A change to the plain project. `swaps` are (old, new) texts of rtj.yaml, `append` is put at its end, `edits` are
    (journey, old, new); `pairs`: events carry a device beside the person, and some the device alone."""

    name: str
    swaps: tuple[tuple[str, str], ...] = ()
    append: str = ""
    edits: tuple[tuple[str, str, str], ...] = ()
    pairs: bool = False
    parts: tuple[Feature, ...] = field(default=())

    def write(self, folder: Path) -> None:
        """Write the project with this feature, or with all its parts."""
        write_project(folder, 5)
        (folder / "products.csv").write_text(PRODUCTS, encoding="utf-8")
        for one in self.parts or (self,):
            path = folder / "rtj.yaml"
            text = path.read_text(encoding="utf-8")
            for old, new in one.swaps:
                assert old in text, old
                text = text.replace(old, new)
            path.write_text(text + one.append, encoding="utf-8")
            for name, old, new in one.edits:
                journey = folder / f"{name}.journey.yaml"
                told = journey.read_text(encoding="utf-8")
                assert old in told, old
                journey.write_text(told.replace(old, new), encoding="utf-8")


PERSON = "  user_id: {kind: person, priority: 1, unique: true}\n"
IDENTITY = Feature(
    "two identifiers, with merges", swaps=((PERSON, PERSON + "  device_id: {kind: device, priority: 2}\n"),), pairs=True
)
THREE = Feature(
    "three more audiences, two windows",
    swaps=(
        ("  regulars:   profile.spend_30d > 400\n", AUDIENCES),
        ("audiences:\n", "  views_7d:   count(product_view) over 7d\naudiences:\n"),
    ),
)
TWO_CAPS = Feature("two caps", append=CAPS)
CONSENT = Feature(
    "consent from an attribute",
    swaps=(
        ("plan: string}", "plan: string, consent: bool?}"),
        ("  orders:     count", "  email_ok:   {from: signed_up.consent, type: bool?}\n  orders:     count"),
        ("email: {purpose: marketing, default", "email: {purpose: marketing, consent: profile.email_ok, default"),
    ),
)
QUIET_HOURS = Feature("quiet hours, held", append=QUIET)
FEATURES = (
    IDENTITY,
    THREE,
    TWO_CAPS,
    CONSENT,
    QUIET_HOURS,
    Feature("holdout", append=HOLDOUT),
    Feature(
        "a table, read in a journey",
        append=TABLE,
        edits=(("abandoned_cart", "item = cart.item", '"item = cart.item, shelf = products[cart.item].shelf"'),),
    ),
)
PROMISED = Feature("identity, audiences, caps, quiet hours at once", pairs=True, parts=(IDENTITY, THREE, TWO_CAPS, QUIET_HOURS))
EVERYTHING = Feature("everything above", pairs=True, parts=FEATURES)


def why_not(project: Path) -> str:
    """Why this version of rtj cannot run a project as it is meant; empty when it can."""
    command = (*RTJ, "validate", "--project", str(project), "--format", "json-lines", "--exit-zero", "--quiet")
    for line in measure(*command).output.splitlines():
        if line.startswith("{"):
            one = json.loads(line)
            if one["severity"] == "error":
                return f"{one['code']} {one['message']}"
    return ""


Turn = Callable[[], Measured]


def least(rounds: int, turns: dict[str, Turn]) -> dict[str, Measured]:
    """Run all in turns, so many rounds; of each the run that took the least processor time."""
    best: dict[str, Measured] = {}
    for _ in range(rounds):
        for name, turn in turns.items():
            measured = turn()
            if name not in best or measured.cpu_seconds < best[name].cpu_seconds:
                best[name] = measured
    return best


def measure_features(rounds: int, events: int, folder: Path) -> None:
    """Print what each feature costs on the reference workload, grouped and in the order of arrival."""
    plain, pairs = folder / "events.jsonl", folder / "pairs.jsonl"
    write_events(plain, events)
    write_events(pairs, events, pairs=True)
    features, skipped = [Feature("plain")], {}
    for wanted in (*FEATURES, PROMISED, EVERYTHING):
        feature = replace(wanted, parts=tuple(part for part in wanted.parts if part.name not in skipped))
        project = folder / feature.name.replace(" ", "-")
        feature.write(project)
        if reason := why_not(project):
            skipped[feature.name] = reason
        else:
            features.append(feature)
    features[0].write(folder / "plain")
    print(f"{'':48}{'grouped, 1 worker':>22}{'order of arrival':>22}")
    print(f"{'':48}{'CPU s':>11}{'x plain':>11}{'CPU s':>11}{'x plain':>11}")
    found: list[dict[str, Measured]] = []
    for options in (("--workers", "1"), ("--order", "arrival")):
        turns: dict[str, Turn] = {}
        for feature in features:
            project, stream = folder / feature.name.replace(" ", "-"), pairs if feature.pairs else plain
            command = (*RTJ, "simulate", "--project", str(project), "--events", str(stream), *options)
            turns[feature.name] = lambda command=command: measure(*command)  # type: ignore[misc]
        found.append(least(rounds, turns))
    for feature in features:
        cells = "".join(
            f"{one[feature.name].cpu_seconds:11.2f}{one[feature.name].cpu_seconds / one['plain'].cpu_seconds:11.2f}"
            for one in found
        )
        print(f"{feature.name:48}{cells}")
    for name, reason in skipped.items():
        print(f"{name:48}skipped: {reason}")


def measure_memory(people: int, folder: Path) -> None:
    """Print what a crowd of profiles takes in one world, the process that holds them included."""
    project, stream = folder / "crowd", folder / "crowd.jsonl"
    write_crowd_project(project)
    bare = folder / "nobody.jsonl"
    write_crowd(bare, 1)
    count = write_crowd(stream, people)
    command = (*RTJ, "simulate", "--project", str(project), "--order", "arrival", "--events")
    empty = measure(*command, str(bare))
    full = measure(*command, str(stream))
    each = (full.peak_mb - empty.peak_mb) * 1024 * 1024 / people
    print(f"\n{people:,} profiles in one world: ten attributes, two windows of 30 days, five audiences; {count:,} events")
    print("a twentieth of them get one message; ids of two to three days are remembered to find copies")
    print(f"peak {full.peak_mb:,.0f} MB, {each:,.0f} bytes per profile, {full.cpu_seconds / count * 1e6:.1f} CPU us per event")


def measure_people(chosen_rounds: int, events: int, people: int, folder: Path) -> None:
    """Print both tables."""
    measure_memory(people, folder)
    print()
    measure_features(chosen_rounds, events, folder)
