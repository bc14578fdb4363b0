"""Live traffic over HTTP with its own fsynced log; knows the chat API only as any client of it does."""
