"""Compares both stores, room by room, both ways, and confirms each difference before it counts."""
