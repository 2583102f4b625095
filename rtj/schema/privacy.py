"""Sections of a project about privacy: `policies`, `retention`."""

from __future__ import annotations

from collections.abc import Iterable

from rtj.lang.read_privacy import OTHERS, POLICY
from rtj.schema.beginnings import begun
from rtj.schema.parts import Schema, mapping, named, ref

SECTION = "Privacy"


def policies() -> Schema:
    """`policies:`."""
    keys = {
        "labels": (ref("names"), "Facts that bear any of these labels."),
        "forbid": (ref("names"), "Must not reach these: `marketing`, `transactional`, channels, webhooks."),
    }
    return named(mapping(POLICY, keys, section=SECTION, required=["labels", "forbid"]))


def retention(known: Iterable[str]) -> Schema:
    """`retention:`. `known`: event types that an editor may propose."""
    types: Schema = {"if": {"not": {"const": OTHERS}}, "then": ref("key_name")}
    section = {**named(ref("length"), known=(*known, OTHERS)), "propertyNames": types}
    return begun(section, "retention")
