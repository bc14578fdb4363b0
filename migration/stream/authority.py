"""Whether stream records may be applied now (protocol C2)."""

from __future__ import annotations

from dataclasses import dataclass

from chat.data import StoreId
from chat.exceptions import NotServing
from migration.enums import Kind, Phase, WriteFlag
from migration.holders.behind import behind
from migration.models import Route

SOURCE_DECIDES = (WriteFlag.SOURCE, WriteFlag.SOURCE_MIRROR)


@dataclass(frozen=True, slots=True)
class Stance:
    """`applies`: the source is the authority, or was until this hold. `settled`: in a hold, every write of the epoch
    before it has ended."""

    epoch: int
    target: StoreId
    applies: bool
    held: bool
    settled: bool


def stance() -> Stance:
    """One query, so that flag and epoch belong together. Call it under `acting`. Raises `NotServing`."""
    route = Route.objects.select_related("rollout").filter(rollout__active=True, kind=Kind.WRITE).first()
    if route is None:
        raise NotServing("no active rollout: run `manage.py migrate`")
    held = route.write_flag == WriteFlag.HELD
    # A hold keeps the phase it came from: on the way back from cutover the stream still echoes our own mirror.
    applies = route.write_flag in SOURCE_DECIDES or (held and route.phase == Phase.DUAL)
    epoch = route.rollout.epoch
    settled = held and not behind(epoch, writers=True).exists()
    return Stance(epoch, StoreId(route.rollout.target), applies, held, settled)
