"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as their widest cell, two blanks apart."""
    cells = [list(head), *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join(lines)


def route_table(now: dict[str, Any]) -> str:
    head = ("ENDPOINT", "PHASE", "FLAG", "RAMP", "SHADOW", "EPOCH")
    rows = [
        (
            route["endpoint"] + ("" if route["enabled"] else " (off)"),
            route["phase"],
            route["writes"] if route["kind"] == "write" else route["reads"],
            f"{route['ramp_percent']} %" if route["kind"] == "read" else "-",
            f"{route['shadow_percent']} %" if route["kind"] == "read" else "-",
            route["version"],
        )
        for route in now["endpoints"]
    ]
    complete = ", ".join(f"{store} {'yes' if yes else 'no'}" for store, yes in now["complete"].items())
    lines = [
        f"Rollout {now['rollout']}: {now['source']} to {now['target']}, epoch {now['epoch']}",
        f"Complete: {complete}. Comments owed to a store: {now['unpaid']}",
        "",
        table(head, rows),
        "",
        holder_table(now["holders"]),
    ]
    if now["transition"]:
        lines += ["", transition_line(now)]
    return "\n".join(lines)


def holder_table(holders: list[dict[str, Any]]) -> str:
    if not holders:
        return "No live process acts on these flags. Start one with `make run`."
    head = ("PROCESS", "KIND", "PID", "SLOT", "ON EPOCH", "LAST SEEN (UTC)")
    rows = [(h["id"], h["kind"], h["pid"], h["slot"], h["epoch"], h["seen_at"][:19]) for h in holders]
    return table(head, rows)


def transition_line(now: dict[str, Any]) -> str:
    """The last transition in one line."""
    last = now["transition"]
    share = "" if last["percent"] is None else f" at {last['percent']} %"
    parts = [f"{last['verb']} {last['endpoint']}: {last['from']} to {last['to']}{share}, {last['outcome']}"]
    if last["epoch"]:
        parts.append(f"epoch {last['epoch']}")
    if last["hold_ms"] is not None:
        parts.append(f"writes held {last['hold_ms']:.0f} ms")
    if last["ack_ms"] is not None:
        parts.append(f"{last['holders']} processes confirmed in {last['ack_ms']:.0f} ms")
    if last["detail"]:
        parts.append(last["detail"])
    return ", ".join(parts)
