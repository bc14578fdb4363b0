"""What one store has and the other is owed: recorded before the answer is sent, paid until verified."""
