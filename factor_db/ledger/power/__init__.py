"""Power that a site makes itself or claims by certificate, and what it may claim of it."""
