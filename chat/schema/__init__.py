"""What the stores must look like, what they do look like, and the statements between the two."""
