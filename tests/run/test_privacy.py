"""A person is taken out of files: what is left gives the trace without that person, whatever the packing, whatever crashes."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtj.base.errors import InputError, OutputError
from rtj.connect.intake import Door
from rtj.engine.machine import Machine
from rtj.ir.addresses import address_hash
from rtj.ir.expr import Length
from rtj.ir.program import Program, Retention
from rtj.run import rewriting as rewriting_module
from rtj.run.exporting import export
from rtj.run.privacy import Beside, Change, erase, retain
from rtj.run.rewriting import JOURNAL, NEW, Rewriting, recover
from rtj.run.sifting import Mentions
from rtj.run.sources import opened_files
from rtj.run.subject import Subject, find_subject
from tests.run.shop import MINUTE, NOW, START, event, program, run, stream, write

NOTHING = Beside()
few = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def erased(folder: Path, who: str, *paths: str, beside: Beside = NOTHING, project: Program | None = None) -> list[Change]:
    made = project or program()
    with opened_files(paths, made, None, folder) as files:
        door = Door(made, Machine(made), NOW)
        subject = find_subject(made, door, files, who)
        changes, rewriting = erase(made, subject, (files, door), beside, NOW)
        rewriting.commit()
    return changes


def found(folder: Path, who: str, *paths: str) -> tuple[Subject, dict[str, Any]]:
    made = program()
    with opened_files(paths, made, None, folder) as files:
        subject = find_subject(made, Door(made, Machine(made), NOW), files, who)
        return subject, export(made, subject, files)


def apart(seed: int) -> list[dict[str, Any]]:
    """A stream whose people share no identifier: devices have a number of their owner."""
    random, events = Random(seed), stream(seed)
    for one in events:
        if "device" in one:
            name = str(one.get("user_id") or one.get("email", "")).strip().lower().split("@")[0].removeprefix("user-number-")
            who = str(int(name) - 1) if isinstance(one.get("user_id"), int) else name.removeprefix("p")
            one["device"] = f"device-of-{who or random.randrange(12)}"
        if isinstance(one.get("user_id"), int):
            one["user_id"] = f"user-number-{one['user_id'] - 1}"
    return events


@few
@given(seed=st.integers(0, 10_000))
def test_the_log_that_is_left_gives_the_trace_without_the_person(tmp_path: Path, seed: int) -> None:
    path = write(tmp_path / "events.jsonl", apart(seed))
    before = run(tmp_path, path, until=START + 400 * 86_400_000)
    subject, _ = found(tmp_path, "email:p3@x.org", path)
    if subject.profile is None:
        return
    erased(tmp_path, " P3@x.org", path)
    after = run(tmp_path, path, until=START + 400 * 86_400_000)
    rows = [line for line in before.trace.splitlines()[1:] if json.loads(line)["profile"] not in subject.origins]
    assert after.trace.splitlines()[1:] == rows
    assert after.messages == [m for m in before.messages if m["profile"] not in subject.origins]
    content = Path(path).read_text(encoding="utf-8").lower()
    assert "p3@x.org" not in content and not any(f'"{value}"' in content for _, value in subject.names)
    again = erased(tmp_path, "p3@x.org", path)
    assert not any(change.total for change in again)


def test_others_who_shared_a_device_keep_what_is_theirs(tmp_path: Path) -> None:
    view = {"path": "/"}
    path = write(
        tmp_path / "events.jsonl",
        [
            event("a1", "page_view", 0, view, email="ada@x.org", device="shared"),
            event("b1", "page_view", MINUTE, view, email="bob@x.org", device="shared"),
            event("b2", "page_view", 2 * MINUTE, view, device="shared"),
            event("a2", "page_view", 3 * MINUTE, view, email="ada@x.org"),
            event("r", "restocked", 4 * MINUTE, {"item": "i"}),
        ],
    )
    erased(tmp_path, "ada@x.org", path)
    assert [json.loads(line)["id"] for line in Path(path).read_text(encoding="utf-8").splitlines()] == ["b1", "b2", "r"]


def test_broken_lines_and_files_beside_are_cleaned(tmp_path: Path) -> None:
    cart = {"item": "lamp", "value": 60}
    records = [
        event(1, "add_to_cart", 0, cart, email="ada@x.org", user_id=7),
        event(2, "add_to_cart", 0, cart, email="bob@x.org"),
        event(3, "purchase", 90 * MINUTE, {"total": 1}, email="bob@x.org"),
    ]
    lines = [json.dumps(record) for record in records] + ['{"id": 4, "email": "ADA@x.org"', "not json, bob@x.org", ""]
    path = write(tmp_path / "events.jsonl", "\r\n".join(lines).encode())
    run(tmp_path, path)
    beside = Beside(trace=str(tmp_path / "trace"), messages=str(tmp_path / "messages"), dead_letters=str(tmp_path / "dead"))
    changes = erased(tmp_path, "7", path, beside=beside)
    assert [change.total > 0 for change in changes] == [True] * 4
    for name in ("events.jsonl", "trace", "messages", "dead"):
        content = (tmp_path / name).read_text(encoding="utf-8").lower()
        assert "ada@" not in content and "bob@" in content
    assert (tmp_path / "events.jsonl").read_bytes().count(b"\r\n") == 3


def test_packed_files_stay_packed_and_modes_stay(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain", apart(3))
    packed = tmp_path / "events.jsonl.gz"
    packed.write_bytes(gzip.compress(Path(plain).read_bytes()))
    packed.chmod(0o640)
    erased(tmp_path, "p3@x.org", str(packed))
    erased(tmp_path, "p3@x.org", plain)
    assert gzip.decompress(packed.read_bytes()) == Path(plain).read_bytes()
    assert packed.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("at", range(4))
def test_a_crash_leaves_all_files_old_or_lets_the_next_run_finish(tmp_path: Path, at: int, monkeypatch: Any) -> None:
    paths = [write(tmp_path / f"{name}.jsonl", [event(name, "page_view", 0, {"path": "/"}, email="ada@x.org")]) for name in "ab"]
    calls = {"left": at}
    real = Path.replace

    def replace(self: Path, target: Any) -> Path:
        if not calls["left"]:
            raise KeyboardInterrupt
        calls["left"] -= 1
        return real(self, target)

    monkeypatch.setattr(rewriting_module.Path, "replace", replace)
    with suppress(KeyboardInterrupt):
        erased(tmp_path, "ada@x.org", *paths)
    monkeypatch.undo()
    begun = (tmp_path / JOURNAL).exists()
    assert recover(tmp_path, paths) is begun
    texts = {Path(path).read_bytes() for path in paths}
    assert len(texts) == (1 if begun or at == 3 else 2)
    assert not list(tmp_path.glob(f"{NEW}*")) and not (tmp_path / JOURNAL).exists()
    assert (texts == {b""}) is (at > 0)


def test_a_run_whose_files_another_run_took_away_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "e.jsonl", b"old\n")
    one = Rewriting(tmp_path)
    one.write(path, "plain", [b"new\n"])
    assert recover(tmp_path / "elsewhere", [path]) is False
    assert list(tmp_path.glob(f"{NEW}*"))
    assert recover(tmp_path, [path]) is False
    with pytest.raises(OutputError, match="another run"):
        one.commit()
    assert Path(path).read_bytes() == b"old\n" and not (tmp_path / JOURNAL).exists()


def test_events_older_than_their_type_is_kept_go(tmp_path: Path) -> None:
    day = 24 * 60 * MINUTE
    records = [event(n, kind, n * day, {"path": "/"}, email="ada@x.org") for n in range(10) for kind in ("page_view", "odd")]
    path = write(tmp_path / "events.jsonl", records)
    made = msgspec.structs.replace(program(), retention=(Retention("page_view", Length(ms=3 * day)),))
    with opened_files((path,), made, None, tmp_path) as files:
        changes, rewriting = retain(made, (files, Door(made, Machine(made), NOW)), START + 9 * day)
        rewriting.commit()
    assert changes[0].counts == {"page_view": 7}
    kept = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    assert [k["id"] for k in kept if k["type"] == "page_view"] == ["7", "8", "9"] and len(kept) == 13


def test_what_is_known_of_a_person(tmp_path: Path) -> None:
    cart = {"item": "lamp", "value": 60}
    path = write(
        tmp_path / "events.jsonl",
        [
            event("d", "page_view", 0, {"path": "/"}, device="d1"),
            event("c", "add_to_cart", MINUTE, cart, email="ada@x.org", device="d1"),
            event("v", "Product Viewed", 40 * MINUTE, {"item": "lamp"}, email="ada@x.org"),
            event("o", "page_view", 50 * MINUTE, {"path": "/"}, email="bob@x.org"),
        ],
    )
    _, copy = found(tmp_path, "d1", path)
    assert copy["format"] == 1 and [e["id"] for e in copy["events"]] == ["d", "c", "v"]
    assert {i["value"]: (i["how"], i["event"]) for i in copy["identifiers"]} == {
        "ada@x.org": ("born", "c"),
        "d1": ("born", "d"),
    }
    assert copy["computed"]["items"] == ["lamp"] and copy["computed"]["orders"] == 0
    assert [m["template"] for m in copy["messages"] if m["what"] == "sent"] == ["reminder"]
    assert copy["journeys"][0]["journey"] == "cart" and copy["journeys"][0]["node"] == "day"
    assert "bob" not in json.dumps(copy)


def test_refusals_are_kept_as_hashes(tmp_path: Path) -> None:
    path = write(tmp_path / "events.jsonl", [event(1, "unsubscribed", 0, {}, email="ada@x.org")])
    made = program()
    channel = msgspec.structs.replace(made.channels[0], identifier="email")
    made = msgspec.structs.replace(made, channels=(channel,))
    listed = tmp_path / "list.csv"
    listed.write_text("channel,address\npush,Eve@x.org\n", encoding="utf-8")
    erased(tmp_path, "ada@x.org", path, beside=Beside(suppressions=str(listed), log=str(tmp_path / "log")), project=made)
    hashes = [address_hash(made.secret, name) for name in ("eve@x.org", "ada@x.org")]
    assert listed.read_text(encoding="utf-8").splitlines() == ["channel,hash", *(f"push,{h}" for h in hashes)]
    log = json.loads((tmp_path / "log").read_text(encoding="utf-8"))
    assert log["type"] == "erase" and log["email"] == "ada@x.org"


def test_a_name_is_found_whole_and_in_any_case() -> None:
    names = Mentions(["ada@x.org", "7"])
    assert names('"ADA@X.org"') and names("to ada@x.org, soon") and names('{"u": "7"}')
    assert (
        Mentions(["李雷"])('{"u": "\\u674E\\u96f7", "ts":')
        and Mentions(["李雷"])('{"u": "李雷"')
        and Mentions(['a"b'])('"a\\"b"')
    )
    assert not names("nevada@x.org") and not names("ada@x.organic") and not names('"77"') and not names("7")
    assert not Mentions([])("anything")


def test_what_is_broken_inside_a_batch_goes_too(tmp_path: Path) -> None:
    def track(number: int, who: str, **more: Any) -> dict[str, Any]:
        stamp = f"2026-03-01T00:00:{number:02d}Z"
        return {
            "type": "track",
            "event": "page_view",
            "messageId": str(number),
            "timestamp": stamp,
            "userId": who,
            "properties": {"path": "/"},
            **more,
        }

    batches = [
        {"batch": [track(1, "ada-of-x"), track(2, "bob-of-x")]},
        [track(3, "bob-of-x"), track(4, "ada-of-x", timestamp="soon"), track(5, "bob-of-x", timestamp="later")],
        [track(6, "ada-of-x"), track(7, "ada-of-x", timestamp="soon")],
    ]
    path = write(tmp_path / "events.jsonl", ("\n".join(map(json.dumps, batches)) + "\n").encode())
    erased(tmp_path, "ada-of-x", path)
    left = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    assert [[record["messageId"] for record in batch] for batch in left] == [["2"], ["3", "5"]]


@pytest.mark.parametrize("content", [b"email\nada@x.org\n", b"a text,\n", b"channel,hash\npush,\xff\n"])
def test_a_file_that_is_no_list_is_not_written_as_one(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path / "events.jsonl", [event(1, "unsubscribed", 0, {}, email="ada@x.org")])
    listed = tmp_path / "list.csv"
    listed.write_bytes(content)
    with pytest.raises(InputError, match="list of suppressed addresses"):
        erased(tmp_path, "ada@x.org", path, beside=Beside(suppressions=str(listed)))
    assert listed.read_bytes() == content
