"""What each drill cost the clients: requests that failed and comments that were lost while it ran."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .findings import Findings
from .trafficlog import TrafficLog


def measure_drill(drill: Mapping[str, Any], log: TrafficLog, findings: Findings) -> dict[str, Any]:
    """A drill of the facts, `began` and `ended` (Unix seconds) replaced by what the log shows between them."""
    began, ended = drill["began"], drill["ended"]
    during = [post for post in log.posts.values() if post.overlaps(began, ended)]
    failed_reads = sum(read.overlaps(began, ended) for read in log.failed_reads)
    return {
        **{name: drill[name] for name in ("endpoint", "from", "to", "seconds")},
        "failed": sum(post.is_failed for post in during) + failed_reads,
        "lost": sum(post.id in findings.lost for post in during),
    }
