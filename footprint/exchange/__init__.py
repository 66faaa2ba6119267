"""Footprints that cross the gate: suppliers' files, every fault of a file listed at once."""
