"""Releases: frozen sets of published versions, and what changed between two."""
