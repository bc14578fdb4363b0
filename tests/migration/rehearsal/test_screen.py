"""What a person sees of a rehearsal."""

from __future__ import annotations

from io import StringIO

from migration.rehearsal.screen import Screen


def test_a_step_is_one_line_with_its_outcome() -> None:
    out = StringIO()
    screen = Screen(out=out)
    screen.begin("ramp to 50 %")
    screen.end({"name": "ramp to 50 %", "ok": True, "seconds": 0.25, "detail": "epoch 7"})
    screen.end({"name": "parity", "ok": False, "seconds": 61.04, "detail": None})
    first, second = out.getvalue().splitlines()
    assert first.split() == ["00:00", "ramp", "to", "50", "%", "ok", "0.2", "s", "epoch", "7"]
    assert second.split() == ["00:00", "parity", "FAIL", "61.0", "s"]
