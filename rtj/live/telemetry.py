"""OpenTelemetry: the meters of a run, and a span for each batch, sent by OTLP over HTTP. Where and how says the environment of
the process, as everywhere: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME` …

A collector that is not there costs a bounded queue and nothing else.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from rtj.base.errors import MissingExtra
from rtj.live.journal import Bridge, Journal
from rtj.live.meters import Kind, Meter, meters
from rtj.live.vitals import SECONDS, SIZES, Batch, Vitals

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Observation

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
EXPORT_S = 5  # one export may take so long
CLOSE_S = 3.0  # and the last ones together
EVERY_MS = 15_000  # between two exports of meters
FRESH_S = 1.0  # meters are read once for all instruments of one export


def is_wanted(variables: Mapping[str, str]) -> bool:
    """Does the environment of the process name a collector?"""
    return variables.get("OTEL_SDK_DISABLED", "").lower() != "true" and any(variables.get(name) for name in ENDPOINTS)


def telemetry_of(vitals: Vitals, journal: Journal, variables: Mapping[str, str]) -> Telemetry | None:
    """What sends meters and spans, where that is wanted. A platform sets the variables for all that it runs: where the extra is
    missing, that is told and nothing is sent."""
    if not is_wanted(variables):
        return None
    try:
        return Telemetry(vitals, journal)
    except MissingExtra as error:
        journal.warning("no_telemetry", words=str(error))
        return None


class Telemetry:
    """Sends what `vitals` say, until `close`. Raises MissingExtra without the extra `otel`."""

    def __init__(self, vitals: Vitals, journal: Journal, every_ms: int = EVERY_MS) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.metrics import MeterProvider
            from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise MissingExtra("OpenTelemetry", "otel") from error
        logger = logging.getLogger("opentelemetry")
        logger.handlers, logger.propagate = [Bridge(journal)], False
        self._vitals = vitals
        self._read: dict[str, Meter] = {}
        self._read_at = 0.0
        about = {"service.version": vitals.version, "deployment.environment.name": vitals.environment}
        if "OTEL_SERVICE_NAME" not in os.environ:
            about["service.name"] = "rtj"
        resource = Resource.create(about)
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(timeout=EXPORT_S), every_ms, EXPORT_S * 1_000)
        self._meters = MeterProvider([reader], resource, shutdown_on_exit=False)
        self._spans = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_S)))
        self._tracer = self._spans.get_tracer("rtj")
        self._instruments()
        vitals.on_batch = self._batch

    def close(self) -> None:
        """Send what is left, if somebody takes it soon, and end."""
        self._vitals.on_batch = None
        last = threading.Thread(target=self._end, name="telemetry", daemon=True)
        last.start()
        last.join(CLOSE_S)

    def _end(self) -> None:
        self._meters.shutdown(EXPORT_S * 1_000)
        self._spans.shutdown()

    def _instruments(self) -> None:
        meter = self._meters.get_meter("rtj")
        make: dict[Kind, Callable[..., object]] = {
            "counter": meter.create_observable_counter,
            "gauge": meter.create_observable_gauge,
        }
        for one in meters(Vitals(clock_ms=0), 0):
            make[one.kind](dotted(one.name), [self._observer(one.name)], one.unit, one.help)
        spread = meter.create_histogram
        self._sizes = spread("rtj.batch.events", "1", "Events of one commit.", explicit_bucket_boundaries_advisory=SIZES)
        self._takes = spread("rtj.batch.duration", "s", "Time to work one batch.", explicit_bucket_boundaries_advisory=SECONDS)
        self._commits = spread("rtj.commit.duration", "s", "Time of one commit.", explicit_bucket_boundaries_advisory=SECONDS)

    def _observer(self, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        from opentelemetry.metrics import Observation

        def observe(_: CallbackOptions) -> Iterable[Observation]:
            now = time.monotonic()
            if now - self._read_at >= FRESH_S:
                self._read = {one.name: one for one in meters(self._vitals, time.time_ns() // 1_000_000)}
                self._read_at = now
            found = self._read.get(name)
            for labels, value in found.samples if found is not None else ():
                assert found is not None
                yield Observation(value, dict(zip(found.labels, labels, strict=True)))

        return observe

    def _batch(self, batch: Batch) -> None:
        self._sizes.record(batch.events)
        self._takes.record(batch.take_s)
        self._commits.record(batch.commit_s)
        end = batch.began_ns + int(batch.whole_s * 1e9)
        taken = end - int(batch.commit_s * 1e9)
        counts = {"rtj.events": batch.events, "rtj.entries": batch.entries, "rtj.messages": batch.messages}
        span = self._tracer.start_span("rtj.batch", start_time=batch.began_ns, attributes=counts)
        from opentelemetry.trace import set_span_in_context

        self._tracer.start_span("rtj.commit", set_span_in_context(span), start_time=taken).end(end)
        span.end(end)


def dotted(name: str) -> str:
    """A name as OpenTelemetry has it: without the endings that Prometheus adds again."""
    for ending in ("_total", "_bytes", "_seconds"):
        name = name.removesuffix(ending)
    return "rtj." + name.removeprefix("rtj_")
