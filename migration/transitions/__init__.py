"""Moves of endpoints from phase to phase: planned, guarded, flipped in one database transaction, and confirmed."""
