"""Who may do what: named persons and their roles."""
