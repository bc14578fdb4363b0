"""What a change of flags does to traffic, in words."""

from __future__ import annotations

from migration.enums import Kind, MirrorMode, ReadFlag, WriteFlag
from migration.guards.answer import Move
from migration.transitions.flip import WRITES_SOURCE, WRITES_TARGET, Change


def effect_of(move: Move, change: Change) -> tuple[str, ...]:
    """Now, then, and what is lost by it."""
    route = move.route
    if move.kind is Kind.WRITE:
        now = _writes(move, WriteFlag(route.write_flag)) + _late(route.mirror_mode)
        then = _writes(move, change.write) + _late(change.mirror)
        return (f"now: {now}", f"then: {then}", *_stops(move, change))
    now = _reads(move, ReadFlag(route.read_flag), route.ramp_percent, route.shadow_percent)
    return (f"now: {now}", f"then: {_reads(move, change.read, change.ramp, change.shadow)}")


def _writes(move: Move, flag: WriteFlag) -> str:
    source, target = move.rollout.source, move.rollout.target
    return {
        WriteFlag.SOURCE: f"posts go to {source} alone",
        WriteFlag.SOURCE_MIRROR: f"{source} decides each post, {target} gets a copy",
        WriteFlag.TARGET_MIRROR: f"{target} decides each post, {source} gets a copy",
        WriteFlag.TARGET: f"posts go to {target} alone",
        WriteFlag.HELD: "posts wait while the authority moves",
        WriteFlag.NONE: "no posts",
    }[flag]


def _late(mode: str) -> str:
    return " after the client has its answer" if mode == MirrorMode.ASYNC else ""


def _stops(move: Move, change: Change) -> list[str]:
    """A store that is written no more cannot be gone back to before it is filled again (protocol F2)."""
    before = WriteFlag(move.route.write_flag)
    lost = [
        store
        for store, written in ((move.rollout.source, WRITES_SOURCE), (move.rollout.target, WRITES_TARGET))
        if before in written and change.write not in written
    ]
    return [f"{store} is written no more: from then on it is not complete" for store in lost]


def _reads(move: Move, flag: ReadFlag, ramp: int, shadow: int) -> str:
    source, target = move.rollout.source, move.rollout.target
    shadowed = f", and the other store is asked as well for {shadow} % of the requests" if shadow else ""
    if flag is ReadFlag.TARGET or (flag is ReadFlag.TARGET_RAMP and ramp == 100):
        return f"{target} answers every request{shadowed}"
    if flag is ReadFlag.TARGET_RAMP and ramp:
        unit = "names" if move.route.endpoint == "user_timeline" else "rooms"
        return f"{target} answers for {ramp} % of the {unit}, {source} for the rest{shadowed}"
    return f"{source} answers every request{shadowed}"
