"""The sinks of an environment, and the ways to them. What an extra is needed for is imported when such a sink is made."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from rtj.deliver.deliverer import Route, Routes
from rtj.deliver.port import Sink
from rtj.ir.environments import Environment, FileSink, KafkaSink, SinkBinding, WebhookSink, looked_up
from rtj.ir.program import Program, Webhook, fingerprint


def routes_of(environment: Environment, program: Program, folder: Path) -> Routes:
    """The ways of an environment. Relative paths are below `folder`. `program` declares the webhooks that are called; after a
    deployment make new ones. Raises UsageError for a variable that is not set, MissingExtra where a package is needed."""
    made: dict[object, Sink] = {}
    channels = {}
    for binding in environment.sinks:
        sink = made.get(binding.sink)  # two channels into one file are one sink
        if sink is None:
            sink = made[binding.sink] = _sink(binding, folder)
        channels[binding.channel] = Route(f"channel {binding.channel}", sink, binding.per_second)
    # Named by all that is said of it: one that was changed by a deployment is another way.
    webhooks = {one.name: Route(f"webhook {one.name} {fingerprint(one)}", _caller(one)) for one in program.webhooks}
    return Routes(channels, webhooks)


def _sink(binding: SinkBinding, folder: Path) -> Sink:
    match binding.sink:
        case FileSink(path=path):
            from rtj.deliver.file import FileWriter

            return FileWriter(folder / looked_up(path))
        case WebhookSink() as spec:
            from rtj.deliver.webhook import Poster

            return Poster(looked_up(spec.url), looked_up(spec.secret), timeout_ms=spec.timeout_ms, retries=spec.retries)
        case KafkaSink() as spec:
            from rtj.deliver.kafka import TopicWriter

            settings = {name: looked_up(value) for name, value in spec.settings}
            return TopicWriter(looked_up(spec.brokers), looked_up(spec.topic), settings)
        case _:
            assert_never(binding.sink)


def _caller(webhook: Webhook) -> Sink:
    from rtj.deliver.webhook import Caller

    return Caller(webhook)
