"""What is known and how it is known: tables, ledgers, factors, releases, and their foundation.

Owns every table of the product and the one path by which anything is written.
Knows nothing of models, of Brightway or of pages: imports run downwards only.
"""
