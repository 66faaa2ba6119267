"""Backgrounds reduced to scores: solved, kept, swept through, sampled into banks."""
