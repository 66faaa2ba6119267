"""Meters: from their readings to what each process consumed."""
