"""What people write in a journey who come from other languages and tools, and what is written instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rtj.lang.key_habits import plain

# Text before, what was read, what could stand there ("" anything) -> what to write. The first that fits.
PLACES = (
    (r"\bexit\s*$", r"^(when|on|if)$", "",
     "conditions to leave stand above the first statement; here write `branch { when … { exit } }`"),
    (r"\bon\s+every\s*$", r"", "", "a schedule has no `on`: `enter every monday at 09:00 for …`"),
    (r"\bby\s+\w+\s*$", r"^(and|,)$", "", "`push else email` tries one after the other; for both, send twice"),
    (r"\bby\s+\w+\s*$", r"^or$", "", "`push else email` tries one after the other"),
    (r"\bsend\s.*\bby\s+\w+\s*$", r"^to$", "", "the address is the channel's, in rtj.yaml"),
    (r"\bsend\s+$", r"^['\"]", "", "a message is its name, such as `welcome`; its texts are in its template"),
    (r"\bsend\s+\w+\s*$", r"^(via|through|on|over|using|with|to)$", "",
     "the channel stands behind `by`: `send welcome by email`"),
    (r"\bwait\s+for\s*$|\bwait\s*$", r"^for$", "",
     "write `wait 2h`; an event is waited for by `wait_for @id { on … { } after 3d { } }`"),
    (r"\bwait_for\s*$", r"", "LBRACE", "its cases stand in a block: `wait_for @id { on login { … } after 3d { … } }`"),
    (r"[{}]\s*\d+(\.\d+)?\s*$", r"", "", "a share has its `%`: `50% a { … }`"),
    (r"\bsplit\s*$", r"", "",
     "behind `split` stands the name of the test: `split \"subject-2026\" @subject { 50% a { … } 50% b { … } }`"),
    (r"\belse\s*$", r"", "", "`else` takes a block: `else { … }`"),
    (r"\bjourney\s*$", r"^['\"]", "", "first the name, then the title: `journey welcome \"New member\" { … }`"),
    (r"\bjourney\s*$", r"", "", "a journey has a name: `journey welcome \"New member\" { … }`"),
    (r"\bjourney\s+\w+\s*$", r"^-$", "", "names have no `-`: `no_login`"),
    (r"\bon\s*$", r"^['\"]", "", "event names are identifiers: how sources spell them stands under `foreign_names:` in rtj.yaml"),
    (r"\w\s*$", r"^:$", "", "no `:` here; YAML is the other spelling, in *.journey.yaml"),
    (r"", r"^[:：]$", "", "no `:` here; YAML is the other spelling, in *.journey.yaml"),
    (r"[}\w)\"'%]\s*$", r"^(priority|enter|goal|runs|max_duration|on_resume|catch_up|stability)$", "SEND",
     "headers stand above the first statement"),
    (r"", r"^else$", "ELSE_BLOCK", "`else` takes a block: `else { … }`"),
    (r"", r"^\d+(\.\d+)?$", "PERCENT", "a share has its `%`: `50% a { … }`"),
    (r"\bon\s+\w+\s*$", r"^[<>=!]", "", "a condition stands behind `when`: `on purchase when event.total > 50`"),
    (r"\brepeat\s*$", r"^until$", "", "say how often at most: `repeat 3 times until … { … }`"),
    (r"\bpriority\s*$", r"", "", "a whole number: `priority 60`"),
    (r"@\s*$", r"", "", "behind `@` stands a name: `@second_chance`"),
    (r"", r"^@$", "", "behind `@` stands a name: `@second_chance`; it stands before the block"),
    (r"", r"^//$|^/$", "", "a comment begins with `#`"),
    (r"", r"^-$", "SEND", "statements have no `-`: `send welcome by email`"),
    (r"", r"^(\(|\[)$", "SEND", "statements have no brackets: `send welcome by email`"),
)  # fmt: skip
# What a statement may begin with elsewhere -> what it is here.
STATEMENTS = {
    **dict.fromkeys(("if", "switch", "choose", "condition", "case", "when", "elif", "elseif"),
                    "choose with `branch { when … { … } else { … } }`"),
    **dict.fromkeys(("else", "otherwise"), "`else` belongs to the statement before it, or stands last in `branch`"),
    **dict.fromkeys(("delay", "sleep", "pause", "hold"), "the word is `wait`: `wait 2h`"),
    **dict.fromkeys(("waituntil",), "write `wait until 09:00`"),
    **dict.fromkeys(("listen", "await", "waitforevent", "on", "after", "until", "timeout"),
                    "`wait_for @id { on login { … } after 3d { … } }` waits for events"),
    **dict.fromkeys(("email", "mail", "push", "sms", "inapp", "whatsapp", "message", "notify", "notification", "deliver"),
                    "the word is `send`, and the channel stands behind `by`: `send welcome by email`"),
    **dict.fromkeys(("stop", "end", "finish", "leave", "return", "quit", "break"), "the word is `exit`"),
    **dict.fromkeys(("loop", "while", "foreach", "for"), "the word is `repeat`: `repeat 3 times until … { … }`"),
    **dict.fromkeys(("webhook", "http", "post", "request", "api"), "the word is `call`: `call book_advisor as booking`"),
    **dict.fromkeys(("random", "experiment", "test", "abtest"),
                      "the word is `split`: `split \"subject-2026\" @subject { 50% a { } 50% b { } }`"),
    **dict.fromkeys(("update", "assign", "let", "var"), "the word is `set`: `set profile.tier = 'gold'`"),
    **dict.fromkeys(("track", "publish", "event", "fire"), "the word is `emit`: `emit promoted with tier = 'gold'`"),
    **dict.fromkeys(("trigger", "startjourney", "enroll"),
                      "the word is `start`: `start tier_welcome`; who enters says `enter`, above"),
    **dict.fromkeys(("goto", "jump", "next"), "statements follow each other as they stand; other ways are blocks"),
    **dict.fromkeys(("entry", "entrance", "trigger"), "the word is `enter`: `enter on signed_up`"),
    **dict.fromkeys(("title", "name", "description"), "the title stands behind the name: `journey welcome \"New member\" { … }`"),
}  # fmt: skip
OUTSIDE = {
    **dict.fromkeys(("campaign", "workflow", "canvas", "flow", "automation", "program"),
                      "the word is `journey`: `journey welcome { … }`"),
    **dict.fromkeys(("project", "events", "channels", "profile", "audiences", "identity", "timezone", "caps"),
                    "what a project declares stands in rtj.yaml"),
    **dict.fromkeys(("enter", "goal", "exit", "send", "wait", "priority"), "it stands within a journey: `journey welcome { … }`"),
}  # fmt: skip


def foreign(word: str) -> bool:
    """Is it a word by which other languages and tools begin something?"""
    return plain(word) in STATEMENTS


def hint_for(before: str, read: str, legal: set[str], held: Sequence[str]) -> str:
    """A hint for what was `read` behind the text `before`, where the terminals `legal` could stand; "" for none."""
    for behind, what, where, hint in PLACES:
        if (not where or where in legal) and re.search(behind, before) and re.search(what, read):
            return hint
    word = plain(read)
    if "SEND" in legal and word in STATEMENTS:
        return STATEMENTS[word]
    if "JOURNEY" in legal and "LBRACE" not in held and word in OUTSIDE:
        return OUTSIDE[word]
    return ""
