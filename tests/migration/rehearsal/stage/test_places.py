"""Files of a rehearsal."""

from __future__ import annotations

from pathlib import Path

from migration.rehearsal.stage.places import Places


def test_clearing_keeps_only_the_note_of_what_is_owned(tmp_path: Path) -> None:
    places = Places(tmp_path / "rehearsal")
    places.folder.mkdir()
    for path in (places.owner, places.facts, places.traffic, places.stop, places.control):
        path.write_text("old")
    places.clear()
    assert [path.name for path in places.folder.iterdir() if path.is_file()] == ["owner.json"]
    assert places.logs.is_dir()
