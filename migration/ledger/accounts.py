"""How much is owed, since when, how fast it is paid, and why it is not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from chat.clock import wall_us
from migration.enums import DebtState
from migration.ledger.closing import unpaid
from migration.models import Debt, SweepState

RATE_SECONDS = 60.0
"""Paid entries of the last minute make the rate: long enough to span the pause between two drains."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """`depth`: unpaid entries; `blocked`: those only a person can end. Ages and `eta_seconds` are seconds.

    `rate` is entries paid a second over the last minute. `eta_seconds` is None where nothing moves, and `standing`
    then says why; it is empty where there is nothing to say.
    """

    depth: int
    blocked: int
    oldest_seconds: float | None
    rate: float
    eta_seconds: float | None
    standing: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def accounts() -> Accounts:
    now = timezone.now()
    rate = Debt.objects.filter(state=DebtState.PAID, closed_at__gte=now - timedelta(seconds=RATE_SECONDS)).count()
    states = dict(unpaid().order_by().values_list("state").annotate(Count("pk")))
    oldest = unpaid().aggregate(oldest=Min("created_at"))["oldest"]
    payable = states.get(DebtState.OPEN, 0) + states.get(DebtState.UNSETTLED, 0)
    depth = sum(states.values())
    return Accounts(
        depth=depth,
        blocked=depth - payable,
        oldest_seconds=_seconds(now, oldest),
        rate=rate / RATE_SECONDS,
        eta_seconds=payable * RATE_SECONDS / rate if rate and payable else None,
        standing=_standing(now) if payable and not rate else "",
    )


def _seconds(now: datetime, then: datetime | None) -> float | None:
    return None if then is None else max(0.0, (now - then).total_seconds())


def _standing(now: datetime) -> str:
    """Why nothing was paid in the last minute: the newest failure, or that nobody tries."""
    payable = Debt.objects.filter(state__in=[DebtState.OPEN, DebtState.UNSETTLED])
    tried = payable.exclude(last_error="").order_by("-next_try_at").first()
    if tried is not None:
        return f"not moving: {tried.last_error}"
    oldest = payable.aggregate(oldest=Min("created_at"))["oldest"]
    if oldest is not None and now - oldest < timedelta(seconds=RATE_SECONDS):
        return "not moving yet: the entries are younger than a minute"
    return "not moving: nobody has tried; is a Celery worker running, and beat? `manage.py ledger drain` pays by itself"


@dataclass(frozen=True, slots=True)
class SweepFigures:
    """`clean_age_seconds` since the start of the last sweep that found nothing missing; None if there is none yet."""

    clean_age_seconds: float | None
    last_missing: int
    last_error: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def sweep_figures() -> SweepFigures | None:
    """None while writes are not mirrored, or no sweep has begun."""
    state = SweepState.objects.filter(pk=SweepState.ONLY).first()
    if state is None:
        return None
    # Before the first clean one, the row holds the start of the first sweep, so that the next goes back to it.
    never = state.last_start_us == 0 or (state.last_start_us == state.clean_start_us and state.last_missing > 0)
    age = None if never else max(0.0, (wall_us() - state.clean_start_us) / 1_000_000)
    return SweepFigures(clean_age_seconds=age, last_missing=state.last_missing, last_error=state.last_error)
