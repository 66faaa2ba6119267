"""Suppliers' footprints: what they declare, and whether the ledger says they delivered."""
