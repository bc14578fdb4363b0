"""What keeps the checker from judging at all. What it finds wrong is not an error but a finding."""

from __future__ import annotations


class StoreUnreachable(RuntimeError):
    """A store could not be read or written; the message says which, where, and what to do. Exit code 3."""

    def __init__(self, *, store: str, where: str, cause: object) -> None:
        super().__init__(
            f"{store} at {where}: {cause}. "
            "Is it running (python -m devstack status)? Is the table there (manage.py sync_schema)?"
        )


class EvidenceInvalid(ValueError):
    """A file given to the checker is missing, torn or not of its form; the message names it. Exit code 2."""


class SabotageRefused(ValueError):
    """The stores are not local ones, or the log holds nothing to damage. Exit code 2."""
