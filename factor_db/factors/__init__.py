"""Factors: one immutable version of one quantity each; where they come from and who released them."""
