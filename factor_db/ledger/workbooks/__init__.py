"""Ledger files that are written: templates, annotated copies and exports."""
