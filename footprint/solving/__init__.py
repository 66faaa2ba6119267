"""From a study and its pinned factors to the two tables: definite, cut off, solved, evaluated."""
