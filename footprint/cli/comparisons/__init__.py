"""Commands that set footprints beside others: values, choices, claims, publications."""
