"""Addresses from YAML: where a process listens, brokers, URLs, stores; and secrets, which stand in variables.

`env:NAME` may stand in the place of each. What may have a password in it is never repeated in a report.
"""

from __future__ import annotations

import re

from rtj.base.diagnostic import Fix
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.mending import Change, mended, shortened
from rtj.lang.read_lint import LintReader

ENV = "env:"
VARIABLE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
HOST_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]+):(?P<port>[0-9]{1,5})")
URLS = {
    "http": re.compile(r"https?://[^\s/?#{}$@]+(?:[/?#]\S*)?"),
    "redis": re.compile(r"(?:rediss?|unix)://\S+"),
}
EXAMPLES = {"http": "https://mail.example/send", "redis": "redis://127.0.0.1/0"}
POSTGRES = re.compile(r"postgres(?:ql)?(?:\+\w+)?://", re.IGNORECASE)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
SQLITE = re.compile(r"sqlite3?:(?:///?)?", re.IGNORECASE)
BROKER_PORT = 9092
PORT_MAX = 65_535
STORES = "a file such as .rtj/prod.db, a URL such as postgresql://db.example/rtj, or env:NAME"


class AddressReader(LintReader):
    """Reads what names a place in a network or a store."""

    def variable(self, text: s.Text) -> bool:
        """Is it the name of a variable? One that cannot be a name is reported."""
        if not text.value.lower().startswith((ENV, "$", "{{")):
            return False
        if VARIABLE.fullmatch(text.value) is None:
            bare = re.fullmatch(r"(?i:env:)?\s*\$?[{(]*\s*(?:env[.:])?\s*([A-Za-z_][A-Za-z0-9_]*)\s*[})]*", text.value)
            hint = f"write `env:{bare[1]}`" if bare else "for example `env:MAIL_SECRET`"
            message = "a variable of the process is named by `env:` and its name"
            self.report("E105", f"{message}; found `{shortened(text.value)}`", text.span, hint)
        return True

    def listen(self, node: y.YamlNode | None) -> s.Text | None:
        """`host:port` of this machine."""
        text = self.text(node, "an address such as 127.0.0.1:8080")
        if text is None or self.variable(text) or not isinstance(node, y.Scalar):
            return text
        if (form := HOST_PORT.fullmatch(text.value)) is not None and int(form["port"]) <= PORT_MAX:
            return text
        bare = re.fullmatch(r"(?:https?://)?(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]*?)(?::?(?P<port>[0-9]{2,5}))?/?", text.value)
        host = (bare["host"] or ("0.0.0.0" if text.value.startswith(":") else "127.0.0.1")) if bare else ""
        meant = f"{host}:{bare['port'] or 8080}" if bare and host and int(bare["port"] or 0) <= PORT_MAX else ""
        self.misread(node, "an address such as 127.0.0.1:8080", meant)
        return s.Text(text.span, meant, text.quoted) if meant else None

    def brokers(self, node: y.YamlNode | None) -> s.Text | None:
        """`host:port`, several with commas between them, or a list of such."""
        if isinstance(node, y.Sequence):
            read = [text for item in node.items if (text := self.brokers(item)) is not None]
            if not node.items:
                self.report("E102", "the list is empty; expected brokers such as broker:9092", y.opening(node))
            return s.Text(read[0].span, ",".join(text.value for text in read)) if read else None
        text = self.text(node, "brokers such as broker:9092")
        if text is None or self.variable(text) or not isinstance(node, y.Scalar):
            return text
        parts = [part.strip() for part in text.value.split(",")]
        forms = [HOST_PORT.fullmatch(part) for part in parts]
        if all(form is not None and int(form["port"]) <= PORT_MAX for form in forms):
            return s.Text(text.span, ",".join(parts), text.quoted)
        bare = [re.fullmatch(r"(?:\w+://)?([\w.-]+)(?::([0-9]{1,5}))?/?", part) for part in parts]
        meant = ",".join(f"{form[1]}:{form[2] or BROKER_PORT}" for form in bare if form is not None)
        self.misread(node, "brokers such as broker:9092", meant if None not in bare else "")
        return text

    def url(self, node: y.YamlNode | None, kind: str) -> s.Text | None:
        """An address of the web (`http`) or of a server of Redis (`redis`)."""
        text = self.text(node, f"an address such as {EXAMPLES[kind]}")
        if text is None or self.variable(text) or not isinstance(node, y.Scalar):
            return text
        if URLS[kind].fullmatch(text.value) is not None:
            return text
        if kind == "http" and "@" in text.value.partition("://")[2].partition("/")[0]:
            hint = "passwords and keys do not stand in addresses: `secret: env:NAME` signs what is sent"
            self.report("E105", "an address of the web has no user and no password", text.span, hint)
            return text
        scheme = "https" if kind == "http" else "redis"
        plain = re.fullmatch(r"[\w.-]+\.?[\w-]+(?::[0-9]{1,5})?(?:/\S*)?", text.value)
        self.misread(node, f"an address such as {EXAMPLES[kind]}", f"{scheme}://{text.value}" if plain else "")
        return text

    def store(self, node: y.YamlNode | None) -> s.Text | None:
        """A file of SQLite, or a URL of PostgreSQL."""
        text = self.text(node, STORES)
        if text is None or self.variable(text) or not isinstance(node, y.Scalar):
            return text
        value = text.value
        if value.startswith("postgresql://") or (SCHEME.match(value) is None and not SQLITE.match(value)):
            return text
        if (sqlite := SQLITE.match(value)) is not None:
            self.misread(node, STORES, value[sqlite.end() :])
        elif (postgres := POSTGRES.match(value)) is not None:
            edits = mended(self.located(node), [Change(0, postgres.end(), "postgresql://")])
            fix = Fix("begin with postgresql://", edits, safe=True) if edits else None
            self.report("E105", f"expected {STORES}", text.span, "the URL begins with `postgresql://`", fix)
        else:
            scheme = SCHEME.match(value)
            assert scheme is not None
            message = f"no store is kept in `{scheme[1]}`; expected {STORES}"
            self.report("E105", message, text.span)
        return text

    def secret(self, node: y.YamlNode | None, example: str) -> s.Text | None:
        """What nobody should read in the repository."""
        if isinstance(node, y.Mapping | y.Sequence):
            hint = f"write `env:{example}`; the variable holds one `name=key` a line, or with commas between them"
            self.wrong_kind(node, "a variable that holds it", hint)
            return None
        text = self.text(node, "a variable that holds it, such as env:NAME")
        if text is not None:
            self.variable(text)
        return text

    def settings(self, node: y.YamlNode | None) -> tuple[s.SettingPair, ...]:
        """Settings of a client, as it calls them: `{security.protocol: SASL_SSL}`."""
        mapping = self.mapping(node, "settings of the client: {security.protocol: SASL_SSL}")
        read = [(p.key, self.text(p.value, "a value")) for p in (mapping.pairs if mapping is not None else ())]
        found = [(s.Text(key.span, key.value), value) for key, value in read if value is not None]
        for _, value in found:
            if value.value.lower().startswith(ENV):
                self.variable(value)
        return tuple(found)

    def misread(self, node: y.Scalar, wanted: str, meant: str) -> None:
        """Report a value; `meant`: what was probably meant, "" if nobody knows."""
        fix: Fix | None = None
        if meant and meant != node.value:
            edits = mended(self.located(node), [Change(0, len(node.value), meant)])
            fix = Fix(f"write {meant}", edits) if edits else None
        hint = f"did you mean `{meant}`?" if meant else ""
        told = "" if "@" in node.value else f"; found `{shortened(node.value)}`"
        self.report("E105", f"expected {wanted}{told}", node.span, hint, fix)
