"""What `route` prints for people."""

from __future__ import annotations

from typing import Any

from migration.enums import Step
from migration.management.tables import table


def _flag(route: dict[str, Any]) -> str:
    if route["kind"] == "read":
        return str(route["reads"])
    return f"{route['writes']} ({route['mirror_mode']})" if route["mirror_mode"] == "async" else str(route["writes"])


def route_table(now: dict[str, Any]) -> str:
    head = ("ENDPOINT", "PHASE", "FLAG", "RAMP", "SHADOW", "EPOCH")
    rows = [
        (
            route["endpoint"] + ("" if route["enabled"] else " (off)"),
            route["phase"],
            _flag(route),
            f"{route['ramp_percent']} %" if route["kind"] == "read" else "-",
            f"{route['shadow_percent']} %" if route["kind"] == "read" else "-",
            route["version"],
        )
        for route in now["endpoints"]
    ]
    complete = ", ".join(f"{store} {'yes' if yes else 'no'}" for store, yes in now["complete"].items())
    lines = [
        f"Rollout {now['rollout']}: {now['source']} to {now['target']}, epoch {now['epoch']}",
        *([frozen_line(now["frozen"])] if now["frozen"] else []),
        f"Complete: {complete}. Comments owed to a store: {now['unpaid']}",
        "",
        table(head, rows),
        "",
        holder_table(now["holders"]),
    ]
    if now["missing"]:
        lines.append(missing_line(now["missing"]))
    waits = [request_line(one) for one in now["requests"]] + [drill_line(one) for one in now["drills"]]
    if waits:
        lines += ["", *waits]
    if now["transition"]:
        lines += ["", transition_line(now["transition"])]
    return "\n".join(lines)


def frozen_line(frozen: dict[str, Any]) -> str:
    at = f" since {frozen['at'][:19]} (UTC)" if frozen["at"] else ""
    return f"FROZEN by {frozen['by']}{at}: {frozen['reason']}. No move and no background copy; `manage.py route thaw`."


def missing_line(missing: list[dict[str, Any]]) -> str:
    late = ", ".join(f"{one['holder']} (on epoch {one['epoch']}, for {one['seconds']:.0f} s)" for one in missing)
    return f"Not on the current epoch: {late}"


def _share(move: dict[str, Any]) -> str:
    """The share, or the mode, that a move was given."""
    mode = f", mirror {move['mirror_mode']}" if move.get("mirror_mode") else ""
    return mode if move["percent"] is None else f" at {move['percent']} %"


def request_line(request: dict[str, Any]) -> str:
    share = _share(request)
    waits = (
        f"waits for an approver: `manage.py route approve {request['id']}`"
        if request["approval_needed"] and not request["approved_by"]
        else f"waits for a worker of the queue control{': ' + request['detail'] if request['detail'] else ''}"
    )
    what = f"{request['verb']} {request['endpoint']} to {request['to']}{share}"
    return f"Request {request['id']} of {request['actor']}: {what}, {waits}"


def drill_line(drill: dict[str, Any]) -> str:
    again = f"`manage.py route drill {drill['endpoint']} --reason ...` goes on with it"
    what = f"{drill['endpoint']} {drill['from']} to {drill['to']} and back"
    return f"Drill {drill['id']} of {drill['actor']}: {what}, unfinished; {again}"


def plan_table(plan: dict[str, Any]) -> str:
    """The answer of `route plan`."""
    share = _share(plan)
    guards = [("ok" if guard["ok"] else "NO", guard["name"], guard["reason"]) for guard in plan["guards"]]
    confirmed = plan["holders"] - len(plan["missing"])
    lines = [
        f"{plan['verb']} {plan['endpoint']}: {plan['from']} to {plan['to']}{share}. Nothing has been changed.",
        "",
        *(f"{number}. {step}" for number, step in enumerate(plan["steps"], 1)),
        "",
        table(("", "GUARD", "ANSWER NOW"), guards),
        "",
        f"Live processes: {plan['holders']}, {confirmed} on epoch {plan['epoch']}",
        *([missing_line(plan["missing"])] if plan["missing"] else []),
        "",
        *(f"Traffic {sentence}" for sentence in plan["effect"]),
        *(f"Note: {note}" for note in plan["notes"]),
    ]
    return "\n".join(lines)


def holder_table(holders: list[dict[str, Any]]) -> str:
    if not holders:
        return "No live process acts on these flags. Start one with `make run`."
    head = ("PROCESS", "KIND", "PID", "SLOT", "ON EPOCH", "LAST SEEN (UTC)")
    rows = [(h["id"], h["kind"], h["pid"], h["slot"], h["epoch"], h["seen_at"][:19]) for h in holders]
    return table(head, rows)


def transition_line(last: dict[str, Any]) -> str:
    """One transition in one line."""
    share = _share(last)
    parts = [f"{last['verb']} {last['endpoint']}: {last['from']} to {last['to']}{share}, {last['outcome']}"]
    if last["epoch"]:
        parts.append(f"epoch {last['epoch']}")
    if last["hold_ms"] is not None:
        parts.append(f"writes held {last['hold_ms']:.0f} ms")
    if last["ack_ms"] is not None:
        confirmed = "not all confirmed after" if last["step"] == Step.FLIPPED else "confirmed in"
        parts.append(f"{last['holders']} processes {confirmed} {last['ack_ms']:.0f} ms")
    if last["detail"]:
        parts.append(last["detail"])
    return ", ".join(parts)
