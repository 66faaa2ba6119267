"""What every pair of the ledger vocabulary means on three roads: ledger, models, account."""
