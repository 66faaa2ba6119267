"""Factors: one immutable version of one quantity each, where it came from, who released it."""
