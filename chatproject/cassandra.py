"""The CQL alias for django-cassandra-engine, built from the environment without connecting anywhere."""

from __future__ import annotations

import atexit
import ssl
import time
from typing import Any

from cassandra import ConsistencyLevel, cluster
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, ExecutionProfile
from cassandra.policies import (
    ConstantSpeculativeExecutionPolicy,
    DCAwareRoundRobinPolicy,
    ExponentialReconnectionPolicy,
    FallthroughRetryPolicy,
    TokenAwarePolicy,
)
from cassandra.query import dict_factory, tuple_factory

from chatproject.env import Env

LOOP_PAUSE = 0.05
"""Seconds in which the driver's event loop sees that its connections were closed."""


def end_connections() -> None:
    """At exit, ahead of the driver's own hooks: these stop its event loop while connections are still closing, and the
    process then waits five seconds for a thread that does not end (seen with scylla-driver 3.29.12)."""
    if cluster._clusters_for_shutdown:
        cluster._shutdown_clusters()
        time.sleep(LOOP_PAUSE)


# Hooks run last in, first out, and the driver registered its own when it was imported above.
atexit.register(end_connections)

HOT = "hot"
"""Profile of prepared reads and plain writes: rows as tuples in the order the statement names its columns."""
CONDITIONAL = "conditional"
"""Profile of conditional writes: rows by column name, never retried and never speculated (protocol W1)."""


def database(env: Env) -> dict[str, Any]:
    """`lazy_connect` and `retry_connect` keep `check`, `migrate` and `--help` working with the cluster down."""
    return {
        "ENGINE": "django_cassandra_engine",
        "NAME": env.keyspace,
        "HOST": ",".join(env.scylla_contact_points),
        "TEST": {"NAME": f"test_{env.keyspace}"[:48]},
        "OPTIONS": {
            # Only sync_cassandra reads this, and only when the keyspace is missing; sync_schema makes the real one.
            "replication": {"strategy_class": "SimpleStrategy", "replication_factor": 1},
            "connection": connection(env),
        },
    }


def connection(env: Env) -> dict[str, Any]:
    options: dict[str, Any] = {
        "lazy_connect": True,
        "retry_connect": True,
        "port": env.scylla_port,
        # Scylla speaks v4; the same on Cassandra, so that both run the same path.
        "protocol_version": 4,
        "connect_timeout": env.connect_timeout_seconds,
        "execution_profiles": profiles(env),
        # Measured on one node after a lost connection: back in 0.2 s instead of 1.2 s, within one post's patience.
        "reconnection_policy": ExponentialReconnectionPolicy(base_delay=0.1, max_delay=2.0),
    }
    if env.scylla_username and env.scylla_password:
        options["auth_provider"] = PlainTextAuthProvider(env.scylla_username, env.scylla_password.get_secret_value())
    if env.scylla_tls_ca:
        options["ssl_context"] = ssl.create_default_context(cafile=str(env.scylla_tls_ca))
    return options


def profiles(env: Env) -> dict[Any, ExecutionProfile]:
    """cqlengine forces dict rows on the default profile, so the hot path has one of its own."""
    common: dict[str, Any] = {
        "load_balancing_policy": TokenAwarePolicy(DCAwareRoundRobinPolicy(local_dc=env.scylla_local_dc)),
        "serial_consistency_level": ConsistencyLevel.name_to_value[env.scylla_serial_consistency],
        "request_timeout": env.request_timeout_seconds,
    }
    read = ConsistencyLevel.name_to_value[env.scylla_read_consistency]
    write = ConsistencyLevel.name_to_value[env.scylla_write_consistency]
    # Runs only for statements marked idempotent: our prepared reads.
    speculation = ConstantSpeculativeExecutionPolicy(delay=0.1, max_attempts=2)
    return {
        EXEC_PROFILE_DEFAULT: ExecutionProfile(consistency_level=read, row_factory=dict_factory, **common),
        HOT: ExecutionProfile(
            consistency_level=read,
            row_factory=tuple_factory,
            speculative_execution_policy=speculation,
            **common,
        ),
        CONDITIONAL: ExecutionProfile(
            consistency_level=write,
            row_factory=dict_factory,
            retry_policy=FallthroughRetryPolicy(),
            **common,
        ),
    }
