"""Tails DynamoDB Streams into the target (design section 10)."""
