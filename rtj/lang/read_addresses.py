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
EXAMPLES = {"http": "https://mail.example/send", "redis": "redis://127.0.0.1/0"}
POSTGRES = re.compile(r"postgres(?:ql)?(?:\+\w+)?://", re.IGNORECASE)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
SQLITE = re.compile(r"sqlite3?:(?:///?)?", re.IGNORECASE)
BROKER_PORT = 9092
PORT_MAX = 65_535
LISTENING = "an address such as 127.0.0.1:8080"
BROKERS = "brokers such as broker:9092"
STORES = "a file such as .rtj/prod.db, a URL such as postgresql://db.example/rtj, or env:NAME"

# Patterns of whole values, as regular expressions of JavaScript have them too: schemas for editors take them from here.
VARIABLE = "env:[A-Za-z_][A-Za-z0-9_]*"
LIKE_ENV = "[Ee][Nn][Vv]:"
LIKE_VARIABLE = rf"(?:{LIKE_ENV}|\$|\{{\{{)"
HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@:,{}\$\[\]]+)"
PORT = "(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4})"
ANY_LISTEN = f"{VARIABLE}|(?!{LIKE_ENV}){HOST}:{PORT}"
ONE_BROKER = f"[ ]*{HOST}:{PORT}[ ]*"
ANY_BROKERS = f"{VARIABLE}|(?!{LIKE_ENV}){ONE_BROKER}(?:,{ONE_BROKER})*"
ANY_URL = {
    "http": rf"{VARIABLE}|https?://[^\s/?#{{}}\$@]+(?:[/?#]\S*)?",
    "redis": rf"{VARIABLE}|(?:rediss?|unix)://\S+",
}
NO_STORE = f"{LIKE_VARIABLE}|[Ss][Qq][Ll][Ii][Tt][Ee]3?:|(?!postgresql://)[A-Za-z][A-Za-z0-9+.-]+://"
ANY_STORE = rf"{VARIABLE}|(?!{NO_STORE})[\s\S]+"
ANY_SECRET = rf"{VARIABLE}|(?!{LIKE_VARIABLE})[\s\S]*"
ANY_SETTING = rf"{VARIABLE}|(?!{LIKE_ENV})[\s\S]*"


class AddressReader(LintReader):
    """Reads what names a place in a network or a store."""

    def variable(self, text: s.Text, like: str = LIKE_VARIABLE) -> bool:
        """Is it the name of a variable? What looks `like` one and cannot be its name is reported."""
        if re.match(like, text.value) is None:
            return False
        if re.fullmatch(VARIABLE, text.value) is None:
            bare = re.fullmatch(r"(?i:env:)?\s*\$?[{(]*\s*(?:env[.:])?\s*([A-Za-z_][A-Za-z0-9_]*)\s*[})]*", text.value)
            hint = f"write `env:{bare[1]}`" if bare else "for example `env:MAIL_SECRET`"
            message = "a variable of the process is named by `env:` and its name"
            self.report("E105", f"{message}; found `{shortened(text.value)}`", text.span, hint)
        return True

    def listen(self, node: y.YamlNode | None) -> s.Text | None:
        """`host:port` of this machine."""
        text = self.text(node, LISTENING)
        if text is None or not isinstance(node, y.Scalar) or self.variable(text) or re.fullmatch(ANY_LISTEN, text.value):
            return text
        bare = re.fullmatch(rf"(?:https?://)?(?P<host>{HOST}?)(?::(?P<port>[0-9]{{1,5}}))?/?", text.value)
        host, port = (bare["host"], bare["port"] or "8080") if bare is not None else ("", "")
        if host.isascii() and host.isdigit():
            host, port = "127.0.0.1", host
        elif bare is not None and not host:
            host = "0.0.0.0"
        meant = f"{host}:{port}" if re.fullmatch(ANY_LISTEN, f"{host}:{port}") else ""
        self.misread(node, LISTENING, meant)
        return s.Text(text.span, meant, text.quoted) if meant else None

    def brokers(self, node: y.YamlNode | None) -> s.Text | None:
        """`host:port`, several with commas between them, or a list of such."""
        if not isinstance(node, y.Sequence):
            return self.some_brokers(node)
        read = [text for item in self.some(node, BROKERS) if (text := self.some_brokers(item)) is not None]
        return s.Text(read[0].span, ",".join(text.value for text in read)) if read else None

    def some_brokers(self, node: y.YamlNode | None) -> s.Text | None:
        text = self.text(node, BROKERS)
        if text is None or not isinstance(node, y.Scalar) or self.variable(text):
            return text
        parts = [part.strip() for part in text.value.split(",")]
        if re.fullmatch(ANY_BROKERS, text.value) is None:
            bare = [re.fullmatch(rf"(?:\w+://)?({HOST})(?::([0-9]{{1,5}}))?/?", part) for part in parts]
            parts = [f"{form[1]}:{form[2] or BROKER_PORT}" for form in bare if form is not None]
            meant = ",".join(parts)
            self.misread(node, BROKERS, meant if None not in bare and re.fullmatch(ANY_BROKERS, meant) else "")
        return s.Text(text.span, ",".join(parts), text.quoted)

    def url(self, node: y.YamlNode | None, kind: str) -> s.Text | None:
        """An address of the web (`http`) or of a server of Redis (`redis`)."""
        text = self.text(node, f"an address such as {EXAMPLES[kind]}")
        if text is None or not isinstance(node, y.Scalar) or self.variable(text) or re.fullmatch(ANY_URL[kind], text.value):
            return text
        if kind == "http" and "@" in text.value.partition("://")[2].partition("/")[0]:
            hint = "passwords and keys do not stand in addresses: `secret: env:NAME` signs what is sent"
            self.report("E105", "an address of the web has no user and no password", text.span, hint)
            return text
        scheme = "https" if kind == "http" else "redis"
        plain = re.fullmatch(rf"{HOST}(?::{PORT})?(?:/\S*)?", text.value)
        self.misread(node, f"an address such as {EXAMPLES[kind]}", f"{scheme}://{text.value}" if plain else "")
        return text

    def store(self, node: y.YamlNode | None) -> s.Text | None:
        """A file of SQLite, or a URL of PostgreSQL."""
        text = self.text(node, STORES)
        if text is None or not isinstance(node, y.Scalar) or self.variable(text) or re.fullmatch(ANY_STORE, text.value):
            return text
        if (sqlite := SQLITE.match(text.value)) is not None:
            self.misread(node, STORES, text.value[sqlite.end() :])
        elif (postgres := POSTGRES.match(text.value)) is not None:
            edits = mended(self.located(node), [Change(0, postgres.end(), "postgresql://")])
            fix = Fix("begin with postgresql://", edits, safe=True) if edits else None
            self.report("E105", f"expected {STORES}", text.span, "the URL begins with `postgresql://`", fix)
        else:
            scheme = SCHEME.match(text.value)
            kept = f"no store is kept in `{scheme[1]}`; " if scheme is not None else ""
            self.report("E105", f"{kept}expected {STORES}", text.span)
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
            self.variable(value, LIKE_ENV)
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
