"""Fast numbers in float64: numpy and scipy only; exact results stay with `footprint.evaluate`."""
