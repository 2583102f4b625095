"""Who asks a run how it is gets an answer; who asks about a person needs a key, and sees what the key may see."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rtj.base.errors import MissingExtra, UsageError
from rtj.live.http_doors import Doors, address
from rtj.live.http_keys import Caller, Keys, is_local
from rtj.live.journal import Journal
from rtj.live.meters import meters, spreads
from rtj.live.vitals import LABELS_MAX, Batch, ProfileAsked, Questions, Vitals, Waiting
from tests.live.httpdoor import EVENT, KEY, WAIT_S, Run

STAFF, CHIEF = "staff-0123456789", "chief-0123456789"


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    run = Run()
    yield run
    run.close()


# ---- keys


def test_keys_are_given_in_three_ways() -> None:
    keys = Keys(f"shop = {KEY}\nstaff:whole={CHIEF},", "source shop")
    basic = base64.b64encode
    for headers in (
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer  {KEY}"},
        {"x-api-key": KEY},
        {"authorization": "Basic " + basic(f"{KEY}:".encode()).decode()},
        {"authorization": "Basic " + basic(f"anybody:{KEY}".encode()).decode()},
    ):
        assert keys.caller(headers) == Caller("shop"), headers
    assert keys.caller({"x-api-key": CHIEF}) == Caller("staff", whole=True)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer {KEY}x"},
        {"authorization": f"Digest {KEY}"},
        {"authorization": "Basic ???"},
        {"authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()},
        {"x-api-key": ""},
        {"x-api-key": "ключ"},
        {"cookie": f"key={KEY}"},
    ],
)
def test_no_key_no_caller(headers: dict[str, str]) -> None:
    assert Keys(f"shop={KEY}", "x").caller({"host": "localhost", **headers}) is None


@pytest.mark.parametrize("text", ["shop", "=x", "shop=", "shop=short", f"shop={KEY},shop={CHIEF}"])
def test_keys_that_cannot_be_used(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Keys(text, "source shop")
    assert "source shop" in str(caught.value) and KEY not in str(caught.value)


def test_without_keys_only_this_machine_may_come() -> None:
    keys = Keys("", "source shop")
    keys.held_to_loopback("127.0.0.1", "source shop")
    keys.held_to_loopback("::1", "source shop")
    for host in ("", "0.0.0.0", "::", "192.168.1.1", "example.com"):
        with pytest.raises(UsageError, match="give it `keys`"):
            keys.held_to_loopback(host, "source shop")
    assert keys.caller({"host": "127.0.0.1:80"}) == keys.caller({"host": "[::1]:80"}) == Caller("local")
    assert keys.caller({"host": "evil.example.com"}) is None  # a name that somebody had point here
    assert not is_local("localhost.example.com")


def test_addresses() -> None:
    assert address("127.0.0.1:80") == ("127.0.0.1", 80)
    assert address("[::1]:80") == ("::1", 80)
    assert address(":80") == ("", 80)
    for text in ("80", "host", "host:", "host:99999", "host:x"):
        with pytest.raises(UsageError):
            address(text)


def test_an_address_that_is_taken(run: Run) -> None:
    doors = Doors(Vitals(), Questions(), Journal(run.journal_text))
    with pytest.raises(UsageError, match="cannot listen"):
        doors.serve(run.listen, "")


@pytest.mark.parametrize("name", ["uvicorn", "httptools", "starlette.applications", "prometheus_client"])
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for module in ("rtj.live.http_app", "rtj.live.http_status", "rtj.live.http_events", "rtj.live.http_protocol"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=r"rtj\[http\]"):
        Doors(Vitals(), Questions(), Journal(io.StringIO())).serve("127.0.0.1:0", "")


def test_a_key_of_another_source_opens_nothing(run: Run) -> None:
    """401 for whom nobody knows, 403 for who is known elsewhere, and neither learns which sources there are."""
    run.feeders.append(run.source("other", f"other={CHIEF}"))
    assert run.post(EVENT, "/v1/events/other", key=CHIEF).status_code == 202
    assert run.post(EVENT, "/v1/events/other", key=KEY).status_code == 403
    assert run.post(EVENT, "/v1/events/shop", key=CHIEF).status_code == 403
    assert run.post(EVENT, "/v1/events/other", key=STAFF).status_code == 401
    assert run.post(EVENT, "/v1/events/unheard", key=STAFF).status_code == 401
    nobody, wrong = (run.post(EVENT, "/v1/events/other", key=key) for key in (None, STAFF))
    assert (nobody.status_code, nobody.json()["error"]) == (401, "key_needed")
    assert nobody.headers["www-authenticate"] == 'Bearer realm="rtj"'
    assert (wrong.status_code, wrong.json()["error"]) == (401, "wrong_key")
    assert wrong.headers["www-authenticate"] == 'Bearer realm="rtj", error="invalid_token"'
    assert run.post(EVENT, "/v1/events/unheard", key=None).status_code == 401
    assert run.get("/v1/events/shop").status_code == 405
    assert run.get("/v1/nothing/at/all").status_code == 404


# ---- how it goes


def test_health_and_readiness(run: Run) -> None:
    run.vitals.unwell("journeys", "starting")
    assert run.get("/healthz").json()["status"] == "alive"
    answer = run.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, {"journeys": "starting"})
    run.vitals.well("journeys")
    run.vitals.serial = 7
    run.vitals.came_round()
    answer = run.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "reasons": {}, "environment": "test", "serial": 7}
    run.vitals.unwell("draining", "the run is being stopped")
    assert run.get("/readyz").json()["reasons"] == {"draining": "the run is being stopped"}
    run.vitals.well("draining")


def filled() -> Vitals:
    vitals = Vitals("prod", "1.2")
    vitals.count_events("shop", ["purchase", "purchase", 'quoted "\n\\'])
    vitals.letters.add(2, "json", "shop")
    vitals.clock_ms, vitals.watermarks = 1_000_000, {"orders[3]": 999_000}
    vitals.outbox = {"email": Waiting(3, 10, 1, 1_990_000), "push": Waiting()}
    vitals.inside.replace({("welcome", "abc"): 4})
    vitals.batch(Batch(0, 250, 3, 7, 0.01, 0.002))
    return vitals


def test_meters_say_what_they_are() -> None:
    found = {meter.name: meter for meter in meters(filled(), 2_000_000)}
    for name, meter in found.items():
        assert re.fullmatch(r"rtj(_[a-z]+)+", name)
        assert name.endswith("_total") == (meter.kind == "counter")
        assert meter.help.endswith(".") and len(meter.labels) <= 2
    assert found["rtj_events_total"].samples[1] == (('quoted "\n\\', "shop"), 1) or len(found["rtj_events_total"].samples) == 2
    assert found["rtj_clock_lag_seconds"].samples == (((), 1_000.0),)
    assert found["rtj_outbox_oldest_seconds"].samples == ((("email",), 10.0),)
    assert {spread.name for spread in spreads(filled())} >= {"rtj_commit_seconds", "rtj_batch_events"}


def test_metrics_are_read_by_prometheus(run: Run) -> None:
    filled_ = filled()
    for name in ("events", "letters", "clock_ms", "watermarks", "outbox", "inside", "commit_seconds", "batch_events"):
        setattr(run.vitals, name, getattr(filled_, name))
    answer = run.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    events = {(s.labels["type"], s.labels["source"]): s.value for s in families["rtj_events"].samples}
    assert events["purchase", "shop"] == 2 and events['quoted "\n\\', "shop"] == 1
    buckets = [s.value for s in families["rtj_commit_seconds"].samples if s.name.endswith("_bucket")]
    assert buckets == sorted(buckets) and buckets[-1] == 1
    assert {s.name: s.value for s in families["rtj_commit_seconds"].samples}["rtj_commit_seconds_count"] == 1
    modern = run.get("/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert modern.headers["content-type"].startswith("application/openmetrics-text") and modern.text.endswith("# EOF\n")


def test_metrics_stay_small_whatever_comes(run: Run) -> None:
    for number in range(5_000):
        run.vitals.count_events("shop", [f"type-{number}"])
    assert run.get("/metrics").text.count("rtj_events_total{") <= 2 * LABELS_MAX


# ---- people


@pytest.fixture
def guarded() -> Iterator[Run]:
    run = Run()
    run.door = run.doors.serve("127.0.0.1:0", f"staff={STAFF}\nchief:whole={CHIEF}")
    run.listen = f"127.0.0.1:{run.door.port}"
    yield run
    run.close()


def test_a_person_by_key(guarded: Run) -> None:
    asked: list[ProfileAsked] = []

    def answer(question: ProfileAsked) -> bytes | None:
        asked.append(question)
        return None if "nobody" in question.id else json.dumps({"profile": question.id, "whole": question.whole}).encode()

    guarded.answer = answer
    for path in ("/v1/profiles/email:ada@example.com", "/metrics"):
        assert guarded.get(path).status_code == 401
        assert guarded.get(path, authorization=f"Bearer {KEY}").status_code == 401
    assert not asked
    found = guarded.get("/v1/profiles/email:ada%2Bx@example.com", authorization=f"Bearer {STAFF}")
    assert found.json() == {"profile": "email:ada+x@example.com", "whole": False}
    assert found.headers["cache-control"] == "no-store"
    assert guarded.get("/v1/profiles/a/b%2Fc", x_api_key="", **{"x-api-key": CHIEF}).json() == {"profile": "a/b/c", "whole": True}
    assert guarded.get("/v1/profiles/nobody", authorization=f"Bearer {STAFF}").status_code == 404
    assert guarded.get("/v1/profiles/" + "x" * 5_000, authorization=f"Bearer {STAFF}").status_code == 404
    assert guarded.get("/healthz").status_code == guarded.get("/readyz").status_code - 303 == 200
    journal = guarded.journal_text.getvalue()
    assert "profile_shown" in journal and '"where":"staff"' in journal and "ada" not in journal


def test_a_question_that_fails_fails_alone(guarded: Run) -> None:
    def broken(_: ProfileAsked) -> bytes:
        raise ValueError("ada@example.com")

    guarded.answer = broken
    answer = guarded.get("/v1/profiles/x", authorization=f"Bearer {STAFF}")
    assert answer.status_code == 500 and "ada" not in answer.text
    assert "ada" not in guarded.journal_text.getvalue()
    assert guarded.get("/healthz").status_code == 200


def test_a_busy_run_answers_late_or_says_so(guarded: Run) -> None:
    """A slow batch does not make staff wait for ever, and many who ask do not slow the run."""
    guarded.answer = lambda _: time.sleep(2.5)  # type: ignore[func-returns-value]
    answer = guarded.get("/v1/profiles/x", authorization=f"Bearer {STAFF}")
    assert (answer.status_code, answer.json()["error"], answer.headers["retry-after"]) == (503, "busy", "1")


def test_who_waits_when_the_run_ends_is_told(guarded: Run) -> None:
    guarded.ended.set()
    guarded.thread.join(WAIT_S)
    found: list[int] = []
    asks = lambda: found.append(guarded.get("/v1/profiles/x", authorization=f"Bearer {STAFF}").status_code)  # noqa: E731
    thread = threading.Thread(target=asks)
    thread.start()
    time.sleep(0.3)
    guarded.questions.close()
    thread.join(WAIT_S)
    assert found == [503]
