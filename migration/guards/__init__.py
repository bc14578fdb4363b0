"""Checks that must pass before a transition, one file each; which move asks which is data (`registry`)."""
