"""What a request carries, as records: unpacked and taken apart within bounds, whoever sent it."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec

BODY_MAX = 5_000_000  # bytes of a request, as sent and as unpacked
RECORD_MAX = 1_000_000  # bytes of one record
RECORDS_MAX = 50_000  # of one request
WINDOW_MAX = 1 << 23  # bytes that a zstd frame may ask us to remember

BOM = b"\xef\xbb\xbf"
JSON_TYPES = ("application/json", "application/x-ndjson", "application/ndjson", "application/jsonl")
CLOUD, CLOUD_BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
WITH_CURL = "; with curl: -H 'content-type: application/json'"
ENCODINGS = ("gzip", "deflate", "zstd")

Kind: TypeAlias = Literal["json", "lines", "cloudevent", "cloudevents", "binary"]


class RefusalError(Exception):
    """A request that is not taken: its status, one stable word, and a sentence that tells nothing private."""

    def __init__(self, status: int, word: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.word, self.detail = status, word, detail
        self.headers = dict(headers or {})


def too_large(what: str, most: int) -> RefusalError:
    """413."""
    return RefusalError(413, "too_large", f"{what} is larger than {most:,} bytes")


def kind_of(headers: Mapping[str, str]) -> Kind:
    """What the body is, by its headers, whose names are in lower case. Raises RefusalError 415."""
    whole, _, parameters = headers.get("content-type", "").partition(";")
    name = whole.strip().lower()
    for parameter in parameters.split(";"):
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8", "us-ascii"):
            raise RefusalError(415, "media_type", "the charset must be utf-8")
    if name == CLOUD:
        return "cloudevent"
    if name == CLOUD_BATCH:
        return "cloudevents"
    if "ce-specversion" in headers:
        if name and name != "application/json" and not name.endswith("+json"):
            raise RefusalError(415, "media_type", "the data of a CloudEvent must be JSON")
        return "binary"
    if name not in JSON_TYPES:
        known = ", ".join((*JSON_TYPES[:2], CLOUD, CLOUD_BATCH))
        raise RefusalError(415, "media_type", f"the content type must be one of {known}{WITH_CURL}", {"accept": known})
    return "json" if name == JSON_TYPES[0] else "lines"


def encoding_of(headers: Mapping[str, str]) -> str:
    """How the body is packed, "" when it is not. Raises RefusalError 415."""
    name = headers.get("content-encoding", "").strip().lower()
    if name in ("", "identity"):
        return ""
    if name not in ENCODINGS:
        raise RefusalError(415, "encoding", f"the content encoding must be one of {', '.join(ENCODINGS)}, once")
    return name


def unpacked(data: bytes, encoding: str) -> bytes:
    """The body as it was before it was packed; never more than BODY_MAX is held. Raises RefusalError."""
    match encoding:
        case "":
            return data
        case "zstd":
            return _zstd(data)
        case _:
            return _zlib(data, encoding)


def _zlib(data: bytes, encoding: str) -> bytes:
    raw = encoding == "deflate" and (len(data) < 2 or data[0] & 15 != 8 or (data[0] << 8 | data[1]) % 31)
    worker = zlib.decompressobj(-15 if raw else 47)
    try:
        found = worker.decompress(data, BODY_MAX + 1)
    except zlib.error as error:
        raise RefusalError(400, "encoding", f"the body is no {encoding}") from error
    if len(found) > BODY_MAX:
        raise too_large("the unpacked body", BODY_MAX)
    if not worker.eof or worker.unused_data:
        raise RefusalError(400, "encoding", f"the body is not one whole {encoding} stream")
    return found


def _zstd(data: bytes) -> bytes:
    try:
        import zstandard
    except ImportError as error:
        raise RefusalError(415, "encoding", "zstd is not installed here; gzip and deflate are") from error
    try:
        worker = zstandard.ZstdDecompressor(max_window_size=WINDOW_MAX).stream_reader(io.BytesIO(data))
        found: bytes = worker.read(BODY_MAX + 1)
    except zstandard.ZstdError as error:
        raise RefusalError(400, "encoding", "the body is no zstd") from error
    if len(found) > BODY_MAX:
        raise too_large("the unpacked body", BODY_MAX)
    return found


# ---- records


class Wrapper(msgspec.Struct, gc=False):
    """An object that may hold records. `type`: then it is one itself."""

    type: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    batch: list[msgspec.Raw] | Any = None
    messages: list[msgspec.Raw] | Any = None
    events: list[msgspec.Raw] | Any = None
    sentAt: Any = None  # noqa: N815 (as Segment spells it)


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a body, each as its JSON. `sent_at`: what the whole batch says of its sending."""

    raws: list[bytes]
    sent_at: Any = None


class _Batch(msgspec.Struct, gc=False):
    batch: list[msgspec.Raw] | None = None
    messages: list[msgspec.Raw] | None = None
    events: list[msgspec.Raw] | None = None


_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_wrapper = msgspec.json.Decoder(Wrapper).decode
_batch = msgspec.json.Decoder(_Batch).decode
BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def split(body: bytes, kind: Kind) -> Records:
    """Take a body apart. Raises RefusalError 400 when it is not what its type says, or holds too many records."""
    body = body.removeprefix(BOM).strip()
    if not body:
        raise RefusalError(400, "empty", "there is no event in the body")
    if kind == "lines":
        found = Records([_line(line) for line in body.split(b"\n") if line.strip()])
    else:
        _text(body)
        try:
            found = _split_json(body, kind)
        except BROKEN as error:
            raise RefusalError(400, "json", f"the body is no JSON: {_why(error)}") from error
    if not found.raws:
        raise RefusalError(400, "empty", "there is no event in the body")
    if len(found.raws) > RECORDS_MAX:
        raise RefusalError(413, "too_many", f"more than {RECORDS_MAX:,} events in one request")
    return found


def _text(body: bytes) -> None:
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as error:
            raise RefusalError(400, "encoding", f"the body is not UTF-8 (byte {error.start:,})") from error


def _split_json(body: bytes, kind: Kind) -> Records:
    if kind == "cloudevents" or (kind == "json" and body[:1] == b"["):
        return Records(list(map(_line, _list(body))))
    whole = _wrapper(body)
    if kind == "json" and whole.type is msgspec.UNSET:
        for inner in (whole.batch, whole.messages, whole.events):
            if isinstance(inner, list):
                held = _batch(body)
                raws = held.batch if held.batch is not None else held.messages if held.messages is not None else held.events
                return Records(list(map(_line, raws or [])), whole.sentAt)
    return Records([_line(body)])


def _line(raw: msgspec.Raw | bytes) -> bytes:
    """JSON on one line: a line end is never inside a text, so that it may become a blank."""
    line = bytes(raw).strip()
    return line.replace(b"\n", b" ").replace(b"\r", b" ") if b"\n" in line or b"\r" in line else line


def _why(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else str(error)
