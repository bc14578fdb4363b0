"""The result of one claim as a file that others read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.claim import Case, Claim
from bench.rounds import Round


def as_json(claim: Claim, cases: Sequence[Case], *, command: str, versions: Mapping[str, str]) -> dict[str, Any]:
    """The figures are those of the worst case; `samples` holds every round of all cases, in the order measured."""
    worst = claim.worst(cases)
    figures = worst.figures
    return {
        "name": claim.name,
        "statistic": claim.statistic,
        "ours": figures.ours,
        "peer": figures.peer,
        "unit": claim.unit,
        "ratio": figures.ratio,
        "samples": [_sample(case.name, one) for case in cases for one in case.rounds],
        "rounds": len(worst.rounds),
        "spread": figures.spread,
        "aa_ratio": figures.aa_ratio,
        "what_ours": f"{claim.what_ours} ({worst.name})" if len(cases) > 1 else claim.what_ours,
        "what_peer": claim.what_peer,
        "command": command,
        "versions": dict(versions),
    }


def _sample(case: str, one: Round) -> dict[str, Any]:
    return {"case": case, "ours": list(one.ours), "peer": None if one.peer is None else list(one.peer)}


def write(document: Mapping[str, Any], folder: Path) -> Path:
    """Replaced as a whole, so that a reader never sees half a result."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{document['name']}.json"
    draft = path.with_suffix(".json.new")
    draft.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
    return path
