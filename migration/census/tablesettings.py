"""What the source says of itself: billing, indexes, expiry and stream (protocol C3)."""

from __future__ import annotations

from typing import Any

from chat.conf import env
from migration.backfill.scanning import worker_calls
from migration.quarantine.items import printable

ENABLED = ("ENABLED", "ENABLING")
"""While it is being switched on, items may be deleted already."""


def survey() -> dict[str, Any]:
    """{"table", "items", "bytes", "billing", "read_units" (provisioned per second, or None), "indexes", "ttl"
    {"enabled", "attribute"}, "stream" {"enabled", "view"}}. Items and bytes are statistics, hours old on AWS.

    Raises `StoreError`s.
    """
    name = env().dynamodb_table
    calls = worker_calls()
    table: Any = calls.read(lambda client: client.describe_table(TableName=name))["Table"]
    ttl: Any = calls.read(lambda client: client.describe_time_to_live(TableName=name))["TimeToLiveDescription"]
    provisioned = table.get("ProvisionedThroughput", {}).get("ReadCapacityUnits") or None
    stream = table.get("StreamSpecification", {})
    return {
        "table": name,
        "items": table.get("ItemCount", 0),
        "bytes": table.get("TableSizeBytes", 0),
        # A table that never was billed on demand leaves the summary out.
        "billing": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "read_units": provisioned,
        "indexes": sorted(index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])),
        "ttl": {
            "enabled": ttl["TimeToLiveStatus"] in ENABLED,
            "attribute": printable(ttl["AttributeName"]) if "AttributeName" in ttl else None,
        },
        "stream": {"enabled": stream.get("StreamEnabled", False), "view": stream.get("StreamViewType")},
    }
