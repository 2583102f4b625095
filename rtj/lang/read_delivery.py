"""Sections of the project file about what is offered and asked: offers, decisions, webhooks, models."""

from __future__ import annotations

from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.read_sections import SectionReader

OFFER = ("when", "priority", "score", "valid", "at_most", "each", "placements")
DECISION = ("groups", "placement", "fallback")
WEBHOOK = ("post", "timeout", "retries", "returns")
MODEL = ("file", "inputs")


class DeliveryReader(SectionReader):
    """One method for each section: its node in, its declarations out."""

    def offers(self, node: y.YamlNode) -> tuple[s.OfferDecl, ...]:
        found: list[s.OfferDecl] = []
        for name, value in self.declared(node, "offers"):
            keys = self.keys(value, "an offer", OFFER, name.span)
            if keys is None:
                continue
            rows = self.phrase(keys.get("each"), "table_rows", FormBuilder.table_rows, "rows such as `products as p`")
            valid = self.phrase(keys.get("valid"), "valid", FormBuilder.valid, "dates: 2026-03-01 to 2026-06-30")
            at_most = tuple([a for n in self.one_or_more(keys.get("at_most")) if (a := self.at_most(n)) is not None])
            when, priority, score = self.expr(keys.get("when")), self.whole(keys.get("priority")), self.expr(keys.get("score"))
            table, bind = rows or (None, None)
            places = self.names(keys.get("placements"))
            found.append(s.OfferDecl(name.span, name, when, priority, score, valid, at_most, table, bind, places))
        return tuple(found)

    def at_most(self, node: y.YamlNode | None) -> s.AtMost | None:
        return self.phrase(node, "at_most", FormBuilder.at_most, "a limit: 1 per 30d, 2 per week, 500 in total")

    def decisions(self, node: y.YamlNode) -> tuple[s.DecisionDecl, ...]:
        found: list[s.DecisionDecl] = []
        for name, value in self.declared(node, "decisions"):
            keys = self.keys(value, "a decision", DECISION, name.span)
            if keys is None:
                continue
            groups = tuple(
                [self.names(group, "an offer") for group in self.items(keys.need("groups"), "groups of offers: [[a, b], [c]]")]
            )
            placement, fallback = self.name(keys.get("placement")), self.name(keys.get("fallback"), "an offer")
            found.append(s.DecisionDecl(name.span, name, groups, placement, fallback))
        return tuple(found)

    def webhooks(self, node: y.YamlNode) -> tuple[s.WebhookDecl, ...]:
        found: list[s.WebhookDecl] = []
        for name, value in self.declared(node, "webhooks"):
            keys = self.keys(value, "a webhook", WEBHOOK, name.span)
            if keys is None:
                continue
            url, timeout = self.text(keys.need("post"), "an address"), self.length(keys.get("timeout"))
            retries = self.whole(keys.get("retries"))
            returns = self.fields(keys.get("returns"), "fields of the answer") if "returns" in keys else ()
            if url is not None:
                found.append(s.WebhookDecl(name.span, name, url, timeout, retries, returns))
        return tuple(found)

    def models(self, node: y.YamlNode) -> tuple[s.ModelDecl, ...]:
        found: list[s.ModelDecl] = []
        for name, value in self.declared(node, "models"):
            keys = self.keys(value, "a model", MODEL, name.span)
            if keys is None:
                continue
            file = self.text(keys.need("file"), "a file")
            declared = self.declared(keys.get("inputs"), "inputs")
            inputs = tuple([(n, e) for n, v in declared if (e := self.expr(v, "a value")) is not None])
            if file is not None:
                found.append(s.ModelDecl(name.span, name, file, inputs))
        return tuple(found)
