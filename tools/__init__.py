"""What made data that is shipped: the example ledgers and the fonts of the printed copy."""
