"""Names and versions of the engines a rehearsal ran on, asked of the engines themselves where they tell."""

from __future__ import annotations

import json
from pathlib import Path

import redis

from chat.conf import Role, deadlines, env
from chat.schema.dialect import detect
from chat.stores.registry import cql_connection


def engines(var: Path) -> list[dict[str, str]]:
    """DynamoDB Local tells its version to nobody; the record of the local stack does, if it is the one in use."""
    dialect = detect(cql_connection().session(seconds=deadlines(Role.WORKER).request))
    info = redis.Redis.from_url(env().redis_url).info("server")
    return [
        {"name": "DynamoDB Local", "version": _dynamodb_version(var / "devstack.json")},
        {"name": dialect.engine.value.capitalize(), "version": dialect.version},
        {"name": "Redis", "version": str(info["redis_version"])},
    ]


def _dynamodb_version(stack: Path) -> str:
    if not stack.exists():
        return "unknown"
    record = json.loads(stack.read_text())
    if record.get("DYNAMODB_ENDPOINT_URL") != env().dynamodb_endpoint_url:
        return "unknown"
    return str(record["engines"].get("dynamodb", {}).get("version", "unknown"))
