"""Real engines for development and tests, started without Docker: DynamoDB Local, Apache Cassandra, Redis."""
