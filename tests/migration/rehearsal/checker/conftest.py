"""A finished rehearsal that passes, for tests that then break one thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migration.rehearsal.checker.records import END, canonical_text, poller, posted
from tests.migration.rehearsal.finished_run import Stage, copy_table, plain_item, seed_table
from tests.migration.rehearsal.stores import RealStores

POSTS = 12


@pytest.fixture
def stage(stores: RealStores, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Stage:
    """Twelve acknowledged posts, one of them empty, in both stores, and pollers that showed them all."""
    stage = Stage(stores=stores, home=tmp_path, capture=capsys)
    seed_table(stores)
    stage.survey()
    copy_table(stores)
    for number in range(POSTS):
        add_post(stage, number)
    keys = [["ana", canonical_text(number)] for number in range(POSTS)]
    for kind in ("legacy", "v1"):
        stage.records += poller(f"{kind}-0", kind, first=-1, last_began=60, shown=keys)
    stage.records.append(END)
    return stage


def add_post(stage: Stage, number: int) -> None:
    """An acknowledged post at `number` seconds, held by both stores."""
    comment = "" if number == 3 else f"text of p{number}"
    stage.records += posted(f"p{number}", at=number, comment=comment)
    moment = canonical_text(number)
    stage.stores.put_item(plain_item("chat", "ana", moment, comment))
    stage.stores.put_row("chat", int(float(moment)) * 1_000_000, "ana", comment)
