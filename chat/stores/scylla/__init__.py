"""Comments in CQL tables, on ScyllaDB or Cassandra, through the plain driver and prepared statements."""
