"""Balances over the whole period: over each step, between steps and over the site."""
