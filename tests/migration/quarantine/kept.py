"""Items as these tests put them into quarantine, by the codec's own judgement."""

from __future__ import annotations

from typing import Any

from chat.clock import wall_us
from chat.codec.faults import MappingFault
from chat.codec.items import from_item
from migration.models import AuditEvent, QuarantinedItem
from migration.quarantine.contents import key_of, spelled
from migration.quarantine.items import quarantine

TIME = "1700000001.5"


def item(name: str = "ann", time: str = TIME, **others: Any) -> dict[str, Any]:
    return {"name": {"S": name}, "time": {"S": time}, "comment": {"S": "hé"}, "chat_room": {"S": "chat"}, **others}


def keep(*odd: dict[str, Any], run_id: int | None = None) -> list[QuarantinedItem]:
    """Met by a walk one after the other; the rows, with ids in the order of the items."""
    for one in odd:
        keep_page(one, run_id=run_id)
    return [QuarantinedItem.objects.get(key=key_of(spelled(one, "name"), spelled(one, "time"))) for one in odd]


def keep_page(*odd: dict[str, Any], run_id: int | None = None) -> None:
    """Met by a walk on one page."""
    quarantine([(one, _fault(one)) for one in odd], run_id=run_id)


def events(prefix: str = "quarantine.") -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action__startswith=prefix).order_by("pk"))


def _fault(odd: dict[str, Any]) -> MappingFault:
    try:
        from_item(odd, now_us=wall_us())
    except MappingFault as fault:
        return fault
    raise AssertionError(f"{odd} can be mapped")
