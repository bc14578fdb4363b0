"""Measures what this project claims about its speed, each claim beside its peer on the same engines."""
