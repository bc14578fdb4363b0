"""Each metric has a heading in docs/metrics.md, and each heading a metric."""

from __future__ import annotations

import re

from prometheus_client import Counter, Histogram

from chat import metrics
from migration.ledger import gauges
from tests.meta.files import read


def test_each_metric_is_described_under_its_own_name() -> None:
    exported = {value._name for value in vars(metrics).values() if isinstance(value, Counter | Histogram)}
    exported |= {metrics.BREAKER_OPEN, *gauges.NAMES}
    assert exported == set(re.findall(r"^### (\w+)$", read("docs/metrics.md"), re.MULTILINE))
    assert len(exported) >= 5
