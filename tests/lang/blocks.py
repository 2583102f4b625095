"""Examples of pages as whole projects: what an info string says about a block, and the small project around it.

`yaml project`, `yaml journey` and `journey` (the journey language) are whole files; `journey nodes` are statements;
`yaml project-fragment` (sections), `yaml entry` (headers and triggers) and `yaml nodes` are put into the project below;
`conditions` and `values` are expressions, one a line, seen from a node.
`yaml files` are several files, each under a line `# file: NAME`; without an rtj.yaml the project is the one below. `bytes` is a
journey file with `\\xFF` for a byte, `\\t` for a tab and `\\r` for a carriage return. A comment with a code announces a finding
on its line or the next.
"""

from __future__ import annotations

import re
from pathlib import Path

from rtj.lang.load import DSL_BEGINS, Loaded, load_project, load_text

FENCE = re.compile(r"^```([a-z]+(?: [a-z-]+)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANNOUNCED = re.compile(r"#.*\b([EW]\d{3})\b")
FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)
ESCAPED = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|([tr]))")

PROJECT = """\
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
  email: {kind: person, priority: 2, unique: true, normalize: [trim, lower]}
  anonymous_id: {kind: cookie, priority: 3}
events:
  product_view: {item: string, price: number?, dwell_s: number?}
  add_to_cart: {cart_id: string, item: string, value: number, price: number}
  purchase: {cart_id: string?, total: number, items: [{sku: string, qty: number}]}
  signed_up: {first_name: string?, birthday: date?, plan: string, timezone: string?}
  login: {}
  loyalty: {tier: string}
  registered: {event_id: string, starts_at: instant, ends_at: instant?, zone: string}
  activity: {team: string, what: string}
  promoted: {tier: {one_of: [silver, gold]}, spend: number?}
business_events:
  restocked: {item: string}
  price_changed: {item: string, price: number}
profile:
  first_name: {from: signed_up.first_name, type: string?}
  birthday: {from: signed_up.birthday}
  timezone: {from: signed_up.timezone}
  tier: {from: loyalty.tier, one_of: [bronze, silver, gold], default: bronze}
  tags: {type: [string]}
  points: {type: number, default: 0}
  email_ok: {type: bool, default: true}
  spend_30d: sum(purchase.total) over 30d
  orders: count(purchase)
  viewed: distinct(product_view.item) over 30d
  cart_items: distinct(add_to_cart.item) since purchase
  last_seen: last(any.ts)
audiences:
  platinum: profile.spend_30d > 5000
  readers: profile.email_ok
  watchers: profile.viewed is not empty
webhooks:
  book_advisor: {post: "https://crm.example/book", returns: {slot: instant?}}
channels:
  email: {purpose: marketing, default: granted}
  push: {purpose: marketing, default: granted}
  in_app: {purpose: transactional}
"""
CLUB = "journey: club\nenter: {by: start, again: always}\ndo:\n  - {send: club_news, by: email}\n"
ENTER = "enter: {on: add_to_cart, as: cart, key: cart.cart_id}\n"
DSL_ENTER = "enter on add_to_cart as cart key cart.cart_id\n"
CONDITION = "  - branch:\n      - do: []\n        when: |\n          {1}\n"
VALUE = "  - id: n{0}\n    send: message\n    by: email\n    with: |\n      v = {1}\n"
SECTION = re.compile(r"^([a-z_]+):.*\n?((?:^[ #].*\n?|^\n)*)", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    return {m[1]: m[0] for m in SECTION.finditer(text)}


def with_sections(fragment: str) -> str:
    """The project with these sections: what they declare anew replaces what it has."""
    mine = sections(fragment)
    whole = "" if "project" in mine else "project: reference\n"
    for name, theirs in sections(PROJECT).items():
        if name not in mine:
            whole += theirs
            continue
        given = set(re.findall(r"^  (\w+):", fragment, re.MULTILINE))
        kept = [line for line in theirs.splitlines()[1:] if line.split(":")[0].strip() not in given]
        if kept and mine[name].startswith(f"{name}:\n"):
            mine[name] = mine[name].rstrip() + "\n" + "\n".join(kept) + "\n"
    return whole + "".join(mine.values())


def texts(info: str, body: str) -> tuple[str, ...]:
    """The project file and the journey files that a block stands for."""
    project = with_sections("")
    match info:
        case "yaml project":
            return (body,)
        case "yaml project-fragment":
            return (with_sections(body),)
        case "yaml journey" | "journey":
            return project, body, CLUB
        case "journey nodes":
            return project, f"journey reference {{\n  {DSL_ENTER}{body}}}\n", CLUB
        case "yaml entry":
            before = "" if re.search(r"^enter:", body, re.MULTILINE) else ENTER
            return project, f"journey: reference\n{before}{body}do: [exit]\n", CLUB
        case "yaml nodes":
            return project, f"journey: reference\n{ENTER}do:\n{body}", CLUB
        case "conditions" | "values":
            lines = [line for line in body.splitlines() if line.strip()]
            shape = CONDITION if info == "conditions" else VALUE
            nodes = "".join(shape.format(number, line) for number, line in enumerate(lines))
            return project, f"journey: reference\n{ENTER}do:\n{nodes}"
        case _:
            raise AssertionError(f"no meaning: ```{info}")


def unescaped(text: str) -> bytes:
    """The bytes that a text with `\\xFF`, `\\t` and `\\r` stands for."""
    plain = {b"t": b"\t", b"r": b"\r"}
    return ESCAPED.sub(lambda m: bytes([int(m[1], 16)]) if m[1] else plain[m[2]], text.encode())


def files(info: str, body: str) -> dict[str, bytes]:
    """The files that a block stands for, by their names."""
    match info:
        case "bytes":
            return {"rtj.yaml": with_sections("").encode(), "1.journey.yaml": unescaped(body)}
        case "yaml files":
            names = FILE.findall(body)
            given = {name: text.encode() for name, text in zip(names, FILE.split(body)[2::2], strict=True)}
            return {"rtj.yaml": with_sections("").encode()} | given
        case _:
            project, *journeys = texts(info, body)
            endings = [".journey" if DSL_BEGINS.match(text) else ".journey.yaml" for text in journeys]
            named = {f"{n}{end}": text.encode() for n, (end, text) in enumerate(zip(endings, journeys, strict=True), 1)}
            return {"rtj.yaml": project.encode()} | named


def loaded(info: str, body: str, folder: Path) -> Loaded:
    """What a block stands for, read. `folder`: an empty one, the working directory, for what must be files."""
    if info not in ("bytes", "yaml files"):
        return load_text(*texts(info, body))
    for name, content in files(info, body).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return load_project((), folder)


def announced(body: str) -> list[str]:
    """The codes that comments announce, in order."""
    return ANNOUNCED.findall(body)
