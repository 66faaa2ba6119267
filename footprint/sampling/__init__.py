"""The uncertainty of a result: what is drawn, many samples at once, what comes of them."""
