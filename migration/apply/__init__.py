"""The one writer of backfill, ledger, stream and repair (protocol C1)."""
