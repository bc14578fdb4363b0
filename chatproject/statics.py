"""Static files under names that carry their content's hash, once they are collected."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class CollectedOrPlain(CompressedManifestStaticFilesStorage):
    """A page in a checkout where nothing was collected, or collected before a file was added, names the file plainly;
    whitenoise then serves it straight from its app."""

    def stored_name(self, name: str) -> str:
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
