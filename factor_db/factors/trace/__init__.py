"""Where a factor comes from and what was made from it."""
