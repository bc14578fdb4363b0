"""The one check of the faults' proofs: what was accepted is in both stores, once, as accepted, and nothing is owed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic, sleep

from chat.data import Comment
from chat.stores.registry import open_store
from migration.ledger.drain import drain_for
from migration.ledger.entries import UNPAID
from migration.ledger.files import collect_left_behind
from migration.ledger.sweep import sweep
from migration.models import Debt
from tests.migration.bed import Bed
from tests.migration.controls import database_away as database_away


def unpaid() -> int:
    return Debt.objects.filter(state__in=UNPAID).count()


def pay_everything(*, seconds: float = 30.0, sweeping: bool = True) -> None:
    """As Celery's tasks do: what the dead left, what is owed, what nobody noted, what that owes."""
    collect_left_behind()
    _drain(seconds)
    if sweeping:
        sweep(open_store)
        _drain(seconds)


def _drain(seconds: float) -> None:
    deadline = monotonic() + seconds
    drain_for(open_store, seconds=seconds)
    while unpaid() and monotonic() < deadline:
        sleep(0.2)
        drain_for(open_store, seconds=seconds)


def violations(accepted: Mapping[str, str], bed: Bed) -> list[str]:
    """In words. `accepted` has the time that was answered for each text; texts are unique.

    A comment whose post failed may be in the stores, for nobody was told; but in both or in none, and once.
    """
    source, target = _pairs_of_items(bed), _pairs(bed.rows())
    found = [f"{unpaid()} debts are left"] if unpaid() else []
    for name, pairs in (("source", source), ("target", target)):
        found += [
            f"{text!r} at {at} is lost from the {name}" for text, at in accepted.items() if (text, at) not in pairs
        ]
        copies = Counter(text for text, _ in pairs.elements())
        found += [f"{text!r} is {number} times in the {name}" for text, number in copies.items() if number > 1]
    found += [f"{text!r} at {at} is in one store only" for text, at in sorted(set(source) ^ set(target))]
    return found


@dataclass(frozen=True, slots=True)
class Damage:
    """Comments that were accepted and are missing from a store, and comments that a store has more than once."""

    lost: int
    duplicated: int


def damage(accepted: Mapping[str, str], bed: Bed) -> Damage:
    stores = [_pairs_of_items(bed), _pairs(bed.rows())]
    missing = {text for pairs in stores for text, at in accepted.items() if (text, at) not in pairs}
    copies = [Counter(text for text, _ in pairs.elements()) for pairs in stores]
    doubled = {text for store in copies for text, number in store.items() if number > 1}
    return Damage(lost=len(missing), duplicated=len(doubled))


def _pairs(comments: set[Comment]) -> Counter[tuple[str, str]]:
    return Counter((comment.text, comment.time) for comment in comments)


def _pairs_of_items(bed: Bed) -> Counter[tuple[str, str]]:
    return Counter((item["comment"]["S"], item["time"]["S"]) for item in bed.items())
