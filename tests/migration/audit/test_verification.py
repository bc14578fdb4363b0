"""Each way to tamper with the audit chain is found, named, and found at its first event."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from migration.audit.chain import digest_of
from migration.audit.record import record
from migration.audit.verification import Break, Damage, verify
from migration.exceptions import AuditBroken
from migration.models import AuditEvent, AuditHead, Rollout
from tests.migration.audit.tampering import change, record_many, remove, run_sql, unguarded


@pytest.fixture
def ids(rollout: Rollout) -> list[int]:
    return record_many(5)


def smuggle(*, previous: str, subject: str = "smuggled") -> AuditEvent:
    """An event with a digest as it should be, past `record`."""
    event = AuditEvent(actor="mallory", action="test", subject=subject, previous=previous)
    event.digest = digest_of(event)
    event.save()
    return event


def test_nothing_recorded_is_sound(rollout: Rollout) -> None:
    verdict = verify()
    assert (verdict.events, verdict.digest, verdict.broken) == (0, "", None)


def test_an_untouched_chain_is_sound_and_each_event_is_walked(ids: list[int]) -> None:
    walked: list[int] = []
    verdict = verify(walked=walked.append)
    assert (verdict.events, verdict.digest, verdict.broken) == (5, AuditHead.objects.get().digest, None)
    assert walked == [1] * 5


def test_a_changed_event(ids: list[int]) -> None:
    change(ids[2], actor="mallory")
    assert verify().broken == Break(Damage.CHANGED, ids[2], "its fields do not give its digest")


def test_a_change_of_one_microsecond(ids: list[int]) -> None:
    event = AuditEvent.objects.get(pk=ids[2])
    change(ids[2], at=event.at.replace(microsecond=(event.at.microsecond + 1) % 1_000_000))
    verdict = verify()
    assert verdict.events == 2
    assert verdict.broken == Break(Damage.CHANGED, ids[2], "its fields do not give its digest")


def test_a_changed_event_with_a_new_digest_breaks_the_one_after(ids: list[int]) -> None:
    event = AuditEvent.objects.get(pk=ids[2])
    event.actor = "mallory"
    change(ids[2], actor="mallory", digest=digest_of(event))
    broken = verify().broken
    assert broken is not None
    assert (broken.damage, broken.event) == (Damage.REMOVED, ids[3])


def test_the_last_event_changed_with_a_new_digest(ids: list[int]) -> None:
    event = AuditEvent.objects.get(pk=ids[4])
    event.actor = "mallory"
    change(ids[4], actor="mallory", digest=digest_of(event))
    broken = verify().broken
    assert broken == Break(Damage.CHANGED, ids[4], "the last event is not the one the head of the chain names")


@pytest.mark.parametrize("gone", [0, 2])
def test_a_removed_event(ids: list[int], gone: int) -> None:
    remove(ids[gone])
    broken = verify().broken
    assert broken is not None
    assert (broken.damage, broken.event) == (Damage.REMOVED, ids[gone + 1])


def test_a_tail_that_was_cut(ids: list[int]) -> None:
    remove(*ids[3:])
    assert verify().broken == Break(Damage.CUT, None, "the head counts 5 events, but only 3 are there")


def test_all_events_gone(ids: list[int]) -> None:
    remove(*ids)
    assert verify().broken == Break(Damage.CUT, None, "the head counts 5 events, but only 0 are there")


def test_the_head_gone_stops_every_change_too(ids: list[int]) -> None:
    AuditHead.objects.all().delete()
    assert verify().broken == Break(
        Damage.CUT, None, "the head of the chain is gone, so nobody can tell where it should end"
    )
    with pytest.raises(AuditBroken, match="restore the control database"), transaction.atomic():
        record(actor="ada", action="test", subject="more")
    assert AuditEvent.objects.count() == 5


def test_an_event_smuggled_in_at_the_end(ids: list[int]) -> None:
    event = smuggle(previous=AuditHead.objects.get().digest)
    assert verify().broken == Break(Damage.INSERTED, event.pk, "the head counts 5 events, but 6 are there")


def test_an_event_smuggled_in_before_others_came(ids: list[int]) -> None:
    event = smuggle(previous=AuditHead.objects.get().digest)
    later = record(actor="ada", action="test", subject="later")
    broken = verify().broken
    assert broken == Break(Damage.INSERTED, event.pk, f"event {later.pk} follows the chain without it")


def test_an_event_that_was_never_chained(ids: list[int]) -> None:
    event = AuditEvent.objects.create(actor="mallory", action="test", subject="bare")
    broken = verify().broken
    assert broken == Break(Damage.INSERTED, event.pk, "it was never chained: something else than this program wrote it")


def test_two_events_that_changed_places(ids: list[int]) -> None:
    with unguarded():
        for before, after in ((ids[1], 999), (ids[2], ids[1]), (999, ids[2])):
            run_sql("UPDATE migration_auditevent SET id = %s WHERE id = %s", after, before)
    broken = verify().broken
    assert broken is not None
    assert (broken.damage, broken.event) == (Damage.REMOVED, ids[1])


def test_events_recorded_during_the_walk_are_no_damage(ids: list[int]) -> None:
    more = iter([1, 1, 1])

    def walked(count: int) -> None:
        for _ in more:
            record(actor="ada", action="test", subject="meanwhile")
            return

    verdict = verify(walked=walked)
    assert verdict.broken is None
    assert AuditHead.objects.get().events == 8


def test_a_tail_rewritten_while_events_come_in_is_found(ids: list[int]) -> None:
    """The head that was read before the walk names an event that is not on the way."""
    event = AuditEvent.objects.get(pk=ids[4])
    event.actor = "mallory"
    change(ids[4], actor="mallory", digest=digest_of(event))
    walks = iter([1])

    def walked(count: int) -> None:
        for _ in walks:
            AuditHead.objects.update(events=6)

    assert verify(walked=walked).broken == Break(
        Damage.CHANGED, ids[4], "it is not the event the head of the chain named"
    )


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE migration_auditevent SET actor = 'mallory'", "never changed"),
        ("UPDATE migration_auditevent SET at = at WHERE id = 1", "never changed"),
        ("DELETE FROM migration_auditevent", "never deleted"),
    ],
)
def test_the_database_itself_refuses(ids: list[int], statement: str, words: str) -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        run_sql(statement)
    assert verify().broken is None


def test_the_database_itself_refuses_the_shortest_way_to_empty_or_replace(ids: list[int]) -> None:
    statements = {
        "postgresql": ("TRUNCATE migration_auditevent", "never deleted"),
        "sqlite": ("REPLACE INTO migration_auditevent SELECT * FROM migration_auditevent", "never changed"),
    }
    statement, words = statements[connection.vendor]
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        run_sql(statement)
    assert verify().events == 5
