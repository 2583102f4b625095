"""Lists of suppressed addresses: what is read, what is told with its line, and that a hash finds the address it was made of.

Modules: compile.suppressions, ir.addresses.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.compile.pipeline import compile_project
from rtj.ir.addresses import address_hash

PROJECT = "project: x\nsecret: s3\nevents: {a: {}}\nchannels: {email: {}, sms: {}}\nsuppressions: blocked.csv\n"


def compiled(folder: Path, content: bytes) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """What is suppressed, and the messages of what is wrong."""
    (folder / "rtj.yaml").write_text(PROJECT, encoding="utf-8")
    (folder / "a.journey.yaml").write_text("journey: a\nenter: {on: a}\ndo: [{send: m, by: email}]\n", encoding="utf-8")
    (folder / "blocked.csv").write_bytes(content)
    done = compile_project(project=folder)
    return done.program.suppressed if done.program is not None else (), [d.message for d in done.diagnostics]


def test_addresses_are_read_as_hashes_whatever_their_capitals(tmp_path: Path) -> None:
    found, wrong = compiled(tmp_path, "\ufeffchannel,address\r\nemail, Ada@Example.COM \r\n\r\n,李雷@例え.jp\r\n".encode())

    assert wrong == []
    assert found == tuple(sorted([("", address_hash("s3", "李雷@例え.jp")), ("email", address_hash("s3", "ada@example.com"))]))


def test_hashes_are_taken_as_they_are(tmp_path: Path) -> None:
    hashed = address_hash("s3", "ada@example.com")

    assert compiled(tmp_path, f"hash,channel\n{hashed.upper()},sms\n".encode()) == ((("sms", hashed),), [])


def test_a_secret_makes_another_hash_and_may_be_long() -> None:
    made = {address_hash(secret, "ada@example.com") for secret in ("", "s3", "x" * 64, "x" * 65, "\ud800")}

    assert len(made) == 5
    assert {len(one) for one in made} == {32}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "`blocked.csv` is empty"),
        (b"channel,mail\nemail,a@b\n", "names no column `address` or `hash`"),
        (b"address,hash\na@b,00\n", "or both"),
        (b"channel,address\nemail,a@b\nemial,c@d\n", "line 3: unknown channel `emial`; did you mean `email`?"),
        (b"channel,address\nemail,\n", "line 2: no address"),
        (b"channel,hash\nemail,xyz\n", "line 2: expected a hash of 32 hex digits, found `xyz`"),
        (b'channel,address\nfax,"a@b\nemail,c@d\n', "is no CSV: line 2: a quote is never closed"),
        (b"channel,address\nemail,a@b,c@d\n", "line 2: more cells than columns"),
        (b"\xff\xfe\n", "it is not UTF-8"),
        (b"channel,address\n" + b"fax,1\n" * 9, "has 4 more lines with mistakes"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, content: bytes, told: str) -> None:
    found, wrong = compiled(tmp_path, content)

    assert found == ()
    assert told in wrong[-1] or told in wrong[0]
    assert len(wrong) <= 6
