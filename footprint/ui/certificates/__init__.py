"""The page of the certificates that were issued here."""
