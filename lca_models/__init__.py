"""How aluminium is made: product systems in slots and formulas, resolved and compiled."""
