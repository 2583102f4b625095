"""What people write by habit where the checker knows better: functions of other languages, and conditions that are none."""

from __future__ import annotations

from rtj.ir.expr import ListOf, OneOf, Optional, Type
from rtj.lang.types import BOOL, DURATION, NUMBER, STRING, some

# Lower case, without underscores -> what to write instead.
FUNCTIONS = {
    "len": "`length(x)` counts characters or items",
    "size": "`length(x)` counts characters or items",
    "strlen": "`length(x)` counts characters",
    "ucase": "it is called `upper`",
    "uppercase": "it is called `upper`",
    "touppercase": "it is called `upper`",
    "lcase": "it is called `lower`",
    "lowercase": "it is called `lower`",
    "tolowercase": "it is called `lower`",
    "capitalize": "the letters of a value are the template's business",
    "titlecase": "the letters of a value are the template's business",
    "concat": "texts are joined by `+`: `'a' + b`",
    "coalesce": "write `a ?? b`",
    "ifnull": "write `a ?? b`",
    "nvl": "write `a ?? b`",
    "default": "write `a ?? b`",
    "isnull": "write `x is missing`",
    "isblank": "write `x is empty`",
    "isempty": "write `x is empty`",
    "exists": "write `x is not missing`; of events `count(purchase) > 0`",
    "has": "write `x is not missing`; of events `count(purchase) > 0`",
    "insegment": "`audience.loyal` asks whether somebody is in it",
    "inaudience": "`audience.loyal` asks whether somebody is in it",
    "ismember": "`audience.loyal` asks whether somebody is in it",
    "memberof": "`audience.loyal` asks whether somebody is in it",
    "iif": "write `if a then b else c`",
    "if": "write `if a then b else c`",
    "case": "write `if a then b else c`",
    "substr": "texts are taken apart by `split(text, separator)` and looked into by `starts_with`, `contains`, `ends_with`",
    "substring": "texts are taken apart by `split(text, separator)` and looked into by `starts_with`, `contains`, `ends_with`",
    "left": "`starts_with(text, 'a')` looks at the beginning of a text",
    "right": "`ends_with(text, 'a')` looks at the end of a text",
    "indexof": "`contains(text, part)` looks into a text",
    "includes": "`contains(text, part)` looks into a text or a list",
    "matches": "there are no patterns: `contains`, `starts_with`, `ends_with`",
    "regex": "there are no patterns: `contains`, `starts_with`, `ends_with`",
    "int": "`number(text)` reads a number from a text, `floor(x)` cuts one",
    "float": "`number(text)` reads a number from a text",
    "str": "`text(x)` makes a text of a value",
    "string": "`text(x)` makes a text of a value",
    "tostring": "`text(x)` makes a text of a value",
    "ceiling": "it is called `ceil`",
    "pow": "there are `+ - * /`, `mod`, `round`, `floor`, `ceil` and `abs`",
    "rand": "`chance('name')` is a number from 0 to 1, the same for a person whenever it is asked",
    "random": "`chance('name')` is a number from 0 to 1, the same for a person whenever it is asked",
    "currentdate": "it is called `today()`",
    "currenttimestamp": "it is called `now()`",
    "getdate": "it is called `today()`",
    "datediff": "`days_between(from, to)`, or `to - from`",
    "dateadd": "a length is added: `x + 1 day`, `x + 2h`",
    "dayofweek": "it is called `weekday`",
    "average": "it is called `avg`",
    "mean": "it is called `avg`",
    "unique": "it is called `distinct`",
    "countif": "`count(purchase where event.total > 50)`",
    "every": "write `all(… for i in list)`",
    "some": "write `any(… for i in list)`",
}


def function_meant(name: str) -> str:
    """A hint for the name of a function that other languages have, or nothing."""
    return FUNCTIONS.get(name.lower().replace("_", ""), "")


def condition_meant(text: str, kind: Type) -> str:
    """A hint for a value that stands where a condition belongs: the question that was probably meant."""
    match some(kind):
        case _ if kind == BOOL:
            return ""
        case ListOf():
            return f"`{text} is not empty` asks whether there is something in it"
        case of if of == NUMBER:
            return f"compare it: `{text} > 0`, or ask `{text} is not missing`" if kind != of else f"compare it: `{text} > 0`"
        case OneOf(values=values):
            return f"compare it: `{text} == '{values[0]}'`"
        case of if isinstance(kind, Optional):
            return f"`{text} is not missing` asks whether there is one" + (
                "" if of != STRING else ", `is not empty` whether it says something"
            )
        case of if of == STRING:
            return f"compare it: `{text} == '…'`, or ask `{text} is not empty`"
        case _:
            return f"compare it: `{text} == …`"


def conversion_meant(text: str, kind: Type, wanted: Type) -> str:
    """A hint for a value of the wrong type: what makes one of the other."""
    match some(kind), some(wanted):
        case (had, want) if want == NUMBER and _is_text(had):
            return f"`number({text})` reads a number from a text"
        case (had, want) if want == STRING and had in (NUMBER, BOOL, DURATION):
            return f"`text({text})` makes a text of it"
        case (had, want) if want == DURATION and had == NUMBER:
            return "a length has a unit: `30m`, `24h`, `7d`"
        case (ListOf(), want) if not isinstance(want, ListOf):
            return f"`{text}[0]` is one item of the list"
        case _:
            return ""


def _is_text(kind: Type) -> bool:
    return kind == STRING or isinstance(kind, OneOf)
