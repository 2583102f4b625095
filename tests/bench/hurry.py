"""The five journeys of the reference workload as a programmer in a hurry would write them: one loop, dicts, a heap of timers.

Not how rtj works; a yardstick for its speed, and for the one journey whose rules are simple (abandoned_cart) a second opinion
about its counts. What it leaves out is why rtj exists: late lines, identity, re-entry, merges, a trace, a second journey
that is not written by hand.

    python hurry.py events.jsonl        prints the number of messages by template as JSON
"""

from __future__ import annotations

import heapq
import json
import sys
from collections import Counter, defaultdict, deque
from datetime import datetime
from typing import Any

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def run(path: str) -> Counter[str]:
    sent: Counter[str] = Counter()
    timers: list[tuple[int, int, str, str]] = []
    serial = 0
    seen: set[str] = set()
    carts: dict[str, bool] = {}  # cart: still waited for
    views: dict[str, deque[int]] = defaultdict(deque)
    last_push: dict[str, int] = {}
    members: dict[str, int] = {}  # person: signed up at; 0: bought since
    orders: dict[str, int] = defaultdict(int)
    last_order: dict[str, int] = {}
    reviewed: dict[str, bool] = {}

    def later(due: int, what: str, whom: str) -> None:
        nonlocal serial
        serial += 1
        heapq.heappush(timers, (due, serial, what, whom))

    def fire(due: int, what: str, whom: str) -> None:
        if what == "cart_reminder" and carts[whom]:
            sent[what] += 1
            later(due + DAY, "cart_last_call", whom)
        elif what == "cart_last_call" and carts[whom]:
            sent[what] += 1
        elif what == "tour" and members[whom]:
            sent[what] += 1
            later(due + 5 * DAY, "first_offer", whom)
        elif what == "first_offer" and members[whom] and not orders[whom]:
            sent[what] += 1
        elif what == "lapse" and last_order[whom] + 14 * DAY == due:
            sent["we_miss_you"] += 1
        elif what == "ask_review":
            sent[what] += 1
            reviewed[whom] = False
            later(due + 7 * DAY, "ask_again", whom)
        elif what == "ask_again" and not reviewed[whom]:
            sent[what] += 1

    now = 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            event: dict[str, Any] = json.loads(line)
            if event["id"] in seen:
                continue
            seen.add(event["id"])
            now = round(datetime.fromisoformat(event["ts"]).timestamp() * 1000)
            while timers and timers[0][0] < now:
                due, _, what, whom = heapq.heappop(timers)
                fire(due, what, whom)
            kind, person, properties = event["type"], event["user_id"], event["properties"]
            if kind == "add_to_cart":
                cart = properties["cart_id"]
                if properties["value"] >= 30 and cart not in carts:
                    carts[cart] = True
                    later(now + 30 * MINUTE, "cart_reminder", cart)
            elif kind == "purchase":
                if properties["cart_id"] in carts:
                    carts[properties["cart_id"]] = False
                orders[person] += 1
                last_order[person] = now
                if members.get(person, 0) and now <= members[person] + 14 * DAY:
                    members[person] = 0
                later(now + 14 * DAY, "lapse", person)
                later(now + 3 * DAY, "ask_review", properties["order_id"])
            elif kind == "product_view":
                if properties["dwell_s"] > 5:
                    recent = views[person]
                    recent.append(now)
                    while recent[0] < now - 10 * MINUTE:
                        recent.popleft()
                    if len(recent) >= 3:
                        recent.clear()
                        if now >= last_push.get(person, 0) + 7 * DAY:
                            last_push[person] = now
                            sent["still_looking"] += 1
            elif kind == "signed_up":
                if person not in members:
                    members[person] = now
                    sent["welcome"] += 1
                    later(now + 2 * DAY, "tour", person)
            elif kind == "review_written" and reviewed.get(properties["order_id"]) is False:
                reviewed[properties["order_id"]] = True
                sent["thanks"] += 1
    while timers and timers[0][0] <= now:
        due, _, what, whom = heapq.heappop(timers)
        fire(due, what, whom)
    return sent


if __name__ == "__main__":
    print(json.dumps(dict(sorted(run(sys.argv[1]).items()))))
