"""The same calculation by bw2calc, and a calculation written for Brightway."""
