"""Processes that act on flags: they register, send heartbeats, confirm epochs, and are proven dead by others."""
