"""From cells to rows: each row read and checked by itself, each fault at its cell."""
