"""Verifying a certificate: structure, proof, printed copy, and its figures computed again."""
