"""One codec for every path: time text, DynamoDB items, CQL rows, digests (design section 4)."""
