"""Where one endpoint stands in the rollout."""

from __future__ import annotations

from django.db import models

from chat.data import Endpoint
from migration.enums import HELD_ROWS, LEGAL_ROWS, Kind, MirrorMode, Phase, ReadFlag, WriteFlag
from migration.models.rollout import Rollout


def legal_rows() -> models.Q:
    """The phase table as a condition, so that no code path, shell or hand can store another combination."""
    legal = models.Q()
    for row in LEGAL_ROWS + HELD_ROWS:
        legal |= models.Q(
            kind=row.kind.value, phase=row.phase.value, read_flag=row.read.value, write_flag=row.write.value
        )
    return legal


class Route(models.Model):
    """Changed only by `migration.transitions`, together with the rollout's epoch."""

    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="routes")
    endpoint = models.CharField(max_length=32, choices=[(e.value, e.value) for e in Endpoint])
    kind = models.CharField(max_length=8, choices=Kind)
    phase = models.CharField(max_length=16, choices=Phase, default=Phase.LEGACY)
    read_flag = models.CharField(max_length=16, choices=ReadFlag, default=ReadFlag.NONE)
    write_flag = models.CharField(max_length=16, choices=WriteFlag, default=WriteFlag.NONE)
    ramp_percent = models.PositiveSmallIntegerField(
        default=0, help_text="share of rooms (of names, for user_timeline) that the target answers in cutover"
    )
    shadow_percent = models.PositiveSmallIntegerField(
        default=0, help_text="share of requests that are also asked of the store that does not answer"
    )
    mirror_mode = models.CharField(
        max_length=8, choices=MirrorMode, default=MirrorMode.SYNC, help_text="whether a client waits for the mirror"
    )
    enabled = models.BooleanField(default=True, help_text="off: no address serves this endpoint; guards leave it out")
    # The epoch of its last change.
    version = models.PositiveBigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rollout", "endpoint"], name="one_route_per_endpoint"),
            models.CheckConstraint(condition=legal_rows(), name="route_is_a_row_of_the_phase_table"),
            # Only a target that answers nobody may lag behind (protocol W9).
            models.CheckConstraint(
                condition=models.Q(mirror_mode=MirrorMode.SYNC.value)
                | models.Q(kind=Kind.WRITE.value, write_flag=WriteFlag.SOURCE_MIRROR.value),
                name="route_mirrors_later_in_dual",
            ),
            models.CheckConstraint(
                condition=models.Q(ramp_percent__lte=100, shadow_percent__lte=100), name="route_percents"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.phase}"
