"""Our models against published results: each difference split into steps that are re-runs."""
