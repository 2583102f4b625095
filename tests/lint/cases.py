"""A small project for the tests of rules, and what a rule says about it."""

from __future__ import annotations

from rtj.base.diagnostic import Diagnostic
from rtj.lang.load import load_text
from rtj.lint.lint import lint
from tests.lang.told import told

PROJECT = """\
project: shop
timezone: Europe/Berlin
identity:
  user_id: {kind: person, priority: 1, unique: true}
events:
  signed_up: {country: string, birthday: date?, plan: {one_of: [free, pro]}, timezone: string?}
  purchase: {cart_id: string?, total: number, at: instant, items: [{sku: string, qty: number}]}
  add_to_cart: {cart_id: string, item: string, price: number}
  login: {}
  promoted: {tier: {one_of: [silver, gold]}, spend: number?}
business_events:
  restocked: {item: string}
profile:
  country: {from: signed_up.country}
  birthday: {from: signed_up.birthday}
  plan: {from: signed_up.plan}
  timezone: {from: signed_up.timezone}
  tier: {from: promoted.tier, one_of: [bronze, silver, gold], default: bronze}
  orders: count(purchase)
  spend_30d: sum(purchase.total) over 30d
  last_seen: last(any.ts)
audiences:
  loyal: profile.orders > 3
channels:
  email: {purpose: transactional}
  sms: {purpose: transactional}
"""
HEAD = "journey: one\nenter: {on: add_to_cart, as: cart}\n"


def journey(nodes: str, head: str = HEAD) -> str:
    """A journey around nodes that a case is about."""
    return f"{head}do:\n{nodes}"


def found(project: str, *journeys: str) -> list[Diagnostic]:
    """All that is said of these texts."""
    return [finding.diagnostic for finding in lint(load_text(project, *journeys)).findings]


def said(project: str, *journeys: str, codes: str = "") -> str:
    """The same, one line each with place and piece; `codes`: only codes that begin with one of these words."""
    wanted = tuple(codes.split())
    return told(d for d in found(project, *journeys) if not wanted or d.code.startswith(wanted))
