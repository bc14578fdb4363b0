"""What `manage.py quarantine` prints, as data and as text."""

from __future__ import annotations

import json
from typing import Any

from migration.enums import QuarantineState
from migration.management.tables import table
from migration.models import QuarantinedItem
from migration.quarantine.search import fixed_comment, is_unfinished

HEAD = ("ID", "STATE", "CODE", "NAME", "TIME", "SEEN (UTC)")
MOST_SHOWN = 60
"""Characters of a name or a time in the list."""


def entry_of(row: QuarantinedItem) -> dict[str, Any]:
    """All of one item but its content. Times of ours are ISO 8601 in UTC."""
    return {
        "id": row.pk,
        "key": row.key,
        "state": row.state,
        "code": row.code,
        "detail": row.detail,
        "name": row.name,
        "time": row.time,
        "run": row.run_id,
        "seen": row.seen_at.isoformat(timespec="seconds"),
        "unfinished": is_unfinished(row),
        "by": row.settled_by,
        "reason": row.settled_reason,
        "settled": row.settled_at.isoformat(timespec="seconds") if row.settled_at else None,
    }


def whole_of(row: QuarantinedItem) -> dict[str, Any]:
    """With the source's item in DynamoDB JSON, and the comment that a fix put into the target."""
    comment = fixed_comment(row)
    fixed = (
        {"room": comment.room, "name": comment.name, "time": comment.time, "text": comment.text} if comment else None
    )
    return entry_of(row) | {"item": json.loads(row.item), "fixed": fixed}


def list_text(counts: list[dict[str, Any]], entries: list[dict[str, Any]], found: int) -> str:
    if not counts:
        return "Nothing is in quarantine."
    rows = [
        [one["id"], one["state"], one["code"], _short(one["name"]), _short(one["time"]), one["seen"][:19]]
        for one in entries
    ]
    totals = [[one["code"], one["state"], one["items"]] for one in counts]
    lines = [table(("CODE", "STATE", "ITEMS"), totals), "", table(HEAD, rows) if rows else "No item is like that."]
    if found > len(entries):
        lines.append(f"{found - len(entries)} more are not shown: `--limit`, or `quarantine export`.")
    return "\n".join(lines)


def shown_text(whole: dict[str, Any]) -> str:
    """What is in an item does not steer the terminal."""
    lines = [
        f"Item {whole['id']} ({whole['key']}): {whole['state']}",
        f"  key       {whole['name']!r} at {whole['time']!r}",
        f"  why       {whole['detail']!r}",
        f"  seen      {whole['seen']}" + (f" by run {whole['run']}" if whole["run"] else ""),
        f"  item      {json.dumps(whole['item'])}",
    ]
    fixed = whole["fixed"]
    if fixed:
        lines.append(f"  written   {fixed['text']!r} by {fixed['name']!r} at {fixed['time']} in {fixed['room']!r}")
    if whole["by"]:
        lines.append(f"  {_settled(whole):<9} by {whole['by']}: {whole['reason']}")
    return "\n".join(lines)


def _settled(whole: dict[str, Any]) -> str:
    if whole["unfinished"]:
        return "unfinished fix, begun"
    if whole["state"] == QuarantineState.OPEN:
        return f"reopened, the source's item changed after {whole['settled']}; settled before"
    return f"{whole['state']} {whole['settled']}"


def _short(text: str) -> str:
    shown = repr(text)[1:-1]
    return shown if len(shown) <= MOST_SHOWN else f"{shown[: MOST_SHOWN - 3]}..."
