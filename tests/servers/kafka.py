"""A real Kafka of one node in KRaft mode, brought by Maven and started by the tests.

The jars go once into a folder outside of the repository: `RTJ_TEST_CACHE`, else the user's cache. The data of a broker lives in a
folder of its own, so it can be killed and started again. `kafka` in tests/conftest.py is one broker for a whole session.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.servers.cutting import Cutter

VERSION = "3.9.1"
FETCH_S = 240  # the longest that Maven may take
START_S = 45  # the longest until the broker answers
CLUSTER = "Lr0qOUhhRpa3U1Xbg7yfMg"

_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>rtj</groupId><artifactId>broker</artifactId><version>1</version>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies>
</project>
"""

_JAVA = ("-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")


def cache_folder() -> Path:
    """Where what tests download is kept."""
    named = os.environ.get("RTJ_TEST_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rtj-tests"


def kafka_jars() -> Path:
    """The folder of the jars, fetched when they are not there yet. Skips the test when they cannot be had."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None and not (tool == "mvn" and (cache_folder() / f"kafka-{VERSION}").is_dir()):
            pytest.skip(f"a real Kafka needs {tool}, which is not installed")
    folder = cache_folder() / f"kafka-{VERSION}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix="kafka-", dir=folder.parent))  # several workers may fetch at once
    try:
        (part / "pom.xml").write_text(_POM)
        command = ["mvn", "-q", "-B", "-f", str(part / "pom.xml"), "dependency:copy-dependencies"]
        done = subprocess.run(
            [*command, f"-DoutputDirectory={part / 'jars'}"], capture_output=True, text=True, timeout=FETCH_S, check=False
        )
        if done.returncode:
            pytest.skip(f"Maven cannot bring Kafka {VERSION}: {(done.stdout or done.stderr).strip()[:300]}")
        with contextlib.suppress(OSError):  # another worker was faster
            (part / "jars").rename(folder)
    except subprocess.TimeoutExpired:
        pytest.skip(f"Maven did not bring Kafka {VERSION} within {FETCH_S} s")
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on just now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


class Kafka:
    """A broker. `brokers` is its address for clients; it stays the same when the broker is started again. `ways`: further
    listeners by name, each behind a bad network of its own, whose address it gives to whoever comes by it."""

    def __init__(self, folder: Path, ways: Sequence[str] = ()) -> None:
        self._folder = folder
        self._jars = kafka_jars()
        client, controller, *others = free_ports(2 + len(ways))
        self.brokers = f"127.0.0.1:{client}"
        self.ways = {name: Cutter(("127.0.0.1", port), port) for name, port in zip(ways, others, strict=True)}
        listeners = {f"CUT{number}": f"127.0.0.1:{port}" for number, port in enumerate(others)}
        advertised = {f"CUT{number}": cutter.address for number, cutter in enumerate(self.ways.values())}
        self._process: subprocess.Popen[bytes] | None = None
        self._settings = folder / "server.properties"
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": _listed({"PLAINTEXT": self.brokers, "CONTROLLER": f"127.0.0.1:{controller}", **listeners}),
            "advertised.listeners": _listed({"PLAINTEXT": self.brokers, **advertised}),
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in ("CONTROLLER", "PLAINTEXT", *listeners)),
            "log.dirs": folder / "data",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 2,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 2,
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "broker.session.timeout.ms": 1500,  # so soon a killed broker may come back
            "broker.heartbeat.interval.ms": 300,
            "auto.create.topics.enable": "false",
            "log.retention.ms": -1,  # tests stamp messages as they like
        }
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(self._settings))

    def close(self) -> None:
        """Kill it, and let go of what lies before it."""
        self.kill()
        for cutter in self.ways.values():
            cutter.close()

    def _command(self, *words: str) -> list[str]:
        # A broker shall not outlive a test run that is killed.
        guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        return [*guard, "java", *_JAVA, "-cp", f"{self._jars}/*", *words]

    def _java(self, *words: str) -> None:
        done = subprocess.run(self._command(*words), capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            pytest.skip(f"Kafka cannot be set up: {(done.stderr or done.stdout).strip()[-300:]}")

    def start(self) -> None:
        """Start it, also again after `kill`, and wait until it answers."""
        assert self._process is None
        with (self._folder / "kafka.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command("kafka.Kafka", str(self._settings)), stdout=log, stderr=log, start_new_session=True
            )
        host, port = self.brokers.split(":")
        until = time.monotonic() + START_S
        while time.monotonic() < until and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
                if self._answers(max(until - time.monotonic(), 1)):
                    return
            time.sleep(0.05)
        log_text = (self._folder / "kafka.log").read_text(errors="replace")
        self.kill()
        pytest.fail(f"Kafka did not start within {START_S} s: {log_text[-2000:]}")

    def _answers(self, wait_s: float) -> bool:
        from confluent_kafka import KafkaException

        try:
            return bool(self.admin().list_topics(timeout=min(wait_s, 5)).brokers)
        except KafkaException:
            return False

    def kill(self) -> None:
        """Kill it as a power cut would. What was acknowledged is on its disk."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def admin(self) -> Any:
        """An AdminClient of confluent-kafka."""
        from confluent_kafka.admin import AdminClient

        return AdminClient({"bootstrap.servers": self.brokers, "log_level": 0})

    def make_topic(self, name: str, partitions: int = 1, settings: dict[str, str] | None = None) -> None:
        """Make a topic and wait until it can be used."""
        from confluent_kafka.admin import NewTopic

        admin = self.admin()
        made = admin.create_topics([NewTopic(name, partitions, 1, config=settings or {})])
        made[name].result(20)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            found = admin.list_topics(timeout=5).topics.get(name)
            if found and len(found.partitions) == partitions and all(p.leader >= 0 for p in found.partitions.values()):
                return
            time.sleep(0.05)
        pytest.fail(f"the topic {name} did not come up")

    def drop_topic(self, name: str) -> None:
        """Delete a topic and wait until it is gone."""
        admin = self.admin()
        admin.delete_topics([name])[name].result(20)
        until = time.monotonic() + 20
        while name in admin.list_topics(timeout=5).topics and time.monotonic() < until:
            time.sleep(0.05)

    def produce(self, topic: str, values: list[bytes | None], partition: int = 0, at_ms: int = 0) -> None:
        """Append values to a partition, in order, and wait until they are there. `at_ms` 0: stamped now."""
        from confluent_kafka import Producer

        settings = {"bootstrap.servers": self.brokers, "max.in.flight": 1, "message.max.bytes": 100_000_000, "log_level": 0}
        producer = Producer(settings)
        wrong: list[str] = []

        def told(error: Any, _message: Any) -> None:
            if error is not None:
                wrong.append(str(error))

        for value in values:
            while True:
                try:
                    producer.produce(topic, value, partition=partition, timestamp=at_ms, on_delivery=told)
                    break
                except BufferError:
                    producer.poll(0.1)
        assert producer.flush(30) == 0 and wrong == []


def _listed(addresses: dict[str, str]) -> str:
    return ",".join(f"{name}://{address}" for name, address in addresses.items())


@contextlib.contextmanager
def running_kafka(ways: Sequence[str] = ()) -> Iterator[Kafka]:
    """A broker while the block runs."""
    pytest.importorskip("confluent_kafka", reason="Kafka needs rtj[kafka]")
    with tempfile.TemporaryDirectory(prefix="rtj-kafka-", ignore_cleanup_errors=True) as folder:
        broker = Kafka(Path(folder), ways)
        try:
            broker.start()
            yield broker
        finally:
            broker.close()
