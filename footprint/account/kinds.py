"""Names of lines of a closure, apart so that a certificate is read again without a store."""

MAIN_METER = "main_meter"
DEPARTURE_RULE = "PCF-DEPARTURE-001"
WEIGHING, TYPED = "weighing", "typed"
UNCARRIED = frozenset({"unread", "adjustment", MAIN_METER})
"""Kinds of lines that went out of the site, or lie in it, without any product carrying them."""
