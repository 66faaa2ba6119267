"""The site account: what crossed a plant's gate, and whether its products add up to it."""

CLOSURE_RULE = "PCF-CLOSURE-001"
