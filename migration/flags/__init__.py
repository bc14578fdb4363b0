"""The phases as data, and the flags as each process sees and obeys them."""
