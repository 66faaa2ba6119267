"""The lab: every combination of methodological choices, and what each is worth."""
