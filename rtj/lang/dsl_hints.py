"""What people write in a journey who come from other languages and tools, and what is written instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rtj.lang.key_habits import plain

ARM = "an arm asks with `when`: `when profile.tier == 'gold' { … }`"
COUNTED = "the window stands behind the bracket, `count(login) over 10m`; `enter on 3 login within 10m` counts as they come"
MOVE = "the old id comes first, then the new one: `moved nudge to nudge_sms`"
DROP = "the old id comes first, then where people go on: `dropped survey to exit`"
# Text before, what was read, what could stand there ("" anything) -> what to write. The first that fits.
PLACES = (
    (r"(^|\n)[ \t]*-\s+\w+\s*$", r"", "", "statements have no `-`: `send welcome by email`"),
    (r"\bmoved\b[^\n{}]*$", r"^\W|^\w+$", "NAME", MOVE),
    (r"\bdropped\b[^\n{}]*$", r"^\W|^\w+$", "NAME", DROP),
    (r"\bmoved\s+\w+\s*$", r"", "TO", MOVE),
    (r"\bdropped\s+\w+\s*$", r"", "TO", DROP),
    (r"\bformerly\s*$", r"^['\"]", "", "the name, not the title: `formerly hello`"),
    (r"-\s*$", r"^\{", "", "YAML is the other spelling, in *.journey.yaml; here it is `send welcome by email`"),
    (r"\bwhen\s*$", r"^[{}]?$", "", "behind `when` stands a condition: `when profile.tier == 'gold' { … }`"),
    (r"\b(send|call|decide|score|emit|start|set|exit)\s*$", r"^\($", "", "statements have no brackets: `send welcome by email`"),
    (r"\bexit\s*$", r"^(when|on|if)$", "",
     "conditions to leave stand above the first statement; here write `branch { when … { exit } }`"),
    (r"\bexit\s*$", r"^after$", "", "`max_duration 3 months`, above the first statement, says how long at most"),
    (r"\b(count|sum|avg|min|max)\([^{}\n]*$", r"^(within|in|during|last)$", "", COUNTED),
    (r"\benter\s+once\s*$", r"^on$", "", "`once at 2026-12-31 08:00` is a date; once for each person says `again never`"),
    (r"\benter\b[^{}\n]*$", r"^(once|only|max|at)$", "", "`again never` lets nobody in twice"),
    (r"\buntil\b[^{}\n]*$", r"^at$", "", "the time comes first: `wait until 10:00 on r.starts_at - 1d`"),
    (r"\d(ms|[smhdw]|\s+days?|\s+hours?)\s*$", r"^before$", "", "so long before is `r.starts_at - 1d`"),
    (r"\d(ms|[smhdw]|\s+days?|\s+hours?)\s*$", r"^after$", "", "so long after is `r.ends_at + 1d`"),
    (r"\b(at|until)\s+\d\d:\d\d\s*$", r"^(in|for)$", "", "`zone 'Europe/Paris'` names a zone; without it, it is the person's"),
    (r"\bcall\b[^{}\n]*$", r"^\{$", "", "what follows runs when it succeeds; `else { … }` when it fails"),
    (r"\bevery\b[^{}\n]*$", r"^(when|again|key|backfill|while_inside)$", "", "a schedule is for an audience: `… for everyone`"),
    (r"\b(for|joining|leaving)\s+audience\s*$", r"^[A-Za-z_.]", "", "the name of the audience alone, without `audience`"),
    (r"\bon\s+every\s*$", r"", "", "a schedule has no `on`: `enter every monday at 09:00 for …`"),
    (r"\bby\s+\w+\s*$", r"^(and|,)$", "", "`push else email` tries one after the other; for both, send twice"),
    (r"\bby\s+\w+\s*$", r"^or$", "", "`push else email` tries one after the other"),
    (r"\bsend\s.*\bby\s+\w+\s*$", r"^to$", "", "the address is the channel's, in rtj.yaml"),
    (r"\bsend\s+$", r"^['\"]", "", "a message is its name, such as `welcome`; its texts are in its template"),
    (r"\bsend\s+\w+\s*$", r"^(via|through|on|over|using|with|to)$", "",
     "the channel stands behind `by`: `send welcome by email`"),
    (r"\bwait\s+for\s*$", r"", "",
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
    (r"[}\w)\"'%]\s*$",
     r"^(priority|enter|goal|runs|max_duration|on_resume|catch_up|stability|formerly|on_deploy|timers|moved|dropped)$", "SEND",
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
    (r"", r"^\)$", "", "a `(` is missing before it, or it is one too many"),
    (r"", r"^\]$", "", "a `[` is missing before it, or it is one too many"),
    (r"", r"^(\{|['\"].*)$", "SEND", "a statement begins with its word: `send welcome by email`"),
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
    **dict.fromkeys(("control", "holdout", "variant", "controlgroup"), "it is an arm of a split: `10% holdout`"),
    **dict.fromkeys(("update", "assign", "let", "var"), "the word is `set`: `set profile.tier = 'gold'`"),
    **dict.fromkeys(("track", "publish", "event", "fire"), "the word is `emit`: `emit promoted with tier = 'gold'`"),
    **dict.fromkeys(("trigger", "startjourney", "enroll"),
                      "the word is `start`: `start tier_welcome`; who enters says `enter`, above"),
    **dict.fromkeys(("goto", "jump", "next"), "statements follow each other as they stand; other ways are blocks"),
    **dict.fromkeys(("entry", "entrance", "trigger"), "the word is `enter`: `enter on signed_up`"),
    **dict.fromkeys(("renamed", "rename", "renames", "move", "moves", "remap"),
                      "the word is `moved`, above the first statement: `moved nudge to nudge_sms`"),
    **dict.fromkeys(("removed", "remove", "deleted", "retired", "drop", "drops"),
                      "the word is `dropped`, above the first statement: `dropped survey to exit`"),
    **dict.fromkeys(("former", "previously", "aka", "wascalled", "renamedfrom"),
                      "the word is `formerly`, above the first statement: `formerly hello`"),
    **dict.fromkeys(("versioning", "deploy", "onupdate", "onrelease", "migrate", "pin"),
                      "the word is `on_deploy`, above the first statement: `on_deploy pin`"),
    **dict.fromkeys(("title", "name", "description"), "the title stands behind the name: `journey welcome \"New member\" { … }`"),
}  # fmt: skip
ARMS = {
    **dict.fromkeys(("if", "elif", "elseif", "case", "condition"), ARM),
    "unless": "an arm asks with `when`: `when not (…) { … }`",
    **dict.fromkeys(("otherwise", "default"), "the last arm is `else { … }`"),
    **dict.fromkeys(("timeout", "ontimeout"), "what comes after a while is a case: `after 2d { … }`"),
    **dict.fromkeys(("onsuccess", "success"), "what follows a call runs when it succeeds; `else { … }` when it fails"),
}
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
    if "WHEN" in legal and "SEND" not in legal and word in ARMS:
        return ARMS[word]
    if "JOURNEY" in legal and "LBRACE" not in held and word in OUTSIDE:
        return OUTSIDE[word]
    return ""
