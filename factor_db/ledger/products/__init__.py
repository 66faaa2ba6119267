"""Product codes: the metal, the amounts and the links of each alloy and form."""
