"""Text the control database keeps exactly, whatever characters it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.models import ActiveRoom
from migration.models.exacttext import ExactTextField

AWKWARD = ["\0", "\\", "\\0", "\\\\0", "a\0\\0b", "\\\0", "plain", ""]


@given(st.text(alphabet=st.sampled_from("\0\\0ab"), max_size=12))
def test_what_is_kept_holds_no_nul_and_comes_back_as_it_was(text: str) -> None:
    field = ExactTextField()
    kept = field.get_prep_value(text)
    assert "\0" not in kept
    assert field.from_db_value(kept) == text


@pytest.mark.django_db
def test_rows_are_found_again_by_the_text_they_were_given() -> None:
    ActiveRoom.objects.bulk_create(ActiveRoom(room=room, last_us=number) for number, room in enumerate(AWKWARD))
    assert {row.room: row.last_us for row in ActiveRoom.objects.all()} == {r: n for n, r in enumerate(AWKWARD)}
    assert ActiveRoom.objects.get(room="a\0\\0b").last_us == AWKWARD.index("a\0\\0b")
