"""Review: the gates before it, the comments in it, and the states a version passes."""
