"""What a run in a storm stands on: where its input comes from, where its messages go, what its store is. Files, SQLite and a
webhook by themselves; real Kafka and real PostgreSQL where they are given. Whatever is reached over a network is reached by a
link that can be cut."""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rtj.base.errors import RtjError
from rtj.store.opening import open_store
from tests.deliver.receiver import SECRET, Receiver
from tests.run.everything import Whole
from tests.servers.cutting import Cutter, cutting
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres

PARTITIONS = 2
CHUNKS = 40  # the input of a file comes in so many pieces
END_MS = 60 * 86_400_000  # so long after its last event the clock of a topic is moved, as nothing there says that it is the end
Inlet = tuple[str, int]  # source and partition


WAYS = ("in", "out")  # to a broker: of the sources, and of the sink
QUICK = {"socket.timeout.ms": "5000"}  # so soon a connection that is half open is given up
Links = dict[str, Cutter]


@dataclass(frozen=True)
class Servers:
    """Real ones, where they are wanted; a broker has WAYS."""

    kafka: Kafka | None = None
    postgres: Postgres | None = None


@contextmanager
def linked(servers: Servers, receiver: Receiver) -> Iterator[Links]:
    """The links to all of them, those of a broker as they were left."""
    with ExitStack() as stack:
        links = {"webhook": stack.enter_context(cutting(("127.0.0.1", receiver.server.server_address[1])))}
        if servers.kafka is not None:
            links |= servers.kafka.ways
        if servers.postgres is not None:
            links["store"] = stack.enter_context(cutting(servers.postgres.socket))
        yield links


@dataclass
class Told:
    """What came of a run: its trace without the instants of deployments, what each sink got by key, in the order of arrival, and
    how many copies came of what had come already."""

    trace: list[bytes]
    filed: list[dict[str, Any]]
    posted: dict[str, dict[str, Any]]
    copies: dict[str, int]
    weather: dict[str, int]


class Carrier(Protocol):
    """Carries input in and messages out. `last`: how a run is called that is to end with its input."""

    parts: int
    last: tuple[str, ...]

    def source(self, name: str) -> dict[str, Any]: ...
    def sink(self) -> dict[str, Any]: ...
    def pieces(self, lines: list[bytes], rnd: random.Random) -> list[bytes]: ...
    def pour(self, inlet: Inlet, pieces: list[bytes]) -> None: ...
    def ends(self) -> dict[str, int]:
        """How far there is something to read, by stream."""
        ...

    def messages(self) -> list[dict[str, Any]]: ...


class Files:
    """Sources are files that grow, also within a character; messages are appended to another."""

    parts, last = 1, ("--once",)

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def source(self, name: str) -> dict[str, Any]:
        return {"file": f"{name}.jsonl"}

    def sink(self) -> dict[str, Any]:
        return {"file": "messages.jsonl"}

    def pieces(self, lines: list[bytes], rnd: random.Random) -> list[bytes]:
        data = b"".join(line + b"\n" for line in lines)
        cuts = sorted(rnd.randrange(len(data) + 1) for _ in range(CHUNKS))
        return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    def pour(self, inlet: Inlet, pieces: list[bytes]) -> None:
        with (self._folder / f"{inlet[0]}.jsonl").open("ab") as file:
            file.writelines(pieces)

    def ends(self) -> dict[str, int]:
        sizes = {path.stem: path.stat().st_size for path in self._folder.glob("*.jsonl")}
        return {name: size for name, size in sizes.items() if name not in ("trace", "messages")}

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self._folder / "messages.jsonl").read_bytes().splitlines()]


class Topics:
    """Sources are topics of two partitions, messages are produced to another topic."""

    parts: int = PARTITIONS
    last: tuple[str, ...] = ()

    def __init__(self, broker: Kafka, names: list[str]) -> None:
        self._broker, self._prefix = broker, f"storm-{uuid.uuid4().hex[:8]}"
        self._ends: Counter[str] = Counter()
        for name in (*names, "messages"):
            broker.make_topic(f"{self._prefix}-{name}", PARTITIONS)

    def source(self, name: str) -> dict[str, Any]:
        address = self._broker.ways["in"].address
        return {"kafka": address, "topic": f"{self._prefix}-{name}", "group": self._prefix, "settings": QUICK}

    def sink(self) -> dict[str, Any]:
        return {"kafka": self._broker.ways["out"].address, "topic": f"{self._prefix}-messages", "settings": QUICK}

    def pieces(self, lines: list[bytes], rnd: random.Random) -> list[bytes]:
        return list(lines)

    def pour(self, inlet: Inlet, pieces: list[bytes]) -> None:
        if pieces:
            self._broker.produce(f"{self._prefix}-{inlet[0]}", list(pieces), inlet[1])
            self._ends[f"{inlet[0]}[{inlet[1]}]"] += len(pieces)

    def ends(self) -> dict[str, int]:
        return dict(self._ends)

    def messages(self) -> list[dict[str, Any]]:
        """By partition: of one person all are in one."""
        from confluent_kafka import Consumer, TopicPartition

        topic, found = f"{self._prefix}-messages", []
        settings = {"bootstrap.servers": self._broker.brokers, "group.id": uuid.uuid4().hex, "log_level": 0}
        with closing(Consumer(settings)) as consumer:
            for number in range(PARTITIONS):
                high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1]
                consumer.assign([TopicPartition(topic, number, 0)])
                place = 0
                while place < high:
                    message = consumer.poll(10)
                    assert message is not None and message.error() is None, "the topic of messages cannot be read"
                    line = json.loads(message.value())
                    assert dict(message.headers())["key"] == line["key"].encode()
                    found.append(line)
                    place = message.offset() + 1
        return found


class Ground:
    """A folder with the project and its environment, whose sources are still empty."""

    def __init__(self, name: str, folder: Path, whole: Whole, servers: Servers, links: Links) -> None:
        self.folder, self.name, self.whole, self.links = folder, name, whole, links
        topics = servers.kafka
        self.carrier: Carrier = Files(folder) if topics is None else Topics(topics, sorted(whole.streams))
        self.store = str(folder / ".rtj" / "storm.db")
        if servers.postgres is not None:
            self.store = servers.postgres.url
            _drop(self.store, f"rtj_{name}")

    def written(self) -> None:
        """The project with its environment."""
        for file, text in self.whole.texts.items():
            (self.folder / file).write_text(text, encoding="utf-8")
        config = json.loads(self.whole.texts["rtj.yaml"])
        sources = {stream: {**self.carrier.source(stream), "idle": "1d"} for stream in self.whole.streams}
        channels = {
            "email": {
                "webhook": f"http://{self.links['webhook'].address}/hook",
                "secret": SECRET,
                "timeout": "2s",
                "retries": 1000,
            },
            "*": self.carrier.sink(),
        }
        link = self.links.get("store")
        store = self.store if link is None else Postgres.url_by(link.host, link.port)
        config["environments"] = {self.name: {"store": store, "sources": sources, "channels": channels}}
        (self.folder / "rtj.yaml").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")

    def inlets(self, rnd: random.Random | None, count: int) -> list[dict[Inlet, list[bytes]]]:
        """The lines in so many parts, by inlet. `rnd`: with copies among them, which change nothing."""
        split, lines = self.carrier.parts, {}
        for name, stream in self.whole.streams.items():
            for part in range(split):
                lines[name, part] = [line.encode("utf-8", "surrogatepass") for line in stream[part::split] if line]
        parts = [
            {inlet: some[len(some) * number // count : len(some) * (number + 1) // count] for inlet, some in lines.items()}
            for number in range(count)
        ]
        if rnd is not None:
            parts = [_with_copies(part, rnd) for part in parts]
        if not self.carrier.last:
            last = {"id": "end", "type": "product_view", "user": "nobody", "properties": {}}
            newest = max(_instant(line) for some in lines.values() for line in some)
            for (name, part), some in parts[-1].items():
                some.append(json.dumps({**last, "id": f"end {name} {part}", "ts": newest + END_MS}).encode())
        return parts

    def is_settled(self, *, delivered: bool) -> bool:
        """Is everything that was poured committed, and, if asked for, delivered?"""
        with suppress(RtjError), closing(open_store(self.store, self.name, reading=True)) as store:
            places = {row.name: json.loads(row.position)["offset"] for row in store.streams() if row.position}
            there = {name: end for name, end in self.carrier.ends().items() if end}
            is_read = all(places.get(name) == end for name, end in there.items())
            return is_read and not (delivered and store.waiting_count())
        return False

    def deployed(self) -> tuple[int, str]:
        """The serial of the newest deployment, and its state."""
        with closing(open_store(self.store, self.name, reading=True)) as store:
            row = store.deployments(1)[0]
            return row.serial, row.state

    def begun(self) -> int:
        """How often a run has told that it runs."""
        journal = self.folder / "journal.txt"
        return journal.read_bytes().count(b'"running"') if journal.exists() else 0

    def leader(self) -> int:
        """The process that runs the environment; 0: nobody does, or it cannot be said."""
        with suppress(RtjError), closing(open_store(self.store, self.name, reading=True)) as store:
            holder = store.leaseholder()
            return 0 if holder is None else holder.pid
        return 0

    def state(self) -> str:
        """How far it is, for whoever waits in vain."""
        with closing(open_store(self.store, self.name, reading=True)) as store:
            places = {row.name: row.position for row in store.streams()}
            return f"read {places} of {self.carrier.ends()}, {store.waiting_count()} wait"

    def waiting(self) -> int:
        """What has not gone out yet."""
        with closing(open_store(self.store, self.name, reading=True)) as store:
            return store.waiting_count()

    def told(self, receiver: Receiver, weather: dict[str, int]) -> Told:
        """What came of it."""
        trace = [_timeless(line) for line in (self.folder / "trace.jsonl").read_bytes().splitlines()]
        first: dict[str, dict[str, Any]] = {}
        messages = self.carrier.messages()
        for line in messages:
            assert first.setdefault(line["key"], line) == line, "two messages have one key"
        copies = {"filed": len(messages) - len(first), "posted": sum(receiver.accepted.values()) - len(receiver.taken)}
        return Told(trace, list(first.values()), dict(receiver.taken), copies, weather)


def _instant(line: bytes) -> int:
    """The `ts` of a line that is an event of the household, else 0."""
    try:
        found = json.loads(line)
        return found["ts"] if str(found["id"])[:1] == "e" and isinstance(found["ts"], int) else 0
    except (ValueError, TypeError, KeyError):
        return 0


def _with_copies(inlets: dict[Inlet, list[bytes]], rnd: random.Random) -> dict[Inlet, list[bytes]]:
    """Some events come again: a few lines later, and by another source. Copies stand behind newer events, so that no clock moves
    by them; only of events that came in their order, as one that is too late by one source may be in time by another."""
    orderly: list[tuple[Inlet, int, bytes]] = []
    for inlet, lines in inlets.items():
        newest = 0
        for line in lines:
            at = _instant(line)
            if at > newest:
                newest = at
                orderly.append((inlet, at, line))
    copies: dict[Inlet, list[tuple[int, bytes]]] = {inlet: [] for inlet in inlets}
    for inlet, at, line in orderly:
        if rnd.random() < 0.1:
            copies[inlet].append((at, line))
        if rnd.random() < 0.05:
            copies[rnd.choice(sorted(inlets))].append((at, line))
    return {inlet: list(_woven(lines, sorted(copies[inlet]))) for inlet, lines in inlets.items()}


def _woven(lines: list[bytes], copies: list[tuple[int, bytes]]) -> Iterator[bytes]:
    newest = 0
    for line in lines:
        yield line
        newest = max(newest, _instant(line))
        while copies and copies[0][0] <= newest:
            yield copies.pop(0)[1]


def _timeless(line: bytes) -> bytes:
    """The head of a deployment says when it was."""
    if not line.startswith(b'{"what":"header"'):
        return line
    return json.dumps({**json.loads(line), "now": ""}).encode()


def _drop(url: str, schema: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
