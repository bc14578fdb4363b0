"""`python -m migration.rehearsal.checker [survey]`: exit 0 pass, 1 fail, 2 bad input, 3 no store."""

from __future__ import annotations

import sys

from .arguments import build_check_parser, build_survey_parser
from .check import check_rehearsal, survey_table
from .errors import EvidenceInvalid, SabotageRefused, StoreUnreachable
from .screen import render


def main(arguments: list[str]) -> int:
    """Run one verb; errors end as one line on stderr."""
    try:
        if arguments[:1] == ["survey"]:
            return _survey(arguments[1:])
        return _check(arguments)
    except (EvidenceInvalid, SabotageRefused) as error:
        print(f"checker: {error}", file=sys.stderr)
        return 2
    except StoreUnreachable as error:
        print(f"checker: {error}", file=sys.stderr)
        return 3


def _survey(arguments: list[str]) -> int:
    survey = survey_table(build_survey_parser().parse_args(arguments))
    print(f"{len(survey.entries)} items, {survey.mappable} mappable, quarantined: {survey.quarantined}")
    return 0


def _check(arguments: list[str]) -> int:
    report = check_rehearsal(build_check_parser().parse_args(arguments))
    print(render(report))
    return 0 if report["verdict"] == "pass" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
