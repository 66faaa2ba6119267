"""A result as one typed, frozen document: what a calculation says, read once where JSON enters.

`ResultDocument` is the contract of `--json`; its JSON Schema stands in `docs/schema/result.json`.
"""
