"""The ledgers of a park's sites together: transfers between them, and their sums."""
