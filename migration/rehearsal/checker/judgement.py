"""The whole check: what is found wrong in both stores, the log and the facts, and the figures beside it."""

from __future__ import annotations

from dataclasses import dataclass

from .claims import Account, Terms, claim_posts, claim_survey
from .facts import Facts
from .findings import Findings
from .leftovers import Explainer
from .pollers import Missed, find_missed
from .rows import Image
from .survey import Survey
from .trafficlog import TrafficLog
from .verification import verify_facts


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a judgement rests on but the stores; `margin` is seconds, `minimum` acknowledged posts."""

    log: TrafficLog
    survey: Survey
    facts: Facts
    moves_begin: float | None
    margin: float
    minimum: int

    @property
    def terms(self) -> Terms:
        return Terms(self.facts.authority, self.facts.mirrored_until, self.margin)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict is pass only if nothing at all was found."""

    findings: Findings
    missed: Missed

    @property
    def verdict(self) -> str:
        return "fail" if self.findings.offences else "pass"


def judge(evidence: Evidence, images: list[Image]) -> Judgement:
    """Compare the evidence with what both stores hold."""
    findings = Findings()
    missed = find_missed(evidence.log, moves_begin=evidence.moves_begin)
    _judge_stores(evidence, images, findings)
    _judge_traffic(evidence, findings)
    _judge_pollers(missed, findings)
    verify_facts(evidence.facts, evidence.survey, findings)
    return Judgement(findings=findings, missed=missed)


def _judge_stores(evidence: Evidence, images: list[Image], findings: Findings) -> None:
    accounts = [Account(image) for image in images]
    for account in accounts:
        claim_survey(account, evidence.survey, findings)
        claim_posts(account, evidence.log.acknowledged, evidence.terms, findings)
    # Only now is every loss known, and with it which row left over is a moved one and which a second one.
    explainer = Explainer.of(evidence.log.posts.values(), evidence.survey)
    for account in accounts:
        explainer.judge(account, findings)


def _judge_traffic(evidence: Evidence, findings: Findings) -> None:
    log = evidence.log
    if not log.ended:
        findings.offend("traffic", "the log has no last line: the generator did not end by itself")
    if len(log.acknowledged) < evidence.minimum:
        text = f"{len(log.acknowledged)} posts acknowledged, at least {evidence.minimum} are asked for"
        findings.offend("traffic", text)
    for post in log.posts.values():
        if post.is_failed:
            findings.offend("failed", f"post {post.id} of {post.name!r}: {post.error or post.status}")
        elif post.answered is None:
            findings.offend("traffic", f"post {post.id} of {post.name!r} has no outcome in the log")
    for failed in log.failed_reads:
        findings.offend("failed", f"read {failed.text}")


def _judge_pollers(missed: Missed, findings: Findings) -> None:
    if missed.v1 is None:
        findings.offend("missed", "no overlapping poller was ever answered, so none can be said to miss nothing")
    for post in missed.v1 or []:
        findings.offend("missed", f"{post.key} was never shown by an overlapping poller")
