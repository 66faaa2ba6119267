"""The page that sets a product beside published values and other results."""
