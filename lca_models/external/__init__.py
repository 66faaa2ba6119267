"""Importers of life-cycle data in the exchange formats of others."""
