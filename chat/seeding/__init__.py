"""Makes a chat table like a real one, the same for the same seed, and puts it into DynamoDB."""
