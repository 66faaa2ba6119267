"""What is judged of a result against its site: closed, possible, true to its ledger."""
