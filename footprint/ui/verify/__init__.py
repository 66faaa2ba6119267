"""The page that verifies a certificate."""
