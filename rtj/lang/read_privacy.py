"""Sections of the project file about privacy: what labelled facts must not be used for, and how long events are kept."""

from __future__ import annotations

from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.read_gates import GateReader

POLICY = ("labels", "forbid")
OTHERS = "*"  # in `retention`: all event types that are not named


class PrivacyReader(GateReader):
    """One method for each section: its node in, its declarations out."""

    def policies(self, node: y.YamlNode) -> tuple[s.PolicyDecl, ...]:
        found: list[s.PolicyDecl] = []
        for name, value in self.declared(node, "policies"):
            keys = self.keys(value, "a policy", POLICY, name.span)
            if keys is None:
                continue
            labels = self.names(keys.need("labels", "for example labels: [sensitive]"), "a label")
            forbids = self.names(keys.need("forbid", "for example forbid: [marketing]"), "a purpose, a channel or a webhook")
            found.append(s.PolicyDecl(name.span, name, labels, forbids))
        return tuple(found)

    def retention(self, node: y.YamlNode) -> tuple[s.RetentionDecl, ...]:
        found: list[s.RetentionDecl] = []
        mapping = self.mapping(node, 'event types and how long they are kept: {product_view: 90d, "*": 2 years}')
        for pair in mapping.pairs if mapping is not None else ():
            key = pair.key
            name = s.Name(key.span, OTHERS) if key.value == OTHERS else self.name(key)
            keep = self.length(pair.value)
            if name is not None and keep is not None:
                found.append(s.RetentionDecl(name.span, name, keep))
        return tuple(found)
