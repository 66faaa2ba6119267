"""The entry of the pages and their configuration, as `footprint serve` runs them."""
