"""The form of the facts file, section by section, and the check of a document against a form."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any

from .errors import EvidenceInvalid

NUMBER = (int, float)
Form = Mapping[str, tuple[type, ...]]

TOP: Form = {
    "seconds": NUMBER,
    "engines": (list,),
    "commit": (str, NoneType),
    "seed": (int, NoneType),
    "backfill": (dict, NoneType),
    "parity": (list,),
    "drills": (list,),
    "steps": (list,),
    "transitions": (list,),
}
# The final authority is read off the transitions unless named; `mirrored_until` is Unix seconds, null or
# absent if both stores were written to the end.
OPTIONAL: Form = {"authority": (str, NoneType), "mirrored_until": (*NUMBER, NoneType)}
# Sections that later runs add to the report; passed on as they are.
PASSED_ON = ("census", "segments", "kills_survived", "outage", "damage", "shadow")

BACKFILL: Form = {
    "read": (int,),
    "written": (int,),
    "quarantined": (int,),
    "skipped": (int,),
    "rows_per_s": (*NUMBER, NoneType),
    "seconds": (*NUMBER, NoneType),
}
MEMBERS: Mapping[str, Form] = {
    "engines": {"name": (str,), "version": (str,)},
    "parity": {
        "when": (str,),
        "rooms": (int,),
        "compared": (int,),
        "missing": (int,),
        "extra": (int,),
        "different": (int,),
        "digest_source": (str,),
        "digest_target": (str,),
    },
    "drills": {
        "endpoint": (str,),
        "from": (str,),
        "to": (str,),
        "seconds": NUMBER,
        # Unix seconds; what failed and what was lost between them is counted from the log, not told here.
        "began": NUMBER,
        "ended": NUMBER,
    },
    "steps": {
        "name": (str,),
        "endpoint": (str, NoneType),
        "from": (str, NoneType),
        "to": (str, NoneType),
        "seconds": NUMBER,
        "ok": (bool,),
        "detail": (str, NoneType),
    },
    "transitions": {
        "endpoint": (str,),
        "from": (str,),
        "to": (str,),
        "epoch": (int, NoneType),
        "outcome": (str,),
        "holders": (int, list, NoneType),
        "ack_ms": (*NUMBER, NoneType),
        "hold_ms": (*NUMBER, NoneType),
        "guards": (list, NoneType),
    },
}
GUARD: Form = {"name": (str,), "ok": (bool,), "reason": (str, NoneType)}


def require_form(document: object, form: Form, *, at: str) -> Mapping[str, Any]:
    """`document` is an object with exactly the fields of `form`, or `EvidenceInvalid` names what is not."""
    if not isinstance(document, dict):
        raise EvidenceInvalid(f"{at} is not an object")
    odd = set(document) ^ set(form)
    if odd:
        raise EvidenceInvalid(f"{at}: fields missing or not known: {', '.join(sorted(odd))}")
    for name, types in form.items():
        if not _is_of(document[name], types):
            wanted = " or ".join("null" if kind is NoneType else kind.__name__ for kind in types)
            raise EvidenceInvalid(f"{at}.{name} is {document[name]!r}, must be {wanted}")
    return document


def _is_of(value: object, types: tuple[type, ...]) -> bool:
    # For Python True is an int; for a reader of the report it is not a count.
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))
