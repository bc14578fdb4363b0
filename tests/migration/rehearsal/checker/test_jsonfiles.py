from pathlib import Path

import pytest

from migration.rehearsal.checker.errors import EvidenceInvalid
from migration.rehearsal.checker.jsonfiles import read_json, read_json_lines, write_json


def test_a_document_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_json(path, {"n": "千代"})
    write_json(path, {"n": 2})

    assert read_json(path) == {"n": 2}
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


def test_a_document_that_could_not_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_json(path, {"n": 1})
    with pytest.raises(TypeError):
        write_json(path, {"n": object()})

    assert read_json(path) == {"n": 1}


@pytest.mark.parametrize(("text", "why"), [("{", "is not JSON"), ("[]", "is not a JSON object")])
def test_what_is_no_object_is_refused_with_its_place(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "file").write_text(f"{{}}\n{text}\n")

    with pytest.raises(EvidenceInvalid, match=f"file line 2 {why}"):
        list(read_json_lines(tmp_path / "file"))
