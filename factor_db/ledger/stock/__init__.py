"""Stock: what lay in store, came and went, held against the ledger's rows."""
