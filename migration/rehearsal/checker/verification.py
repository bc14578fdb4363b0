"""The rehearsal's own figures, held against each other and against the survey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .facts import Facts
from .findings import Findings
from .survey import Survey

Member = Mapping[str, Any]
KIND = "facts"


def verify_facts(facts: Facts, survey: Survey, findings: Findings) -> None:
    """Every figure that can be checked is; what does not add up becomes an offence naming it."""
    _verify_backfill(facts.document["backfill"], survey, findings)
    _verify_parity(facts.document["parity"], findings)
    _verify_steps(facts.document["steps"], findings)
    _verify_moves(facts.document["transitions"], findings)
    if facts.write_moves and facts.authority != facts.moved_authority:
        findings.offend(KIND, f"authority is {facts.authority}, the writes moved to {facts.moved_authority}")


def _verify_backfill(backfill: Member | None, survey: Survey, findings: Findings) -> None:
    if backfill is None:
        findings.offend(KIND, "no backfill is recorded")
        return
    read, quarantined = backfill["read"], backfill["quarantined"]
    out = backfill["written"] + quarantined + backfill["skipped"]
    if read != out:
        findings.offend(KIND, f"backfill read {read}, but written + quarantined + skipped are {out}")
    surveyed = sum(survey.quarantined.values())
    if quarantined != surveyed:
        findings.offend(KIND, f"backfill quarantined {quarantined} items, the survey {surveyed}")
    if read < len(survey.entries):
        findings.offend(KIND, f"backfill read {read} items, the survey found {len(survey.entries)} before it")


def _verify_parity(runs: list[Member], findings: Findings) -> None:
    if not runs:
        findings.offend(KIND, "no parity run is recorded")
    for run in runs:
        if run["digest_source"] != run["digest_target"]:
            findings.offend(KIND, f"parity {run['when']}: the digests of source and target differ")
        for count in ("missing", "extra", "different"):
            if run[count]:
                findings.offend(KIND, f"parity {run['when']}: {run[count]} {count}")


def _verify_steps(steps: list[Member], findings: Findings) -> None:
    if not steps:
        findings.offend(KIND, "no step is recorded")
    for step in steps:
        if not step["ok"]:
            findings.offend(KIND, f"step {step['name']!r} failed: {step['detail']}")


def _verify_moves(moves: list[Member], findings: Findings) -> None:
    if not moves:
        findings.offend(KIND, "no transition is recorded")
    for number, move in enumerate(moves):
        name = f"{move['endpoint']} {move['from']} -> {move['to']}"
        if move["outcome"] in ("refused", "waiting") and not _is_done_later(move, moves[number + 1 :]):
            findings.offend(KIND, f"{name} ended {move['outcome']} and was never done")
        if move["outcome"] == "done":
            _verify_guards(name, move["guards"] or [], findings)


def _verify_guards(name: str, guards: list[Member], findings: Findings) -> None:
    for guard in guards:
        if not guard["ok"]:
            findings.offend(KIND, f"{name} was done although guard {guard['name']} said: {guard['reason']}")


def _is_done_later(move: Member, later: list[Member]) -> bool:
    same = ("endpoint", "from", "to")
    return any(other["outcome"] == "done" and all(other[at] == move[at] for at in same) for other in later)
