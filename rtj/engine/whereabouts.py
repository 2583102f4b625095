"""Who is inside where, out of the records of a store: read one after the other, without a world, and of most only a part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rtj.engine.layers import Layers
from rtj.engine.machine import Machine
from rtj.engine.standing import Onlooker
from rtj.engine.stored import nameless, stub
from rtj.engine.stored_frame import payload_of
from rtj.ir.journey import Version, known_as
from rtj.ir.kept import ProfileHead
from rtj.ir.program import fingerprint
from rtj.ir.standing import Standing, Tally


@dataclass(slots=True)
class _Spot:
    """How many stand somewhere, and when the first of them entered."""

    people: int
    oldest: int


class Whereabouts:
    """Reads records of one machine, whose tables are filled, and those of before that `layers` knows. Raises StoredError where a
    record cannot be read."""

    def __init__(self, machine: Machine, layers: Layers) -> None:
        self._machine, self._layers = machine, layers

    def tallies(self, bodies: Iterable[tuple[int, bytes]]) -> tuple[list[Tally], list[int]]:
        """How many instances stand at each node of each version, in the order of the program; and the numbers of all profiles
        that are inside some journey."""
        spots: dict[tuple[int, int], _Spot] = {}
        inside: list[int] = []
        layers, layout = self._layers, self._layers.codec.layout
        somebody = nameless()
        for number, body in bodies:
            if layers.is_older(body):
                if not layers.has_passages(body):
                    continue
                body = layers.current(somebody, body)  # noqa: PLW2901
            passages = payload_of(body, layout)[1]
            if passages is None or not passages[0]:
                continue
            inside.append(number)
            for told in passages[0]:
                place, entered, node = told[1], told[4], told[9]
                spot = spots.get((place, node))
                if spot is None:
                    spots[place, node] = _Spot(1, entered)
                else:
                    spot.people += 1
                    spot.oldest = min(spot.oldest, entered)
        journeys = self._machine.program.journeys
        names = {place: self._version(place) for place, _ in spots}
        found = [
            Tally(known_as(journeys[place]), names[place], journeys[place].nodes[node].id, spot.people, spot.oldest)
            for (place, node), spot in sorted(spots.items())
        ]
        return found, inside

    def _version(self, place: int) -> str:
        spec = self._machine.program.journeys[place]
        return spec.version if isinstance(spec, Version) else fingerprint(spec)

    def standings(self, rows: Iterable[tuple[ProfileHead, bytes]], at: int) -> Iterator[Standing]:
        """What is told of people who are inside some journey, at an instant."""
        onlooker, layers = Onlooker(self._machine, at), self._layers
        for head, body in rows:
            p = stub(head)
            p.members = layers.members(head, p.members)
            layers.codec.decode(p, layers.current(p, body))
            yield onlooker.of(p)
