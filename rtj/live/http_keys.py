"""Who may come in: keys by name, compared in constant time, so that logs can say who without anybody's key."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from rtj.base.errors import UsageError
from rtj.live.http_bodies import RefusalError

KEY_MIN = 16  # characters; what is shorter can be guessed
WHOLE = ":whole"  # ends the name of a key that sees what others see masked
CHALLENGE = 'Bearer realm="rtj"'
LOCAL = "local"  # the name of whoever comes where no keys are, over loopback


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a key. `whole`: sees what is masked for others."""

    name: str
    whole: bool = False


class Keys:
    """The keys of one door. Without any, everybody is `LOCAL`: see `held_to_loopback`."""

    def __init__(self, text: str, what: str) -> None:
        """`text`: `name=key`, one a line or between commas; `what` names the door in errors. Raises UsageError."""
        self._digests: tuple[tuple[Caller, bytes], ...] = ()
        for part in text.replace("\n", ",").split(","):
            if part.strip():
                self._digests += (_one(part.strip(), what),)
        names = [caller.name for caller, _ in self._digests]
        if len(set(names)) != len(names):
            raise UsageError(f"{what}: two keys have the same name")

    @property
    def any(self) -> bool:
        """Are there keys at all?"""
        return bool(self._digests)

    def caller(self, headers: Mapping[str, str]) -> Caller | None:
        """Who asks, by `Authorization: Bearer`, `X-API-Key`, or Basic, whose user (as Segment's SDKs do) or password is the key.
        None: nobody we know. All keys are compared with all that was given, whatever matches."""
        if not self._digests:
            return Caller(LOCAL) if is_local(headers.get("host", "")) else None
        found = None
        for given in _given(headers):
            digest = sha256(given.encode()).digest()
            for caller, wanted in self._digests:
                if hmac.compare_digest(digest, wanted):
                    found = caller
        return found

    def refusal(self, headers: Mapping[str, str]) -> RefusalError:
        """What somebody hears whom `caller` does not know: that a key is missing, or that the one they sent is none. Which keys
        there are, and for what, they do not hear (RFC 6750, 3.1)."""
        if not self._digests:
            detail = "this door has no keys, so that it is for this machine alone, by the name of localhost"
            return RefusalError(403, "forbidden", detail)
        if _given(headers):
            detail = "the key that was sent is not valid here"
            return RefusalError(401, "wrong_key", detail, {"www-authenticate": f'{CHALLENGE}, error="invalid_token"'})
        detail = "a key is needed: `Authorization: Bearer KEY` or `X-API-Key: KEY`"
        return RefusalError(401, "key_needed", detail, {"www-authenticate": CHALLENGE})

    def held_to_loopback(self, host: str, what: str) -> None:
        """Without keys only this machine may reach the door. Raises UsageError."""
        if not self._digests and not is_local(host):
            raise UsageError(f"{what}: {host or 'every address'} is reached from outside; give it `keys`, or listen on 127.0.0.1")


def _one(part: str, what: str) -> tuple[Caller, bytes]:
    name, sign, key = part.partition("=")
    name, key = name.strip(), key.strip()
    if not sign or not name or not key:
        raise UsageError(f"{what}: expected keys as name=key, one a line or between commas")
    if len(key) < KEY_MIN:
        raise UsageError(f"{what}: the key of {name} is shorter than {KEY_MIN} characters")
    whole = name.endswith(WHOLE)
    return Caller(name.removesuffix(WHOLE), whole), sha256(key.encode()).digest()


def _given(headers: Mapping[str, str]) -> list[str]:
    found = [headers["x-api-key"]] if "x-api-key" in headers else []
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            found.append(rest.strip())
        case "basic":
            try:
                user, _, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
            except (binascii.Error, ValueError):
                return found
            found += [part for part in (user, password) if part]
        case _:
            pass
    return found


def is_local(host: str) -> bool:
    """Is it this machine, as a name or an address, with a port or without? A page of a foreign site that had its name point here
    is not."""
    name = host.strip().lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
