"""From `decommission` all the way back: the mirror first, then the reverse backfill, then parity (protocol F2)."""

from __future__ import annotations

from chat.clock import wall_us
from chat.data import Comment
from migration.enums import Phase, WriteFlag
from migration.models import Rollout, StoreState
from tests.migration.bed import Bed, Outcome, comment, run
from tests.migration.vectors import POST, READS, is_complete, stand, write_flag


def route(verb: str, endpoint: str = POST) -> Outcome:
    return run("route", verb, endpoint, "--reason", "a test", "--wait", "5")


def test_the_source_decides_again_only_when_it_was_filled_up_and_compared(bed: Bed, rollout: Rollout) -> None:
    old = [comment(number) for number in range(5)]
    bed.seed_source(old)
    for row in old:
        bed.insert(row)
    stand(rollout, write=Phase.CUTOVER, reads=Phase.DECOMMISSION)
    assert route("advance").code == 0
    assert StoreState.objects.get(store="dynamodb").evidence["stopped_us"] <= wall_us()
    late = Comment("chat", "ann", wall_us(), "posted when the source was written no more")
    bed.insert(late)

    assert route("rollback").code == 0
    assert (write_flag(), is_complete("dynamodb")) == (WriteFlag.TARGET_MIRROR, False)
    refused = route("rollback")
    assert (refused.code, "manage.py backfill start --source reverse" in refused.error) == (1, True)

    copied = run("backfill", "start", "--source", "reverse", "--inline")
    assert copied.code == 0, copied.error
    assert late.time in {item["time"]["S"] for item in bed.items()}
    assert (is_complete("dynamodb"), route("rollback").code) == (False, 1)
    compared = run("parity", "run", "--inline")
    assert compared.code == 0, compared.error
    assert is_complete("dynamodb")
    # No read may stay decommissioned while the source decides (protocol F1).
    assert [route("rollback", endpoint).code for endpoint in READS] == [0] * len(READS)
    back = route("rollback")
    assert (back.code, write_flag()) == (0, WriteFlag.SOURCE_MIRROR), back.error
