"""The rehearsal: the whole move, run end to end under live traffic on local engines."""
