"""Snapshots made by hand, for tests that need no control database."""

from __future__ import annotations

from dataclasses import replace

from chat.data import Endpoint, StoreId
from migration.enums import ReadFlag, WriteFlag
from migration.flags.snapshot import ReadState, Snapshot

FIRST = Snapshot(
    epoch=1,
    moving=False,
    source=StoreId.DYNAMODB,
    target=StoreId.SCYLLA_ROOM,
    write=WriteFlag.SOURCE_MIRROR,
    reads={Endpoint.LATEST_COMMENTS: ReadState(ReadFlag.SOURCE, 0)},
)


def at(epoch: int, write: WriteFlag = WriteFlag.SOURCE_MIRROR) -> Snapshot:
    return replace(FIRST, epoch=epoch, write=write)


def held(epoch: int) -> Snapshot:
    return at(epoch, WriteFlag.HELD)


def reading(flag: ReadFlag, *, ramp: int = 0, enabled: bool = True) -> Snapshot:
    return replace(FIRST, reads={Endpoint.LATEST_COMMENTS: ReadState(flag, ramp, enabled)})
