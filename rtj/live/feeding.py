"""The sources of an environment as threads that fill the inbox."""

from __future__ import annotations

from typing import assert_never

from rtj.base.errors import UsageError
from rtj.connect.feed_port import Feeder
from rtj.connect.kinds import Reads
from rtj.connect.lanes import Lanes
from rtj.ir.environments import (
    Environment,
    Feed,
    FileSource,
    HttpSource,
    KafkaSource,
    RedisSource,
    SourceBinding,
    StdinSource,
    looked_up,
)
from rtj.ir.program import Program
from rtj.live.http_doors import Doors


def feeders_of(environment: Environment, program: Program, reads: Reads, doors: Doors, *, once: bool) -> list[Feeder]:
    """A feeder for each source. `once`: of each that has an end, to which it is read. Raises UsageError, also where none has one,
    and MissingExtra."""
    lanes = lanes_of(environment)
    sources = [binding for binding in environment.sources if ends(binding.feed) or not once]
    if environment.sources and not sources:
        names = ", ".join(binding.name for binding in environment.sources)
        raise UsageError(f"--once: no source of {environment.name} has an end ({names}); leave --once out, and Ctrl-C ends it")
    return [_feeder(binding, environment.name, (program, reads), (doors, lanes), once=once) for binding in sources]


def ends(feed: Feed) -> bool:
    """Has it an end, as files have?"""
    return isinstance(feed, FileSource | StdinSource)


def lanes_of(environment: Environment) -> Lanes:
    """Which lines have a privilege, and which may be let go."""
    return Lanes(frozenset(environment.policies.first), frozenset(environment.policies.shed))


def _feeder(
    binding: SourceBinding, environment: str, lines: tuple[Program, Reads], door: tuple[Doors, Lanes], *, once: bool
) -> Feeder:
    name = binding.name
    match binding.feed:
        case FileSource(path=path):
            from rtj.connect.feed_file import FileFeeder

            return FileFeeder(name, looked_up(path), once=once)
        case StdinSource():
            from rtj.connect.feed_stdin import StdinFeeder

            return StdinFeeder(name)
        case HttpSource() as feed:
            (doors, lanes), (program, reads) = door, lines
            return doors.source(name, feed, program, reads, lanes)
        case KafkaSource() as feed:
            from rtj.connect.feed_kafka import KafkaFeeder

            return KafkaFeeder(name, feed, f"rtj-{environment}-{name}")
        case RedisSource() as feed:
            from rtj.connect.feed_redis import RedisFeeder

            return RedisFeeder(name, feed)
        case _:
            assert_never(binding.feed)
