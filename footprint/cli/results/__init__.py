"""Commands on one footprint: calculate, view, draw, account, hand over, certify."""
