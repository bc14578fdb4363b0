"""The digest of an event is the same whichever database the event was read from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from migration.audit.chain import digest_of, keepable, plain
from migration.audit.record import record
from migration.models import AuditEvent, AuditHead, Rollout

AWKWARD: dict[Any, Any] = {
    "whole": 2.0,
    "part": 0.1,
    "large": 1e20,
    "small": 1e-7,
    "huge": 1.7976931348623157e308,
    "minus": -0.0,
    "exact": 2**60 + 1,
    "none": None,
    "yes": True,
    "tuple": (1, "b"),
    "letters": "Zoë \U0001f600",
    "nul": "a\0b",
    "byte": "\udcff",
    "deep": {"z": [{"b": 1, "a": 2.5}], "a": {}},
    7: "a number as key",
}


def test_the_digest_is_of_a_form_that_never_changes() -> None:
    event = AuditEvent(
        pk=5,
        previous="ab",
        at=datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC),
        actor="ada",
        action="route.advance",
        subject="post_comment",
        reason="ticket 42",
        before={"epoch": 1},
        after={"ramp": 10.0, "epoch": 2},
    )
    assert digest_of(event) == "cf1f79b70e9e813911548cd07ddf983d1a02c85d32695d58e0f6967b3dda4827"


def test_an_event_read_back_has_the_digest_it_was_given(rollout: Rollout) -> None:
    made = record(actor="a\0da", action="test", subject="s", reason="why\0", before=AWKWARD, after={"list": [AWKWARD]})
    read = AuditEvent.objects.get()
    assert (read.at, read.actor, read.reason) == (made.at, "a\\0da", "why\\0")
    assert digest_of(read) == read.digest == made.digest
    assert plain(read.before) == plain(AWKWARD)


@pytest.mark.parametrize("microsecond", [0, 1, 999_999, 100_000])
def test_an_instant_is_kept_to_the_microsecond(rollout: Rollout, microsecond: int) -> None:
    at = datetime(2026, 6, 1, 23, 59, 59, microsecond, tzinfo=UTC)
    event = AuditEvent(at=at, actor="ada", action="test", subject="s")
    event.digest = digest_of(event)
    event.save()
    read = AuditEvent.objects.get()
    assert (read.at, digest_of(read)) == (at, event.digest)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", datetime(2026, 1, 1, microsecond=1, tzinfo=UTC)),
        ("actor", "mallory"),
        ("action", "other"),
        ("subject", "other"),
        ("reason", "other"),
        ("before", {"epoch": 7}),
        ("after", {"epoch": 7}),
        ("previous", "other"),
    ],
)
def test_every_field_counts(field: str, value: object) -> None:
    event = AuditEvent(at=datetime(2026, 1, 1, tzinfo=UTC), actor="ada", action="test", subject="s")
    before = digest_of(event)
    setattr(event, field, value)
    assert digest_of(event) != before


def test_what_no_database_keeps_is_spelled_out() -> None:
    assert keepable("a\0b\udcff Zoë") == "a\\0b\\udcff Zoë"


def test_each_event_follows_the_one_before_and_the_head_follows_all(rollout: Rollout) -> None:
    first = record(actor="ada", action="test", subject="one")
    second = record(actor="ada", action="test", subject="two")
    assert (first.previous, second.previous) == ("", first.digest)
    head = AuditHead.objects.get()
    assert (head.pk, head.events, head.digest) == (AuditHead.ONLY, 2, second.digest)
