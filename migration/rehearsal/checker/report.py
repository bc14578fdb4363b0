"""The report of a rehearsal, in the shape of the contract."""

from __future__ import annotations

from typing import Any

from .drills import measure_drill
from .forms import PASSED_ON
from .judgement import Evidence, Judgement
from .timing import longest_gap_ms, percentile
from .trafficlog import Post

COPIED = ("backfill", "parity", "steps", "transitions")


def build_report(evidence: Evidence, judgement: Judgement) -> dict[str, Any]:
    """Counts are measured from the log and the stores; COPIED and the run's data come from the facts."""
    facts, survey = evidence.facts.document, evidence.survey
    return {
        "verdict": judgement.verdict,
        "verdict_reasons": judgement.findings.reasons(),
        "seconds": facts["seconds"],
        "engines": facts["engines"],
        "commit": facts["commit"],
        "seed": facts["seed"],
        "table": {
            "items": len(survey.entries),
            "mappable": survey.mappable,
            "quarantined": survey.quarantined,
        },
        "traffic": _traffic(evidence, judgement),
        **{section: facts[section] for section in COPIED},
        "drills": [measure_drill(drill, evidence.log, judgement.findings) for drill in facts["drills"]],
        **{section: facts[section] for section in PASSED_ON if section in facts},
    }


def _traffic(evidence: Evidence, judgement: Judgement) -> dict[str, Any]:
    log, findings, missed = evidence.log, judgement.findings, judgement.missed
    durations = [post.ms for post in log.acknowledged if post.ms is not None]
    return {
        "requests": len(log.posts) + log.reads,
        "acknowledged": len(log.acknowledged),
        "failed": sum(post.is_failed for post in log.posts.values()) + len(log.failed_reads),
        "lost": len(findings.lost),
        "duplicated": len(findings.duplicated),
        "missed_by_pollers": {
            "v1": _count(missed.v1),
            "legacy": _count(missed.legacy),
            "baseline": _count(missed.baseline),
        },
        "p50_ms": percentile(durations, 50),
        "p95_ms": percentile(durations, 95),
        "p99_ms": percentile(durations, 99),
        "longest_gap_ms": longest_gap_ms(log.posts.values()),
    }


def _count(posts: list[Post] | None) -> int | None:
    return None if posts is None else len(posts)
