"""Passwords that stand in the text of a project: whoever reads the repository has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang.read_addresses import ENV
from rtj.lint.facts import Facts

IN_USER = re.compile(r"[\w+.-]+://[^/@:\s]*:(?P<password>[^/\s]+)@")
IN_QUERY = re.compile(r"[?&;](?:password|passwd|pwd)=(?P<password>[^&;\s]+)", re.IGNORECASE)
SECRET_SETTING = re.compile(r"(?:password|secret|token|key(?:\.pem)?)$", re.IGNORECASE)  # of a client, as it calls it
FILLED = re.compile(r"\$\{.*\}|\$\w+|<.*>|\{.*\}|\*+|%\(.*\)s")  # stands for a password that somebody puts there


def password_in_text(facts: Facts) -> Iterator[Diagnostic]:
    """W425: the address of a database with a password in it. The message does not repeat it."""
    for decl in facts.project.tables:
        if decl.sql is not None and _has_password(decl.sql):
            name = f"{decl.name.text.upper()}_URL"
            yield _password(f"database of `{decl.name.text}`", f"sql: env:{name}", decl.name.span)
    for environment in facts.project.environments:
        name = environment.name.text
        store = environment.store
        if store is not None and _has_password(store):
            yield _password(f"store of `{name}`", f"store: env:{name.upper()}_STORE", environment.name.span)
        for feed in environment.sources:
            for word, text in (("redis", feed.at), ("registry", feed.registry)):
                if text is not None and _has_password(text):
                    variable = f"{feed.name.text.upper()}_URL"
                    yield _password(f"source `{feed.name.text}` of `{name}`", f"{word}: env:{variable}", feed.name.span)


def secret_in_text(facts: Facts) -> Iterator[Diagnostic]:
    """W426: a key or secret of an environment that is no variable. The message does not repeat it."""
    for environment in facts.project.environments:
        for what, text, where in _secrets(environment):
            if text is None or text.value.startswith(ENV) or FILLED.fullmatch(text.value):
                continue
            message = f"{what} of `{environment.name.text}` stands in plain text"
            hint = f"write `env:NAME`, the name of a variable that holds it, for example `env:{_variable(environment, what)}`"
            yield Diagnostic("W426", message, where.span, f"{hint}; change what was written here", (), "warning")


def _secrets(environment: s.EnvironmentDecl) -> Iterator[tuple[str, s.Text | None, s.Name]]:
    """What nobody should read: what it is, itself, and the name at which it is told, so that no report repeats it."""
    for feed in environment.sources:
        yield f"`keys` of the source `{feed.name.text}`", feed.keys, feed.name
        yield from ((what, text, feed.name) for what, text in _of_client(f"the source `{feed.name.text}`", feed.settings))
    for sink in environment.channels:
        yield f"`secret` of the channel `{sink.name.text}`", sink.secret, sink.name
        yield from ((what, text, sink.name) for what, text in _of_client(f"the channel `{sink.name.text}`", sink.settings))
    if environment.serve is not None:
        yield "`keys` of `serve`", environment.serve.keys, environment.name


def _of_client(whose: str, settings: Iterable[s.SettingPair]) -> Iterator[tuple[str, s.Text]]:
    yield from ((f"`{key.value}` of {whose}", value) for key, value in settings if SECRET_SETTING.search(key.value))


def _variable(environment: s.EnvironmentDecl, what: str) -> str:
    """A name that a variable for it might have."""
    words = [word for word in re.findall(r"`([^`]+)`", what) if word != "*"]
    return "_".join([environment.name.text, *reversed(words)]).upper().replace(".", "_")


def _has_password(text: s.Text) -> bool:
    found = IN_USER.match(text.value) or IN_QUERY.search(text.value)
    return found is not None and not FILLED.fullmatch(found["password"])


def _password(whose: str, better: str, span: Span) -> Diagnostic:
    message = f"the address of the {whose} has a password in it, in plain text"
    hint = f"`{better}` takes the address from the environment; change the password"
    return Diagnostic("W425", message, span, hint, (), "warning")
