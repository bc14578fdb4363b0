"""Tables of the control plane, one noun a file."""

from migration.models.audit import AuditEvent, AuditHead
from migration.models.census import Census, CensusAnswer, CensusRoomDay, CensusTie
from migration.models.clocks import ActiveRoom, ChangeClock, SweepState
from migration.models.debt import Debt, DrainLease
from migration.models.difference import Difference
from migration.models.drill import Drill
from migration.models.holder import Holder
from migration.models.quarantined import QuarantinedItem
from migration.models.rollout import Rollout, StoreState
from migration.models.route import Route
from migration.models.run import Run, RunMark, Segment
from migration.models.stream import Shard, ShardState, Stream
from migration.models.transition import Transition

__all__ = [
    "ActiveRoom",
    "AuditEvent",
    "AuditHead",
    "Census",
    "CensusAnswer",
    "CensusRoomDay",
    "CensusTie",
    "ChangeClock",
    "Debt",
    "Difference",
    "DrainLease",
    "Drill",
    "Holder",
    "QuarantinedItem",
    "Rollout",
    "Route",
    "Run",
    "RunMark",
    "Segment",
    "Shard",
    "ShardState",
    "StoreState",
    "Stream",
    "SweepState",
    "Transition",
]
