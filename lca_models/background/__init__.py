"""Life-cycle databases of others as matrices: reading, gases, hash, and what makes them sound."""
