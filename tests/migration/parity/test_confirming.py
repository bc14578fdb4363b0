"""A disagreement counts only if it is still there after the grace period, read strongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from chat.codec.faults import FaultCode
from chat.codec.items import from_item, to_item
from chat.conf import env
from chat.data import Comment
from migration.merging import Pair
from migration.models import QuarantinedItem
from migration.parity.comparing import RoomResult, compare
from migration.parity.confirming import digest_of, kind_of, look_again
from migration.quarantine.items import key_of
from tests.migration.backfill import copying
from tests.migration.bed import Bed, comment, mirror_writes
from tests.migration.parity.rooms import FAR_US, at

CLOCK = "migration.parity.confirming.time"
During = Callable[[Callable[[], None]], None]


@pytest.fixture
def during_grace(monkeypatch: pytest.MonkeyPatch) -> During:
    """What happens between the first look and the second one."""

    def inject(event: Callable[[], None]) -> None:
        # The module's own name for it: other threads sleep as well.
        monkeypatch.setattr(CLOCK, SimpleNamespace(sleep=lambda seconds: event()))

    return inject


def compared(bed: Bed) -> RoomResult:
    return compare("chat", bed.source, bed.target, horizon_us=FAR_US)


def clean(result: RoomResult) -> bool:
    return not result.kinds and result.source.hex() == result.target.hex()


def keep_aside(item: Comment, code: FaultCode) -> None:
    QuarantinedItem.objects.create(
        key=key_of(item.name, item.time), name=item.name, time=item.time, code=code, detail="", item="{}"
    )


def test_a_suspect_that_is_repaired_meanwhile_is_dropped(bed: Bed, during_grace: During) -> None:
    rows = [comment(number) for number in range(10)]
    bed.seed_source(rows)
    bed.target.upsert_many(rows[:4] + rows[6:])
    during_grace(lambda: bed.target.upsert_many(rows[4:6]))
    result = compared(bed)
    assert clean(result)
    assert (result.source.count, result.target.count) == (10, 10)


def test_without_a_second_look_the_same_suspects_would_have_counted(bed: Bed) -> None:
    rows = [comment(number) for number in range(10)]
    bed.seed_source(rows)
    bed.target.upsert_many(rows[:4] + rows[6:])
    assert compared(bed).kinds == {"missing": 2}


def test_one_that_is_gone_from_both_meanwhile_is_no_difference(bed: Bed, during_grace: During) -> None:
    bed.target.upsert_many([comment(1), comment(2)])
    bed.seed_source([comment(2)])
    during_grace(lambda: bed.target.delete(comment(1)))
    assert clean(compared(bed))


def test_one_that_changes_its_kind_meanwhile_is_judged_as_it_is_now(bed: Bed, during_grace: During) -> None:
    bed.seed_source([comment(1)])
    during_grace(lambda: bed.insert(replace(comment(1), text="other")))
    result = compared(bed)
    assert result.kinds == {"different": 1}
    assert (result.source.count, result.target.count) == (1, 1)


def test_the_grace_period_is_waited_once_for_many(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(CLOCK, SimpleNamespace(sleep=slept.append))
    bed.target.upsert_many([comment(number) for number in range(30)])
    assert compared(bed).kinds == {"extra": 30}
    assert slept == [env().parity_grace_seconds]


def test_keys_are_read_in_the_order_of_the_suspects(bed: Bed) -> None:
    rows = [comment(number) for number in range(40)]
    bed.target.upsert_many(rows)
    bed.seed_source(rows[::2])
    again = look_again([Pair(None, row) for row in rows], bed.source, bed.target)
    assert list(again) == [Pair(None if number % 2 else row, row) for number, row in enumerate(rows)]


def test_a_later_spelling_in_quarantine_is_neither_missing_nor_different(bed: Bed) -> None:
    """As a real backfill leaves it: CQL has the first spelling under the key of both."""
    mirror_writes()
    spellings = ["1600000000.5", "1600000000.50", "1600000000.500"]
    bed.put_items(to_item(at(time, text=time)) for time in [*spellings, "1600000001.5"])
    copying.finish(copying.begin())
    assert copying.in_quarantine() == ["key_collision"] * 2
    result = compared(bed)
    assert result.kinds == {"quarantined": 2}
    assert result.differences == []
    assert result.source.hex() == result.target.hex()
    assert result.as_json()["compared"] == 2


def test_a_later_spelling_that_nobody_kept_aside_is_missing(bed: Bed) -> None:
    bed.put_items(to_item(at(time, text=time)) for time in ("1600000000.5", "1600000000.50"))
    bed.target.upsert(at("1600000000.5", text="1600000000.5"))
    result = compared(bed)
    assert [(kind, pair.known.time) for kind, pair in result.differences] == [("missing", "1600000000.50")]


@pytest.mark.parametrize("code", [FaultCode.MISSING_COMMENT, FaultCode.TIME_IN_FUTURE, FaultCode.UNKNOWN_ATTRIBUTE])
def test_an_item_that_was_mended_after_it_was_kept_aside_is_missing(bed: Bed, code: FaultCode) -> None:
    bed.seed_source([comment(1)])
    keep_aside(comment(1), code)
    assert compared(bed).kinds == {"missing": 1}


def test_quarantine_excuses_nothing_but_absence_from_the_target(bed: Bed) -> None:
    keep_aside(comment(1), FaultCode.KEY_COLLISION)
    other = replace(comment(1), text="other")
    assert kind_of(Pair(comment(1), None)) == "quarantined"
    assert kind_of(Pair(comment(1), other)) == "different"
    assert kind_of(Pair(None, comment(1))) == "extra"


def test_digests_name_what_each_side_has(bed: Bed) -> None:
    item = to_item(comment(1))
    assert digest_of(None) == ""
    assert digest_of(comment(1)) == digest_of(from_item(item, now_us=FAR_US)) != digest_of(comment(2))
    assert len(digest_of(comment(1))) == 32
