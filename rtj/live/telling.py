"""What a run tells of itself: its vitals, written by the thread that works, and answers to questions about people."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from rtj.connect.feed_port import Feeder
from rtj.connect.inbox import Inbox
from rtj.deliver.deliverer import Deliverer
from rtj.engine.calendar import INFINITY
from rtj.ir.environments import GUARDRAIL
from rtj.ir.program import fingerprint
from rtj.live.journal import Journal
from rtj.live.portraying import Portrayer
from rtj.live.session import Session
from rtj.live.supervising import Supervisor
from rtj.live.vitals import Answer, Backlog, Batch, Question, Vitals, Waiting
from rtj.run.following import INTERNAL, Follower
from rtj.store.port import Deployment


class Teller:
    """Writes `vitals` for one session. `formats`: what streams of a source are pinned to."""

    def __init__(
        self,
        session: Session,
        vitals: Vitals,
        journal: Journal,
        formats: Mapping[str, str],
        supervisor: Supervisor,
    ) -> None:
        self._session, self._vitals, self._journal, self._formats = session, vitals, journal, formats
        self._supervisor = supervisor
        self._portrayer = Portrayer(session)
        self._failing = ""  # why the store did what it did last
        self._unknown: set[str] = set()  # types not declared that were told
        self._versions: tuple[str, dict[str, str]] = "", {}  # of journeys, and the program that has them
        self._events = 0
        found = session.follower.found if session.follower is not None else None
        self._late = {"late": found.late, "duplicates": found.duplicates} if found is not None else {}  # told before this run

    def format_of(self, stream: str) -> str | None:
        """What a stream is pinned to; None: its first lines say."""
        return self._formats.get(stream.partition("[")[0])

    # ---- how it goes

    def running(self) -> None:
        """All is begun."""
        self._vitals.well("journeys")
        self._supervisor.ready()

    def draining(self) -> None:
        """The run ends."""
        self._vitals.unwell("draining", "the run is being stopped")
        self._supervisor.stopping()

    def came_round(self) -> None:
        """Another turn of the loop."""
        self._vitals.came_round()

    def store_fails(self, why: str) -> None:
        """The store takes nothing, or does not answer. The log has it once for each reason."""
        self._vitals.unwell("store", why)
        reason = why.partition("; ")[0]
        if reason != self._failing:
            self._failing = reason
            self._journal.error("store_fails", words=why)
        self._supervisor.troubled(why)

    def store_works(self) -> None:
        """It does again."""
        self._vitals.well("store")
        if self._failing:
            self._failing = ""
            self._journal.info("store_works")
            self._supervisor.alive()

    def deployed(self, deployment: Deployment) -> None:
        """This deployment runs now."""
        self._vitals.serial, self._vitals.deployed_ms = deployment.serial, deployment.at_ms
        self._vitals.halted = deployment.message if deployment.who == GUARDRAIL else ""

    def read(self, stream: str) -> None:
        """Lines of a stream were worked."""
        follower = self._session.follower
        assert follower is not None
        source = stream.partition("[")[0]
        self._events += len(follower.latest)
        self._vitals.count_events(source, [event.type for event in follower.latest])
        for name in follower.found.unknown.keys() - self._unknown:
            self._unknown.add(name)
            self._journal.warning("unknown_type", where=source, type=name)
        for name, count in (("late", follower.found.late), ("duplicates", follower.found.duplicates)):
            more = count - self._late.get(name, 0)
            if more > 0:
                family = self._vitals.late if name == "late" else self._vitals.duplicates
                family.add(more, source)
                self._late[name] = count

    def committed(self, entries: int, started: float, taken: float) -> None:
        """A batch was begun at `started`, worked at `taken`, and is committed now."""
        now = time.perf_counter()
        session, vitals = self._session, self._vitals
        mishaps = []
        for letter in session.letters:
            reason = letter.reason.partition(":")[0]
            vitals.letters.add(1, reason, session.name_of(letter.stream))
            if reason == INTERNAL:
                mishaps.append(letter)
            else:
                self._journal.warning("dead_letter", where=session.name_of(letter.stream), line=letter.line, reason=reason)
        if mishaps:
            first = mishaps[0]
            self._journal.error("contained", where=session.name_of(first.stream), words=first.reason, times=len(mishaps))
        follower = session.follower
        if follower is not None:
            vitals.clock_ms = follower.clock if follower.clock > 0 else None
            vitals.watermarks = {stream.name: stream.watermark for stream in follower.streams.values()}
        began_ns = time.time_ns() - int((now - started) * 1e9)
        vitals.batch(Batch(began_ns, self._events, entries, len(session.sent), taken - started, now - taken))
        self.store_works()
        self._events = 0

    def look(self, feeders: Sequence[Feeder], inbox: Inbox, deliverer: Deliverer) -> None:
        """What is only looked at now and then."""
        vitals, follower = self._vitals, self._session.follower
        vitals.inbox_bytes = inbox.held_bytes
        vitals.backlogs = {name: Backlog(lag.behind, lag.unit) for feeder in feeders for name, lag in feeder.lag().items()}
        vitals.troubles = troubles = {feeder.name: words for feeder in feeders if (words := feeder.trouble())}
        if troubles:
            told = "; ".join(f"{name}: {words}" for name, words in sorted(troubles.items()))
            vitals.unwell("sources", told)
            self._supervisor.troubled(told)
        else:
            vitals.well("sources")
            self._supervisor.alive()
        vitals.shed.replace({(name, ""): count for name, count in inbox.shed().items()})
        self._deliveries(deliverer)
        vitals.messages.replace(self._session.messages)
        vitals.memory_bytes = resident_bytes()
        if follower is not None:
            vitals.clock_ms = follower.clock if follower.clock > 0 else None
            soonest = follower.world.timers.soonest
            vitals.soonest_ms = soonest if soonest < INFINITY else None
        if follower is not None and follower.world.keeper is not None:
            if self._versions[0] != follower.running:
                self._versions = follower.running, {one.name: fingerprint(one) for one in follower.program.journeys}
            vitals.inside.replace(_inside(follower, self._versions[1]))
            keeper = follower.world.keeper
            vitals.profiles, vitals.awake, vitals.cold_reads = len(follower.world.profiles), keeper.awake_count, keeper.reads
            vitals.unknown.replace({(name,): count for name, count in follower.found.unknown.items()})

    def _deliveries(self, deliverer: Deliverer) -> None:
        """How the outbox fares; once when a channel does not get rid of its messages, and once when it does again."""
        vitals, before = self._vitals, self._vitals.outbox
        vitals.outbox = {
            name: Waiting(one.waiting, one.done, one.failed, one.oldest_ms, one.error, one.resting)
            for name, one in deliverer.tallies().items()
        }
        for name, one in vitals.outbox.items():
            was = before.get(name, Waiting())
            if one.error and not was.error:
                self._journal.warning("deliveries_fail", where=name, words=one.error, waiting=one.waiting)
            elif was.error and not one.error:
                self._journal.info("deliveries_go_on", where=name, waiting=one.waiting)
            if one.failed > was.failed:
                self._journal.warning("given_up", where=name, count=one.failed - was.failed, words=one.error)

    # ---- questions

    def answer(self, question: Question) -> Answer:
        """Everything about a person, as JSON; None: nobody is called so."""
        return self._portrayer.answer(question)


def resident_bytes() -> int:
    """What the process has in memory now; where the system does not tell, the most that it ever had."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _inside(follower: Follower, versions: Mapping[str, str]) -> dict[tuple[str, ...], int]:
    """How many are inside each journey, with the version of now: who entered less who left, in all versions of it."""
    found: Counter[str] = Counter()
    for key, count in follower.recorder.counts.items():
        match key:
            case ("entered", name):
                found[name] += count
            case ("left", name, _):
                found[name] -= count
            case _:
                pass
    return {(name, versions[name]): count for name, count in found.items() if name in versions}
