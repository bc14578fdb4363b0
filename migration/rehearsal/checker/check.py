"""From files and addresses to a written report: load, damage if asked, read both stores, judge."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from .addresses import read_cql_address, read_dynamo_address
from .cql import CqlTable
from .dynamodb import DynamoTable
from .facts import load_facts
from .jsonfiles import write_json
from .judgement import Evidence, judge
from .pollers import load_moves_begin
from .report import build_report
from .rows import Image
from .sabotage import choose_scene, commit_sabotage, require_local
from .survey import Survey, load_survey, take_survey, write_survey
from .trafficlog import load_traffic_log


def survey_table(given: argparse.Namespace) -> Survey:
    """Survey the source table and write it down. Raises `StoreUnreachable`."""
    survey = take_survey(DynamoTable(read_dynamo_address(os.environ)).items())
    write_survey(survey, given.out)
    return survey


def check_rehearsal(given: argparse.Namespace) -> dict[str, Any]:
    """Judge, write the report, return it. Raises `EvidenceInvalid`, `SabotageRefused`, `StoreUnreachable`."""
    # An older report must not be taken for this one's if this one is never written.
    given.report.unlink(missing_ok=True)
    evidence = load_evidence(given)
    images = _read_stores(evidence, sabotage=given.sabotage)
    report = build_report(evidence, judge(evidence, images))
    write_json(given.report, report)
    return report


def load_evidence(given: argparse.Namespace) -> Evidence:
    return Evidence(
        log=load_traffic_log(given.traffic_log),
        survey=load_survey(given.before),
        facts=load_facts(given.facts),
        moves_begin=load_moves_begin(given.marks),
        margin=given.margin,
        minimum=given.minimum,
    )


def _read_stores(evidence: Evidence, *, sabotage: str | None) -> list[Image]:
    dynamo_address, cql_address = read_dynamo_address(os.environ), read_cql_address(os.environ)
    if sabotage is not None:
        require_local(dynamo_address, cql_address)
    dynamo = DynamoTable(dynamo_address)
    with CqlTable(cql_address) as cql:
        if sabotage is not None:
            scene = choose_scene([dynamo, cql], evidence.log.acknowledged, evidence.terms)
            print(commit_sabotage(sabotage, scene), file=sys.stderr)
        return [dynamo.image(), cql.image()]
