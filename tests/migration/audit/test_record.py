"""An audit event exists exactly when what it tells of does, and is never touched again."""

from __future__ import annotations

import pytest
from django.db import transaction

from migration.audit.record import record
from migration.models import AuditEvent, Rollout


def test_who_did_what_and_why(rollout: Rollout) -> None:
    record(
        actor="ada",
        action="route.advance",
        subject="post_comment",
        reason="ticket 42",
        before={"epoch": 1},
        after={"epoch": 2},
    )
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.subject, event.reason) == (
        "ada",
        "route.advance",
        "post_comment",
        "ticket 42",
    )
    assert (event.before, event.after) == ({"epoch": 1}, {"epoch": 2})
    assert str(event).endswith(" ada route.advance post_comment")


def test_without_the_change_there_is_no_event(rollout: Rollout) -> None:
    def change_and_fail() -> None:
        with transaction.atomic():
            Rollout.objects.update(epoch=2)
            record(actor="ada", action="route.advance", subject="post_comment")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert not AuditEvent.objects.exists()
    assert Rollout.objects.get().epoch == 1


def test_an_event_cannot_be_changed_or_deleted(rollout: Rollout) -> None:
    event = record(actor="ada", action="route.advance", subject="post_comment")
    event.actor = "mallory"
    with pytest.raises(TypeError, match="never changed"):
        event.save()
    with pytest.raises(TypeError, match="never deleted"):
        event.delete()
    with pytest.raises(TypeError, match="never changed"):
        AuditEvent.objects.filter(actor="ada").update(actor="mallory")
    with pytest.raises(TypeError, match="never changed"):
        AuditEvent.objects.bulk_update([event], ["actor"])
    with pytest.raises(TypeError, match="never deleted"):
        AuditEvent.objects.all().delete()
    assert AuditEvent.objects.get().actor == "ada"
