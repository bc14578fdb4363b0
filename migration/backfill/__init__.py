"""Copies a whole table once, resumably, with accounts that balance to the item."""
