"""Canonical bytes, units, messages, rules and errors: imports nothing else of this project."""
