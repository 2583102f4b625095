"""Sections of the project file about what is offered, asked and sent: offers, decisions, webhooks, models, channels, caps."""

from __future__ import annotations

from typing import Literal, cast

from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.read_sections import SectionReader
from rtj.lang.shape import WHOLE_NUMBER, Keys

UNITS = ("day", "week", "month", "quarter", "year")
OFFER = ("when", "priority", "score", "valid", "at_most", "each", "placements")
DECISION = ("groups", "placement", "fallback")
WEBHOOK = ("post", "timeout", "retries", "returns")
MODEL = ("file", "inputs")
CHANNEL = ("address", "purpose", "consent", "default", "rate")
PURPOSES = ("marketing", "transactional")
DEFAULTS = ("granted", "denied")
CAP = ("name", "at_most", "per", "of", "channels", "journeys", "categories")
CAPPED = ("messages", "entries")
QUIET_HOURS = ("from", "to", "zone", "then", "days")
QUIET_THEN = ("hold", "drop")
HOLDOUT = ("share", "salt")


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

    # ---- channels, caps, hours

    def channels(self, node: y.YamlNode) -> tuple[s.ChannelDecl, ...]:
        found: list[s.ChannelDecl] = []
        for name, value in self.declared(node, "channels"):
            if isinstance(value, y.Scalar) and value.empty:
                found.append(s.ChannelDecl(name.span, name))
                continue
            before = len(self.found)
            keys = self.keys(value, "a channel", CHANNEL, name.span)
            if keys is None:
                continue
            address, consent = self.expr(keys.get("address"), "a value"), self.expr(keys.get("consent"), "a condition")
            purpose = self.choice(keys.get("purpose"), PURPOSES, "marketing or transactional")
            default = self.choice(keys.get("default"), DEFAULTS, "granted or denied")
            rate = self.at_most(keys.get("rate"))
            kind, without = cast('Literal["marketing"] | None', purpose), cast('Literal["granted"] | None', default)
            whole = len(self.found) == before
            found.append(s.ChannelDecl(name.span, name, address, kind, consent, without, rate, whole))
        return tuple(found)

    def caps(self, node: y.YamlNode) -> tuple[s.CapDecl, ...]:
        """A list of caps with names, or a mapping from names to caps."""
        found: list[s.CapDecl | None] = []
        if isinstance(node, y.Sequence):
            for item in node.items:
                keys = self.keys(item, "a cap", CAP)
                name = self.name(keys.need("name")) if keys is not None else None
                found.append(self.cap(name, keys) if keys is not None else None)
        else:
            for name, value in self.declared(node, "caps"):
                keys = self.keys(value, "a cap", CAP[1:], name.span)
                found.append(self.cap(name, keys) if keys is not None else None)
        return tuple([cap for cap in found if cap is not None])

    def cap(self, name: s.Name | None, keys: Keys) -> s.CapDecl | None:
        at_most = self.cap_limit(keys)
        of = self.choice(keys.get("of"), CAPPED, "messages or entries") or "messages"
        lists = [self.names(keys.get(key)) for key in ("channels", "journeys", "categories")]
        if name is None or at_most is None:
            return None
        return s.CapDecl(name.span, name, at_most, cast('Literal["messages"]', of), *lists)

    def cap_limit(self, keys: Keys) -> s.AtMost | None:
        """`at_most: 2` with `per: 24h` or `per: day`, or `at_most: 2 per 24h`."""
        node = keys.need("at_most", "for example at_most: 2 per 24h")
        if not isinstance(node, y.Scalar) or not WHOLE_NUMBER.fullmatch(node.value):
            if "per" in keys:
                self.report("E104", "`per` stands beside a whole number", keys.key_span("per"))
            return self.at_most(node)
        count, per = self.whole(node), keys.need("per", "24h rolls, day is the calendar's")
        if count is None or per is None:
            return None
        span = Span(self.source, count.span.start, count.span.end)
        if isinstance(per, y.Scalar) and per.value in UNITS:
            return s.AtMost(span, count, unit=cast("s.Unit", per.value))
        length = self.length(per)
        return s.AtMost(span, count, length=length) if length is not None else None

    def quiet_hours(self, node: y.YamlNode) -> s.QuietHours | None:
        keys = self.keys(node, "`quiet_hours`", QUIET_HOURS)
        if keys is None:
            return None
        start = self.phrase(keys.need("from"), "clock", FormBuilder.clock, "a time such as 22:00")
        end = self.phrase(keys.need("to"), "clock", FormBuilder.clock, "a time such as 08:00")
        zone = self.text(keys.get("zone"), "a zone: profile, or a name such as Europe/Berlin")
        then = self.choice(keys.get("then"), QUIET_THEN, "hold or drop") or "hold"
        days = self.phrase(keys.get("days"), "days", FormBuilder.days, "days: monday, tuesday or weekend") or ()
        if start is None or end is None:
            return None
        named = zone if zone is not None and zone.value != "profile" else None
        of_profile = zone.span if zone is not None and named is None else None
        return s.QuietHours(keys.node.span, start, end, named, cast('Literal["hold"]', then), days, of_profile)

    def holdout(self, node: y.YamlNode) -> s.Holdout | None:
        keys = self.keys(node, "`holdout`", HOLDOUT)
        if keys is None:
            return None
        share, salt = self.share(keys.need("share")), self.text(keys.need("salt"))
        return s.Holdout(keys.node.span, share, salt) if share is not None and salt is not None else None
