"""What `manage.py ledger` prints, as data and as text."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Min

from migration.ledger.accounts import Accounts, SweepFigures
from migration.ledger.closing import unpaid
from migration.management.tables import table
from migration.models import Debt

MOST_STUCK = 20
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def grouped() -> list[dict[str, Any]]:
    """Unpaid entries by store and state, with the oldest of each."""
    rows = unpaid().values("owed", "state").annotate(entries=Count("pk"), oldest=Min("created_at"))
    return [row | {"oldest": row["oldest"].isoformat(timespec="seconds")} for row in rows.order_by("owed", "state")]


def stuck() -> list[dict[str, Any]]:
    """The first entries that were tried in vain, and why: what an operator has to mend."""
    return [
        {
            "id": debt.pk,
            "state": debt.state,
            "owed": debt.owed,
            "room": debt.room,
            "name": debt.name,
            "time": debt.comment.time,
            "attempts": debt.attempts,
            "error": debt.last_error,
        }
        for debt in unpaid().exclude(last_error="").order_by("pk")[:MOST_STUCK]
    ]


def entry_of(debt: Debt) -> dict[str, Any]:
    """All of one entry. Times are ISO 8601 in UTC."""
    return {
        "id": debt.pk,
        "state": debt.state,
        "room": debt.room,
        "name": debt.name,
        "time": debt.comment.time,
        "text": debt.text,
        "holder": debt.holder,
        "owed": debt.owed,
        "cause": debt.cause,
        "attempts": debt.attempts,
        "error": debt.last_error,
        "created": debt.created_at.isoformat(timespec="seconds"),
        "next_try": debt.next_try_at.isoformat(timespec="seconds"),
        "closed": debt.closed_at.isoformat(timespec="seconds") if debt.closed_at else None,
        "closed_by": debt.closed_by,
        "closed_reason": debt.closed_reason,
    }


def status_text(
    entries: list[dict[str, Any]], reasons: list[dict[str, Any]], now: Accounts, swept: SweepFigures | None
) -> str:
    if not entries:
        return "\n".join(["Nothing is owed to any store.", *_sweep_lines(swept)])
    head = ("OWED TO", "STATE", "ENTRIES", "OLDEST (UTC)")
    rows = [(row["owed"] or "-", row["state"], row["entries"], row["oldest"][:19]) for row in entries]
    return "\n".join([table(head, rows), "", *_pace_lines(now), *_sweep_lines(swept), *_stuck_lines(reasons)])


def _pace_lines(now: Accounts) -> list[str]:
    age = in_words(now.oldest_seconds or 0.0)
    lines = [f"{now.depth} unpaid, the oldest for {age}; {now.rate:.1f} a second were paid over the last minute."]
    if now.standing:
        lines.append(f"{now.standing[0].upper()}{now.standing[1:]}.")
    elif now.eta_seconds is not None:
        lines.append(f"At this pace the rest is paid in {in_words(now.eta_seconds)}.")
    if now.blocked:
        lines.append(f"{now.blocked} wait for a person: mend and `manage.py ledger drain`, or `ledger waive`.")
    return lines


def _sweep_lines(swept: SweepFigures | None) -> list[str]:
    if swept is None:
        return []
    clean = "none yet" if swept.clean_age_seconds is None else f"{in_words(swept.clean_age_seconds)} ago"
    failed = f"; the newest sweep failed: {swept.last_error}" if swept.last_error else ""
    return [f"Last clean sweep: {clean}{failed}."]


def _stuck_lines(reasons: list[dict[str, Any]]) -> list[str]:
    if not reasons:
        return []
    return ["", "Tried in vain:"] + [
        f"  {one['id']} {one['state']}: {one['name']!r} at {one['time']} in {one['room']!r}: {one['error']}"
        for one in reasons
    ]


def shown_text(entries: list[dict[str, Any]], found: int) -> str:
    """One block an entry, the newest first."""
    blocks = ["\n".join(_lines_of(entry)) for entry in entries]
    if found > len(entries):
        blocks.append(f"{found - len(entries)} more are not shown.")
    return "\n\n".join(blocks)


def _lines_of(entry: dict[str, Any]) -> list[str]:
    lines = [
        f"Entry {entry['id']}: {entry['state']}",
        f"  comment   {entry['name']!r} at {entry['time']} in {entry['room']!r}",
        f"  text      {entry['text']!r}",
        f"  held by   {entry['holder']}, owed to {entry['owed'] or 'no store'}",
        f"  recorded  {entry['created']}: {entry['cause']}",
    ]
    if entry["error"]:
        lines.append(f"  attempts  {entry['attempts']}, the last one: {entry['error']}")
    if entry["closed"]:
        by = f" by {entry['closed_by']}" if entry["closed_by"] else ""
        why = f": {entry['closed_reason']}" if entry["closed_reason"] else ""
        return [*lines, f"  closed    {entry['closed']}{by}{why}"]
    return [*lines, f"  next try  {entry['next_try']}"]


def in_words(seconds: float) -> str:
    """The largest unit alone: `3 minutes`."""
    for size, unit in UNITS:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a second"
