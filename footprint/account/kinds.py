"""Names of lines of a closure that more than one reader of it knows."""

MAIN_METER = "main_meter"
DEPARTURE_RULE = "PCF-DEPARTURE-001"
WEIGHING, TYPED = "weighing", "typed"
KINDS = frozenset({"unread", "adjustment", MAIN_METER})
"""Kinds of lines that went out of the site, or lie in it, without any product carrying them."""
