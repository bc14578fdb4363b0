from __future__ import annotations

import re

import pytest

from bench.claim import Run, Size, find, names
from bench.rounds import Effort
from tests.meta.files import read

CONTRACT = {
    *("routing_overhead", "routed_vs_bare", "dual_vs_sum", "flip_ack", "authority_pause"),
    *("ledger_drain", "ledger_drain_reverse", "dedup_lwt_vs_uuid", "shadow_p99"),
    *("backfill_vs_loop", "backfill_vs_seed_script", "backfill_memory", "backfill_scaling", "census_vs_scan"),
    *("tailer_vs_getrecords", "tailer_latency", "parity_vs_read", "parity_incremental"),
    *("latest_vs_bare_handler", "latest_vs_sample_shape", "push_event", "push_vs_polling", "dashboard_poll"),
}
"""Names that others rely on."""
BUILT = {
    *("routing_overhead", "routed_vs_bare", "dual_vs_sum", "ledger_drain", "ledger_drain_reverse"),
    *("backfill_vs_loop", "parity_vs_read"),
}


def test_each_claim_has_a_name_of_the_contract() -> None:
    assert BUILT <= set(names()) <= CONTRACT


@pytest.mark.parametrize("name", names())
def test_a_claim_is_found_by_its_name_and_says_what_it_measures(name: str) -> None:
    claim = find(name)

    assert claim.name == name
    assert claim.unit
    assert claim.what_ours


@pytest.mark.parametrize("name", names())
def test_a_claim_of_rates_says_that_more_is_better(name: str) -> None:
    claim = find(name)

    assert claim.more_is_better == claim.unit.endswith("/s")


def test_the_document_has_one_row_for_each_claim() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", read("docs/performance.md"), re.MULTILINE)

    assert sorted(rows) == sorted(names())


def test_a_quick_run_takes_the_quick_size() -> None:
    effort, size = Effort(rounds=5, seconds=1.0), Size(full=20_000, quick=400)

    assert Run(effort=effort, quick=True).of(size) == 400
    assert Run(effort=effort, quick=False).of(size) == 20_000
