"""The spool: debts survive the control database, their process, and a torn line (protocol W6)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from chat.data import Comment
from migration.enums import DebtState
from migration.ledger.lines import Damaged, Entry, decode, encode
from migration.ledger.spool import Emptied, Spool, drain_left_behind


def entry(number: int) -> Entry:
    comment = Comment(room="chat", name="ann", time_us=1_700_000_000_000_000 + number, text=f"line\n{number} 😀")
    return Entry(comment=comment, holder="dynamodb", owed="scylla-room", state=DebtState.OPEN, cause="away")


def test_an_entry_comes_back_as_it_was() -> None:
    assert decode(encode(entry(1))) == entry(1)
    assert b"\n" not in encode(entry(1))


@pytest.mark.parametrize("cut", [0, 1, 8, 9, 30, -1])
def test_a_part_of_a_line_is_known_as_damaged(cut: int) -> None:
    with pytest.raises(Damaged):
        decode(encode(entry(1))[:cut])


def test_entries_reach_the_ledger_in_order(tmp_path: Path) -> None:
    spool, kept = Spool(tmp_path / "1.spool"), list[Entry]()
    for number in range(450):
        spool.append(entry(number))
    assert spool.waiting == 450
    assert spool.drain(kept.extend) == Emptied(kept=450, damaged=0)
    assert kept == [entry(number) for number in range(450)]
    assert (spool.waiting, spool.path.stat().st_size) == (0, 0)


def test_a_ledger_that_fails_leaves_every_entry(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "1.spool")
    spool.append(entry(1))

    def away(entries: list[Entry]) -> None:
        raise ConnectionError("the control database is away")

    with pytest.raises(ConnectionError):
        spool.drain(away)
    assert spool.waiting == 1
    kept: list[Entry] = []
    spool.drain(kept.extend)
    assert kept == [entry(1)]


def test_an_append_during_a_drain_is_not_lost(tmp_path: Path) -> None:
    """The concurrent append is begun inside the drain, between its read and its truncate."""
    spool, kept = Spool(tmp_path / "1.spool"), list[Entry]()
    spool.append(entry(1))
    late = threading.Thread(target=spool.append, args=(entry(2),))

    def keep(entries: list[Entry]) -> None:
        late.start()
        late.join(timeout=0.2)
        kept.extend(entries)

    spool.drain(keep)
    late.join()
    spool.drain(kept.extend)
    assert kept == [entry(1), entry(2)]


WRITER = """
import sys, time
from pathlib import Path
from tests.migration.ledger.test_spool import entry
from migration.ledger.spool import Spool
spool = Spool(Path(sys.argv[1]))
spool.append(entry(1)); spool.append(entry(2))
print("spooled", flush=True)
time.sleep(60)
"""


def test_another_process_drains_the_spool_of_a_killed_one(tmp_path: Path) -> None:
    path, kept = tmp_path / "1.spool", list[Entry]()
    environment = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "chatproject.settings"}
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"spooled\n"
        assert drain_left_behind(path, kept.extend) is None, "its writer lives"
        writer.send_signal(signal.SIGKILL)
    with path.open("ab") as torn:
        torn.write(encode(entry(3))[:20])
    assert drain_left_behind(path, kept.extend) == Emptied(kept=2, damaged=1)
    assert kept == [entry(1), entry(2)]
    assert path.with_suffix(".damaged").read_bytes() == encode(entry(3))[:20] + b"\n"
    assert not path.exists()


def test_an_entry_after_a_torn_one_is_whole(tmp_path: Path) -> None:
    spool, kept = Spool(tmp_path / "1.spool"), list[Entry]()
    spool.append(entry(1))
    with spool.path.open("ab") as full_disk:
        full_disk.write(encode(entry(2))[:33])
    spool.append(entry(3))
    assert spool.drain(kept.extend) == Emptied(kept=2, damaged=1)
    assert kept == [entry(1), entry(3)]


def test_a_spool_with_entries_is_left_for_others(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "1.spool")
    spool.append(entry(1))
    spool.close()
    kept: list[Entry] = []
    assert drain_left_behind(spool.path, kept.extend) == Emptied(kept=1, damaged=0)
    assert kept == [entry(1)]
