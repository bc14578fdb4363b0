"""Starting and closing a census."""

from __future__ import annotations

import pytest

from migration.census import runs
from migration.census.report import compile_report
from migration.enums import RunState
from migration.exceptions import Refused
from migration.models import AuditEvent, Census, CensusRoomDay, Rollout, Run
from migration.people.actors import shell_actor
from migration.segments import steering
from migration.transitions.freezing import freeze, thaw
from tests.migration.bed import Bed, comment
from tests.migration.census.surveying import begin, finish, report


def test_it_begins_in_the_first_phase_with_what_the_table_says_of_itself(bed: Bed) -> None:
    bed.seed_source([comment(1), comment(2)])
    run = runs.start(segments=2, actor="ann", reason="first look", limits={"rows_per_second": 5})
    assert (run.kind, run.state, run.segments.count(), run.rows_per_second) == ("census", "running", 2, 5)
    assert Census.objects.get(run=run).settings["table"] == bed.ground.table
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.reason, event.after) == (
        "ann",
        "census.start",
        "first look",
        {"segments": 2},
    )


@pytest.mark.usefixtures("bed")
def test_there_is_one_at_a_time() -> None:
    begin()
    with pytest.raises(Refused, match="a census is running"):
        begin()
    assert Run.objects.count() == 1


@pytest.mark.usefixtures("bed")
def test_a_frozen_rollout_begins_none() -> None:
    freeze(shell_actor("ann"), reason="night")
    with pytest.raises(Refused, match="frozen"):
        begin()
    thaw(shell_actor("ann"), reason="morning")
    assert finish(begin()).state == RunState.DONE


@pytest.mark.usefixtures("bed")
def test_only_a_dynamodb_table_is_surveyed() -> None:
    Rollout.objects.update(source="scylla-room", target="memory")
    with pytest.raises(Refused, match="this rollout's source is scylla-room"):
        begin()


@pytest.mark.usefixtures("bed")
def test_an_empty_table_has_a_report() -> None:
    found = report(finish(begin()))
    assert (found["complete"], found["items"], found["times"]) == (True, 0, {"oldest": None, "newest": None})
    assert found["largest_item"] is None
    assert found["advice"]["schema"] == "room"


def test_the_report_of_the_last_finished_one_is_evidence(bed: Bed) -> None:
    assert runs.last_report() is None
    bed.seed_source([comment(1)])
    first = finish(begin())
    assert runs.last_report() == report(first)
    second = begin()
    assert runs.last_report() == report(first)
    steering.cancel(second.pk, actor="ann", reason="enough")
    assert runs.last_report() == report(first)


def test_an_older_one_keeps_its_report_but_not_its_counts(bed: Bed) -> None:
    bed.seed_source([comment(1)])
    first, second = finish(begin()), finish(begin())
    assert report(first)["items"] == 1
    assert set(CensusRoomDay.objects.values_list("run", flat=True)) == {second.pk}


def test_two_who_close_at_once_close_it_once(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes between the first one's count and its transaction."""
    bed.seed_source([comment(1)])
    run = begin(segments=1)
    overtaking: list[bool] = []
    closed: list[Run] = []

    def overtaken(run: Run) -> dict[str, object]:
        found = compile_report(run)
        if not overtaking:
            overtaking.append(True)
            closed.append(runs.close_if_done(run.pk))
        return found

    monkeypatch.setattr(runs, "compile_report", overtaken)
    finish(run)
    assert [one.finished_at for one in closed] == [Run.objects.get().finished_at]
    assert Run.objects.get().state == RunState.DONE


@pytest.mark.usefixtures("bed")
def test_a_run_that_was_paused_meanwhile_is_not_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin(segments=1)

    def paused(run: Run) -> dict[str, object]:
        steering.pause(run.pk, actor="ann", reason="wait")
        return compile_report(run)

    monkeypatch.setattr(runs, "compile_report", paused)
    assert finish(run).state == RunState.PAUSED
    assert report(run) == {}
    steering.resume(run.pk, actor="ann", reason="go on")
    monkeypatch.setattr(runs, "compile_report", compile_report)
    assert runs.close_if_done(run.pk).state == RunState.DONE
    assert report(run)["complete"] is True
