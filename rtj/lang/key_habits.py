"""Keys that people bring along from other tools and other languages: which key here they mean, or what is written instead."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import NamedTuple

# Lower case, without `_` and `-` -> keys here, the likelier first. Only a key that may stand at that place is ever proposed.
KEYS: dict[str, tuple[str, ...]] = {
    # what happens, and when
    "if": ("when",), "condition": ("when",), "conditions": ("when",), "filter": ("when",), "where": ("when",),
    "rule": ("when",), "elif": ("when",), "elseif": ("when",), "elsif": ("when",), "case": ("when",),
    "then": ("do",), "steps": ("do",), "nodes": ("do",), "actions": ("do", "forbid"), "tasks": ("do",), "children": ("do",),
    "body": ("do",), "flow": ("do",), "action": ("do", "then"), "run": ("do",), "states": ("do",), "activities": ("do",),
    "otherwise": ("else",), "default": ("else",), "fallback": ("else",), "onerror": ("else",), "onfailure": ("else",),
    "catch": ("else",), "error": ("else",),
    "timeout": ("after", "max_duration"), "ontimeout": ("after",), "delay": ("after",), "duration": ("after", "max_duration"),
    "ttl": ("max_duration", "retention"), "expires": ("max_duration",),
    "event": ("on", "from"), "events": ("on",), "eventtype": ("on",), "eventname": ("on",), "trigger": ("enter", "on"),
    "triggers": ("enter",), "entrance": ("enter",), "on": ("enter",), "entrycriteria": ("enter",), "entryrule": ("enter",),
    "conversion": ("goal",), "success": ("goal",), "objective": ("goal",), "target": ("goal",),
    "exitcriteria": ("exit",), "exitrule": ("exit",), "stop": ("exit",), "stopwhen": ("exit",),
    "reentry": ("again",), "reenter": ("again",), "reentrance": ("again",), "cooldown": ("again",), "allowreentry": ("again",),
    "cron": ("every",), "schedule": ("every", "runs"), "recurrence": ("every",), "rrule": ("every",),
    "interval": ("every", "per"), "at": ("once",),
    "active": ("runs",), "status": ("stability",), "state": ("stability", "from"), "order": ("priority",),
    "rank": ("priority",),
    # versions
    "previously": ("formerly",), "formername": ("formerly",), "oldname": ("formerly",), "previousname": ("formerly",),
    "renamedfrom": ("formerly",), "wascalled": ("formerly",), "former": ("formerly",), "aka": ("formerly",),
    "renamed": ("moved", "formerly"), "renames": ("moved",), "rename": ("moved",), "renamednodes": ("moved",),
    "movednodes": ("moved",), "move": ("moved",), "moves": ("moved",), "migrations": ("moved",), "migration": ("moved",),
    "mapping": ("moved",), "mappings": ("moved",), "mapped": ("moved",), "instructions": ("moved",),
    "mappinginstructions": ("moved",), "remap": ("moved",), "removed": ("dropped",), "deleted": ("dropped",),
    "retired": ("dropped",), "drop": ("dropped", "shed"), "drops": ("dropped",), "removednodes": ("dropped",),
    "remove": ("dropped",),
    "versioning": ("on_deploy",), "versioningbehavior": ("on_deploy",), "versionpolicy": ("on_deploy",),
    "versioningstrategy": ("on_deploy",), "deploy": ("on_deploy",), "deployment": ("on_deploy",), "onupdate": ("on_deploy",),
    "onrelease": ("on_deploy",), "onupgrade": ("on_deploy",), "onpublish": ("on_deploy",), "rollout": ("on_deploy",),
    "upgrade": ("on_deploy",), "migrate": ("on_deploy",), "inflight": ("on_deploy",), "timerpolicy": ("timers",),
    "ontimers": ("timers",), "timer": ("timers",), "waits": ("timers",), "node": ("from",),
    "old": ("from",), "oldid": ("from",), "was": ("from",),
    "new": ("to",), "newid": ("to",), "into": ("to",), "becomes": ("to",),
    # what is sent and asked
    "channel": ("by", "channels"), "channels": ("by",), "via": ("by",), "through": ("by",), "medium": ("by",),
    "data": ("with",), "params": ("with",), "parameters": ("with",), "variables": ("with",), "vars": ("with",),
    "args": ("with",), "arguments": ("with",), "input": ("with",), "inputs": ("with", "sources"), "payload": ("with",),
    "properties": ("with", "profile", "settings"), "values": ("with", "one_of"), "context": ("with",),
    "personalization": ("with",),
    "output": ("as",), "result": ("as",), "register": ("as",), "saveas": ("as",), "alias": ("as",), "bind": ("as", "http"),
    "url": ("post", "webhook"), "uri": ("post", "webhook"), "endpoint": ("post", "webhook"), "retry": ("retries",),
    "maxretries": ("retries",),
    # splits
    "weight": ("share", "priority"), "percent": ("share",), "percentage": ("share",), "ratio": ("share",),
    "probability": ("share",), "variant": ("arm",), "bucket": ("arm",), "cohort": ("arm",), "variants": ("arms",),
    "buckets": ("arms",), "cohorts": ("arms", "audiences"), "paths": ("arms",), "branches": ("arms",),
    "options": ("one_of", "settings"),
    # names
    "name": ("arm", "id", "journey", "project"), "label": ("title", "id"), "displayname": ("title",),
    "key": ("id", "keys"), "id": ("key",), "nodeid": ("id",), "stepid": ("id",),
    # what a project declares
    "segments": ("audiences",), "segment": ("audiences",), "lists": ("subscriptions", "audiences"),
    "audience": ("for", "audiences"), "users": ("profile",), "user": ("profile",), "attributes": ("profile",),
    "traits": ("profile",), "customer": ("profile",),
    "customers": ("profile",), "contact": ("profile",), "contacts": ("profile",), "profiles": ("profile",),
    "frequencycaps": ("caps",), "capping": ("caps",), "limits": ("caps",), "frequency": ("caps",), "dnd": ("quiet_hours",),
    "donotdisturb": ("quiet_hours",), "controlgroup": ("holdout",), "control": ("holdout",), "hooks": ("webhooks",),
    "apis": ("webhooks",), "imports": ("include",), "import": ("include",), "identities": ("identity",),
    "identifiers": ("identity",), "tz": ("timezone", "zone"), "timezone": ("zone",),
    "max": ("at_most",), "limit": ("at_most", "max"), "maximum": ("at_most",), "count": ("at_most",),
    "window": ("per",), "period": ("per", "runs"), "within": ("per",), "start": ("from",), "begin": ("from",), "end": ("to",),
    "finish": ("to",), "source": ("from",), "field": ("from",), "enum": ("one_of",), "choices": ("one_of",),
    "allowed": ("one_of",), "tags": ("labels",), "category": ("purpose",), "type": ("purpose", "kind"),
    "optin": ("consent",), "permission": ("consent",), "price": ("cost",), "unitcost": ("cost",), "unitprice": ("cost",),
    "costpermessage": ("cost",), "fee": ("cost",), "currencycode": ("currency",), "money": ("currency",),
    # people: what they allow, how often, when not; what is known of things; how long
    "kind": ("purpose",), "class": ("purpose",), "doubleoptin": ("confirmed",), "verified": ("confirmed",),
    "confirmation": ("confirmed", "confirm"), "to": ("address",), "recipient": ("address",), "contactpoint": ("address",),
    "all": ("any",), "global": ("any",), "everything": ("any",), "overall": ("any",), "topics": ("subscriptions",),
    "topic": ("subscription",), "subscriptiongroup": ("subscription",), "subscriptiongroups": ("subscriptions",),
    "newsletters": ("subscriptions",), "optins": ("consents",),
    "preferences": ("consents",), "preferencecenter": ("consents",), "permissions": ("consents",),
    "frequencycap": ("caps",), "frequencycapping": ("caps",), "cappingrules": ("caps",), "rulesets": ("caps",),
    "ruleset": ("caps",), "frequencyrules": ("caps",), "campaigns": ("journeys",), "tag": ("category",),
    "blackout": ("quiet_hours",), "quiettime": ("quiet_hours",), "silence": ("quiet_hours",), "weekdays": ("days",),
    "dayofweek": ("days",), "behavior": ("then",), "behaviour": ("then",),
    "blocklist": ("suppressions",), "blacklist": ("suppressions",), "denylist": ("suppressions",),
    "suppressionlist": ("suppressions",), "donotcontact": ("suppressions",), "unsubscribes": ("suppressions",),
    "globalcontrolgroup": ("holdout",), "globalcontrol": ("holdout",), "universalholdout": ("holdout",),
    "controlgroups": ("holdout",), "seed": ("salt",), "catalogs": ("tables",), "catalog": ("tables",),
    "collections": ("tables",), "dataextensions": ("tables",), "datasets": ("tables",), "lookups": ("tables",),
    "lookuptables": ("tables",), "objects": ("tables",), "columns": ("fields",), "schema": ("fields",),
    "primarykey": ("key",), "lookupkey": ("key",), "csv": ("file",), "path": ("file",), "filename": ("file",),
    "parquet": ("file",), "sqlite": ("file", "store"), "database": ("sql", "store"), "connection": ("sql",),
    "dsn": ("sql", "store"),
    "select": ("query",), "validfrom": ("valid_from",), "effectivefrom": ("valid_from",), "country": ("region",),
    "countrycode": ("region",), "computed": ("derive",), "derived": ("derive",), "governance": ("policies",),
    "dule": ("policies",), "datausagepolicies": ("policies",), "marketingactions": ("forbid",),
    "deny": ("forbid",), "restrict": ("forbid",), "disallow": ("forbid",), "prevent": ("forbid",),
    "ttls": ("retention",), "expiry": ("retention",), "dataretention": ("retention",), "keep": ("retention", "retain"),
    # where it runs
    "post": ("webhook",), "hook": ("webhook",), "webhookurl": ("webhook",), "listen": ("http",), "port": ("http",),
    "address": ("http",), "host": ("http",), "server": ("http",), "https": ("http",), "door": ("http",), "brokers": ("kafka",),
    "broker": ("kafka",), "bootstrapservers": ("kafka",), "bootstrap": ("kafka",), "redisurl": ("redis",), "valkey": ("redis",),
    "tail": ("file",), "jsonl": ("file",), "log": ("file",), "consumergroup": ("group",), "groupid": ("group",),
    "schemaregistry": ("registry",), "registryurl": ("registry",), "config": ("settings",), "queue": ("topic",),
    "db": ("store",), "backend": ("store",), "statestore": ("store",), "postgres": ("store",), "postgresql": ("store",),
    "feeds": ("sources",), "connectors": ("sources",), "outputs": ("channels",), "sinks": ("channels",),
    "delivery": ("channels",), "destinations": ("channels",), "metrics": ("serve",), "health": ("serve",),
    "monitoring": ("serve",), "admin": ("serve",), "api": ("serve",), "approvers": ("approvals",), "approval": ("approvals",),
    "reviewers": ("approvals",), "requiredapprovals": ("approvals",), "checks": ("require",), "preconditions": ("require",),
    "requires": ("require",), "blastradius": ("max_immediate_sends",), "maxsends": ("max_immediate_sends",),
    "retention": ("retain",), "logretention": ("retain",), "sheddable": ("shed",), "loadshedding": ("shed",),
    "discard": ("shed",), "attempts": ("retries",),
    "droppable": ("shed",), "highpriority": ("first",), "lanes": ("first",), "prioritylanes": ("first",), "memory": ("awake",),
    "hot": ("awake",), "cached": ("awake",), "token": ("keys",), "tokens": ("keys",), "apikey": ("keys",), "apikeys": ("keys",),
    "auth": ("keys",), "signingsecret": ("secret",), "signingkey": ("secret",), "hmac": ("secret",), "throttle": ("rate",),
    "ratelimit": ("rate",), "maxrate": ("rate",), "idletimeout": ("idle",), "fields": ("field",),
}  # fmt: skip


# Words of other tools for one of a few choices -> the choice here.
CHOICES = {
    "delay": "hold", "queue": "hold", "wait": "hold", "defer": "hold", "postpone": "hold", "skip": "drop", "discard": "drop",
    "suppress": "drop", "cancel": "drop", "abort": "drop", "anonymous": "cookie", "browser": "cookie", "visitor": "cookie",
    "session": "cookie", "user": "person", "customer": "person", "account": "person", "known": "person", "app": "device",
    "phone": "device", "mobile": "device", "promotional": "marketing", "promo": "marketing", "commercial": "marketing",
    "service": "transactional", "operational": "transactional", "system": "transactional", "optout": "granted",
    "optin": "denied", "allow": "granted", "allowed": "granted", "deny": "denied", "bulk": "marketing", "newsletter": "marketing",
    "upgrade": "migrate", "autoupgrade": "migrate", "move": "migrate", "switch": "migrate", "latest": "migrate",
    "immediately": "migrate", "now": "migrate", "pinned": "pin", "stay": "pin", "finish": "pin", "old": "pin", "drain": "pin",
    "continueasnew": "boundary", "reentry": "boundary", "nextentry": "boundary", "safepoint": "boundary", "preserve": "keep",
    "unchanged": "keep", "absolute": "keep", "recompute": "rebase", "recalculate": "rebase", "adjust": "rebase",
    "reset": "restart", "anew": "restart", "renew": "restart",
    "reschedule": "hold", "later": "hold", "reenter": "restart", "sends": "messages", "entrances": "entries",
    "pipe": "stdin", "true": "yes", "typed": "name", "lint": "validate", "check": "validate", "tests": "test",
    "/dev/stdin": "stdin",
}  # fmt: skip


class Told(NamedTuple):
    """What to write where no key is the same. `instead`: the key that it comes to, so that this one is not missed as well."""

    hint: str
    instead: str = ""


_CASE = "it belongs to a case: `- {on: login, do: […]}`; a timeout is a case as well: `- {after: 3d, do: […]}`"
_ARM = "it belongs to an arm: `- {when: …, do: […]}`"
_ELSE = "`else` is the last item of the list: `- else: […]`"
_AUDIENCE = "`on: joining loyal` lets in who joins it; `for: loyal` says for whom a schedule is"
_ADDRESS = "it goes to the person of the journey, by the `address` of the channel"
_MESSAGE = "a message is its name, `send: welcome`; what it says is its template's"
_ORDER = "nodes follow each other as they stand; other ways are blocks (`do`, `else`)"
_TEMPLATES = "texts are not kept here: a message is its name and the values of its `with`"
_SEND_BY = "the channel stands where it is sent: `{send: welcome, by: email}`"
_CONSENT = "consent stands at the channels and under `consents:`; a message may have a `subscription`"
_SECTION = "it is a section of its own in rtj.yaml, beside `channels`: it names the channels that it concerns"
_BY_CHANNEL_CONSENT = "consent of a channel stands there: `channels: {email: {consent: profile.email_ok}}`"
_SUBSCRIPTION = "it stands at the message: `messages: {weekly: {subscription: news}}`"
_PER = "write `per: 7d`, which rolls, or `per: week`, which is the calendar's"
_COST = "it stands at the channel: `channels: {sms: {cost: 0.06}}`"
_LABEL = "what a value is says `labels`: `labels: [pii]`"
_JOURNEYS = "a journey is a file of its own: `welcome.journey.yaml`"
_FORMULA = "a computed attribute is its expression alone: `orders: count(purchase)`"
_DATES = "write `runs: from 2026-01-01 to 2026-12-31`"

# What the mapping is, as messages call it ("": any) -> keys, as above -> what to write.
PLACES: dict[str, dict[str, Told]] = {
    "`wait_for`": {key: Told(_CASE) for key in ("timeout", "after", "until", "on", "when", "do", "else", "event", "then", "if")},
    "`branch`": {"do": Told(_ARM), "when": Told(_ARM), "then": Told(_ARM), "if": Told(_ARM), "else": Told(_ELSE)},
    "`wait`": {
        "timeout": Told("only `wait_for` has a timeout: a case `- {after: 2h}`"),
        "until": Told("write `wait: until 09:00`"),
        "for": Told("write `wait: 2h`"),
    },
    "`enter`": {key: Told(_AUDIENCE, "on") for key in ("audience", "segment", "list", "cohort", "group")},
    "`send`": {
        **{key: Told(_ADDRESS) for key in ("to", "recipient", "address", "email", "phone")},
        **{key: Told(_MESSAGE) for key in ("template", "content", "creative", "subject", "body", "text", "message", "html")},
    },
    "`split`": {key: Told("the salt stands behind `split`") for key in ("salt", "seed", "key")},
    "an arm of `branch`": {"on": Told("only `wait_for` waits for events; a branch asks: `when: …`", "when")},
    "a case of `wait_for`": {"else": Told("what comes after a while is a case: `- {after: 3d, do: […]}`", "after")},
    "an attribute": {key: Told(_FORMULA, "type") for key in ("formula", "expression", "compute", "computed", "value", "sql")},
    "a project": {
        **{key: Told(_TEMPLATES) for key in ("templates", "content", "emails")},
        **{key: Told(_JOURNEYS) for key in ("campaigns", "canvases", "workflows", "automations", "flows")},
        **{
            key: Told("subscriptions stand under `consents`: `consents: {subscriptions: {news: profile.news_ok}}`")
            for key in ("subscriptions", "subscriptiongroups", "topics", "newsletters")
        },
        **{key: Told(_BY_CHANNEL_CONSENT) for key in ("optin", "doubleoptin")},
        **{key: Told(_COST) for key in ("cost", "costs", "price", "prices", "pricing", "rates")},
        **{
            key: Told("`quiet_hours` says when nothing is sent: `quiet_hours: {from: 22:00, to: 08:00}`")
            for key in ("sendwindow", "sendingwindow", "sendtime", "deliverywindow")
        },
    },
    "`consents`": {
        **{key: Told(_BY_CHANNEL_CONSENT) for key in ("email", "sms", "push", "whatsapp", "channels", "channel", "phone")},
        "default": Told("what holds where nothing is known says the channel: `default: granted`"),
    },
    "a message": {
        **{key: Told(_TEMPLATES) for key in ("subject", "body", "text", "content", "template", "html", "creative", "title")},
        **{key: Told(_SEND_BY) for key in ("channel", "channels", "by", "via")},
        **{key: Told(_CONSENT) for key in ("consent", "optin", "confirmed", "permission")},
        "priority": Told("`priority` stands at the journey"),
    },
    "a cap": {
        **{key: Told(_PER, "per") for key in ("every", "each", "over", "days", "hours", "weeks", "minutes", "rolling")},
        "priority": Told("who gets the last place says the `priority` of the journeys"),
    },
    "a channel": {
        **{key: Told(_SECTION) for key in ("caps", "cap", "frequencycap", "atmost", "limit", "quiethours", "donotdisturb")},
        **{key: Told(_SUBSCRIPTION) for key in ("subscription", "subscriptions", "topic", "topics", "category")},
        "currency": Told("one for the whole project: `currency: EUR` beside `channels`"),
    },
    "`quiet_hours`": {
        key: Told("`channels` names those that it concerns; all others pass")
        for key in ("except", "exclude", "excluding", "unless")
    },
    "an identifier": {key: Told(_LABEL) for key in ("pii", "sensitive", "personal", "private", "gdpr")},
    "a journey": {
        **{key: Told("`title` is what people call it; for more there are comments: `# …`") for key in ("description", "desc")},
        **{key: Told(_DATES) for key in ("startdate", "enddate", "startsat", "endsat", "validfrom", "validto")},
        "version": Told("versions are kept by git, not by the file"),
    },
    "": {
        **{key: Told("say it in a comment: `# …`") for key in ("description", "desc", "comment", "comments", "note", "notes")},
        **{key: Told(_ORDER) for key in ("next", "nextstep", "goto", "jump", "jumpto", "transition", "transitions")},
    },
}  # fmt: skip


class Node(NamedTuple):
    """What a word at the beginning of a node means. `renames`: the word here that does the same with the same value; "": none."""

    hint: str
    renames: str = ""


def _words(word: str, *foreign: str, renames: bool = False) -> dict[str, Node]:
    return {key: Node(f"the word is `{word}`", word if renames else "") for key in foreign}


_BY_CHANNEL = Node("the word is `send`, and the channel stands behind `by`: `{send: welcome, by: email}`", "send")
_WORD_FIRST = Node("a node begins with its word: `wait: 2h`, `send: welcome`")
_WHEN = Node("`branch` asks: `branch: [{when: …, do: […]}, {else: […]}]`")
_ON = Node("`wait_for` waits for events: `wait_for: [{on: login, do: […]}, {after: 3d}]`; `goal` and `exit` watch all the time")

NODES: dict[str, Node] = {
    **_words("wait", "delay", "sleep", "pause", "hold", renames=True),
    **_words("wait_for", "listen", "await", "waitforevent", "reaction"),
    "waituntil": Node("the word is `wait`: `wait: until 09:00`"),
    **_words("branch", "switch", "choose", "decision", "gate", "multisplit", "choice"),
    **_words("split", "random", "experiment", "test", "abtest", "randomcohort", "cohort", "randomsplit"),
    **_words("repeat", "loop", "while", "foreach"),
    **_words("call", "webhook", "http", "request", "api", renames=True),
    **_words("emit", "track", "publish", renames=True),
    **_words("set", "update", "updateprofile", "attribute"),
    **_words("start", "startjourney", "trigger", "enroll", "subjourney", renames=True),
    **_words("exit", "stop", "end", "finish", "return", renames=True),
    **_words("send", "notify", "notification", "template", "message", renames=True),
    **dict.fromkeys(("email", "mail", "push", "sms", "inapp", "letter", "whatsapp", "slack"), _BY_CHANNEL),
    **dict.fromkeys(("type", "kind", "action", "uses", "run", "step", "node", "task", "name", "state"), _WORD_FIRST),
    **dict.fromkeys(("if", "when", "condition", "case", "then", "elif", "else", "otherwise"), _WHEN),
    **dict.fromkeys(("on", "event", "after", "timeout", "until"), _ON),
    **dict.fromkeys(("next", "goto", "jump", "jumpto", "transition"), Node(_ORDER)),
    "arm": Node("arms belong to a `split`: `split: test`, `arms: [{arm: a, share: 50%}, …]`"),
    "goal": Node("`goal` stands in the head of the journey, beside `enter`"),
    "enter": Node("`enter` stands in the head of the journey"),
}


def node_meant(word: str) -> Node | None:
    """What a word means that no node begins with."""
    return NODES.get(plain(word))


def plain(key: str) -> str:
    """A key as the tables spell it."""
    return key.lower().replace("_", "").replace("-", "").replace(" ", "")


def told(what: str, key: str) -> Told | None:
    """What to write in place of a key in the mapping that messages call `what`."""
    word = plain(key)
    return PLACES.get(what, {}).get(word) or PLACES[""].get(word)


def choice_meant(word: str, options: Container[str]) -> str | None:
    """The one of a few choices that a word of another tool means."""
    meant = CHOICES.get(plain(word))
    return meant if meant is not None and meant in options else None


def key_meant(key: str, legal: Iterable[str], there: Container[str]) -> str | None:
    """The key here that a key of another tool means, if it may stand at that place and does not yet."""
    free = {word for word in legal if word not in there}
    return next((meant for meant in KEYS.get(plain(key), ()) if meant in free), None)
