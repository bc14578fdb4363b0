"""The judge of a rehearsal: reads both stores and the log for itself, sharing no code with what it judges."""
