"""A fixed item is in the target with the operator's values, and covers nothing that is there by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat.clock import wall_us
from chat.codec.items import from_item
from chat.data import Comment
from chat.exceptions import OutcomeUnknown
from chat.stores.scylla.room import ScyllaRoomStore
from migration.apply import writer
from migration.backfill.reversing import keep_conflicts, put_back
from migration.enums import QuarantineState, RunKind, Way
from migration.exceptions import LostRace, Refused
from migration.models import Debt, QuarantinedItem, Rollout, Route, Run
from migration.parity.comparing import compare
from migration.quarantine import fixing
from migration.quarantine.fixing import fix
from migration.quarantine.rules import Mending
from migration.quarantine.search import put_by_a_fix
from migration.quarantine.waiving import waive
from tests.migration.bed import Bed
from tests.migration.quarantine.kept import events, item, keep

IGNORE = Mending(values={}, accepted=["ignore-unknown-attribute:likes"])
LIKED = item(likes={"N": "3"})
AT = 1_700_000_001_500_000
ROW = Comment("chat", "ann", AT, "hé")


def lay(bed: Bed, *odd: dict[str, Any]) -> list[QuarantinedItem]:
    """In the source, and met by a walk."""
    bed.put_items(odd)
    return keep(*odd)


def mend(row: QuarantinedItem, mending: Mending, **others: Any) -> QuarantinedItem:
    return fix(row, mending=mending, actor="ada", reason="looked at", **others)


def setting(**values: str) -> Mending:
    return Mending(values=values)


@pytest.mark.parametrize(
    ("odd", "mending", "wanted"),
    [
        (LIKED, IGNORE, ROW),
        (item(comment={"N": "3"}), Mending(values={}, accepted=["take-as-text"]), Comment("chat", "ann", AT, "3")),
        (item(time="test_time"), setting(time="1700000001.50"), Comment("chat", "ann", AT, "hé", "1700000001.50")),
        (item(chat_room={"S": ""}), setting(room="lost"), Comment("lost", "ann", AT, "hé")),
        (item(comment={"S": "half \ud83d"}), setting(text=""), Comment("chat", "ann", AT, "")),
    ],
)
def test_it_is_written_with_what_was_set_or_accepted(
    bed: Bed, odd: dict[str, Any], mending: Mending, wanted: Comment
) -> None:
    # What DynamoDB refuses to hold comes by an export.
    (row,) = keep(odd)
    done = mend(row, mending)
    assert bed.rows() == {wanted}
    assert (done.state, done.settled_by, done.settled_reason) == (QuarantineState.FIXED, "ada", "looked at")
    assert json.loads(QuarantinedItem.objects.get().item) == odd, "the original is kept whole"
    begun, ended = events()
    assert (begun.action, begun.actor, begun.reason) == ("quarantine.fix", "ada", "looked at")
    assert begun.before["state"] == "open"
    assert begun.after["set"] == dict(mending.values)
    assert begun.after["accepted"] == list(mending.accepted)
    assert (ended.action, ended.after["state"], ended.after["fixed"]["time_us"]) == ("quarantine.fixed", "fixed", AT)


def test_a_value_that_cannot_be_mapped_either_is_refused(bed: Bed) -> None:
    (row,) = lay(bed, item(time="test_time", likes={"N": "3"}))
    with pytest.raises(Refused, match="unknown_attribute"):
        mend(row, setting(time="1700000001.5"))
    assert (bed.rows(), events()) == (set(), [])


def test_met_again_it_stays_fixed_and_its_row_as_it_is(bed: Bed) -> None:
    (row,) = lay(bed, LIKED)
    mend(row, IGNORE)
    keep(LIKED)
    assert QuarantinedItem.objects.get().state == QuarantineState.FIXED
    assert bed.rows() == {ROW}
    assert len(events()) == 2


def test_a_row_of_the_target_is_not_covered(bed: Bed) -> None:
    mine = Comment("chat", "ann", AT, "somebody else's")
    bed.target.upsert(mine)
    (row,) = lay(bed, LIKED)
    with pytest.raises(Refused, match=r"scylla-room has a comment of its own by 'ann' at 1700000001\.5 in 'chat'"):
        mend(row, IGNORE)
    assert (bed.rows(), events()) == ({mine}, [])


@pytest.mark.parametrize("spelling", ["1700000002", "1700000002.0", "1700000002.000000"])
def test_an_item_of_the_source_that_a_backfill_will_bring_is_not_covered(bed: Bed, spelling: str) -> None:
    bed.put_items([item(time=spelling)])
    (row,) = lay(bed, item(time="test_time"))
    with pytest.raises(Refused, match=f"dynamodb has a comment of its own by 'ann' at {spelling} in 'chat'"):
        mend(row, setting(time="1700000002.00"))
    assert bed.rows() == set()


def test_two_items_are_not_fixed_into_one_row(bed: Bed) -> None:
    """Both were looked at before either was written."""
    first, second = keep(item(time="x"), item(time="y"))
    mend(first, setting(time="1700000001.5"))
    bed.ground.clear()
    with pytest.raises(Refused, match=r"another item was fixed into 'chat' at 1700000001\.5"):
        mend(second, setting(time="1700000001.5"))
    assert bed.rows() == set()


def test_an_item_that_was_mended_in_the_source(bed: Bed) -> None:
    (row,) = keep(LIKED)
    bed.put_items([item(comment={"S": "mended"})])
    with pytest.raises(Refused, match="accept as-in-source"):
        mend(row, IGNORE)
    mend(row, Mending(values={}, accepted=["as-in-source"]))
    assert bed.rows() == {Comment("chat", "ann", AT, "mended")}


def test_as_in_source_wants_an_item_that_can_be_mapped(bed: Bed) -> None:
    (row,) = lay(bed, LIKED)
    with pytest.raises(Refused, match=r"dynamodb has no mappable item by 'ann' at 1700000001\.5 in 'chat'"):
        mend(row, Mending(values={}, accepted=["as-in-source"]))
    assert bed.rows() == set()


def test_a_waived_item_can_still_be_fixed(bed: Bed) -> None:
    (row,) = lay(bed, LIKED)
    waive([row], actor="bob", reason="unused")
    row.refresh_from_db()
    assert mend(row, IGNORE).state == QuarantineState.FIXED


def test_an_item_met_with_another_content_after_it_was_looked_at(bed: Bed) -> None:
    (row,) = lay(bed, LIKED)
    keep(item(likes={"N": "4"}, comment={"S": "other"}))
    with pytest.raises(LostRace, match="look again"):
        mend(row, IGNORE)
    assert bed.rows() == set()
    assert [event.action for event in events()] == ["quarantine.change"]


def test_another_content_that_comes_between_the_write_and_its_end(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = lay(bed, LIKED)
    write = writer.write_verified

    def write_and_meet(*arguments: Any) -> None:
        write(*arguments)
        keep(item(likes={"N": "4"}))

    monkeypatch.setattr(fixing, "write_verified", write_and_meet)
    with pytest.raises(LostRace):
        mend(row, IGNORE)
    left = QuarantinedItem.objects.get()
    assert (left.state, json.loads(left.item)["likes"]) == (QuarantineState.OPEN, {"N": "4"})
    monkeypatch.undo()
    assert mend(left, IGNORE).state == QuarantineState.FIXED


def test_a_fix_whose_write_had_no_answer_is_ended_by_the_same_fix_only(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = lay(bed, LIKED)
    upsert = ScyllaRoomStore.upsert

    def lose_the_answer(store: ScyllaRoomStore, comment: Comment) -> None:
        upsert(store, comment)
        raise OutcomeUnknown(store.id, "no answer")

    monkeypatch.setattr(ScyllaRoomStore, "upsert", lose_the_answer)
    with pytest.raises(OutcomeUnknown):
        mend(row, IGNORE)
    monkeypatch.undo()
    left = QuarantinedItem.objects.get()
    assert (left.state, left.settled_by, bed.rows()) == (QuarantineState.OPEN, "ada", {ROW})
    with pytest.raises(Refused, match="ada began to fix item 1 with other values"):
        mend(left, Mending(values={"text": "other"}, accepted=IGNORE.accepted))
    assert mend(left, IGNORE).state == QuarantineState.FIXED
    assert bed.rows() == {ROW}


def test_said_again_a_fix_is_replaced_under_the_same_key_and_wins(bed: Bed) -> None:
    """ "a" is the smaller value: with the stamp of the first write it would lose (protocol T4)."""
    (row,) = lay(bed, LIKED)
    mend(row, IGNORE)
    other = Mending(values={"text": "a"}, accepted=IGNORE.accepted)
    with pytest.raises(Refused, match="item 1 is fixed already, by ada"):
        mend(row, other)
    mend(row, other, again=True)
    assert bed.rows() == {Comment("chat", "ann", AT, "a")}
    elsewhere = Mending(values={"room": "b"}, accepted=IGNORE.accepted)
    with pytest.raises(Refused, match="a new fix keeps that time and room"):
        mend(row, elsewhere, again=True)


def test_nothing_is_fixed_while_the_rollout_is_frozen(bed: Bed) -> None:
    (row,) = lay(bed, LIKED)
    Rollout.objects.update(frozen=True, frozen_by="bob", frozen_reason="holidays")
    with pytest.raises(Refused, match="frozen by bob: holidays"):
        mend(row, IGNORE)
    assert bed.rows() == set()


def test_a_source_that_was_given_up_is_not_asked(bed: Bed, settings: Any) -> None:
    (row,) = lay(bed, LIKED)
    Route.objects.filter(endpoint="post_comment").update(phase="decommission", write_flag="target")
    settings.ENV = settings.ENV.model_copy(update={"dynamodb_table": "gone"})
    assert mend(row, IGNORE).state == QuarantineState.FIXED


def test_parity_knows_the_row_of_a_fix_from_an_extra_one(bed: Bed) -> None:
    (row,) = lay(bed, LIKED)
    mend(row, IGNORE)
    assert put_by_a_fix(ROW)
    assert not put_by_a_fix(Comment("chat", "ann", AT, "other"))
    bed.insert(Comment("chat", "bob", AT, "extra"))
    found = compare("chat", bed.source, bed.target, horizon_us=wall_us())
    assert {kind: found.kinds[kind] for kind in ("missing", "extra", "different", "quarantined")} == {
        **{"missing": 0, "extra": 1, "different": 0, "quarantined": 1}
    }


def test_the_way_back_does_not_take_the_row_of_a_fix_for_a_conflict(bed: Bed) -> None:
    """The source has the item itself under that key, and keeps it."""
    run = Run.objects.create(kind=RunKind.BACKFILL, way=Way.REVERSE, source="scylla-room", target="dynamodb", epoch=2)
    (row,) = lay(bed, LIKED, item("bob", likes={"N": "3"}))[:1]
    mend(row, IGNORE)
    other = Comment("chat", "bob", AT, "not by a fix")
    conflicts = put_back(bed.source, [ROW, other], alive=lambda: None)
    assert {comment for comment, _ in conflicts} == {ROW, other}
    keep_conflicts(conflicts, run)
    assert list(Debt.objects.values_list("name", "state")) == [("bob", "conflict")]


def test_the_codec_agrees_that_the_items_here_are_odd() -> None:
    assert from_item(item(), now_us=wall_us()) == ROW
