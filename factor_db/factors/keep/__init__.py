"""Factor versions in the store: added, found by reference or by words, hashed again."""
