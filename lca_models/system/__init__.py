"""Product systems: formulas, slots and unit processes, resolved and compiled."""
