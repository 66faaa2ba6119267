"""The page that calculates: choices, result, coverage, interval, what if."""
