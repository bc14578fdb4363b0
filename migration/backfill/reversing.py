"""Fills the source up again from the target: conditional puts, and what differs goes to the operator (protocol W7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from django.utils import timezone

from chat.data import Comment
from chat.exceptions import MirrorConflict
from chat.stores.base import Store
from migration.apply.writer import write_many
from migration.enums import DebtState
from migration.models import Debt, Run
from migration.models.debt import key_of
from migration.quarantine.search import put_by_a_fix
from migration.segments.lease import Counts

PUTS_AT_ONCE = 16

Conflict = tuple[Comment, MirrorConflict]


def put_back(store: Store, comments: list[Comment], *, alive: Callable[[], None]) -> list[Conflict]:
    """Puts what is absent; returns what cannot be put, because another item sits under its key. Nothing is overwritten.

    Safe to repeat: an item that is there already and equal is no conflict.
    """
    try:
        write_many(store, comments, alive=alive)
    except MirrorConflict:
        # Of a page that conflicts each comment is tried alone, to know which do.
        return _put_each(store, comments)
    return []


def counts_of(comments: list[Comment], conflicts: list[Conflict]) -> Counts:
    return Counts(read=len(comments), written=len(comments) - len(conflicts), skipped=len(conflicts))


def keep_conflicts(conflicts: Iterable[Conflict], run: Run) -> None:
    """Blocking entries for the operator, one for a key and direction (protocol W7, D1).

    One that is unpaid already stays as it is: when it is tried, it is found to be a conflict in the same way. One that
    a named person waived stays waived (D5). Call in the transaction that counts the page.
    """
    # A fixed item's row is not the item the source has, and an operator answered for that.
    entries = [_entry(comment, error, run) for comment, error in conflicts if not put_by_a_fix(comment)]
    waived = set(
        Debt.objects.filter(
            key__in=[entry.key for entry in entries], holder=run.source, owed=run.target, state=DebtState.WAIVED
        ).values_list("key", flat=True)
    )
    Debt.objects.bulk_create([entry for entry in entries if entry.key not in waived], ignore_conflicts=True)


def _put_each(store: Store, comments: list[Comment]) -> list[Conflict]:
    with ThreadPoolExecutor(max_workers=PUTS_AT_ONCE, thread_name_prefix="put") as pool:
        tried = pool.map(lambda comment: _conflict(store, comment), comments)
        return [conflict for conflict in tried if conflict is not None]


def _conflict(store: Store, comment: Comment) -> Conflict | None:
    try:
        store.upsert(comment)
    except MirrorConflict as error:
        return comment, error
    return None


def _entry(comment: Comment, error: MirrorConflict, run: Run) -> Debt:
    return Debt(
        # Made in bulk, which does not go through the model's own save.
        key=key_of(comment),
        room=comment.room,
        name=comment.name,
        time_us=comment.time_us,
        time_raw=comment.time_raw,
        text=comment.text,
        holder=run.source,
        owed=run.target,
        state=DebtState.CONFLICT,
        cause=f"reverse backfill {run.pk}",
        last_error=str(error)[:500],
        next_try_at=timezone.now(),
    )
