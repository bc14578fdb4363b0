"""The places that keep comments, behind one interface (`base.Store`)."""
