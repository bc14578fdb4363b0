"""How a census looks on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migration.management.tables import table


def report_text(found: dict[str, Any], questions: list[dict[str, Any]]) -> str:
    return "\n".join(
        [
            *_head(found),
            *_settings(found["settings"]),
            *_reasons(found["unmappable"]["reasons"]),
            *_tables(found),
            *_advice(found["advice"]),
            *_estimate(found["estimate"]),
            "",
            *question_lines(questions),
        ]
    )


def _head(found: dict[str, Any]) -> Iterator[str]:
    times, divergent = found["times"], found["order_divergent"]
    unfinished = "" if found["complete"] else " (NOT FINISHED: as far as it got)"
    yield f"Census {found['run']} of the table {found['settings']['table']}{unfinished}"
    counts = f"{found['rooms']['count']} rooms, {found['users']['count']} users"
    yield f"  {found['items']} items, {found['bytes']} bytes, {counts}"
    if times["oldest"]:
        yield f"  from {times['oldest']['utc']} to {times['newest']['utc']}"
    if found["largest_item"]:
        item = found["largest_item"]
        yield f"  largest item {item['bytes']} bytes: {item['name']!r} at {item['time']}"
    yield f"  {found['mappable']} can be mapped, {found['unmappable']['items']} cannot"
    yield f"  {found['collisions']} key collisions, {found['non_canonical_times']} times spelled another way"
    yield (
        f"  {divergent['items']} out of order as text ({divergent['by_spelling']} by their spelling, "
        f"{divergent['by_tie']} in {divergent['instants']} ties)"
    )
    if divergent["unasked"]:
        yield f"  {divergent['unasked']} instants were not looked up for ties"
    for name, count in found["unknown_attributes"].items():
        yield f"  unknown attribute {name!r} on {count} items"


def _settings(settings: dict[str, Any]) -> Iterator[str]:
    units = f", {settings['read_units']} read units a second" if settings["read_units"] else ""
    yield f"  billing {settings['billing']}{units}, indexes {', '.join(settings['indexes']) or 'none'}"
    ttl, stream = settings["ttl"], settings["stream"]
    expiry = f"on, by {ttl['attribute']!r}: items are deleted, so the stream is required" if ttl["enabled"] else "off"
    yield f"  time to live {expiry}; stream {'on, ' + str(stream['view']) if stream['enabled'] else 'off'}"


def _reasons(reasons: dict[str, Any]) -> Iterator[str]:
    if not reasons:
        return
    yield ""
    yield "Cannot be mapped:"
    for code, one in reasons.items():
        yield f"  {code}: {one['items']}"
        for sample in one["samples"]:
            yield f"    {sample['name']!r} at {sample['time']!r}: {sample['detail']}"


def _tables(found: dict[str, Any]) -> Iterator[str]:
    heads = {
        "rooms": ("room", "items", "bytes", "days"),
        "room_days": ("room", "day", "items", "bytes"),
        "users": ("name", "items", "bytes"),
    }
    for noun, columns in heads.items():
        if rows := found[noun]["largest"]:
            yield ""
            yield f"Largest of {found[noun]['count']} {noun.replace('_', ' ')}:"
            yield table([name.upper() for name in columns], [[row[name] for name in columns] for row in rows])


def _advice(advice: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield f"Advice: SCYLLA_SCHEMA={advice['schema']}: {advice['why']}."


def _estimate(found: dict[str, Any]) -> Iterator[str]:
    how = "measured" if found["units_measured"] else "from its bytes"
    yield (
        f"A copy reads {found['read_units']:.1f} units ({how}), {found['dollars']} dollars on demand "
        f"(at {found['dollars_per_million_units']} a million), and takes no less than "
        f"{found['seconds_at_this_rate']} s at the rate of this census."
    )
    if found["seconds_at_provisioned"]:
        yield f"With all provisioned read units to itself it takes {found['seconds_at_provisioned']} s."


def question_lines(questions: list[dict[str, Any]]) -> Iterator[str]:
    yield "Only a person can know:"
    for one in questions:
        given = one["answer"]
        yield f"  {one['question']}: {one['promise']}"
        if given is None:
            yield f"    not answered: `manage.py census answer {one['question']} --says ...`"
        else:
            holds = "yes" if given["holds"] else "NO"
            yield f"    {holds}, says {given['actor']} ({given['at'][:19]} UTC): {given['says']}"
