"""Adobe's XDM ExperienceEvents as events: as they are, inside a streaming message (`header`, `body.xdmEntity`), or as the edge
network sends them (`xdm`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rtj.connect.envelope import MisfitError, Shape, Shaped
from rtj.connect.identify import RawValue
from rtj.connect.shapes import as_instant, place_of, plain, required
from rtj.ir.program import Namespace

ENVELOPE = frozenset({"_id", "timestamp", "eventType", "identityMap"})  # the rest are the fields of the event
IDENTITIES_MAX = 100  # of one event; a graph of more is no person

# Adobe's namespaces, and what stands for them where a project has none called so: names, then kinds.
_STANDARD: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ecid": (("ecid", "anonymousid", "cookieid"), ("cookie", "device")),
    "crmid": (("crmid", "customerid", "userid"), ("person",)),
    "email": (("email", "emailaddress"), ()),
    "phone": (("phone", "phonenumber", "mobile"), ()),
    "idfa": (("idfa", "deviceid"), ("device",)),
    "gaid": (("gaid", "deviceid"), ("device",)),
}


def entity_of(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The XDM inside a record, None when it holds none."""
    body = record.get("body")
    found = body.get("xdmEntity") if isinstance(body, dict) else record.get("xdm")
    if found is None and "_id" in record and "timestamp" in record and ("identityMap" in record or "eventType" in record):
        return record
    return found if isinstance(found, dict) else None


def xdm(namespaces: tuple[Namespace, ...]) -> Shape:
    """ExperienceEvents: `_id`, `timestamp`, `eventType`; identifiers from `identityMap`, by the names of namespaces (case, `_`,
    `-` do not count), which rank as the project says: `primary` is not asked. A profile record, which has no `timestamp`, is no
    event."""
    by_name = {bare(space.name): index for index, space in enumerate(namespaces)}
    for name, (names, kinds) in _STANDARD.items():
        place = place_of(namespaces, names, kinds)
        if place is not None:
            by_name.setdefault(name, place)
    email = by_name.get("email")

    def shape(record: Mapping[str, Any]) -> Shaped:
        entity = entity_of(record)
        if entity is None:
            raise MisfitError("format", "not an XDM event: there is no `body.xdmEntity`, and no `_id` with `timestamp`")
        kind = required(entity, "eventType")
        if not isinstance(kind, str):
            raise MisfitError("fields", "eventType: expected text")
        if entity.get("timestamp") is None:
            raise MisfitError("ts", "`timestamp` is missing")
        found = _identities(entity.get("identityMap"), by_name)
        address = entity.get("personalEmail")
        if email is not None and isinstance(address, dict) and all(place != email for place, _ in found):
            found.append((email, plain(address.get("address"), "personalEmail.address")))
        return Shaped(
            id=plain(required(entity, "_id"), "_id") or "",
            type=kind,
            ts=as_instant(entity["timestamp"], "timestamp"),
            properties={name: value for name, value in entity.items() if name not in ENVELOPE},
            identifiers=tuple(found),
        )

    return shape


def bare(name: str) -> str:
    """A name of a namespace as it is compared."""
    return "".join(c for c in name.casefold() if c.isalnum())


def _identities(identity_map: Any, by_name: Mapping[str, int]) -> list[tuple[int, RawValue]]:
    if identity_map is None:
        return []
    if not isinstance(identity_map, dict):
        raise MisfitError("fields", "identityMap: expected an object of namespaces")
    found: list[tuple[int, RawValue]] = []
    for name, identities in identity_map.items():
        place = by_name.get(bare(name))
        if place is None:
            continue
        for one in identities if isinstance(identities, list) else [identities]:
            if not isinstance(one, dict):
                raise MisfitError("fields", f"identityMap.{name}: expected objects with `id`")
            found.append((place, plain(one.get("id"), f"identityMap.{name}.id")))
    if len(found) > IDENTITIES_MAX:
        raise MisfitError("identifier", f"more than {IDENTITIES_MAX} identities")
    return found
