"""The methodological choices of a result: which it read, and what it comes to under others."""
