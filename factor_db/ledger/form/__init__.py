"""What a field ledger is: its words, sheets, cells, rows and findings."""
