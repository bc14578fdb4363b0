"""Source items that cannot be mapped: kept whole, each with its reason, never dropped."""
