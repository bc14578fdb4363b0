"""DynamoDB Local."""

from __future__ import annotations

import http.client
import json
import urllib.request
from typing import ClassVar

from devstack.engine import HOST, Launch, NotReady
from devstack.jvm import JavaEngine
from devstack.maven import read_version
from devstack.places import Places

MAIN = "software.amazon.dynamodb.services.local.main.ServerRunner"
# Any signature will do, but since 2.0 the key id must be alphanumeric.
ACCESS_KEY = "local"
REGION = "us-east-1"
SCOPE = f"{ACCESS_KEY}/20200101/{REGION}/dynamodb/aws4_request"
SIGNED = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=0"


class DynamoDB(JavaEngine):
    """Listens on all interfaces: it has no flag to bind an address."""

    name: ClassVar[str] = "dynamodb"
    port_variable: ClassVar[str] = "DYNAMODB_PORT"
    default_port: ClassVar[int] = 8000
    has_memory_mode: ClassVar[bool] = True
    memory_mb: ClassVar[int] = 1200
    start_seconds: ClassVar[float] = 90.0
    java_versions: ClassVar[range] = range(17, 100)
    java_needed: ClassVar[str] = "17 or newer"

    def build_arguments(self, places: Places, launch: Launch) -> list[str]:
        jars = places.jars(self.name)
        store = ["-inMemory"] if launch.in_memory else ["-dbPath", str(places.data(self.name))]
        return [
            "-Xmx1g",
            f"-Djava.library.path={jars}",
            "-cp",
            f"{jars}/*",
            MAIN,
            *store,
            # One database for every key id and region: clients need not agree on either.
            "-sharedDb",
            "-port",
            str(launch.port),
            "-disableTelemetry",
        ]

    def probe(self, port: int) -> str:
        request = urllib.request.Request(f"http://{HOST}:{port}/", data=b"{}", headers=_headers("ListTables"))
        # No proxy of the environment may stand between us and loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=3) as answer:
                body = json.load(answer)
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise NotReady(f"ListTables failed: {fault}") from fault
        if "TableNames" not in body:
            raise NotReady(f"ListTables answered {body!r}")
        return read_version("DynamoDBLocal")


def _headers(operation: str) -> dict[str, str]:
    return {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Authorization": SIGNED,
    }
