"""Words of the control plane that are stored in rows, and the one table that says which flags a phase means."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices


class Kind(TextChoices):
    READ = "read"
    WRITE = "write"


class Phase(TextChoices):
    LEGACY = "legacy"
    DUAL = "dual"
    SHADOW = "shadow"
    CUTOVER = "cutover"
    DECOMMISSION = "decommission"


class ReadFlag(TextChoices):
    """Who answers a read endpoint, and whether the other store is asked as well."""

    NONE = "none", "not a read endpoint"
    SOURCE = "source", "source"
    SOURCE_SHADOW = "source+shadow", "source, target in the shadow"
    TARGET_RAMP = "target-ramp", "target for a share of the rooms, else source"
    TARGET = "target", "target"


class WriteFlag(TextChoices):
    """Who decides a write, and who follows."""

    NONE = "none", "not a write endpoint"
    SOURCE = "source", "source"
    SOURCE_MIRROR = "source+mirror", "source, mirrored to target"
    HELD = "held", "no one: writes wait while the authority moves"
    TARGET_MIRROR = "target+mirror", "target, mirrored to source"
    TARGET = "target", "target"


@dataclass(frozen=True, slots=True)
class LegalRow:
    """One row of design section 6: what a phase means for one kind of endpoint."""

    kind: Kind
    phase: Phase
    read: ReadFlag
    write: WriteFlag


LEGAL_ROWS = (
    LegalRow(Kind.WRITE, Phase.LEGACY, ReadFlag.NONE, WriteFlag.SOURCE),
    LegalRow(Kind.WRITE, Phase.DUAL, ReadFlag.NONE, WriteFlag.SOURCE_MIRROR),
    LegalRow(Kind.WRITE, Phase.CUTOVER, ReadFlag.NONE, WriteFlag.TARGET_MIRROR),
    LegalRow(Kind.WRITE, Phase.DECOMMISSION, ReadFlag.NONE, WriteFlag.TARGET),
    LegalRow(Kind.READ, Phase.LEGACY, ReadFlag.SOURCE, WriteFlag.NONE),
    LegalRow(Kind.READ, Phase.DUAL, ReadFlag.SOURCE, WriteFlag.NONE),
    LegalRow(Kind.READ, Phase.SHADOW, ReadFlag.SOURCE_SHADOW, WriteFlag.NONE),
    LegalRow(Kind.READ, Phase.CUTOVER, ReadFlag.TARGET_RAMP, WriteFlag.NONE),
    LegalRow(Kind.READ, Phase.DECOMMISSION, ReadFlag.TARGET, WriteFlag.NONE),
)

# The authority moves between these two phases only, either way through a hold (protocol F6).
HELD_ROWS = (
    LegalRow(Kind.WRITE, Phase.DUAL, ReadFlag.NONE, WriteFlag.HELD),
    LegalRow(Kind.WRITE, Phase.CUTOVER, ReadFlag.NONE, WriteFlag.HELD),
)


class MirrorMode(TextChoices):
    """Whether the client's answer waits for the mirror (protocol W9)."""

    SYNC = "sync", "the answer waits for the mirror"
    ASYNC = "async", "the mirror follows the answer"


class HolderState(TextChoices):
    LIVE = "live"
    LEFT = "left", "deregistered"
    DEAD = "dead", "proven dead"
    DECLARED = "declared", "declared dead"


class Step(TextChoices):
    """How far a transition got. Each is written before its effect is relied on, so that it can be resumed."""

    REQUESTED = "requested", "waiting for a worker or an approval"
    INTENT = "intent"
    HELD = "held", "writes held"
    FLIPPED = "flipped", "flipped, waiting for processes"
    DONE = "done"
    REFUSED = "refused"
    ABORTED = "aborted"


class DebtState(TextChoices):
    OPEN = "open"
    UNSETTLED = "unsettled"
    CONFLICT = "conflict"
    FAILED = "failed"
    PAID = "paid"
    WAIVED = "waived", "given up by a named person"
    VOID = "void", "never kept by its holder"


class RunKind(TextChoices):
    BACKFILL = "backfill"
    PARITY = "parity"
    CENSUS = "census"


class Question(TextChoices):
    """What only a person can know of the source; each text is the promise that an answer gives."""

    FOREIGN_WRITERS = "foreign-writers", "no program outside this deployment writes into the source any more"
    IMMUTABLE = "immutable", "no item of the source is edited or deleted once it is there"


class Way(TextChoices):
    """How a backfill reads."""

    SCAN = "scan", "parallel segments of the source table"
    ROOMS = "rooms", "room by room through the source's index"
    REVERSE = "reverse", "token ranges of the target, back into the source"


class RunState(TextChoices):
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled", "given up by a named person"


UNFINISHED = (RunState.RUNNING, RunState.PAUSED)


class SegmentState(TextChoices):
    PENDING = "pending"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed", "set aside"
    CANCELLED = "cancelled"


class QuarantineState(TextChoices):
    OPEN = "open"
    FIXED = "fixed", "written into the target with values of an operator's"
    WAIVED = "waived", "left behind by a named person"
