"""What the flags mean for traffic, in sentences for the operator."""

from __future__ import annotations

from migration.enums import ReadFlag, WriteFlag
from migration.models import Route


def traffic(route: Route) -> str:
    if not route.enabled:
        return "Not served by any address; it follows the others."
    source, target = route.rollout.source, route.rollout.target
    return _write_sentence(route, source, target) if route.kind == "write" else _read_sentence(route, source, target)


def _write_sentence(route: Route, source: str, target: str) -> str:
    return {
        WriteFlag.SOURCE: f"{source} decides; nothing is mirrored.",
        WriteFlag.SOURCE_MIRROR: f"{source} decides, {target} follows.",
        WriteFlag.HELD: "Writes wait while the authority moves.",
        WriteFlag.TARGET_MIRROR: f"{target} decides, {source} follows.",
        WriteFlag.TARGET: f"{target} decides; nothing is mirrored.",
    }[WriteFlag(route.write_flag)]


def _read_sentence(route: Route, source: str, target: str) -> str:
    unit = "names" if route.endpoint == "user_timeline" else "rooms"
    return {
        ReadFlag.SOURCE: f"{source} answers.",
        ReadFlag.SOURCE_SHADOW: f"{source} answers; {target} is asked too for {route.shadow_percent} % of requests.",
        ReadFlag.TARGET_RAMP: f"{target} answers for {route.ramp_percent} % of {unit}, {source} for the others."
        if route.ramp_percent < 100
        else f"{target} answers; {source} is kept up to date.",
        ReadFlag.TARGET: f"{target} answers alone.",
    }[ReadFlag(route.read_flag)]
