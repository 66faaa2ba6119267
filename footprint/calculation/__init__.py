"""Calculating a footprint, and stored results calculated again."""
