"""The chat page: one template, one style sheet, one script, all our own."""
