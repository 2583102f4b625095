"""OpenTelemetry: a real receiver of OTLP over HTTP gets the meters of a run and a span for each batch."""

from __future__ import annotations

import gzip
import io
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from rtj.live.journal import Journal
from rtj.live.meters import meters
from rtj.live.telemetry import CLOSE_S, Telemetry, dotted, is_wanted, telemetry_of
from rtj.live.vitals import Batch, Vitals


class Collector:
    """What was received, by path."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.bodies.append(
                    (self.path, gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
                )
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def spans(self) -> list[Span]:
        found = [ExportTraceServiceRequest.FromString(body) for path, body in self.bodies if path == "/v1/traces"]
        return [span for one in found for part in one.resource_spans for scope in part.scope_spans for span in scope.spans]

    def metrics(self) -> ExportMetricsServiceRequest:
        return [ExportMetricsServiceRequest.FromString(body) for path, body in self.bodies if path == "/v1/metrics"][-1]


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_meters_and_spans_arrive(collector: Collector) -> None:
    vitals = Vitals("prod", "1.2")
    vitals.count_events("shop", ["purchase", "purchase", "view"])
    vitals.clock_ms = 1_000
    telemetry = Telemetry(vitals, Journal(io.StringIO()))
    began = time.time_ns()
    vitals.batch(Batch(began, 250, 3, 7, 0.25, 0.5))
    telemetry.close()
    assert vitals.on_batch is None
    (part,) = collector.metrics().resource_metrics
    about = {pair.key: pair.value.string_value for pair in part.resource.attributes}
    assert (about["service.name"], about["deployment.environment.name"]) == ("rtj", "prod")
    found = {metric.name: metric for scope in part.scope_metrics for metric in scope.metrics}
    told = {meter.name: meter for meter in meters(vitals, 2_000)}
    assert {dotted(name) for name, meter in told.items() if meter.samples} <= found.keys()
    events = {
        tuple(sorted((pair.key, pair.value.string_value) for pair in point.attributes)): point.as_int
        for point in found["rtj.events"].sum.data_points
    }
    assert events == {(("source", "shop"), ("type", "purchase")): 2, (("source", "shop"), ("type", "view")): 1}
    assert found["rtj.events"].sum.is_monotonic and found["rtj.clock_lag"].unit == "s"
    assert found["rtj.commit.duration"].histogram.data_points[0].sum == 0.5
    whole, commit = sorted(collector.spans(), key=lambda span: span.start_time_unix_nano)
    assert (whole.name, commit.name, commit.parent_span_id) == ("rtj.batch", "rtj.commit", whole.span_id)
    assert whole.start_time_unix_nano == began and whole.end_time_unix_nano - began == 750_000_000
    assert commit.end_time_unix_nano - commit.start_time_unix_nano == 500_000_000
    assert {pair.key: pair.value.int_value for pair in whole.attributes} == {
        "rtj.events": 250,
        "rtj.entries": 3,
        "rtj.messages": 7,
    }


def test_a_collector_that_is_not_there_holds_up_nobody(collector: Collector) -> None:
    collector.server.shutdown()
    collector.server.server_close()
    stream = io.StringIO()
    vitals = Vitals()
    telemetry = Telemetry(vitals, Journal(stream))
    before = time.monotonic()
    for _ in range(1_000):
        vitals.batch(Batch(0, 1, 1, 1, 0.1, 0.1))
    telemetry.close()
    assert time.monotonic() - before < CLOSE_S + 20


def test_it_is_asked_for_by_the_usual_variables() -> None:
    assert not is_wanted({})
    assert is_wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"})
    assert not is_wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "TRUE"})


def test_a_missing_extra_is_told_and_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    assert telemetry_of(Vitals(), Journal(stream), {}) is None and not stream.getvalue()
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.metrics", None)
    assert telemetry_of(Vitals(), Journal(stream), {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}) is None
    assert "pip install 'rtj[otel]'" in stream.getvalue()
