"""Rows summed by month, gaps filled, and months held against each other and what is plausible."""
