"""The append-only record of what operators and the system itself changed."""
