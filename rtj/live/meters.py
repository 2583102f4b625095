"""The values of a run as meters: one list of names and meanings, which Prometheus and OpenTelemetry both are given.

Names follow Prometheus: `rtj_`, base units, `_total` at the end of what only grows. Labels have bounds (`vitals.LABELS_MAX`) and
never name a person.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from rtj.base.errors import MissingExtra
from rtj.live.vitals import Family, Histogram, Vitals, Waiting

if TYPE_CHECKING:
    from prometheus_client.core import Metric

OPEN_METRICS = "application/openmetrics-text"
Kind: TypeAlias = Literal["counter", "gauge"]
Sample: TypeAlias = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Meter:
    """One name. `unit`: as OpenTelemetry spells it, "1" for counts."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...]
    samples: tuple[Sample, ...]
    unit: str = "1"


@dataclass(frozen=True, slots=True)
class Spread:
    """A histogram under its name."""

    name: str
    help: str
    values: Histogram
    unit: str = "1"


def meters(v: Vitals, now_ms: int) -> Iterator[Meter]:
    """Everything but histograms. `now_ms`: by the clock of the machine, for ages."""
    yield Meter("rtj_info", "gauge", "What runs.", ("environment", "version"), (((v.environment, v.version), 1),))
    yield _counted("events", "Events that were read and worked or wait for their time.", ("type", "source"), v.events)
    yield _counted("late_events", "Events that came after their time (S1.7).", ("source",), v.late)
    yield _counted("duplicate_events", "Copies that were dropped (S1.8).", ("source",), v.duplicates)
    yield _counted("dead_letters", "Lines that are no usable event (S1.9).", ("reason", "source"), v.letters)
    yield _counted("shed_events", "Events let go because the run could not follow (policies.shed).", ("type", "source"), v.shed)
    yield _counted("requests", "Requests, by the door and the status of the answer.", ("door", "status"), v.requests)
    yield _one("request_bytes_total", "counter", "Bytes of the bodies of events, as sent.", v.request_bytes, "By")
    yield _one("connections", "gauge", "Open connections of HTTP.", v.connections)
    if v.clock_ms is not None:
        yield _one("clock_seconds", "gauge", "Everything before this instant was worked.", v.clock_ms / 1000, "s")
        lag = max(0.0, (now_ms - v.clock_ms) / 1000)
        yield _one(
            "clock_lag_seconds",
            "gauge",
            "How far that is behind the clock of the machine; it stands still while nothing happens and nobody waits.",
            lag,
            "s",
        )
    marks = ((((stream,), at / 1000)) for stream, at in dict(v.watermarks).items())
    yield Meter("rtj_watermark_seconds", "gauge", "Nothing older is expected.", ("stream",), _sorted(marks), "s")
    yield _one("inbox_bytes", "gauge", "Held between sources and the run.", v.inbox_bytes, "By")
    yield _one("inbox_limit_bytes", "gauge", "Above this sources are held back.", v.inbox_limit, "By")
    yield _one("log_entries_total", "counter", "Entries written to the log.", v.log_entries)
    yield from _outbox(dict(v.outbox), now_ms)
    inside = "People on their way, by journey and version."
    yield Meter("rtj_in_journey", "gauge", inside, ("journey", "version"), _sorted(v.inside.read().items()))
    yield _counted("messages", "Messages that journeys have asked for and gates let go.", ("journey", "channel"), v.messages)
    yield _counted(
        "guardrail_trips", "Guardrails that were broken, so that something was halted.", ("guardrail", "journey"), v.trips
    )
    labels, guarded = ("guardrail", "journey"), sorted(dict(v.guarded).items())
    now = tuple((key, measured) for key, (measured, _) in guarded)
    yield Meter("rtj_guardrail_measured", "gauge", "What is measured of the newest version: a share, or messages.", labels, now)
    bounds = tuple((key, bound) for key, (_, bound) in guarded)
    yield Meter("rtj_guardrail_bound", "gauge", "What it may be at most.", labels, bounds)
    yield _one("profiles", "gauge", "People known.", v.profiles)
    yield _one("profiles_awake", "gauge", "Of them, those held in memory.", v.awake)
    yield _one("cold_reads_total", "counter", "People read back from the store.", v.cold_reads)
    yield _one("memory_bytes", "gauge", "Resident memory of the process.", v.memory_bytes, "By")
    yield _one("deployment_serial", "gauge", "The deployment that runs.", v.serial)
    yield _one("ready", "gauge", "1: /readyz says yes.", 0 if v.reasons() else 1)


def spreads(v: Vitals) -> tuple[Spread, ...]:
    """All histograms."""
    return (
        Spread("rtj_batch_events", "Events of one commit.", v.batch_events),
        Spread("rtj_batch_seconds", "Time to work one batch, before its commit.", v.take_seconds, "s"),
        Spread("rtj_commit_seconds", "Time of one commit.", v.commit_seconds, "s"),
        Spread("rtj_request_seconds", "Time from a request with events to its answer.", v.request_seconds, "s"),
    )


def _outbox(outbox: Mapping[str, Waiting], now_ms: int) -> Iterator[Meter]:
    labels = ("channel",)
    rows = sorted(outbox.items())
    waiting = tuple(((name,), one.waiting) for name, one in rows)
    yield Meter("rtj_outbox_waiting", "gauge", "Messages that wait for their delivery.", labels, waiting)
    done = tuple(((name,), one.done) for name, one in rows)
    yield Meter("rtj_outbox_delivered_total", "counter", "Messages that were delivered.", labels, done)
    failed = tuple(((name,), one.failed) for name, one in rows)
    yield Meter("rtj_outbox_failed_total", "counter", "Messages that were given up after all retries.", labels, failed)
    ages = tuple(((name,), max(0.0, (now_ms - one.oldest_ms) / 1000)) for name, one in rows if one.oldest_ms is not None)
    yield Meter("rtj_outbox_oldest_seconds", "gauge", "How long the oldest message waits.", labels, ages, "s")


def _counted(name: str, help_text: str, labels: tuple[str, ...], family: Family) -> Meter:
    return Meter(f"rtj_{name}_total", "counter", help_text, labels, _sorted(family.read().items()))


def _one(name: str, kind: Kind, help_text: str, value: float, unit: str = "1") -> Meter:
    return Meter(f"rtj_{name}", kind, help_text, (), (((), value),), unit)


def _sorted(values: Iterable[Sample]) -> tuple[Sample, ...]:
    return tuple(sorted(values))


# ---- Prometheus


class Exposition:
    """The text of `/metrics`. Raises MissingExtra when prometheus-client is not installed."""

    def __init__(self, vitals: Vitals) -> None:
        try:
            from prometheus_client import CollectorRegistry
        except ImportError as error:
            raise MissingExtra("/metrics", "http") from error
        self._vitals = vitals
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """What the registry asks for."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        for meter in meters(self._vitals, time.time_ns() // 1_000_000):
            family = CounterMetricFamily if meter.kind == "counter" else GaugeMetricFamily
            made = family(meter.name, meter.help, labels=meter.labels)
            for labels, value in meter.samples:
                made.add_metric(labels, value)
            yield made
        for spread in spreads(self._vitals):
            below, buckets = 0, list[tuple[str, float]]()
            counts = list(spread.values.counts)
            for bound, count in zip((*spread.values.bounds, float("inf")), counts, strict=True):
                below += count
                buckets.append(("+Inf" if bound == float("inf") else str(bound), below))
            yield HistogramMetricFamily(spread.name, spread.help, buckets=buckets, sum_value=spread.values.sum)

    def text(self, accept: str) -> tuple[bytes, str]:
        """What to answer, and its content type: OpenMetrics for who asks for it."""
        if OPEN_METRICS in accept:
            from prometheus_client.openmetrics import exposition as modern

            return modern.generate_latest(self._registry), modern.CONTENT_TYPE_LATEST  # type: ignore[no-untyped-call]
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self._registry), CONTENT_TYPE_LATEST
