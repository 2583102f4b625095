"""All codes of changes: code -> what kind of difference it is, its levels, and what it does to people inside.

Published once, never reused, sorted by code. D00x the whole of a journey · D10x its nodes · D11x ways between them · D12x time ·
D13x what is sent, called and written · D14x what an instance carries · D15x who enters, leaves and is drawn by lot · D16x what
the project decides for all journeys · D17x what is changed from elsewhere · D18x the rules of going over to a new version.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtj.plan.changes import Level


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` for settings and lists, `meaning` for people; `levels` that a change of this kind can have, the usual one first."""

    name: str
    meaning: str
    levels: tuple[Level, ...]


CHANGES: dict[str, Kind] = {
    "D001": Kind("wording", "titles and settings that change nothing of what happens", ("safe",)),
    "D002": Kind("journey-added", "a journey that was not there", ("safe",)),
    "D003": Kind("journey-removed", "a journey that is gone", ("breaking",)),
    "D004": Kind("journey-renamed", "a journey under another name, with `formerly`", ("needs-migration",)),
    "D101": Kind("node-added", "a node that was not there", ("safe", "behaviour")),
    "D102": Kind("node-removed", "a node that is gone", ("breaking", "behaviour", "safe")),
    "D103": Kind("node-renamed", "a node under another id, with `moved`", ("needs-migration",)),
    "D104": Kind("node-kind", "a node that has become one of another kind", ("breaking", "behaviour", "safe")),
    "D105": Kind("first-node", "another first node", ("safe",)),
    "D106": Kind("node-scope", "a node that has gone into a repeat, or out of it", ("breaking", "behaviour", "safe")),
    "D107": Kind("node-dropped", "a node that is gone, with `dropped`", ("needs-migration",)),
    "D111": Kind("way-added", "a case, arm or way out that was not there", ("behaviour", "safe")),
    "D112": Kind("way-removed", "a case, arm or way out that is gone", ("behaviour", "breaking", "safe")),
    "D113": Kind("way-elsewhere", "a way that leads elsewhere", ("behaviour", "safe")),
    "D114": Kind("condition", "a condition that is looser, tighter or another", ("behaviour", "safe")),
    "D115": Kind("order-of-ways", "cases or arms that overlap, in another order", ("behaviour", "safe")),
    "D121": Kind("longer", "a length or a moment that is later", ("behaviour", "safe")),
    "D122": Kind("shorter", "a length or a moment that is earlier", ("behaviour", "needs-migration", "safe")),
    "D123": Kind("timer-added", "a deadline where people may be waiting without one", ("needs-migration", "behaviour", "safe")),
    "D124": Kind("timer-removed", "a deadline that is gone", ("behaviour", "breaking", "safe")),
    "D125": Kind("moment", "a moment that is found in another way", ("behaviour", "safe")),
    "D131": Kind("action", "a message, call, event or fact of a node that is another", ("behaviour", "safe")),
    "D132": Kind("channel", "other channels, or another order of them", ("behaviour", "safe")),
    "D133": Kind("value-needed", "a message that needs what people inside lack", ("needs-migration", "behaviour", "safe")),
    "D134": Kind("message-key", "another key by which a message is known to have been sent", ("breaking",)),
    "D141": Kind("name-added", "a name that is brought along and was not before", ("safe",)),
    "D142": Kind("name-missing", "a name that is read ahead and that people lack", ("needs-migration", "behaviour", "safe")),
    "D143": Kind("name-type", "a name whose value is of another type", ("breaking", "safe")),
    "D144": Kind("name-removed", "a name that is not brought along any more", ("safe",)),
    "D151": Kind("entry", "a way in that is wider, narrower or another", ("behaviour", "safe")),
    "D152": Kind("re-entry", "other rules for those who have been inside, or are", ("behaviour", "breaking")),
    "D153": Kind("goal-or-exit", "a goal, exit or end of time that is another", ("behaviour", "safe")),
    "D154": Kind("key", "another key by which instances or people are told apart", ("breaking", "behaviour", "safe")),
    "D155": Kind("lot", "other shares of a split or holdout, or another salt", ("behaviour", "breaking", "safe")),
    "D161": Kind("event-schema", "an event type that is narrower where something reads it", ("breaking", "behaviour", "safe")),
    "D162": Kind("rule-of-all", "other quiet hours, caps, consent, zones or priorities", ("behaviour", "safe")),
    "D163": Kind("source", "sources of events that are read otherwise", ("behaviour", "safe")),
    "D164": Kind("fact", "an attribute, audience or table that is found otherwise", ("behaviour", "breaking", "safe")),
    "D165": Kind("text", "a file of text of a message that is another", ("behaviour", "safe")),
    "D170": Kind("declaration", "a declaration that changes no journey", ("safe",)),
    "D171": Kind("indirect", "something that the journey uses is another", ("behaviour", "safe", "needs-migration", "breaking")),
    "D181": Kind("version-policy", "other rules for going over to a new version", ("needs-migration",)),
}
