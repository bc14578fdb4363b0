"""How the application finds the engines: the environment variables it reads."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from devstack import cassandra, dynamodb
from devstack.engine import HOST

WEB_PORT = 8080
EVENTS_PORT = 8081


def build_addresses(ports: Mapping[str, int], environ: Mapping[str, str]) -> dict[str, str]:
    """Variables for the engines in `ports` (engine name to client port), and for our web and push servers.

    The two servers are not started here: their ports are what `WEB_PORT` and `EVENTS_PORT` ask for.
    """
    found: dict[str, str] = {}
    if "dynamodb" in ports:
        found["DYNAMODB_ENDPOINT_URL"] = f"http://{HOST}:{ports['dynamodb']}"
        found["AWS_ACCESS_KEY_ID"] = found["AWS_SECRET_ACCESS_KEY"] = dynamodb.ACCESS_KEY
        found["AWS_DEFAULT_REGION"] = found["AWS_REGION"] = dynamodb.REGION
    if "cassandra" in ports:
        found["SCYLLA_CONTACT_POINTS"] = HOST
        found["SCYLLA_PORT"] = str(ports["cassandra"])
        found["SCYLLA_LOCAL_DC"] = cassandra.LOCAL_DC
    if "redis" in ports:
        found["REDIS_URL"] = f"redis://{HOST}:{ports['redis']}/0"
    found["WEB_URL"] = f"http://{HOST}:{environ.get('WEB_PORT') or WEB_PORT}"
    found["EVENTS_URL"] = f"http://{HOST}:{environ.get('EVENTS_PORT') or EVENTS_PORT}"
    return found


def format_exports(addresses: Mapping[str, str]) -> str:
    """Lines for `eval "$(python -m devstack env)"`."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in addresses.items())
