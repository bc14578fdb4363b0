"""The same application, shaped as an AWS Lambda function on the table's stream (the seed's Streams to Lambda).

Configure `migration.stream.awslambda.handler` with the settings of the service in its environment, one table, view
NEW_AND_OLD_IMAGES, and no event filter. The event source mapping keeps lineage, checkpoints and repetitions, so that
nothing is kept here; an error makes it send the batch again. Run it or `stream run`, or both: all converges.
"""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import django
from django.apps import apps


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`event` as Lambda delivers it: {"Records": [...]}. Any error is raised, so that the batch is sent again."""
    if not apps.ready:
        django.setup()
    return _handle(event["Records"])


def _handle(records: list[dict[str, Any]]) -> dict[str, Any]:
    # Models can be imported only once Django is set up.
    from migration.flags.acting import acting, taking_part
    from migration.holders.kinds import WORKER
    from migration.stream.authority import stance
    from migration.stream.changes import change_of
    from migration.stream.reading import PAGE_RECORDS
    from migration.stream.working import handle

    changes = [change_of(_decoded(record)) for record in records]
    answer = {"read": 0, "applied": 0, "quarantined": 0, "drift": 0}
    with taking_part(WORKER):
        for start in range(0, len(changes), PAGE_RECORDS):
            with acting():
                tally = handle(changes[start : start + PAGE_RECORDS], stance())
            for count in answer:
                answer[count] += getattr(tally, count)
    return answer


def _decoded(value: Any) -> Any:
    """Lambda gives binary attributes as base64, GetRecords as bytes."""
    if isinstance(value, list):
        return [_decoded(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"B"} and isinstance(value["B"], str):
        return {"B": b64decode(value["B"])}
    if set(value) == {"BS"}:
        return {"BS": [b64decode(one) for one in value["BS"]]}
    return {key: _decoded(inner) for key, inner in value.items()}
