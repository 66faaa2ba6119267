"""The page that takes a ledger from a file to published factors."""
