"""Frozen ledgers: imported, corrected, evidenced, sampled, and held beside each other."""
