"""Apache Cassandra, which stands in for ScyllaDB where there is no Docker."""

from __future__ import annotations

import importlib.util
import logging
from string import Template
from typing import ClassVar

from devstack.engine import HOST, Launch, NotReady
from devstack.jvm import JavaEngine
from devstack.places import SOURCE, Places

MAIN = "org.apache.cassandra.service.CassandraDaemon"
PATIENCE = 3  # seconds for each step of a probe
LOCAL_DC = "datacenter1"  # what SimpleSnitch calls it


class Cassandra(JavaEngine):
    """One node that keeps its data in `var/cassandra`. Its second port is for gossip, on loopback too."""

    name: ClassVar[str] = "cassandra"
    port_variable: ClassVar[str] = "SCYLLA_PORT"
    default_port: ClassVar[int] = 9042
    side_ports: ClassVar[tuple[int, ...]] = (7000,)
    memory_mb: ClassVar[int] = 2200
    start_seconds: ClassVar[float] = 180.0
    # Newer ones cannot run it: it needs the security manager, and 18 to 23 are not supported upstream.
    java_versions: ClassVar[tuple[int, ...]] = (11, 17)
    java_needed: ClassVar[str] = "17 (or 11)"

    def find_problems(self, places: Places) -> list[str]:
        problems = super().find_problems(places)
        if importlib.util.find_spec("cassandra") is None:
            problems.append("The CQL driver is missing. Type: make setup, and use .venv/bin/python")
        return problems

    def build_arguments(self, places: Places, launch: Launch) -> list[str]:
        jars = places.jars(self.name)
        data = places.data(self.name)
        (agent,) = jars.glob("jamm-*.jar")
        return [
            f"@{SOURCE / 'cassandra.options'}",
            f"-javaagent:{agent}",
            f"-Dlogback.configurationFile={SOURCE / 'cassandra-logback.xml'}",
            f"-Dcassandra.config={_write_config(places, launch)}",
            f"-Dcassandra.storagedir={data}",
            f"-Djna.tmpdir={data / 'tmp'}",
            "-cp",
            f"{jars}/*",
            MAIN,
        ]

    def probe(self, port: int) -> str:
        # Imported late: the driver is no part of the standard library, and only this engine needs it.
        from cassandra import DriverException
        from cassandra.cluster import Cluster, NoHostAvailable

        # While the node starts, the driver logs each refused attempt with its stack.
        logging.getLogger("cassandra").setLevel(logging.CRITICAL)
        limits = {"connect_timeout": PATIENCE, "control_connection_timeout": PATIENCE}
        cluster = Cluster([HOST], port=port, protocol_version=4, **limits)
        try:
            with cluster, cluster.connect() as session:
                row = session.execute("SELECT release_version FROM system.local", timeout=PATIENCE).one()
        except (DriverException, NoHostAvailable, OSError) as fault:
            raise NotReady(f"SELECT from system.local failed: {fault}") from fault
        return str(row.release_version)


def _write_config(places: Places, launch: Launch) -> str:
    """Fill in the template and return the file's URL, the form Cassandra wants."""
    data = places.data(Cassandra.name)
    target = data / "conf" / "cassandra.yaml"
    target.parent.mkdir(parents=True, exist_ok=True)
    template = Template((SOURCE / "cassandra.yaml.template").read_text())
    (storage_port,) = launch.side_ports
    target.write_text(template.substitute(data=data, port=launch.port, storage_port=storage_port))
    return target.as_uri()
