"""What the claims are measured against: the same work done with the plain client libraries, as fast as they let us."""
