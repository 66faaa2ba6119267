"""Commands on what is known: ledgers, factors, backgrounds, review, lineage, store."""
