"""What a run has found out, before it becomes a `SimulateResult`."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from rtj.connect.intake import Intake
from rtj.connect.letters import DeadLetter
from rtj.run.harvest import SliceReport


@dataclass(slots=True)
class Found:
    """Everything that the summary needs; runners fill it as they learn it."""

    counts: dict[tuple[str, ...], int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)
    letters: list[tuple[int, DeadLetter]] = field(default_factory=list)  # with the number of their source, in order
    read: int = 0
    unread: int = 0
    out_of_order: int = 0
    late: int = 0
    first_ts: int | None = None
    last_ts: int | None = None
    end: int | None = None
    duplicates: int = 0
    id_reused: int = 0
    largest: int = 0
    interrupted: bool = False
    spilled: bool = False

    def see(self, span: tuple[int, int]) -> None:
        """Events were read between these instants; none if the first is later."""
        if span[0] <= span[1]:
            self.first_ts = span[0] if self.first_ts is None else min(self.first_ts, span[0])
            self.last_ts = span[1] if self.last_ts is None else max(self.last_ts, span[1])

    def count(self, counts: dict[tuple[str, ...], int]) -> None:
        """Add the counts of one worker."""
        for key, number in counts.items():
            self.counts[key] = self.counts.get(key, 0) + number

    def add_dead(self, dead: dict[str, int]) -> None:
        """Add dead letters by reason."""
        for reason, number in dead.items():
            self.dead[reason] = self.dead.get(reason, 0) + number

    def add_intake(self, one: Intake | SliceReport) -> None:
        """Add what was read of one source, or of a slice of it."""
        self.read += one.read
        self.unread += one.unread
        for name, number in one.unknown.items():
            self.unknown[name] = self.unknown.get(name, 0) + number
        self.out_of_order += one.out_of_order
        if one.read:
            self.see((one.first_ts, one.last_ts))

    def add_slices(self, slices: list[SliceReport]) -> None:
        """Join the slices of all sources."""
        lines: dict[int, int] = {}
        seams: dict[int, list[tuple[int, int, int]]] = {}
        for one in sorted(slices, key=lambda s: (s.source, s.part)):
            self.add_intake(one)
            self.add_dead(one.dead)
            before = lines.get(one.source, 0) if one.relative else 0
            for letter in one.letters:
                self.letters.append((one.source, DeadLetter(letter.line + before, letter.reason, letter.detail, letter.text)))
            lines[one.source] = before + one.lines
            seams.setdefault(one.source, []).extend(one.seams)
        self.letters.sort(key=lambda pair: (pair[0], pair[1].line))
        for stretches in seams.values():
            stretches.sort()
            self.out_of_order += sum(following[1] < before[2] for before, following in pairwise(stretches))
