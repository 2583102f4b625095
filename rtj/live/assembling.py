"""All parts of a run, made of the settings of its environment, and taken apart again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from types import FrameType

import rtj
from rtj.base.errors import OutputError, RefusedError
from rtj.connect.inbox import Inbox
from rtj.deliver.deliverer import Deliverer
from rtj.deliver.routes import routes_of
from rtj.ir.environments import Environment
from rtj.live.feeding import ends, feeders_of, lanes_of
from rtj.live.halting import Halter, Order
from rtj.live.http_doors import Doors, HttpFeeder
from rtj.live.journal import Journal
from rtj.live.running import Parts, Runner, take_order
from rtj.live.session import Session, SessionOptions, open_session
from rtj.live.supervising import Supervisor
from rtj.live.telemetry import telemetry_of
from rtj.live.telling import Teller
from rtj.live.ticking import Ticker
from rtj.live.vitals import Questions, Vitals
from rtj.run.memory import collect_seldom, quiet_collector
from rtj.store.port import Holder, Store

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
STANDBY_S = 0.5  # so often a standby looks whether it is needed


@dataclass(frozen=True, slots=True)
class RunOptions:
    """`once`: files and stdin are read to their end, and the run ends with them; `standby`: where somebody else runs, wait until
    that one has ended; `vitals`: where it tells how it goes; `order`: how what a guardrail halts is ordered; the others as of
    `SessionOptions`."""

    once: bool = False
    standby: bool = False
    trace: Path | None = None
    show_pii: bool = False
    vitals: Vitals = field(default_factory=Vitals)
    order: Order | None = None


def run_environment(environment: Environment, store: Store, holder: Holder, options: RunOptions, journal: Journal) -> None:
    """Run an environment until it is asked to end by SIGTERM or Ctrl-C. Raises RefusedError when nothing is deployed, or somebody
    else runs it; UsageError and MissingExtra for settings that cannot be used."""
    policies, vitals = environment.policies, options.vitals
    vitals.environment, vitals.version = environment.name, rtj.__version__
    settings = SessionOptions(policies.awake, options.trace, options.show_pii, guardrails=environment.guardrails)
    if options.standby:
        taken = _taken_over(store, settings, holder, (journal, vitals))
        if taken is None:
            return
        session = taken
    else:
        session = _begun(store, settings, holder, environment.name)
    inbox = Inbox(lanes_of(environment))
    questions = Questions(inbox.wake)
    doors = Doors(vitals, questions, journal)
    telemetry = telemetry_of(vitals, journal, os.environ)
    try:
        _deployed_before(session, environment)
        runner = _runner(environment, session, options, (inbox, doors, vitals, questions, journal))
        with quiet_collector(), _signals(lambda: runner.stopping.asked, runner.stopping.ask):
            collect_seldom()
            runner.run()
    finally:
        doors.close()
        if telemetry is not None:
            telemetry.close()
        session.leave()


def _begun(store: Store, settings: SessionOptions, holder: Holder, environment: str) -> Session:
    """Become the one who writes. Who is refused hears of both ways on: taking the lease, or waiting for it. In a store in which
    nothing has begun, nothing is touched: a trace that is there may be that of a store that was lost, and is to be put back."""
    if store.clock() is None and not store.orders():
        raise _undeployed(environment)
    try:
        return open_session(store, settings, holder)
    except RefusedError as error:
        other = store.leaseholder()
        if other is None or other.id == holder.id:
            raise
        wait = f"`rtj run --env {environment} --standby` waits for its end and takes over"
        raise RefusedError(f"{error}; {wait}") from None


def _taken_over(store: Store, settings: SessionOptions, holder: Holder, tells: tuple[Journal, Vitals]) -> Session | None:
    """Wait as long as somebody else runs, or the store cannot be reached, and take over then. None: it was asked to end."""
    journal, vitals = tells
    asked, supervisor, told = Event(), Supervisor(os.environ), ""
    with _signals(asked.is_set, asked.set):
        while not asked.is_set():
            now = settings.now_ms()
            vitals.came_round()
            try:
                session = open_session(store, settings, replace(holder, created_ms=now, beat_ms=now))
                vitals.well("lease")
                return session
            except (RefusedError, OutputError) as error:
                why = str(error)
            if why != told:
                journal.info("standby", words=why)
                supervisor.ready()
                vitals.unwell("lease", why)
                told = why
            supervisor.troubled(f"standby: {why}")
            asked.wait(STANDBY_S)
    return None


def _deployed_before(session: Session, environment: Environment) -> None:
    """What was ordered while nobody ran comes first."""
    for order in session.store.orders():
        take_order(session, order)
        session.commit()
    if session.follower is None:
        raise _undeployed(environment.name)


def _undeployed(environment: str) -> RefusedError:
    return RefusedError(f"nothing is deployed in {environment} yet: `rtj deploy --env {environment}` comes first")


def _runner(
    environment: Environment, session: Session, options: RunOptions, shared: tuple[Inbox, Doors, Vitals, Questions, Journal]
) -> Runner:
    inbox, doors, vitals, questions, journal = shared
    follower = session.follower
    assert follower is not None
    feeders = feeders_of(environment, follower.program, follower.machine, doors, once=options.once)
    for binding in environment.sources if options.once else ():
        if not ends(binding.feed):
            journal.info("left_out", where=binding.name, words="it has no end, and --once reads what has one")
    if environment.serve:
        doors.serve(environment.serve, environment.serve_keys)
    folder = Path.cwd()
    deliverer = Deliverer(routes_of(environment, follower.program, folder), inbox.wake, environment.name)
    vitals.inbox_limit = inbox.most_bytes
    formats = {feeder.name: feeder.format for feeder in feeders if isinstance(feeder, HttpFeeder)}

    def deployed() -> None:
        """Doors and deliveries go by the new program."""
        now = session.follower
        assert now is not None
        deliverer.reroute(routes_of(environment, now.program, folder))
        for feeder in feeders:
            if isinstance(feeder, HttpFeeder):
                feeder.take_program(now.program, now.machine)

    teller = Teller(session, vitals, journal, formats, Supervisor(os.environ))
    for newest in session.store.deployments(1):
        teller.deployed(newest)
    ticker = Ticker({binding.name: binding.idle_ms for binding in environment.sources})
    return Runner(
        Parts(session, inbox, feeders, deliverer, ticker, teller, journal, questions, environment.policies.retain_ms,
              deployed, Halter(session, options.order, vitals, journal).look, options.once)
    )  # fmt: skip


@contextmanager
def _signals(asked: Callable[[], bool], end: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and Ctrl-C ask the run to end; whoever asks twice is not made to wait."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        if asked():
            raise KeyboardInterrupt
        end()

    heard = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]  # `nohup` has SIGHUP ignored
    before = {number: signal.signal(number, ask) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
