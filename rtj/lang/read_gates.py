"""Sections of the project file about what is sent and what is held back: channels, consents, messages, caps, quiet hours."""

from __future__ import annotations

import re
from typing import Literal, cast

from rtj.base.diagnostic import Fix
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.mending import Change, mended, respelt, shortened
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.read_delivery import DeliveryReader
from rtj.lang.shape import WHOLE_NUMBER, Keys

UNITS = ("day", "week", "month", "quarter", "year")
CHANNEL = ("address", "purpose", "consent", "confirmed", "default", "rate", "cost")
PURPOSES = ("marketing", "transactional")
DEFAULTS = ("granted", "denied")
CONSENTS = ("any", "subscriptions")
MESSAGE = ("purpose", "category", "subscription")
CAP = ("name", "at_most", "per", "zone", "of", "channels", "journeys", "categories")
CAPPED = ("messages", "entries")
QUIET_HOURS = ("from", "to", "zone", "then", "days", "channels")
QUIET_THEN = ("hold", "drop")
HOLDOUT = ("share", "salt")
AMOUNT = re.compile(r"[-+]?(?:[0-9]{1,18}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
LOOSE_AMOUNT = re.compile(r"[^\w.,-]?\s*([0-9]{1,9})(?:[.,]([0-9]{1,9}))?\s*(?:[A-Za-z]{3}|[^\w.,-])?")  # `€0.06`, `0,06 EUR`
AMOUNT_LENGTH_MAX = 40
CURRENCY = re.compile(r"[A-Z]{3}")
SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "euro": "EUR", "euros": "EUR", "dollar": "USD",
         "dollars": "USD", "us$": "USD", "pound": "GBP", "pounds": "GBP", "yen": "JPY", "元": "CNY", "円": "JPY"}  # fmt: skip
PER = re.compile(r"\s(?:per|in)\s")  # in a limit that says its own time
OF_PROFILE = "profile"  # the zone of whoever it is


class GateReader(DeliveryReader):
    """One method for each section: its node in, its declarations out."""

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
            confirmed = self.expr(keys.get("confirmed"), "a condition")
            purpose = self.choice(keys.get("purpose"), PURPOSES, "marketing or transactional")
            default = self.choice(keys.get("default"), DEFAULTS, "granted or denied")
            rate, cost = self.at_most(keys.get("rate")), self.amount(keys.get("cost"))
            kind, without = cast('Literal["marketing"] | None', purpose), cast('Literal["granted"] | None', default)
            whole = len(self.found) == before
            found.append(s.ChannelDecl(name.span, name, address, kind, consent, without, rate, whole, confirmed, cost))
        return tuple(found)

    def amount(self, node: y.YamlNode | None) -> s.Number | None:
        """A number such as 0.06, without a sign of money."""
        text = self.text(node, "an amount such as 0.06")
        if text is None:
            return None
        if len(text.value) <= AMOUNT_LENGTH_MAX and AMOUNT.fullmatch(text.value):
            return s.Number(text.span, float(text.value))
        loose = LOOSE_AMOUNT.fullmatch(text.value)
        bare = "" if loose is None else loose[1] + (f".{loose[2]}" if loose[2] else "")
        fix: Fix | None = None
        if bare and isinstance(node, y.Scalar):
            edits = mended(self.located(node), [Change(0, len(text.value), bare)])
            fix = Fix(f"write {bare}", edits) if edits else None
        hint = "a number alone, of what `currency:` says" + (f": {bare}" if bare else "")
        self.report("E105", f"expected an amount such as 0.06; found `{shortened(text.value)}`", text.span, hint, fix)
        return None

    def currency(self, node: y.YamlNode) -> s.Text | None:
        text = self.text(node, "three capital letters such as EUR")
        if text is None or CURRENCY.fullmatch(text.value):
            return text
        upper = text.value.upper()
        meant = upper if CURRENCY.fullmatch(upper) else SIGNS.get(text.value.lower())
        hint = f"did you mean `{meant}`?" if meant is not None else "the code of ISO 4217, as EUR or USD"
        fix = respelt(text.span, text.value, meant, safe=meant == upper) if meant is not None else None
        message = f"expected three capital letters such as EUR; found `{shortened(text.value)}`"
        self.report("E105", message, text.span, hint, fix)
        return None

    def consents(self, node: y.YamlNode) -> s.ConsentsDecl | None:
        keys = self.keys(node, "`consents`", CONSENTS)
        if keys is None:
            return None
        to_any = self.expr(keys.get("any"), "a condition")
        declared = self.declared(keys.get("subscriptions"), "subscriptions")
        by_name = tuple([(name, e) for name, value in declared if (e := self.expr(value, "a condition")) is not None])
        return s.ConsentsDecl(keys.head, to_any, by_name)

    def messages(self, node: y.YamlNode) -> tuple[s.MessageDecl, ...]:
        found: list[s.MessageDecl] = []
        for name, value in self.declared(node, "messages"):
            keys = self.keys(value, "a message", MESSAGE, name.span)
            if keys is None:
                continue
            purpose = self.choice(keys.get("purpose"), PURPOSES, "marketing or transactional")
            category, subscription = self.name(keys.get("category")), self.name(keys.get("subscription"))
            kind = cast('Literal["marketing"] | None', purpose)
            found.append(s.MessageDecl(name.span, name, kind, category, subscription))
        return tuple(found)

    def suppressions(self, node: y.YamlNode) -> s.Text | None:
        if isinstance(node, y.Mapping | y.Sequence):
            self.wrong_kind(node, "a CSV file", "for example `suppressions: blocked.csv`, with the columns channel,address")
            return None
        return self.text(node, "a CSV file")

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
        channels, journeys, categories = (self.names(keys.get(key)) for key in ("channels", "journeys", "categories"))
        zone = self.text(keys.get("zone"), "a zone: profile, or a name such as Europe/Berlin")
        if name is None or at_most is None:
            return None
        named = zone if zone is not None and zone.value != OF_PROFILE else None
        zone_at = zone.span if zone is not None else None
        counted = cast('Literal["messages"]', of)
        return s.CapDecl(name.span, name, at_most, counted, channels, journeys, categories, named, zone_at)

    def cap_limit(self, keys: Keys) -> s.AtMost | None:
        """`at_most: 2` with `per: 24h` or `per: day`, or `at_most: 2 per 24h`."""
        node = keys.need("at_most", "for example at_most: 2 per 24h")
        if node is None or isinstance(node, y.Broken):
            return None
        beside = "per" in keys and isinstance(node, y.Scalar) and PER.search(node.value) is None
        if not beside and not (isinstance(node, y.Scalar) and WHOLE_NUMBER.fullmatch(node.value)):
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
        days = tuple(sorted({day for item in self.some(keys.get("days"), "days, such as friday") for day in self.days_of(item)}))
        channels = self.names(keys.get("channels"), "a channel")
        if start is None or end is None:
            return None
        named = zone if zone is not None and zone.value != OF_PROFILE else None
        of_profile = zone.span if zone is not None and named is None else None
        return s.QuietHours(keys.node.span, start, end, named, cast('Literal["hold"]', then), days, of_profile, channels)

    def days_of(self, node: y.YamlNode) -> tuple[int, ...]:
        return self.phrase(node, "days", FormBuilder.days, "days: monday, tuesday or weekend") or ()

    def holdout(self, node: y.YamlNode) -> s.Holdout | None:
        keys = self.keys(node, "`holdout`", HOLDOUT)
        if keys is None:
            return None
        share, salt = self.share(keys.need("share")), self.text(keys.need("salt"))
        return s.Holdout(keys.node.span, share, salt) if share is not None and salt is not None else None
