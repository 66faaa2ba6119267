"""What is said of a result, in both languages: names, choices, shares, closure."""
