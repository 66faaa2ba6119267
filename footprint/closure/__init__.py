"""Closure: what the products of a site carry, held against its account, exactly."""
