"""Parts of a long walk over a store: leases, durable cursors, accounts. Shared by every walk."""
