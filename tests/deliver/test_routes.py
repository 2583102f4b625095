"""An environment says where what goes; a webhook that a deployment has changed is called at its new address from then on."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from rtj.base.errors import UsageError
from rtj.deliver.deliverer import Deliverer
from rtj.deliver.routes import routes_of
from rtj.ir.environments import Environment, FileSink, SinkBinding, WebhookSink
from rtj.ir.program import Program, Webhook
from tests.deliver.outbox import Outbox, row, run_all
from tests.deliver.receiver import receiving
from tests.engine.gated import compiled


def program(url: str) -> Program:
    return msgspec.structs.replace(compiled("channels: {email: {}}"), webhooks=(Webhook("book", url),))


def test_channels_go_to_their_sinks_and_one_file_is_one_sink(tmp_path: Path) -> None:
    file = FileSink("out.jsonl")
    sinks = (SinkBinding("email", file), SinkBinding("*", file))
    found = routes_of(Environment("e", "s.db", sinks=sinks), program("https://crm.example/book"), tmp_path)
    assert found.channels["email"].sink is found.channels["*"].sink
    outbox = Outbox([row(1), row(2, channel="sms")])
    deliverer = Deliverer(found)
    run_all(deliverer, outbox)
    deliverer.close()
    assert len((tmp_path / "out.jsonl").read_bytes().splitlines()) == 2


def test_a_variable_that_is_not_set_is_told_when_the_run_begins(tmp_path: Path) -> None:
    sinks = (SinkBinding("email", WebhookSink("env:RTJ_NO_SUCH_URL")),)
    with pytest.raises(UsageError, match="RTJ_NO_SUCH_URL"):
        routes_of(Environment("e", "s.db", sinks=sinks), program("https://crm.example/book"), tmp_path)


def test_a_changed_webhook_is_called_at_its_new_address(tmp_path: Path) -> None:
    environment, outbox = Environment("e", "s.db"), Outbox([row(1, channel="book", kind="call")])
    with receiving() as old, receiving() as new:
        deliverer = Deliverer(routes_of(environment, program(old.url), tmp_path))
        run_all(deliverer, outbox)
        deliverer.reroute(routes_of(environment, program(new.url), tmp_path))
        later = row(2, channel="book", kind="call")
        outbox.rows[2] = later
        deliverer.pump(outbox, [later])
        run_all(deliverer, outbox)
        deliverer.close()
        assert (set(old.taken), set(new.taken)) == ({"k000001"}, {"k000002"})
