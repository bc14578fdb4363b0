"""The engines by name, in the order they are shown."""

from devstack.cassandra import Cassandra
from devstack.dynamodb import DynamoDB
from devstack.engine import Engine
from devstack.redis import Redis

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (DynamoDB(), Cassandra(), Redis())}
