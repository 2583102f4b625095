"""All that journeys know about one person, and about one passage through a journey (S11.1)."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from rtj.engine.calendar import INFINITY
from rtj.engine.packing import pack, unpack
from rtj.ir.records import Event

if TYPE_CHECKING:
    from rtj.engine.journey import JourneyMachine
    from rtj.engine.mail import Mail
    from rtj.engine.nodes import NodeMachine
    from rtj.engine.resting import Home

Stamp: TypeAlias = tuple[int, int, int]  # ts, source, position: the place in the order of work
Born: TypeAlias = tuple[int, bool, int, int]  # instant, whether on time, source, position: late events come first
Key: TypeAlias = str | None
Prefixes: TypeAlias = tuple[str, ...]  # `namespace:` of all namespaces, which stands before an identifier in an origin
NOTHING: list[Any] = []  # shared by profiles of programs without attributes; nobody writes into it
SEVERAL = -1  # stands for the namespace of a profile that has not exactly one identifier
END_OF_INSTANT = 1 << 60  # stands for source and position of what no event caused

Names: TypeAlias = dict[str, Any]


class NoInstances(dict[tuple[int, Key], "Instance"]):
    """What profiles at rest share that are in no journey. Whoever wants to write wakes the profile first, by `serial` or any
    other slot that is packed."""

    def __setitem__(self, slot: tuple[int, Key], inst: Instance) -> None:
        raise AssertionError("a profile at rest is in no journey")


NO_INSTANCES = NoInstances()
# Slots of a profile that are unset while it rests, in the order of `pack`.
PACKED = (
    *("attributes", "stamps", "aggregates", "next_changes", "born", "origin", "last_entries", "entries", "held"),
    *("conditions", "serial", "written", "n", "n_at", "queued", "queued_at"),
)
COLD = (*PACKED, "instances", "mail", "partials", "schedules", "sends")  # slots that are unset while only a store has them
_UNSET = frozenset(COLD)
packed_of = attrgetter(*PACKED)


class Instance:
    """One profile's passage through one journey.

    `origin` and `born` are those of the profile that entered, `serial` counts its entries; `node` is where it rests and `due`
    until when (INFINITY: no deadline); `expires` the end of max_duration; `names` what expressions see; `case` the case of
    wait_for that `due` stands for.
    """

    __slots__ = (
        "born",
        "case",
        "collected",
        "due",
        "entered",
        "expires",
        "goals",
        "holds",
        "id",
        "journey",
        "key",
        "names",
        "node",
        "origin",
        "recheck",
        "rounds",
        "seen",
        "serial",
        "steps",
        "steps_at",
        "trigger",
        "visits",
    )

    def __init__(self, journey: JourneyMachine, key: Key, p: Profile, entered: int, trigger: str, names: Names) -> None:
        self.journey = journey
        self.key = key
        self.origin = p.origin
        self.entered = entered
        self.born = p.born
        self.serial = p.serial
        self.trigger = trigger
        self.names = names
        self.id: str | None = None  # minted when first asked for
        self.node: NodeMachine | None = None
        self.due = INFINITY
        self.expires = INFINITY
        self.recheck = INFINITY
        self.case = -1
        self.goals = 0
        self.holds = 0
        self.steps = 0
        self.steps_at = -1
        self.visits: dict[int, int] | None = None
        self.rounds: dict[int, int] | None = None
        self.seen: dict[tuple[int, int], Event] | None = None
        self.collected: list[Event] | None = None

    @property
    def order(self) -> tuple[int, Born, int]:
        """Its place among the instances of all journeys (order of entry)."""
        return self.entered, self.born, self.serial


class Partial:
    """A pattern that has begun: the events of a counted first step, and the step that is waited for until `due`.

    `deadline` is the same for a step that must not happen, which fires then; INFINITY for others, which only lapse."""

    __slots__ = ("deadline", "due", "names", "recent", "step")

    def __init__(self) -> None:
        self.recent: list[Event] = []
        self.step = 0
        self.names: Names = {}
        self.due = INFINITY
        self.deadline = INFINITY

    def copy(self) -> Partial:
        """The same, to go on by itself: events never change."""
        made = Partial()
        made.recent, made.step, made.names = list(self.recent), self.step, dict(self.names)
        made.due, made.deadline = self.due, self.deadline
        return made


class Profile:
    """One person as far as journeys know. `due`: no timer lies before it (a lower bound, found anew when it is reached).

    `n` numbers the records of instant `n_at`; `queued` counts the consequences of instant `queued_at`; `gone`: merged into
    another.

    A profile that nobody has looked at for a while may rest: then the page `packed` holds at `place` what is in the slots of
    PACKED, which are unset, so that reading any of them comes to `__getattr__` and wakes it. Whoever is awake pays nothing for
    that. Where a store keeps it, the slots of COLD are unset, `packed` is who reads it back, and `place` its number, always.
    """

    __slots__ = (
        "_named",
        "_space",
        "aggregates",
        "attributes",
        "born",
        "conditions",
        "due",
        "entries",
        "gone",
        "heap_due",
        "held",
        "instances",
        "last_entries",
        "mail",
        "members",
        "n",
        "n_at",
        "next_changes",
        "origin",
        "packed",
        "partials",
        "place",
        "queued",
        "queued_at",
        "recheck",
        "schedules",
        "sends",
        "serial",
        "stamps",
        "written",
    )

    def __init__(self, origin: str, born: Born, attributes: int, aggregates: int) -> None:
        self.origin = origin
        self.born = born
        self._space = SEVERAL
        self._named: Any = ()
        self.attributes: list[Any] = [None] * attributes if attributes else NOTHING
        self.stamps: list[Stamp | None] | None = [None] * attributes if attributes else None
        self.aggregates: list[Any] = [None] * aggregates if aggregates else NOTHING
        self.members = 0
        self.conditions = 0
        self.held: list[int | None] | None = None
        self.next_changes: list[int] | None = None
        self.recheck = INFINITY
        self.instances: dict[tuple[int, Key], Instance] = {}
        self.last_entries: dict[tuple[int, Key], int] = {}
        self.entries: dict[int, int] | None = None
        self.partials: dict[tuple[int, Any], Partial] | None = None
        self.schedules: dict[int, tuple[int, int, int]] | None = None  # due, newest date fired, date of due
        self.sends: list[Instance] | None = None
        self.mail: Mail | None = None  # what gates remember, once there is something
        self.due = INFINITY
        self.serial = 0
        self.written = 0
        self.n = 0
        self.n_at = -1
        self.queued = 0
        self.queued_at = -1
        self.gone = False
        self.heap_due = INFINITY
        self.packed: Home | None = None
        self.place = 0

    @property
    def identifiers(self) -> tuple[tuple[int, str], ...]:
        """Its identifiers in the order in which they came. Most have one, of which its text and its namespace are kept."""
        if self._space >= 0:
            return ((self._space, self._named),)
        named: tuple[tuple[int, str], ...] = self._named
        return named

    @identifiers.setter
    def identifiers(self, identifiers: tuple[tuple[int, str], ...]) -> None:
        if self.packed is not None:
            self.wake()  # for what is packed hangs on them
        if len(identifiers) == 1:
            self._space, self._named = identifiers[0]
        else:
            self._space, self._named = SEVERAL, identifiers

    def rest(self, prefixes: Prefixes) -> bytes | None:
        """Pack what is seldom needed, and unset it: whoever asks must put the record into a page. None, and nothing happens, when
        it rests already, or something is there that cannot be packed."""
        if self.packed is not None or self.partials is not None or self.sends is not None or self.schedules is not None:
            return None
        record = pack(packed_of(self), self.usual_origin(prefixes))
        if record is None:
            return None
        del self.attributes, self.stamps, self.aggregates, self.next_changes, self.born, self.origin, self.last_entries
        del self.entries, self.held, self.conditions, self.serial, self.written, self.n, self.n_at, self.queued, self.queued_at
        if self.heap_due == self.due:  # most often all three are one instant, of which one number is enough
            self.due = self.heap_due
        if self.recheck == self.due:
            self.recheck = self.due
        if not self.instances:
            self.instances = NO_INSTANCES
        return record

    def wake(self) -> None:
        """Have all that is unset brought back."""
        assert self.packed is not None
        self.packed.wake(self)

    def unpack(self, record: memoryview, prefixes: Prefixes) -> None:
        """Undo `rest`."""
        (
            attributes, self.stamps, aggregates, self.next_changes, self.born, self.origin, self.last_entries,
            self.entries, self.held, self.conditions, self.serial, self.written, self.n, self.n_at, self.queued, self.queued_at,
        ) = unpack(record, self.usual_origin(prefixes))  # fmt: skip
        self.packed = None
        self.attributes = attributes or NOTHING
        self.aggregates = aggregates or NOTHING
        if self.instances is NO_INSTANCES:
            self.instances = {}

    def cool(self, home: Home) -> None:
        """Unset all that a store has; `home` reads it back."""
        del self.attributes, self.stamps, self.aggregates, self.next_changes, self.born, self.origin, self.last_entries
        del self.entries, self.held, self.conditions, self.serial, self.written, self.n, self.n_at, self.queued, self.queued_at
        del self.instances, self.mail, self.partials, self.schedules, self.sends
        if self.heap_due == self.due:  # most often all three are one instant, of which one number is enough
            self.due = self.heap_due
        if self.recheck == self.due:
            self.recheck = self.due
        self.packed = home

    def usual_origin(self, prefixes: Prefixes) -> str:
        """The origin that most profiles with these identifiers have; "" when they have not exactly one."""
        return prefixes[self._space] + self._named if self._space >= 0 else ""

    def __getattr__(self, name: str) -> Any:
        """Reached only for a slot that is unset: the profile rests."""
        if name not in _UNSET or self.packed is None:
            raise AttributeError(name)
        self.wake()
        return getattr(self, name)


class JourneyView:
    """What `journey.` gives an instance: `entries` counts the profile's entries into the journey, this one included."""

    __slots__ = ("entered_at", "entries", "name")

    def __init__(self, name: str, entered_at: int, entries: int) -> None:
        self.name, self.entered_at, self.entries = name, entered_at, entries
