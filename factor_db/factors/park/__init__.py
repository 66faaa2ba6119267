"""Anonymous averages of a park's sites, and what they may disclose."""
