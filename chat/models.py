"""The CQL tables of the chat: the one definition that statements, DDL and the drift report are made from.

Plain cqlengine models, not `DjangoCassandraModel`: those enter Django's app registry (permissions, migrations) and add
ALLOW FILTERING to each read. They are never queried through cqlengine, which cannot prepare a statement.
"""

from __future__ import annotations

from cassandra.cqlengine import columns
from cassandra.cqlengine.models import Model
from django.conf import settings

CQL_ALIAS = "scylla"
"""The alias in `settings.DATABASES` whose cluster and keyspace hold the tables."""

USER_VIEW = "chat_by_user"
"""The materialized view of ChatByRoom by user. cqlengine knows no views and would create a model of it as a table."""


class ChatByRoom(Model):
    """One room is one partition, newest first; comments of one instant by name ascending."""

    __table_name__ = "chat_by_room"
    __connection__ = CQL_ALIAS
    __keyspace__ = settings.DATABASES[CQL_ALIAS]["NAME"]
    __options__ = {
        "compaction": {
            "class": "TimeWindowCompactionStrategy",
            "compaction_window_unit": "DAYS",
            "compaction_window_size": "1",
        }
    }

    chat_room = columns.Text(partition_key=True)
    time_us = columns.BigInt(primary_key=True, clustering_order="DESC")
    name = columns.Text(primary_key=True, clustering_order="ASC")
    comment = columns.Text()
    # Null unless the source spelled the time in a non-canonical way, so that both stores answer byte for byte the same.
    time_raw = columns.Text()
