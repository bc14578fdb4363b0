"""Finds entries the way an operator names them."""

from __future__ import annotations

from django.db.models import QuerySet

from chat.codec.faults import MappingFault
from chat.codec.timetext import parse
from migration.models import Debt


def find(key: str) -> QuerySet[Debt]:
    """Entries, open and closed, newest first, of an entry's id, of `NAME@TIME` (time as in the API), or of a name.

    An id stands for the comment it is about: all entries of that key are given. Empty where nothing is known by it.
    """
    for found in (_by_id(key), _by_name_and_time(key)):
        if found is not None and found.exists():
            return found
    return Debt.objects.filter(name=key).order_by("-pk")


def _by_id(key: str) -> QuerySet[Debt] | None:
    # 18 digits fit the column; whatever is longer can only be a name.
    if not (key.isascii() and key.isdigit() and len(key) <= 18):
        return None
    entry = Debt.objects.filter(pk=int(key)).first()
    return Debt.objects.filter(key=entry.key).order_by("-pk") if entry else None


def _by_name_and_time(key: str) -> QuerySet[Debt] | None:
    name, at, time = key.rpartition("@")
    if not at:
        return None
    try:
        return Debt.objects.filter(name=name, time_us=parse(time)).order_by("-pk")
    except MappingFault:
        return None
