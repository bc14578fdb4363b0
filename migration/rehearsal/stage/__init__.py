"""Where a rehearsal plays: its files, its control database, its processes, the stores it may empty."""
