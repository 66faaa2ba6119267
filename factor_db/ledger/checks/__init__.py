"""The whole ledger checked in one pass, with the checks that belong to no single sheet."""
