"""A census in figures, from the rows of its run: whole when each segment is at its end, else as far as it got."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from chat.codec.timetext import canonical
from migration.census import rooms
from migration.census.advice import advise
from migration.census.estimate import estimate
from migration.census.tally import LARGEST, SAMPLES, Tally
from migration.enums import SegmentState
from migration.models import Census, Run
from migration.quarantine.items import printable
from migration.segments.progress import progress


def compile_report(run: Run) -> dict[str, Any]:
    """Sizes are bytes by DynamoDB's rules. `complete`: every segment is at its end."""
    tallies = [
        Tally(**json.loads(cursor)["tally"]) for cursor in run.segments.values_list("cursor", flat=True) if cursor
    ]
    settings = Census.objects.get(run=run).settings
    items, size = sum(one.items for one in tallies), sum(one.bytes for one in tallies)
    return {
        "run": run.pk,
        "complete": not run.segments.exclude(state=SegmentState.DONE).exists(),
        "items": items,
        "bytes": size,
        "mappable": sum(one.mappable for one in tallies),
        "unmappable": {"items": sum(_reason_counts(tallies).values()), "reasons": _reasons(tallies)},
        "collisions": sum(one.collisions for one in tallies),
        "times": _times(tallies),
        "non_canonical_times": sum(one.non_canonical for one in tallies),
        "order_divergent": _order_divergent(run, tallies),
        "unknown_attributes": _attributes(tallies),
        "largest_item": _largest_item(tallies),
        "users": {"count": sum(one.users for one in tallies), "largest": _users(tallies)},
        "rooms": {"count": rooms.count(run), "largest": rooms.largest(run)},
        "room_days": {"count": rooms.count_days(run), "largest": rooms.largest_days(run)},
        "settings": settings,
        "advice": advise(run),
        "estimate": estimate(
            items=items,
            size=size,
            measured_units=sum(one.units for one in tallies),
            seconds=progress(run).seconds,
            provisioned=settings["read_units"],
        ),
    }


def _reason_counts(tallies: Iterable[Tally]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for one in tallies:
        counts.update({code: found["items"] for code, found in one.faults.items()})
    return counts


def _reasons(tallies: list[Tally]) -> dict[str, Any]:
    """{code: {"items", "samples": [{"name", "time", "detail"}]}}, the codes in order."""
    found: dict[str, Any] = {}
    for code, items in sorted(_reason_counts(tallies).items()):
        samples = [sample for one in tallies for sample in one.faults.get(code, {"samples": []})["samples"]]
        found[code] = {"items": items, "samples": samples[:SAMPLES]}
    return found


def _times(tallies: list[Tally]) -> dict[str, Any]:
    """Of mappable items; None where there are none."""
    oldest = min((one.oldest_us for one in tallies if one.oldest_us is not None), default=None)
    newest = max((one.newest_us for one in tallies if one.newest_us is not None), default=None)
    return {"oldest": _instant(oldest), "newest": _instant(newest)}


def _instant(time_us: int | None) -> dict[str, str] | None:
    if time_us is None:
        return None
    at = datetime.fromtimestamp(time_us // 1_000_000, tz=UTC)
    return {"time": canonical(time_us), "utc": at.isoformat(timespec="seconds")}


def _order_divergent(run: Run, tallies: list[Tally]) -> dict[str, int]:
    """`unasked`: instants that were not looked up for ties (see `migration.census.ties`)."""
    tied = rooms.ties(run)
    by_spelling = sum(one.order_divergent for one in tallies)
    return {
        "items": by_spelling + tied["items"],
        "by_spelling": by_spelling,
        "by_tie": tied["items"],
        "instants": tied["instants"],
        "unasked": sum(one.unasked for one in tallies),
    }


def _attributes(tallies: Iterable[Tally]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for one in tallies:
        counts.update(one.attributes)
    return dict(sorted(counts.items()))


def _largest_item(tallies: Iterable[Tally]) -> dict[str, Any] | None:
    largest = max((one for one in tallies if one.items), key=lambda one: one.largest_bytes, default=None)
    if largest is None:
        return None
    name, time = largest.largest_key
    return {"bytes": largest.largest_bytes, "name": name, "time": time}


def _users(tallies: Iterable[Tally]) -> list[dict[str, Any]]:
    """A user's items are all in one segment."""
    users = [user for one in tallies for user in one.users_by_size()]
    users.sort(key=lambda user: (-user[0], user[2]))
    return [{"name": printable(name), "items": items, "bytes": size} for items, size, name in users[:LARGEST]]
