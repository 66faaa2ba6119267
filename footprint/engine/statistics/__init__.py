"""Distributions, random streams, and the statistics of what was drawn."""
